#!/bin/bash
# Tests of the page: its pure modules in Node, then the page in Chromium against a stack of its own with the synthetic market.
# PRICEGRAPH_URL=<url> uses a running stack instead (one of the synthetic market). Screenshots stay in build/screenshots/.
set -u
cd "$(dirname "$0")/../.." || exit 1
. stack/common.sh
passed=0
failed=0
data=$PWD/build/browser
log=build/log/browser-stack.log
mkdir -p build/log build/screenshots

stop_stack() {
	[[ -z ${stack:-} ]] || { stack/down.sh "$data" && wait "$stack" 2>/dev/null; }
	stack=
}
trap 'exit 1' INT TERM HUP
trap stop_stack EXIT

# The figure behind `# <name> ` in TAP.
tap_figure() {
	sed -n "s/^# $1 \([0-9]*\)$/\1/p" build/log/browser-unit.log | tail -n 1
}

unit() {
	node --test --test-reporter=tap tests/browser/unit/*.test.mjs >build/log/browser-unit.log 2>&1
	local ok bad
	ok=$(tap_figure pass)
	bad=$(tap_figure fail)
	passed=$((passed + ${ok:-0}))
	failed=$((failed + ${bad:-1}))
	[[ ${bad:-1} -eq 0 ]] || grep -vE '^ *(ok|duration_ms|type:|---|\.\.\.)' build/log/browser-unit.log
	echo "modules: ${ok:-0} passed, ${bad:-1} failed"
}

is_up() {
	! kill -0 "$stack" 2>/dev/null || grep -q '^pricegraph is at ' "$log"
}

start_stack() {
	local port
	port=$(free_port)
	rm -rf "$data"
	"${MAKE:-make}" --no-print-directory run FEED=synthetic PORT="$port" DATA="$data" >"$log" 2>&1 </dev/null &
	stack=$!
	if ! wait_until 600 is_up || ! kill -0 "$stack" 2>/dev/null; then
		echo "the stack does not start:"
		tail -n 20 "$log"
		return 1
	fi
	PRICEGRAPH_URL=http://127.0.0.1:$port/
}

page() {
	local count='' line ok bad
	while IFS= read -r line; do
		case $line in
		'page '*) count=${line#page } ;;
		*) echo "$line" ;;
		esac
	done < <(PRICEGRAPH_URL=$PRICEGRAPH_URL node tests/browser/page.mjs 2>&1)
	read -r ok bad <<<"${count:-0 1}"
	passed=$((passed + ok))
	failed=$((failed + bad))
}

unit
if [[ -n ${PRICEGRAPH_URL:-} ]] || start_stack; then
	page
else
	failed=$((failed + 1))
fi
stop_stack
[[ $failed -ne 0 ]] || rm -rf "$data"
echo "browser $passed passed, $failed failed"
tests/result.sh browser "$passed" "$failed" 0
[[ $failed -eq 0 && $passed -gt 0 ]]
