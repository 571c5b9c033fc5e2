#include "settings.h"

/* clang-format off */
#define TEXT(s, k, d, p, h) {s, k, SETTING_TEXT, "", d, 0, 0, p, h, NULL}
#define CHOICE(s, k, c, d, p, h) {s, k, SETTING_TEXT, "", d, 0, 0, p, h, c}
#define SECRET(s, k, d, p, h) {s, k, SETTING_SECRET, "", d, 0, 0, p, h, NULL}
#define NAME(s, k, c, d, most, p, h) {s, k, SETTING_NAME, "", d, 1, most, p, h, c}
#define INT(s, k, u, d, lo, hi, p, h) {s, k, SETTING_INT, u, d, lo, hi, p, h, NULL}
#define FLOAT(s, k, u, d, lo, hi, p, h) {s, k, SETTING_FLOAT, u, d, lo, hi, p, h, NULL}
#define BOOL(s, k, d, p, h) {s, k, SETTING_BOOL, "", d, 0, 1, p, h, NULL}
#define LIST(s, k, d, p, h) {s, k, SETTING_LIST, "", d, 0, 0, p, h, NULL}

#define LEVELS "error|warn|info|debug"

const struct setting setting_table[] = {
	NAME("venue", "name", "a-z0-9-", "binance", 90, "chlt",
		"Venue served: binance, synthetic or replay-<name>; names the topics and the rows."),
	CHOICE("venue", "clock", "host|ping", "host", "c",
		"Where the venue's time comes from: the host's clock set right by REST, or the server's PINGs."),
	INT("venue", "settle", "s", "5", 0, 3600, "chlt",
		"A candle is settled when the data are complete up to its end and this much further."),

	TEXT("exchange", "host", "data-stream.binance.vision", "c", "Websocket host of the exchange."),
	INT("exchange", "port", "", "443", 1, 65535, "c", "Websocket port of the exchange."),
	TEXT("exchange", "rest_host", "data-api.binance.vision", "ct", "REST host of the exchange."),
	INT("exchange", "rest_port", "", "443", 1, 65535, "ct", "REST port of the exchange."),
	BOOL("exchange", "tls", "yes", "ct", "Speak TLS to the exchange."),
	TEXT("exchange", "ca_file", "", "ct",
		"Certificates (PEM) to trust instead of the system's; empty: the system's."),

	INT("rest", "weight_limit", "", "6000", 60, 1000000, "ct",
		"Request weight that the exchange grants an IP address in a minute."),
	INT("rest", "weight_share", "%", "50", 1, 95, "ct",
		"Share of that weight which back-fill may use, with all other users of the address."),

	BOOL("feed", "enabled", "yes", "c", "Run the feed: the exchange's stream into Kafka."),
	LIST("feed", "symbols", "BTCUSDT,ETHUSDT", "ct",
		"Symbols to collect, as the exchange writes them, and patterns (*USDT); -NAME or -PATTERN takes out, the last match decides."),
	TEXT("feed", "symbols_file", "", "ct",
		"File with further ones, one a line, read behind the list and whenever it changes; pricegraphctl symbols writes it."),
	LIST("feed", "streams", "miniTicker,kline_1s", "c",
		"Streams to collect of each symbol; !miniTicker@arr instead of miniTicker: those of all symbols in one stream."),
	INT("feed", "ping", "s", "5", 1, 60, "c", "How often the exchange is PINGed."),
	TEXT("feed", "record", "", "c",
		"Folder that gets every text frame with its receive time, as the model exchange replays it; empty: none."),
	INT("feed", "record_bytes", "bytes", "268435456", 4096, 1.0e12, "c",
		"A file of the recording that has so much is followed by the next."),
	INT("feed", "rotation", "s", "82800", 0, 86400, "c",
		"A connection of this age (and up to 1/48 more) is replaced by a new one without a break; 0: never."),
	INT("feed", "silence", "s", "15", 1, 3600, "c",
		"A connection on which nothing at all was read for so long is given up."),
	INT("feed", "stream_silence", "s", "600", 0, 86400, "c",
		"A stream of a symbol that is not heard for so long is noted; 0: none is."),
	INT("feed", "timeout", "s", "10", 1, 600, "c",
		"How long the handshake and the answer to a request may take."),
	TEXT("feed", "collector", "", "c",
		"Name of this collector in its records; empty: the host's name."),

	TEXT("kafka", "bootstrap.servers", "127.0.0.1:9092", "clt",
		"Some of the brokers, host:port separated by commas."),
	NAME("topics", "prefix", "A-Za-z0-9._-", "pricegraph", 90, "clt", "First part of the topics' names."),
	INT("topics", "replication", "", "1", 1, 15, "ct", "Replication factor of topics that are created."),
	INT("topics", "retention", "h", "72", 1, 8760, "ct", "How long live topics keep their records."),

	SECRET("postgres", "collector", "host=127.0.0.1 dbname=pricegraph user=pricegraph_collector", "ct",
		"Connection (libpq conninfo) that writes data."),
	SECRET("postgres", "reader", "host=127.0.0.1 dbname=pricegraph user=pricegraph_reader", "ht",
		"Connection (libpq conninfo) that only reads."),
	SECRET("postgres", "owner", "host=127.0.0.1 dbname=pricegraph", "ct",
		"Connection (libpq conninfo) that owns the schema: migrations and partitions."),

	BOOL("backfill", "enabled", "yes", "c",
		"Repair gaps from the exchange's REST interface; one collector of a venue does it, whichever is first."),

	BOOL("sink", "enabled", "yes", "c", "Run the sink: Kafka into PostgreSQL."),
	INT("sink", "batch_interval", "ms", "1000", 10, 60000, "c", "Longest time between two commits."),
	INT("sink", "batch_events", "", "40000", 1, 1000000, "c", "A batch of this many events is committed at once."),
	INT("sink", "batch_bytes", "bytes", "67108864", 4096, 1073741824, "c",
		"A batch that holds so much is committed at once."),

	INT("http", "port", "", "0", 0, 65535, "c",
		"Port on loopback where the collector answers /metrics and /healthz; 0: none."),
	INT("http", "max_age", "s", "10", 1, 3600, "c", "/healthz answers 503 when the data are older than this."),

	CHOICE("log", "level", LEVELS, "info", "cehlt", "Least urgent level that is logged."),
	BOOL("log", "stderr", "yes", "cehlt", "Log to stderr."),
	CHOICE("log", "stderr_level", LEVELS "|same", "same", "cehlt", "Level of stderr; same: log.level."),
	TEXT("log", "file", "", "cehlt", "Log to this file too, appending; empty: none. SIGHUP opens it anew."),
	CHOICE("log", "file_level", LEVELS "|same", "same", "cehlt", "Level of the file; same: log.level."),
	TEXT("log", "syslog", "", "cehlt",
		"Log to the syslog server at this Unix socket too, usually /dev/log; empty: none."),
	CHOICE("log", "syslog_level", LEVELS "|same", "same", "cehlt", "Level of syslog; same: log.level."),
	CHOICE("log", "syslog_format", "rfc3164|rfc5424", "rfc3164", "cehlt",
		"How lines to syslog look; local servers understand rfc3164."),
	CHOICE("log", "syslog_facility", "daemon|user|local0|local1|local2|local3|local4|local5|local6|local7",
		"daemon", "cehlt", "Facility of lines to syslog."),
	INT("log", "queue", "lines", "8192", 16, 1048576, "cehlt",
		"Lines that may wait for the logging thread; more are dropped and counted."),
	INT("log", "repeats", "lines", "20", 0, 1000000, "cehlt",
		"Lines of one event in 10 s; more are counted and summed up in one line. 0: no limit."),

	TEXT("web", "prefix", "/", "hl", "Path under which the web server offers pricegraph."),
	INT("chart", "workers", "", "4", 1, 256, "h", "Requests answered at once by one pricegraph-chart."),
	INT("chart", "keep", "ms", "250", 0, 10000, "h",
		"An answer may be this much older than the database, and is then made once for all who ask; 0: made for each request."),
	INT("chart", "keep_bytes", "bytes", "67108864", 1048576, 68719476736.0, "h",
		"Bound of the answers that are kept; when it is met, the one not asked for longest goes."),
	INT("chart", "timeout", "ms", "5000", 100, 60000, "h",
		"Longest time that the database may take for an answer, 503 then; one that is away is noticed within a second."),
	INT("live", "workers", "", "2", 1, 256, "l", "Requests read at once by one pricegraph-live."),
	INT("live", "waiters_max", "", "8000", 1, 1000000, "l", "Requests that may wait for news in one pricegraph-live."),
	INT("live", "cache_seconds", "s", "300", 10, 86400, "l", "Age of events that are kept in memory."),
	INT("live", "cache_bytes", "bytes", "268435456", 1048576, 68719476736.0, "l",
		"Bound of the events in memory; when it is met, the older half goes."),
	INT("live", "tail", "s", "75", 1, 3600, "l",
		"How far before the topics' newest records reading begins at start; sessions name their symbols each 60 s."),

	TEXT("model", "listen", "127.0.0.1", "e", "Address that the model exchange listens at."),
	INT("model", "port", "", "9443", 0, 65535, "e", "Port that the model exchange listens at; 0: any free one."),
	TEXT("model", "source", "synthetic", "e", "Recording (file or folder) to replay, or synthetic."),
	FLOAT("model", "speed", "x", "1", 0, 100000, "e",
		"Market seconds for each second; 0: as fast as the connections take it."),
	TEXT("model", "faults", "", "e", "Script of faults, one JSON object a line; empty: none. POST /faults takes the same."),
	INT("model", "fault_seed", "", "1", 0, 9.0e15, "e", "Seed of the chance in faults."),
	INT("model", "seed", "", "1", 0, 9.0e15, "e", "Seed of the synthetic market."),
	TEXT("model", "truth", "", "e", "File that gets every frame made and whether it was sent; empty: none."),
	INT("model", "start", "ms", "0", 0, 9.0e15, "e",
		"Market time at which the synthetic market starts; 0: now."),
	LIST("model", "symbols", "BTCUSDT,ETHUSDT,SOLUSDT,BNBUSDT,XRPUSDT,DOGEUSDT,SHIBUSDT,WAVESBTC", "e",
		"Symbols of the synthetic market; any names."),
	INT("model", "history", "h", "24", 0, 8760, "e",
		"Hours of the synthetic market before its start that its 24 h statistics and klines know."),
	INT("model", "trades", "", "1000000", 0, 1.0e9, "e",
		"Trades of each symbol that REST still knows; of more the older half is forgotten."),
	BOOL("model", "unsolicited", "no", "e",
		"Send every frame of a recording without trades to every connection, subscribed or not."),
	FLOAT("model", "clock_ping", "s", "1", 0, 3600, "e",
		"Time between PINGs that tell the venue's clock; 0: only those of model.ping."),
	FLOAT("model", "ping", "s", "20", 0.1, 3600, "e", "Time between PINGs at least."),
	FLOAT("model", "pong_timeout", "s", "60", 0.1, 3600, "e",
		"A connection that leaves a PING unanswered this long is closed."),
	INT("model", "queue_max", "bytes", "67108864", 65536, 4.0e9, "e",
		"A connection that leaves more than this unread is cut off."),
	TEXT("model", "tls_cert", "", "e", "Certificate (PEM); with it the model exchange speaks TLS."),
	TEXT("model", "tls_key", "", "e", "Key (PEM) of the certificate."),

	{NULL, NULL, SETTING_TEXT, "", "", 0, 0, "", "", NULL},
};
/* clang-format on */
