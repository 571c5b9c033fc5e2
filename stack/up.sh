#!/bin/bash
# `make run`: starts every part below one folder and on loopback only, says how each is, and stops them in order when it is told to
# (Ctrl-C, SIGTERM), or when a part does not start. Environment: BUILD (folder of the programs), PORT, FEED, SPEED, DATA.
set -u
cd "$(dirname "$0")/.." || exit 1
. stack/common.sh
. stack/parts.sh
. stack/feed.sh

programs=$PWD/${BUILD:-build/release}
port=${PORT:-8080}
speed=${SPEED:-1}
started=${EPOCHREALTIME/./}
url=http://127.0.0.1:$port

seconds_since_start() {
	local ms=$(((${EPOCHREALTIME/./} - started) / 1000))
	printf '%d.%d' $((ms / 1000)) $((ms % 1000 / 100))
}

state() {
	printf '  %5s s  %-10s %s\n' "$(seconds_since_start)" "$1" "$2"
}

# The folder, and that it is ours alone.
open_folder() {
	local folder=${DATA:-run}
	[[ $folder != *[[:space:]\'\"\\\;\|\&]* ]] || die "DATA=$folder: spaces, quotes and ; | & are not possible in this path"
	mkdir -p "$folder" 2>/dev/null || die "DATA=$folder: cannot make this folder"
	run=$(cd "$folder" && pwd -P) || die "DATA=$folder: cannot enter this folder"
	[[ -f $run/lock || -z $(ls -A "$run") ]] || die "DATA=$folder: not empty, and not made by make run"
	# A socket's path has at most 107 bytes, and PostgreSQL's takes 31 of them.
	[[ ${#run} -le 76 ]] || die "DATA=$folder: the path is too long for sockets ($run has more than 76 bytes)"
	{ exec {lock}<>"$run/lock"; } 2>/dev/null || die "DATA=$folder: cannot write in this folder"
	# A run that was killed may live on for a moment in a child that holds the lock.
	flock -n "$lock" || { ! kill -0 "$(<"$run/lock")" 2>/dev/null && flock -w 10 "$lock"; } ||
		die "another make run (process $(<"$run/lock")) uses the folder $folder"
	echo $$ >"$run/lock"
	mkdir -p "$run/pid" "$run/log" "$run/web" || die "DATA=$folder: cannot write in this folder"
	chmod 700 "$run"
}

check_arguments() {
	[[ $port =~ ^[1-9][0-9]{0,4}$ && $port -le 65535 ]] || die "PORT=$port: not a port"
	[[ $speed =~ ^[0-9]+(\.[0-9]+)?$ ]] || die "SPEED=$speed: not a number"
	[[ -x $programs/pricegraph-collector ]] || die "the programs are not built in $programs: make comes first"
	! port_taken "$port" || die "port $port is taken; choose another: make run PORT=$((port + 1))"
}

# server_failed <postgres|kafka>: says the reason: the first complaint in what it wrote at this start, else its script's last word.
server_failed() {
	local reason log=$run/log/$1.log
	reason=$({ cat "$log" "$run/$1/$1.out"; tail -n 40 "$run/$1/$1.log"; } 2>/dev/null | grep -aE 'FATAL|PANIC|ERROR|could not|Exception' | grep -v 'Exiting Kafka' |
		head -n 1 | cut -c 1-250)
	reason=${reason:-$(tail -n 1 "$log")}
	reason=${reason#"$1": }
	die "$1 does not start in $run/$1: ${reason#"${reason%%[! ]*}"} (log: $log)"
}

start_postgres() {
	local conninfo psql=/usr/lib/postgresql/15/bin/psql
	stack/postgres.sh init "$run/postgres" >"$run/log/postgres.log" 2>&1 || server_failed postgres
	start_server postgres
	stack/postgres.sh ready "$run/postgres" 2>>"$run/log/postgres.log" || server_failed postgres
	conninfo="$(stack/postgres.sh url "$run/postgres") user=postgres dbname=postgres"
	[[ -n $("$psql" -XAtqw -d "$conninfo" -c "SELECT 1 FROM pg_database WHERE datname = 'pricegraph'") ]] ||
		"$psql" -XAtqw -d "$conninfo" -c 'CREATE DATABASE pricegraph' || server_failed postgres
	state postgresql "ready, $(stack/postgres.sh url "$run/postgres") dbname=pricegraph user=postgres"
}

begin_kafka() {
	local ports
	read -r -a ports < <(stack/kafka.sh ports)
	stack/kafka.sh init "$run/kafka" "${ports[@]}" >"$run/log/kafka.log" 2>&1 || server_failed kafka
	start_server kafka
}

await_kafka() {
	stack/kafka.sh ready "$run/kafka" 2>>"$run/log/kafka.log" || server_failed kafka
	state kafka "ready, $(stack/kafka.sh url "$run/kafka")"
}

# What the environment changes goes over what we write, and may be wrong.
check_settings() {
	local part output
	for part in collector exchange chart live; do
		output=$("$programs/pricegraph-$part" --config "$run/pricegraph.ini" --check 2>&1) || die "settings: ${output%%$'\n'*}"
	done
}

ctl() {
	"$programs/pricegraphctl" --config "$run/pricegraph.ini" "$@" >>"$run/log/ctl.log" 2>&1 ||
		die "pricegraphctl $1: $(tail -n 1 "$run/log/ctl.log")"
}

# part_ready <part> <seconds> <command...>: waits until the command succeeds; a part that ends before does not start.
part_ready() {
	local part=$1 log=$run/log/$1.log
	ended_or() { has_ended "$part" || "$@"; }
	wait_until "$2" ended_or "${@:3}" || die "$part does not answer after $2 s: $(tail -n 1 "$log") (log: $log)"
	! has_ended "$part" || die "$part does not start: $(tail -n 1 "$log") (log: $log)"
}

# start_web <chart|live>: multiwatch starts a program that has died anew at once; spawn-fcgi owns the socket all the time.
start_web() {
	start "$1" spawn-fcgi -s "$run/web/$1.sock" -b 4096 -M 0660 -n -- "$(command -v multiwatch)" -f 1 -r 100 -t 500 -- \
		"$programs/pricegraph-$1" --config "$run/pricegraph.ini"
}

# The answer of a page's address, whatever its status, is the program's own unless nginx says that the program is away.
answers() {
	local status
	status=$(curl -s -m 5 -o /dev/null -w '%{http_code}' "$url$1") && [[ $status != 000 && $status != 502 && $status != 504 ]]
}

start_page() {
	start_web chart
	start_web live
	stack/nginx.sh configure "$run/web" "$port" 2>"$run/log/nginx.log" ||
		die "nginx does not take its configuration: $(tail -n 1 "$run/log/nginx.log")"
	start nginx "$PWD/stack/nginx.sh" run "$run/web"
	part_ready nginx 5 port_taken "$port"
	part_ready chart 10 answers /healthz
	part_ready live 10 answers "/api/v1/live?symbols=$(first_symbol)&wait=0"
	state chart "ready, answers from PostgreSQL"
	state live "ready, answers from Kafka"
	state nginx "ready, $url/"
}

start_collector() {
	start collector "$programs/pricegraph-collector" --config "$run/pricegraph.ini"
}

start_feed() {
	if [[ $feed != live ]]; then
		start exchange "$programs/pricegraph-exchange" --config "$run/pricegraph.ini"
		part_ready exchange 10 port_taken "$model_port"
		state exchange "ready, 127.0.0.1:$model_port, $source"
	fi
	start_collector
	collector_began=$SECONDS
	state collector "started, $symbols: $streams"
}

# A candle on the page: one that is going on (live), or one of the past (a recording may be over before we look).
has_candle() {
	local symbol
	symbol=$(first_symbol)
	[[ $(curl -s -m 2 "$url/api/v1/live?symbols=$symbol&wait=0") == *'"type":"candle"'* ]] ||
		[[ $(curl -s -m 2 "$url/api/v1/initial?symbol=$symbol&interval=1m&limit=5") == *'"candles":[['* ]]
}

# One line for a part that ended by itself. The collector is started anew, unless it says that its settings are wrong (exit code 2);
# multiwatch does so for the web programs; a broken server or exchange needs someone to look.
watch_part() {
	local part=$1 status=0 pid
	pid=$(leader "$part") && ! kill -0 "$pid" 2>/dev/null || return
	wait "$pid" 2>/dev/null || status=$?
	if [[ $part == collector && $status -ne 2 ]]; then
		# At most every 2 s.
		((SECONDS - collector_began >= 2)) || return
		say "collector ended by itself (status $status), started anew; see $run/log/collector.log"
		mv "$run/log/collector.log" "$run/log/collector.log.old"
		start_collector
		collector_began=$SECONDS
	else
		say "$part ended by itself (status $status): $(tail -n 1 "$run/log/$part.log" | cut -c 1-250) (log: $run/log/$part.log)"
		signal TERM "$part"
		rm -f "$run/pid/$part"
	fi
}

# multiwatch writes a line for each death of its program.
watch_deaths() {
	local deaths
	deaths=$(grep -c 'died, respawn' "$run/log/$1.log")
	((deaths <= ${deaths_seen[$1]:-0})) || say "$1 died and was started anew, see $run/log/$1.log"
	deaths_seen[$1]=$deaths
}

# Until a signal comes: reports what dies, and the first candle.
watch() {
	local part candle=''
	declare -A deaths_seen
	while :; do
		for part in "${parts_in_stop_order[@]}"; do
			watch_part "$part"
		done
		watch_deaths chart
		watch_deaths live
		if [[ -z $candle ]] && has_candle; then
			candle=seen
			say "first candle on the page after $(seconds_since_start) s"
		fi
		# A signal ends `wait` at once.
		sleep 0.5 &
		wait $! 2>/dev/null
	done
}

finish() {
	local status=$?
	trap '' INT TERM HUP
	trap - EXIT
	say "stopping"
	stop_parts
	[[ $status -ne 0 ]] || say "all of it is stopped; the data stay in $run"
	exit "$status"
}

main() {
	open_folder
	# What a killed run may have left.
	stop_parts >/dev/null
	check_arguments
	trap finish EXIT
	trap 'exit 0' INT TERM HUP
	say "pricegraph: starting in $run"
	# To ask the exchange may take a while: the servers start meanwhile.
	[[ ${FEED:-auto} == auto ]] || choose_feed "$FEED"
	begin_kafka
	start_postgres
	[[ ${FEED:-auto} != auto ]] || choose_feed auto
	await_kafka
	model_port=$(free_port)
	write_settings "$run/pricegraph.ini" "$model_port"
	check_settings
	: >"$run/log/ctl.log"
	ctl migrate
	[[ $venue != replay-* ]] || ctl empty "$venue"
	start_page
	start_feed
	say "pricegraph is at $url/ after $(seconds_since_start) s. Ctrl-C stops all of it."
	say "Prices are $prices (venue $venue)."
	watch
}
main
