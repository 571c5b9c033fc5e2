# shellcheck shell=bash
# What the scripts of stack/ share. Sourced; the caller has `set -u` and stands in the project's top folder.

# Debian keeps nginx and others in sbin, which a user's PATH lacks.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

say() {
	printf '%s\n' "$*"
}

die() {
	printf 'pricegraph: %s\n' "$*" >&2
	exit 1
}

# wait_until <seconds> <command...>: runs the command until it succeeds; 1 when the time is over.
wait_until() {
	local end=$((${EPOCHREALTIME/./} + $1 * 1000000))
	shift
	until "$@"; do
		((${EPOCHREALTIME/./} < end)) || return 1
		sleep 0.05
	done
}

# Whether somebody listens on 127.0.0.1:<port>.
port_taken() {
	(exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# A loopback port that is free now, below the range from which the kernel takes ports by itself.
free_port() {
	local port
	for _ in {1..100}; do
		port=$((20000 + RANDOM % 12000))
		port_taken "$port" || { echo "$port" && return; }
	done
	die "no free port found between 20000 and 32000"
}
