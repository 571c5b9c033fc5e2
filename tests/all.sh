#!/bin/bash
# `make test`: installs what is missing, builds, runs every runner even if others fail, and sums up. The last line is
# `N passed, N failed` (and `, N skipped`). The campaigns wait more than they compute: they run beside the sanitizers' builds and tests.
set -u
cd "$(dirname "$0")/.." || exit 1
runners=(lint unit unit-asan unit-tsan fuzz-short e2e browser)
aside=soak-short

# run <runner>
run() {
	printf '\n== %s\n' "$1"
	make -s --no-print-directory -j"$(nproc)" "$1"
}

stack/install.sh test || exit
rm -rf build/results && mkdir -p build/results
make -s --no-print-directory -j"$(nproc)" all
for runner in "${runners[@]}"; do
	if [[ $runner == unit-asan ]]; then
		run "$aside" >"build/results/$aside.log" 2>&1 &
		beside=$!
	fi
	run "$runner"
done
wait "$beside"
cat "build/results/$aside.log"
printf '\n== sum\n'
set -o pipefail
tests/summary.sh "${runners[@]}" "$aside" | tee build/results/sum
