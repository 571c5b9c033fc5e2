"""The whole exchange in real time, websocket → Kafka → PostgreSQL: 1,500 symbols' samples and klines and 5,000 trades, every second for
MINUTES (10), and then beside a large import for IMPORT_MINUTES (1). Delays are the collector's own histograms: a quantile is the bound of the bucket that it falls into."""

import os
import pathlib
import re
import statistics
import time
import urllib.request

import frames
import market
from measure import cpu_us, memory_mib
from parts import Stack, wait_until
from ws_server import Server

SYMBOLS = 1500
MINUTES = float(os.environ.get("MINUTES", 10))
IMPORT_MINUTES = float(os.environ.get("IMPORT_MINUTES", 1))  # beside an import of the archive; 0: none
IMPORTED = 10  # symbols of it
WANTED = {"collector_%": 40, "postgres_%": 8, "acknowledged_p99_ms": 25, "committed_p99_ms": 1500}


def free_port():
    import socket
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


class Metrics:
    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}/metrics"

    def text(self):
        with urllib.request.urlopen(self.url, timeout=5) as answer:
            return answer.read().decode()

    def buckets(self, name):
        """Counts below each bound, cumulative."""
        return {float(le): float(n) for le, n in re.findall(name + r'_bucket\{le="([^"]+)"\} (\S+)', self.text())}

    def lag(self):
        """Records that are not committed."""
        return sum(float(n) for n in re.findall(r"pricegraph_sink_lag_records\{[^}]*\} (\S+)", self.text()))


def quantile_ms(before, after, share):
    """The bound of the bucket that the quantile of what came in between falls into."""
    counts = {le: n - before.get(le, 0) for le, n in after.items()}
    total = max(counts.values())
    return min(le for le, n in counts.items() if n >= share * total) * 1000


def server_cpu_us():
    """All processes of the test's PostgreSQL."""
    postmaster = int(next(pathlib.Path(os.environ["PRICEGRAPH_TEST_PG_DIR"]).rglob("postmaster.pid")).read_text().split()[0])
    total = 0
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == postmaster or int(stat.parent.name) == postmaster:
            total += cpu_us(int(stat.parent.name))
    return total


class Feeder:
    """Sends each stream's frames on the connection that subscribed to it."""

    def __init__(self, server, path, wanted):
        self.server, self.slices, self.sent, self.n = server, frames.read(path), 0, 0
        wait_until(lambda: sum(len(c.streams) for c in server.connections) >= wanted, "all streams are subscribed", 120)
        self.of = {stream: c for c in server.connections for stream in c.streams}
        for connection in server.connections:
            connection.clock(market.T0)
        self.due = time.monotonic() + 1

    def send(self, part):
        by_connection = {}
        for stream, frame in part:
            connection = self.of.get(stream)
            if connection:
                by_connection.setdefault(connection, []).append(frame)
                self.sent += 1
        for connection, some in by_connection.items():
            connection.send_raw(b"".join(some))

    def second(self):
        """Sends the market's next second, in real time."""
        for k in range(frames.SLICES):
            part = next(self.slices)
            time.sleep(max(0, self.due + self.n + k / frames.SLICES - time.monotonic()))
            self.send(part)
        self.n += 1
        for connection in self.server.connections:
            connection.clock(market.T0 + self.n * 1000)

    def behind(self):
        return time.monotonic() - (self.due + self.n)


DELAYS = {"acknowledged": "pricegraph_feed_received_to_acknowledged_seconds", "committed": "pricegraph_sink_received_to_committed_seconds"}


class Watch:
    """What the processes used, minute after minute, and how long the events took."""

    def __init__(self, pid, metrics):
        self.pid, self.metrics = pid, metrics
        self.began = time.monotonic(), cpu_us(pid), server_cpu_us()
        self.before = {key: metrics.buckets(name) for key, name in DELAYS.items()}
        self.rows = []

    def minute(self):
        now = time.monotonic(), cpu_us(self.pid), server_cpu_us()
        seconds = now[0] - self.began[0]
        self.rows.append({"collector_%": (now[1] - self.began[1]) / seconds / 1e4, "postgres_%": (now[2] - self.began[2]) / seconds / 1e4,
                          "lag_records": self.metrics.lag(), "resident_MiB": memory_mib(self.pid)[0], "load": os.getloadavg()[0]})
        self.began = now

    def delays(self):
        """Of the events since it began."""
        return {f"{key}_p{share * 100:.0f}_ms": quantile_ms(self.before[key], self.metrics.buckets(name), share)
                for key, name in DELAYS.items() for share in (0.5, 0.9, 0.99)}


