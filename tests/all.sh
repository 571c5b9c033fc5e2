#!/bin/bash
# `make test`: installs what is missing, builds, runs every runner even if others fail, and sums up. The last line is
# `N passed, N failed` (and `, N skipped`).
set -u
cd "$(dirname "$0")/.." || exit 1
runners=(lint unit unit-asan unit-tsan e2e soak-short browser)

stack/install.sh test || exit
rm -rf build/results && mkdir -p build/results
make -s --no-print-directory -j"$(nproc)" all
for runner in "${runners[@]}"; do
	printf '\n== %s\n' "$runner"
	make -s --no-print-directory -j"$(nproc)" "$runner"
done
printf '\n== sum\n'
set -o pipefail
tests/summary.sh "${runners[@]}" | tee build/results/sum
