#!/bin/bash
# Ends the `make run` of a folder, or what is left of one that was killed: stack/down.sh [DIR], default run.
set -u
cd "$(dirname "$0")/.." || exit 1
. stack/common.sh
. stack/parts.sh

run=$(cd "${1:-run}" 2>/dev/null && pwd -P) || exit 0
[[ -f $run/lock ]] || exit 0
exec {lock}<"$run/lock"
if ! flock -n "$lock"; then
	kill -TERM "$(<"$run/lock")" 2>/dev/null
	flock -w 60 "$lock" || die "process $(<"$run/lock"), the make run of $run, does not end"
fi
stop_parts
