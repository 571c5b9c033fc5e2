#!/bin/bash
# A single-node Kafka broker (KRaft) of our own below one folder, on loopback. `make run` and
# tests/with_kafka use it.
#
#   stack/kafka.sh jars                   copy the jars of kafka/pom.xml, prepare the class archive
#   stack/kafka.sh ports                  print two free ports
#   stack/kafka.sh init  DIR PORT PORT2   configure and format, unless done; PORT2 is the controller's;
#                                         PRICEGRAPH_KAFKA_ADVERTISED= another port that clients are told
#   stack/kafka.sh start DIR              start it in the background
#   stack/kafka.sh run   DIR              the same in the foreground; ends with its parent process
#   stack/kafka.sh ready DIR [SECONDS]    wait until it serves clients (default 60)
#   stack/kafka.sh stop  DIR              orderly stop, waits for its end; no error if not running
#   stack/kafka.sh url   DIR              print the value of bootstrap.servers
#
# DIR/data holds the logs of the topics, DIR/kafka.log the broker's own. `init` with other ports
# than before keeps the data. Jars and class archive live in build/kafka and need no network again.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd -P)
lib=$root/build/kafka

program=kafka
logs=(kafka.out kafka.log)
stop_signal=TERM
kill_signal=KILL
# shellcheck source-path=SCRIPTDIR source=server.sh
. "$root/stack/server.sh"

usage() {
	die "usage: stack/kafka.sh jars|ports or init|start|run|ready|stop|url DIR [...]"
}

[ $# -ge 1 ] || usage
command=$1
shift
case $command in
jars | ports) ;;
init | start | run | ready | stop | url)
	[ $# -ge 1 ] || usage
	mkdir -p "$1" || die "cannot make the folder '$1'"
	dir=$(cd "$1" && pwd -P)
	shift
	;;
*) usage ;;
esac

# Small heap and early compiler: the broker starts in two seconds and stays below 200 MB.
java=(java -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Djava.awt.headless=true)

