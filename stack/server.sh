# shellcheck shell=bash
# What kafka.sh and postgres.sh share: a server whose number is in DIR/pid and whose data folder DIR/data it holds open as descriptor 9.
# Sourced; the caller sets `program` (the name in messages), `dir`, `logs` (the files with its last words), `stop_signal` and
# `kill_signal`, and has answers(): whether the server serves clients.

# shellcheck disable=SC2154 # the caller's

die() {
	echo "$program: $*" >&2
	exit 1
}

# The server's process id, if it runs. Descriptor 9 guards against a number that was given anew; a zombie has none.
server_pid() {
	local pid
	pid=$(cat "$dir/pid" 2>/dev/null) || return 1
	[ "/proc/$pid/fd/9" -ef "$dir/data" ] && echo "$pid"
}

last_words() {
	tail -q -n 5 "${logs[@]/#/$dir/}" 2>/dev/null | cut -c1-300 | sed "s/^/$program:   /" >&2
}

# wait_ready <seconds>: until it answers.
wait_ready() {
	local deadline=$((SECONDS + $1)) seen=$SECONDS
	until answers; do
		if server_pid >/dev/null; then
			seen=$SECONDS
		elif [ "$SECONDS" -gt $((seen + 1)) ]; then # `run` may be about to begin
			last_words
			die "is not running in '$dir'"
		fi
		[ "$SECONDS" -lt "$deadline" ] || die "does not answer in '$dir'"
		sleep 0.05
	done
}

# Asks it to stop and waits for its end; after 20 s it is made to.
stop() {
	local pid deadline=$((SECONDS + 20))
	pid=$(server_pid) || return 0
	kill "-$stop_signal" "$pid" 2>/dev/null || return 0
	while server_pid >/dev/null; do
		[ "$SECONDS" -lt "$deadline" ] || kill "-$kill_signal" "$pid" 2>/dev/null || true
		sleep 0.05
	done
	rm -f "$dir/pid"
}
