#!/bin/bash
# `make soak`: campaigns of kills, faults and outages with an audit at their ends; the short form is part of `make test`.
# SOAK=kills|faults|outages: only that one. Sizes: KILLS, SEEDS (from SEED on), MINUTES. Counts go to tests/summary.sh.
set -u
cd "$(dirname "$0")/.." || exit 1
xml=build/results/soak.xml
mkdir -p build/results && rm -f "$xml"
tests=(tests/soak/test_*.py)
[[ -z ${SOAK:-} ]] || tests=("tests/soak/test_$SOAK.py")
build/venv/bin/python -m pytest "${tests[@]}" -p no:cacheprovider -ra -rP --junitxml="$xml" "$@" </dev/null
status=$?
tests/junit.sh soak-short "$xml"
exit "$status"
