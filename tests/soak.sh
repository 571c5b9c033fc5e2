#!/bin/bash
# `make soak`: campaigns of kills, faults and outages with an audit at their ends; the short form is part of `make test`.
# SOAK=kills|faults|outages|wide|interface|periodic|freqtrade: only that one. Sizes: KILLS, SEEDS (from SEED on), MINUTES, WIDE, REQUESTS; COMMITS of the one that
# follows by `periodic`, whose short form is among the end-to-end tests. CLIENTS=yes: with freqtrade, which is installed then.
# Counts go to tests/summary.sh.
set -u
cd "$(dirname "$0")/.." || exit 1
xml=build/results/soak.xml clients=build/results/soak-clients.xml periodic=build/results/soak-periodic.xml
mkdir -p build/results && rm -f "$xml" "$clients" "$periodic"
status=0 results=()
if [[ ${SOAK:-} != freqtrade && ${SOAK:-} != periodic ]]; then
	results+=("$xml")
	tests=(tests/soak/test_*.py)
	[[ -z ${SOAK:-} ]] || tests=("tests/soak/test_$SOAK.py")
	build/venv/bin/python -m pytest "${tests[@]}" -p no:cacheprovider -ra -rP --junitxml="$xml" "$@" </dev/null || status=$?
fi
if [[ -n ${COMMITS:-} && ${SOAK:-periodic} == periodic ]]; then
	results+=("$periodic")
	tests/with_postgres tests/with_kafka build/venv/bin/python -m pytest tests/e2e/test_periodic.py -p no:cacheprovider -ra \
		--junitxml="$periodic" "$@" </dev/null || status=$?
fi
if [[ -n ${CLIENTS:-} && ${SOAK:-freqtrade} == freqtrade ]]; then
	results+=("$clients")
	stack/install.sh soak || exit
	tests/with_postgres tests/with_kafka build/venv/bin/python -m pytest tests/soak/freqtrade.py -p no:cacheprovider -ra \
		--junitxml="$clients" "$@" </dev/null || status=$?
fi
tests/junit.sh soak-short "${results[@]}"
exit "$status"
