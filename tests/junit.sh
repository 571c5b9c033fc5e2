#!/bin/bash
# Counts of pytest's runs for tests/summary.sh: tests/junit.sh NAME XML... A file that is missing leaves nothing, which counts as a failure.
set -u
name=$1
shift
# sum <attribute> <xml...>
sum() {
	local attribute=$1 n total=0
	shift
	for n in $(grep -ohE "<testsuite [^>]*" "$@" | grep -oE " $attribute=\"[0-9]+\"" | tr -dc '0-9\n'); do
		total=$((total + n))
	done
	echo "$total"
}
for xml in "$@"; do
	[[ -f $xml ]] || exit 0
done
failed=$(($(sum failures "$@") + $(sum errors "$@")))
skipped=$(sum skipped "$@")
"$(dirname "$0")/result.sh" "$name" $(($(sum tests "$@") - failed - skipped)) "$failed" "$skipped"