class_path() {
	local jars=("$lib"/jars/*.jar)
	[ -e "${jars[0]}" ] || die "no jars: stack/kafka.sh jars comes first"
	local IFS=:
	echo "${jars[*]}"
}

property() {
	sed -n "s/^pricegraph\.$1=//p" "$dir/server.properties" 2>/dev/null
}

is_open() {
	(exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# Below the range that the kernel takes for outgoing connections.
ports() {
	local port found=()
	while [ ${#found[@]} -lt 2 ]; do
		port=$((15000 + RANDOM % 16000))
		is_open "$port" || [ "$port" = "${found[0]:-}" ] || found+=("$port")
	done
	echo "${found[@]}"
}

configure() {
	cat >"$dir/server.properties" <<-END
		pricegraph.port=$1
		process.roles=broker,controller
		node.id=1
		controller.quorum.voters=1@127.0.0.1:$2
		listeners=PLAINTEXT://127.0.0.1:$1,CONTROLLER://127.0.0.1:$2
		advertised.listeners=PLAINTEXT://127.0.0.1:${PRICEGRAPH_KAFKA_ADVERTISED:-$1}
		controller.listener.names=CONTROLLER
		inter.broker.listener.name=PLAINTEXT
		log.dirs=$dir/data
		auto.create.topics.enable=false
		offsets.topic.replication.factor=1
		offsets.topic.num.partitions=1
		transaction.state.log.replication.factor=1
		transaction.state.log.min.isr=1
		share.coordinator.state.topic.replication.factor=1
		share.coordinator.state.topic.min.isr=1
		group.initial.rebalance.delay.ms=0
		# After kill -9 the next start takes over in 5 s instead of 12 s.
		broker.session.timeout.ms=2000
		broker.heartbeat.interval.ms=500
		num.network.threads=2
		num.io.threads=4
		log.cleaner.dedupe.buffer.size=8388608
	END
	cat >"$dir/log4j2.properties" <<-END
		appender.file.type=RollingFile
		appender.file.name=file
		appender.file.fileName=$dir/kafka.log
		appender.file.filePattern=$dir/kafka.log.%i
		appender.file.layout.type=PatternLayout
		appender.file.layout.pattern=%d{ISO8601} %p %c{1} %m%n
		appender.file.policies.type=Policies
		appender.file.policies.size.type=SizeBasedTriggeringPolicy
		appender.file.policies.size.size=10MB
		appender.file.strategy.type=DefaultRolloverStrategy
		appender.file.strategy.max=2
		rootLogger.level=INFO
		rootLogger.appenderRef.file.ref=file
	END
}

init() {
	[ $# -eq 2 ] || usage
	configure "$@"
	[ ! -d "$dir/data" ] || return 0
	local cds=()
	[ ! -e "$lib/classes.jsa" ] || cds=(-XX:SharedArchiveFile="$lib/classes.jsa" -Xlog:disable)
	local new=$dir/data.new
	rm -rf "$new"
	sed "s|^log.dirs=.*|log.dirs=$new|" "$dir/server.properties" >"$dir/format.properties"
	"${java[@]}" "${cds[@]}" -Dlog4j2.configurationFile="$dir/log4j2.properties" \
		-cp "$(class_path)" kafka.tools.StorageTool format -t "$(random_id)" \
		-c "$dir/format.properties" >"$dir/kafka.out" 2>&1 ||
		{ last_words; die "cannot format '$dir'"; }
	rm -f "$dir/format.properties"
	mv "$new" "$dir/data"
}

# A cluster id: 22 characters of URL-safe base64, 16 random bytes. Kafka takes one that begins with '-' for an option.
random_id() {
	head -c 16 /dev/urandom | base64 | tr '+/' '-_' | cut -c1-22 | sed 's/^-/_/'
}

enter() {
	[ -d "$dir/data" ] || die "not formatted '$dir': init comes first"
	! server_pid >/dev/null || die "already running in '$dir'"
	local port deadline=$((SECONDS + 2))
	port=$(property port)
	while is_open "$port"; do # for a moment also by a broker that was killed
		[ "$SECONDS" -lt "$deadline" ] || die "port $port is taken"
		sleep 0.05
	done
	if [ -e "$lib/classes.jsa" ]; then
		java+=(-XX:SharedArchiveFile="$lib/classes.jsa" -Xlog:disable -Xlog:all=error:stderr)
	fi
	[ -z "${PRICEGRAPH_DUMP:-}" ] || java+=(-XX:ArchiveClassesAtExit="$PRICEGRAPH_DUMP")
	java+=(-Dlog4j2.configurationFile="$dir/log4j2.properties"
		-cp "$(class_path)" kafka.Kafka "$dir/server.properties")
	exec 9<"$dir/data"
	cd "$dir"
}

start() {
	enter
	setsid "${java[@]}" </dev/null >"$dir/kafka.out" 2>&1 &
	echo $! >"$dir/pid"
}

run() {
	enter
	echo $$ >"$dir/pid"
	exec setsid -w setpriv --pdeathsig TERM "${java[@]}" </dev/null >"$dir/kafka.out" 2>&1
}

# The broker opens its port once its controller lets it serve.
answers() {
	is_open "$(property port)"
}

ready() {
	wait_ready "${1:-60}"
}

# Runs a broker once so that the JVM dumps its classes: later starts take half the time.
train() {
	local tmp port port2 ok=yes
	tmp=$(mktemp -d)
	read -r port port2 < <(ports)
	"$0" init "$tmp" "$port" "$port2"
	PRICEGRAPH_DUMP=$lib/classes.new "$0" run "$tmp" &
	"$0" ready "$tmp" || ok=no
	"$0" stop "$tmp"
	wait "$!" 2>/dev/null || true
	rm -rf "$tmp"
	[ "$ok" = yes ] || exit 1
	mv "$lib/classes.new" "$lib/classes.jsa"
}

jars() {
	mkdir -p "$lib"
	exec 8>"$lib/lock"
	flock 8
	if ! cmp -s "$root/kafka/pom.xml" "$lib/pom.xml"; then
		rm -rf "$lib/jars" "$lib/classes.jsa"
		mvn -q -B -Dstyle.color=never -f "$root/kafka/pom.xml" dependency:copy-dependencies \
			-DincludeScope=runtime -DoutputDirectory="$lib/jars" 8>&- ||
			die "maven cannot copy the jars of kafka/pom.xml"
		cp "$root/kafka/pom.xml" "$lib/pom.xml"
	fi
	[ -e "$lib/classes.jsa" ] || train 8>&-
}

case $command in
url) echo "127.0.0.1:$(property port)" ;;
*) $command "$@" ;;
esac
