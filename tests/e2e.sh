#!/bin/bash
# `make e2e`: the end-to-end tests in two halves side by side, each with a PostgreSQL and a Kafka of its own: they wait more than they
# compute. Arguments go to both pytests. Counts go to tests/summary.sh.
set -u
cd "$(dirname "$0")/.." || exit 1
mkdir -p build/results && rm -f build/results/e2e*.xml

# half <1|2> <argument...>: every second file, by size.
half() {
	local n=$1 files
	shift
	mapfile -t files < <(wc -c tests/e2e/test_*.py | sort -n | awk -v n="$n" '$2 != "total" && NR % 2 == n - 1 { print $2 }')
	tests/with_postgres tests/with_kafka build/venv/bin/python -m pytest "${files[@]}" -p no:cacheprovider -ra \
		--junitxml="build/results/e2e$n.xml" "$@" </dev/null
}

half 2 "$@" >build/results/e2e2.log 2>&1 &
other=$!
half 1 "$@"
status=$?
wait "$other" || status=$?
cat build/results/e2e2.log
tests/junit.sh e2e build/results/e2e1.xml build/results/e2e2.xml
exit "$status"
