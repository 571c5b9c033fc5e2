#!/bin/bash
# Sums what the named runners left in build/results/: the last line is `N passed, N failed`, and `, N skipped` if any were. A runner
# that left nothing counts as one failure. Exit 1 if anything failed or nothing passed.
set -u
cd "$(dirname "$0")/.." || exit 1
passed=0
failed=0
skipped=0
for name in "$@"; do
	if read -r _ p f s _ 2>/dev/null <"build/results/$name.txt" && [[ $p$f$s =~ ^[0-9]+$ ]]; then
		printf '%-10s %s passed, %s failed, %s skipped\n' "$name" "$p" "$f" "$s"
		passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	else
		printf '%-10s did not finish\n' "$name"
		failed=$((failed + 1))
	fi
done
line="$passed passed, $failed failed"
[[ $skipped -eq 0 ]] || line+=", $skipped skipped"
echo "$line"
[[ $failed -eq 0 && $passed -gt 0 ]]
