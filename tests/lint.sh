#!/bin/bash
# `make lint`: everything that can be said about the tree without running it. One line a check; what failed follows its line.
# clang-tidy and headers are looked at only where something changed since they were found good (build/lint/).
# Environment: CPPFLAGS, WARN of the Makefile; CTL: the built pricegraphctl.
set -u
cd "$(dirname "$0")/.." || exit 1
. stack/common.sh
export LC_ALL=C.UTF-8

passed=0
failed=0
mkdir -p build/lint/cppcheck build/log

# check <name> <command...>
check() {
	local name=$1 begin=${EPOCHREALTIME/./} output=build/log/lint-$1.log
	shift
	if "$@" >"$output" 2>&1 </dev/null; then
		passed=$((passed + 1))
		printf 'ok   %-12s %5d ms\n' "$name" $(((${EPOCHREALTIME/./} - begin) / 1000))
	else
		failed=$((failed + 1))
		printf 'FAIL %s (all of it: %s)\n' "$name" "$output"
		head -n 40 "$output"
	fi
}

# Files under version control, or about to be, by pattern.
tracked() {
	git ls-files --cached --others --exclude-standard -- "$@" | sort -u | while read -r file; do [[ ! -f $file ]] || echo "$file"; done
}

mapfile -t c_files < <(tracked 'lib/*.c' 'daemon/*.c' 'cgi/*.c' 'tests/*.c')
mapfile -t headers < <(tracked 'lib/*.h' 'daemon/*.h' 'cgi/*.h')
mapfile -t shells < <(tracked | xargs grep -lE '^#!/bin/(ba)?sh|^# shellcheck shell=')
mapfile -t texts < <(tracked | grep -vE 'package-lock\.json$|\.(svg|png)$')
mapfile -t own_c < <(printf '%s\n' "${c_files[@]}" | grep -v '^tests/')

nginx_check() {
	stack/nginx.sh configure "$PWD/build/lint/nginx" 18080 && build/venv/bin/gixy -l build/lint/nginx/nginx.conf
}

# The unit files, with the programs where they were built; that they are verified needs no running systemd.
systemd_check() {
	local programs unit
	programs=$(cd "$(dirname "$CTL")" && pwd)
	rm -rf build/lint/systemd
	mkdir -p build/lint/systemd
	for unit in systemd/*; do
		sed "s#=/usr/bin/pricegraph#=$programs/pricegraph#" "$unit" >"build/lint/$unit"
	done
	systemd-analyze verify build/lint/systemd/*.service build/lint/systemd/*.socket 2>&1 | tee /dev/stderr | grep -c . | grep -qx 0
}

docs_check() {
	"$CTL" reference | python3 tests/lint/reference.py --check README.md
}

check layers python3 tests/lint/structure.py layers
check vendors python3 tests/lint/structure.py vendors
check arrows python3 tests/lint/structure.py arrows
check sizes python3 tests/lint/structure.py sizes functions
check banned python3 tests/lint/structure.py banned
check headers python3 tests/lint/each_changed.py headers "${CC:-cc} $CPPFLAGS $WARN -fsyntax-only -include {} -x c /dev/null" \
	"${headers[@]}"
check format clang-format --dry-run -Werror "${c_files[@]}" "${headers[@]}"
check tidy python3 tests/lint/each_changed.py tidy "clang-tidy --quiet {} -- $CPPFLAGS -Itests/unit -std=gnu17" "${own_c[@]}"
# Suppressed is what clang-analyzer finds as well, without being misled by realloc and uthash.
check cppcheck cppcheck -q -j 2 --error-exitcode=1 --std=c11 --enable=warning,portability --inline-suppr -Ilib \
	--cppcheck-build-dir=build/lint/cppcheck --suppress={missingInclude,memleak,uninitvar,identicalInnerCondition} "${own_c[@]}"
check shellcheck shellcheck -x "${shells[@]}"
check codespell codespell --ignore-words tests/lint/words.txt "${texts[@]}"
check eslint npm run --silent lint --prefix www
check nginx nginx_check
check systemd systemd_check
check docs docs_check

echo "lint: $passed passed, $failed failed"
tests/result.sh lint "$passed" "$failed" 0
[[ $failed -eq 0 ]]
