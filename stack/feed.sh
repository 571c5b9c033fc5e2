# shellcheck shell=bash
# What the prices of one `make run` come from, and the settings that follow from it. Sourced after common.sh by up.sh, which sets
# `programs`, the folder of the built programs, and `run`.
#
# shellcheck disable=SC2154 # run, programs, speed: the caller's
#
# choose_feed sets: feed (live, synthetic or recording), venue, symbols, streams, prices (what to tell people).

exchange_host=${PRICEGRAPH_EXCHANGE_HOST:-data-stream.binance.vision}

# Whether the exchange accepts a websocket within 5 s.
exchange_answers() {
	local status=''
	read -r -t 6 _ status _ < <(curl --http1.1 -s -N -m 5 -D - -o /dev/null "https://$exchange_host/stream" \
		-H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' \
		-H "Sec-WebSocket-Key: $(head -c 16 /dev/urandom | base64)" 2>/dev/null)
	kill $! 2>/dev/null
	[[ $status == 101 ]]
}

# A recording tells its venue, symbols and streams itself.
choose_recording() {
	local list name value error=$run/log/list.log
	[[ -e $1 ]] || die "FEED=$1: not auto, live or synthetic, and there is no such file or folder"
	list=$("$programs/pricegraph-exchange" --list "$1" 2>"$error") ||
		die "FEED=$1: $(tail -n 1 "$error")"
	while IFS='=' read -r name value; do
		case $name in
		venue) venue=$value ;;
		symbols) symbols=$value ;;
		streams) streams=$value ;;
		esac
	done <<<"$list"
	[[ -n $venue ]] || die "FEED=$1: no recording in it"
	feed=recording
	source=$(realpath "$1")
	prices="replayed from $1 at speed $speed, NOT live ones"
}

choose_feed() {
	symbols=${PRICEGRAPH_FEED_SYMBOLS:-BTCUSDT,ETHUSDT}
	streams=${PRICEGRAPH_FEED_STREAMS:-miniTicker,kline_1s}
	source=synthetic
	feed=$1
	if [[ $feed == auto ]]; then
		feed=live
		exchange_answers || feed=synthetic
	fi
	case $feed in
	live)
		venue=binance
		prices="live from $exchange_host"
		;;
	synthetic)
		venue=synthetic
		prices="made up by the model exchange at speed $speed, NOT live ones"
		[[ $1 != auto ]] || prices+=" ($exchange_host does not answer)"
		;;
	*) choose_recording "$1" ;;
	esac
}

# A symbol to ask for: the first that is no pattern.
first_symbol() {
	local one all
	IFS=, read -ra all <<<"$symbols"
	for one in "${all[@]}"; do
		one=${one// /}
		[[ $one != *'*'* && $one != -* ]] || continue
		echo "$one"
		return
	done
	echo BTCUSDT
}

# write_settings <file> <model's port>: one file for all programs.
write_settings() {
	local postgres symbols_file="" clock=ping tls=no host=127.0.0.1 rest_host=127.0.0.1 port=$2
	postgres="$(stack/postgres.sh url "$run/postgres") dbname=pricegraph"
	if [[ $feed == live ]]; then
		clock=host tls=yes host=$exchange_host rest_host=data-api.binance.vision port=443
	fi
	# What pricegraphctl symbols adds and removes stays for the next run; a recording has the symbols that it has.
	[[ $feed == recording ]] || symbols_file=$run/symbols.$venue
	cat >"$1" <<-END
		; Written by make run for this run only.
		[venue]
		name = $venue
		clock = $clock
		[exchange]
		host = $host
		port = $port
		rest_host = $rest_host
		rest_port = $port
		tls = $tls
		[feed]
		symbols = $symbols
		symbols_file = $symbols_file
		streams = $streams
		attempts_file = $run/attempts.$venue
		[kafka]
		bootstrap.servers = $(stack/kafka.sh url "$run/kafka")
		[postgres]
		collector = $postgres user=pricegraph_collector
		reader = $postgres user=pricegraph_reader
		owner = $postgres user=postgres
		[web]
		prefix = /
		[model]
		listen = 127.0.0.1
		port = $2
		source = $source
		speed = $speed
		symbols = $symbols
	END
}
