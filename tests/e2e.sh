#!/bin/bash
# `make e2e`: the end-to-end tests, with a PostgreSQL and a Kafka of their own. Arguments go to pytest. Counts go to tests/summary.sh.
set -u
cd "$(dirname "$0")/.." || exit 1
xml=build/results/e2e.xml
mkdir -p build/results && rm -f "$xml"
tests/with_postgres tests/with_kafka build/venv/bin/python -m pytest tests/e2e -p no:cacheprovider -ra --junitxml="$xml" "$@" </dev/null
status=$?
tests/junit.sh e2e "$xml"
exit "$status"
