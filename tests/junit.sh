#!/bin/bash
# Counts of a pytest run for tests/summary.sh: tests/junit.sh NAME XML
[[ -f $2 ]] || exit 0
attribute() {
	grep -oE "<testsuite [^>]*" "$2" | grep -oE " $1=\"[0-9]+\"" | tr -dc 0-9
}
failed=$(($(attribute failures "$2") + $(attribute errors "$2")))
skipped=$(attribute skipped "$2")
"$(dirname "$0")/result.sh" "$1" $(($(attribute tests "$2") - failed - skipped)) "$failed" "$skipped"
