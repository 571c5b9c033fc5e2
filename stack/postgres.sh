#!/bin/bash
# A PostgreSQL cluster of our own below one folder. `make run` and tests/with_postgres use it.
#
#   stack/postgres.sh init  DIR            make the cluster, unless it is there
#   stack/postgres.sh start DIR [OPTION].. start it in the background (options as of postgres)
#   stack/postgres.sh run   DIR [OPTION].. the same in the foreground; ends with its parent process
#   stack/postgres.sh ready DIR [SECONDS]  wait until it answers (default 30)
#   stack/postgres.sh stop  DIR            fast shutdown, waits for its end; no error if not running
#   stack/postgres.sh url   DIR            print host= and port= of a conninfo
#
# DIR/data is the cluster, DIR/socket holds its only socket, DIR/postgres.log its log. The
# superuser is `postgres`; whoever may enter DIR/socket (the caller and root) is trusted.
# Called by root, the server runs as the user postgres. That user needs no way through the
# folders above DIR (below /root it has none): it inherits the data folder as descriptor 9, the
# socket's as 8, and knows them by these names only.
set -euo pipefail

bin=${PG_BIN:-/usr/lib/postgresql/15/bin}
port=${PRICEGRAPH_PG_PORT:-5432} # of the socket's name, and of TCP if the caller turns that on

program=postgres
logs=(postgres.log)
stop_signal=INT # fast shutdown
kill_signal=QUIT
# shellcheck source-path=SCRIPTDIR source=server.sh
. "$(dirname "$0")/server.sh"

[ $# -ge 2 ] || die "usage: stack/postgres.sh init|start|run|ready|stop|url DIR [...]"
command=$1
mkdir -p "$2" || die "cannot make the folder '$2'"
dir=$(cd "$2" && pwd -P)
shift 2

server_user=()
if [ "$(id -u)" -eq 0 ]; then
	server_user=(setpriv --reuid=postgres --regid=postgres --clear-groups)
fi

init() {
	[ ! -d "$dir/data" ] || return 0
	[ -x "$bin/initdb" ] || die "$bin/initdb is missing (Debian package postgresql-15)"
	rm -rf "$dir/data.new"
	mkdir -p "$dir/data.new" "$dir/socket"
	chmod 700 "$dir/data.new" "$dir/socket"
	[ ${#server_user[@]} -eq 0 ] || chown postgres:postgres "$dir/data.new" "$dir/socket"
	exec 9<"$dir/data.new"
	cd /
	# --no-sync: a third of the time; if the machine dies in this minute, there was nothing to lose yet.
	"${server_user[@]}" "$bin/initdb" --no-sync --pgdata=/proc/self/fd/9 --encoding=UTF8 \
		--locale=C.UTF-8 --username=postgres --auth=trust --no-instructions \
		>"$dir/postgres.log" 2>&1 ||
		{ last_words; die "cannot make a cluster in '$dir'"; }
	mv "$dir/data.new" "$dir/data"
}

server=("$bin/postgres" -D /proc/self/fd/9 -p "$port" -c listen_addresses= -c timezone=UTC
	-c unix_socket_directories=/proc/self/fd/8 -c log_timezone=UTC -c logging_collector=off)

enter() {
	[ -d "$dir/data" ] || die "no cluster in '$dir': init comes first"
	! server_pid >/dev/null || die "already running in '$dir'"
	exec 8<"$dir/socket" 9<"$dir/data"
	cd /
}

start() {
	enter
	setsid "${server_user[@]}" "${server[@]}" "$@" </dev/null >>"$dir/postgres.log" 2>&1 &
	echo $! >"$dir/pid"
}

run() {
	enter
	echo $$ >"$dir/pid"
	exec setsid -w "${server_user[@]:-env}" setpriv --pdeathsig INT "${server[@]}" "$@" \
		</dev/null >>"$dir/postgres.log" 2>&1
}

answers() {
	"$bin/pg_isready" -q -h "$dir/socket" -p "$port" -U postgres
}

ready() {
	wait_ready "${1:-30}"
}

case $command in
init | start | run | ready | stop) $command "$@" ;;
url) echo "host=$dir/socket port=$port" ;;
*) die "unknown command '$command'" ;;
esac
