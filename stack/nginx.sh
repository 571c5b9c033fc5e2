#!/bin/bash
# Our own nginx below one folder, on 127.0.0.1 only. `make run` and the tests use it.
#
#   stack/nginx.sh configure DIR PORT   write DIR/nginx.conf from nginx/ and have nginx check it; the sockets
#                                       are DIR/chart.sock and DIR/live.sock
#   stack/nginx.sh run       DIR        in the foreground (exec)
#
# Called by root, the workers stay root too: no other user may enter a folder below /root.
set -u
cd "$(dirname "$0")/.." || exit 1
. stack/common.sh

[[ $# -ge 2 ]] || die "usage: stack/nginx.sh configure DIR PORT | run DIR"
mkdir -p "$2" || die "cannot make the folder '$2'"
dir=$(cd "$2" && pwd -P)

configure() {
	local port=$1 www=$PWD/www user_line=''
	# nginx refuses `user` to a caller who is not root.
	[[ $(id -u) -ne 0 ]] || user_line='user root root;'
	sed -e "s|/run/pricegraph/|$dir/|" -e "s|/var/cache/pricegraph|$dir/cache|" -e "s|/usr/share/pricegraph/www|$www|" \
		nginx/pricegraph-http.conf >"$dir/pricegraph-http.conf"
	sed -e 's|/pricegraph/|/|g' nginx/pricegraph-server.conf >"$dir/pricegraph-server.conf"
	sed -e "s|@USER_LINE@|$user_line|" -e "s|@RUN@|$dir|" -e "s|@PORT@|$port|" -e "s|@MIME_TYPES@|$PWD/nginx/mime.types|" \
		nginx/nginx.conf.in >"$dir/nginx.conf"
	nginx -t -q -p "$dir" -e "$dir/error.log" -c "$dir/nginx.conf"
}

run() {
	cd "$dir" || exit 1
	exec nginx -p "$dir" -e "$dir/error.log" -c "$dir/nginx.conf"
}

case $1 in
configure) configure "$3" ;;
run) run ;;
*) die "unknown command '$1'" ;;
esac
