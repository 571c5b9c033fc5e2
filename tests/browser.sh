#!/bin/bash
# `make browser`: tests/browser/**/*.test.mjs under node: the page's modules, and the page in headless Chromium. Counts go to
# tests/summary.sh.
set -u
cd "$(dirname "$0")/.." || exit 1
tap=build/results/browser.tap
mkdir -p build/results
mapfile -t files < <(find tests/browser -name '*.test.mjs' | sort)
node --test --test-reporter=tap "${files[@]}" >"$tap" 2>&1 </dev/null
status=$?

count() {
	sed -n "s/^# $1 \([0-9]*\)$/\1/p" "$tap" | tail -n 1
}
grep -E '^ *(not ok|ok .* # SKIP)' -A 25 "$tap"
failed=$(($(count fail) + $(count cancelled)))
echo "browser: $(count pass) passed, $failed failed, $(count skipped) skipped (all of it: $tap)"
tests/result.sh browser "$(count pass)" "$failed" "$(count skipped)"
exit "$status"
