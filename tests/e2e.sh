#!/bin/bash
# `make e2e`: the end-to-end tests, two files at a time, each side with a PostgreSQL and a Kafka of its own: they wait more than they
# compute. The largest files come first, so that both sides end at about the same time. Arguments go to each pytest. Counts go to tests/summary.sh.
set -u
cd "$(dirname "$0")/.." || exit 1
results=build/results
queue=$results/e2e.queue

# next: takes the first file off the queue and prints it; 1 if there is none.
next() {
	local file
	exec 8>>"$queue.lock"
	flock 8
	file=$(head -n 1 "$queue")
	sed -i 1d "$queue"
	exec 8>&-
	[[ -n $file ]] && echo "$file"
}

# side <argument...>: file after file until none is left; each leaves its counts and its output.
side() {
	local file name status=0
	while file=$(next); do
		name=$(basename "$file" .py)
		build/venv/bin/python -m pytest "$file" -p no:cacheprovider -q -ra --junitxml="$results/e2e-$name.xml" "$@" \
			>"$results/e2e-$name.log" 2>&1 </dev/null || status=1
		echo "$name: $(tail -n 1 "$results/e2e-$name.log")"
	done
	return $status
}

if [[ ${1:-} == --side ]]; then
	shift
	side "$@"
	exit
fi

counts=()
mkdir -p "$results" && rm -f "$results"/e2e*
wc -c tests/e2e/test_*.py | sort -rn | awk '$2 != "total" { print $2 }' >"$queue"
tests/with_postgres tests/with_kafka "$0" --side "$@" &
other=$!
tests/with_postgres tests/with_kafka "$0" --side "$@"
status=$?
wait "$other" || status=1
# What failed or was skipped is told in full at the end.
for log in "$results"/e2e-*.log; do
	grep -qE '(failed|error|skipped)' <(tail -n 1 "$log") && cat "$log"
done
# Of every file: one that left nothing counts as a failure.
for file in tests/e2e/test_*.py; do
	counts+=("$results/e2e-$(basename "$file" .py).xml")
done
tests/junit.sh e2e "${counts[@]}"
exit "$status"