def start(folder, server, names):
    port = free_port()
    stack = Stack(folder, "replay-whole", {
        "http.port": port, "venue.clock": "ping", "exchange.host": "127.0.0.1", "exchange.port": server.port, "exchange.tls": "no",
        "feed.symbols": ",".join(names), "feed.streams": "miniTicker,kline_1s,trade", "feed.ping": 60, "feed.silence": 60})
    return stack, stack.start("pricegraph-collector"), Metrics(port)


def watched(feeder, watch, seconds):
    """Sends and watches; the minutes' rows, and the delays."""
    for n in range(seconds):
        feeder.second()
        if (n + 1) % min(60, seconds) == 0:
            watch.minute()
    return watch.rows, watch.delays()


def archive(folder, names):
    """Files of the exchange's archive: a day of seconds of some symbols, more than can be loaded meanwhile."""
    paths, day = [], market.T0 // 86_400_000 * 86_400_000 - 86_400_000
    for symbol in names[:IMPORTED]:
        paths.append(folder / f"{symbol}-1s-{time.strftime('%Y-%m-%d', time.gmtime(day // 1000))}.csv")
        with open(paths[-1], "w") as f:
            for t in range(day, day + 86_400_000, 1000):
                f.write(f"{t},1.5,2.5,1.25,2,{t % 977}.5,{t + 999},{t % 977}.75,{t % 9},1.5,2.5,0\n")
    return paths


def imported(stack):
    """Rows of it that are stored."""
    return stack.one("SELECT count(*) FROM candle_1s WHERE open_us < %s", market.T0 * 1000 - 86_400_000_000 // 2)


def run(folder, names):
    warm, seconds, beside = 15, round(MINUTES * 60), round(IMPORT_MINUTES * 60)
    frames.make(folder / "frames", names, warm + seconds + beside)
    paths = archive(folder, names) if beside else []
    server = Server()
    stack, collector, metrics = start(folder, server, names)
    try:
        feeder = Feeder(server, folder / "frames", 3 * len(names))
        for _ in range(warm):
            feeder.second()
        rows, alone = watched(feeder, Watch(collector.process.pid, metrics), seconds)
        counts = {}
        if beside:
            load = stack.start("pricegraphctl", "import", *map(str, paths))
            while not imported(stack):
                feeder.second()
                beside -= 1
            found = watched(feeder, Watch(collector.process.pid, metrics), beside)
            counts = {"imported_rows_per_s": imported(stack) / beside, "import_was_over": not load.running(),
                      "import_committed_p50_ms": found[1]["committed_p50_ms"], "import_committed_p99_ms": found[1]["committed_p99_ms"],
                      "import_acknowledged_p99_ms": found[1]["acknowledged_p99_ms"], "import_postgres_%": found[0][-1]["postgres_%"]}
            load.kill()
        behind = feeder.behind()
        live = ("SELECT (SELECT count(*) FROM raw_mini_ticker) + (SELECT count(*) FROM raw_trade) + "
                f"(SELECT count(*) FROM candle_1s WHERE open_us >= {(market.T0 - 1000) * 1000})")
        stored = wait_until(lambda: (n := stack.one(live)) >= feeder.sent and n, "everything is stored", 60, every=0.5)
        facts = [stack.one(f"SELECT count(*) FROM {t}") for t in ("gap", "quarantine")]
        if collector.stop() != 0:
            raise AssertionError(collector.text())
        return rows, alone, {"frames": feeder.sent, "rows": stored, "gaps": facts[0], "quarantined": facts[1], "sender_behind_s": behind, **counts}
    finally:
        stack.close()
        server.close()


def measure(folder):
    rows, p99, counts = run(folder, market.symbols(SYMBOLS))
    found = {key: statistics.median(r[key] for r in rows) for key in ("collector_%", "postgres_%")} | p99
    text = (f"## The whole exchange\n{SYMBOLS:,} symbols of miniTicker and kline_1s and 5,000 trades a second, for {MINUTES:g} minutes, in real "
            "time. Per cents are of one core, medians of the minutes; a quantile of the delays is the upper bound of its bucket.\n\n| | found | wanted |\n|---|---|---|\n")
    text += "".join(f"| {key.replace('_', ' ')} | {value:.3g} | {WANTED.get(key, '')} |\n" for key, value in found.items())
    def listed(key, digits):
        return ", ".join(f"{r[key]:.{digits}f}" for r in rows)
    text += f"| resident MiB, minute by minute | {listed('resident_MiB', 0)} | flat |\n"
    text += f"| records not committed, minute by minute | {listed('lag_records', 0)} | flat |\n"
    text += f"| load, minute by minute | {listed('load', 1)} | |\n"
    return text + "".join(f"| {key.replace('_', ' ')} | {value:,.1f} | |\n" for key, value in counts.items())
