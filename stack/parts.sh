# shellcheck shell=bash
# Starting and stopping the parts of one `make run`. Sourced after common.sh by up.sh and down.sh, which set `run`, the run's folder.
#
# Each part is a session of its own, so that Ctrl-C reaches up.sh only, and ends with up.sh, however that ends. run/pid/<part> holds
# the number of the session. A process is ours if it is in such a session and its working folder lies in the run's folder, or if it is our
# child that is about to become so; a number that was given anew to a stranger harms nobody.

# shellcheck disable=SC2154 # run, lock: the caller's

# In the order in which they stop: upstream first.
parts_in_stop_order=(collector exchange nginx chart live kafka postgres)

# start <part> <command...>: in the background, output to run/log/<part>.log.
start() {
	local part=$1
	shift
	(
		cd "$run" && exec setsid setpriv --pdeathsig TERM "$@"
	) </dev/null >"$run/log/$part.log" 2>&1 {lock}>&- &
	echo $! >"$run/pid/$part"
}

# start_server <postgres|kafka>: their scripts make the session themselves, and their folder's pid file.
start_server() {
	rm -f "$run/$1/pid"
	"stack/$1.sh" run "$run/$1" </dev/null >"$run/log/$1.log" 2>&1 {lock}>&- &
	echo $! >"$run/pid/$1"
	wait_until 5 test -s "$run/$1/pid"
}

# The process that the part began as: up.sh's child.
leader() {
	cat "$run/pid/$1" 2>/dev/null
}

# Every living process of the part, one a line.
members() {
	local session stat line fields pid
	session=$(leader "$1") || return 0
	for stat in /proc/[0-9]*/stat; do
		{ read -r line <"$stat"; } 2>/dev/null || continue
		read -r -a fields <<<"${line##*) }"
		[[ ${fields[0]} != Z ]] || continue
		pid=${stat//[^0-9]/}
		if [[ $pid == "$session" && ${fields[1]} == "$$" ]]; then
			echo "$pid"
			continue
		fi
		[[ ${fields[3]} == "$session" ]] || continue
		[[ $(readlink "/proc/$pid/cwd") == "$run"* ]] && echo "$pid"
	done
}

has_ended() {
	[[ -z $(members "$1") ]]
}

signal() {
	local pids
	mapfile -t pids < <(members "$2")
	[[ ${#pids[@]} -eq 0 ]] || kill "-$1" "${pids[@]}" 2>/dev/null
}

# Ends a part in its own way and waits for the last of its processes.
stop_part() {
	local part=$1 pid
	case $part in
	postgres | kafka)
		[[ ! -d $run/$part ]] || "stack/$part.sh" stop "$run/$part"
		;;
	chart | live)
		# multiwatch first and hard: it would start its program anew, and it has nothing to lose.
		pid=$(leader "$part")
		has_ended "$part" || { kill -KILL "$pid" && wait "$pid"; } 2>/dev/null
		signal TERM "$part"
		;;
	*)
		signal TERM "$part"
		;;
	esac
	if ! wait_until 10 has_ended "$part"; then
		say "  $part does not end in 10 s: killed"
		signal KILL "$part"
		wait_until 5 has_ended "$part"
	fi
	rm -f "$run/pid/$part"
}

stop_parts() {
	local part
	for part in "${parts_in_stop_order[@]}"; do
		[[ ! -f $run/pid/$part ]] || stop_part "$part"
	done
}
