"""The whole exchange in real time, websocket → Kafka → PostgreSQL: 1,500 symbols' samples and klines and 5,000 trades, every second for
MINUTES (10). Delays are the collector's own histograms: a quantile is the bound of the bucket that it falls into."""

import os
import pathlib
import random
import re
import statistics
import time
import urllib.request

import market
from measure import cpu_us, memory_mib
from parts import Stack, wait_until
from ws_server import Server

SYMBOLS = 1500
SLICES = 20  # of a second: the frames come spread over it
MINUTES = float(os.environ.get("MINUTES", 10))
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

    def __init__(self, server, names, wanted):
        self.server, self.names, self.sent = server, names, 0
        wait_until(lambda: sum(len(c.streams) for c in server.connections) >= wanted, "all streams are subscribed", 120)
        self.of = {stream: c for c in server.connections for stream in c.streams}
        self.rnd = random.Random(5)

    def frames(self, n):
        """(connection, frame) of one second; the klines are those of the second before."""
        start = market.T0 + n * 1000
        events = [("trade", s, text) for s, text in market.trades(self.names, n)]
        events += [("miniTicker", s, market.ticker_json(self.rnd, s, start + i * 900 // len(self.names))) for i, s in enumerate(self.names)]
        events += [("kline_1s", s, market.kline_json(self.rnd, s, start - 1000)) for s in self.names]
        self.rnd.shuffle(events)
        for stream, symbol, text in events:
            name = f"{symbol.lower()}@{stream}"
            connection = self.of.get(name)
            if connection:
                yield connection, connection.frame(1, f'{{"stream":"{name}","data":{text}}}')

    def slices(self, n):
        """One second's bytes, cut into SLICES, by connection."""
        frames = list(self.frames(n))
        out = []
        for k in range(SLICES):
            part = {}
            for connection, frame in frames[k * len(frames) // SLICES:(k + 1) * len(frames) // SLICES]:
                part.setdefault(connection, []).append(frame)
            out.append([(c, b"".join(f)) for c, f in part.items()])
        self.sent += len(frames)
        return out

    def second(self, n, due):
        """Sends second n of the market, from the time `due` on."""
        for k, part in enumerate(self.slices(n)):
            time.sleep(max(0, due + k / SLICES - time.monotonic()))
            for connection, data in part:
                connection.send_raw(data)
        for connection in self.server.connections:
            connection.clock(market.T0 + (n + 1) * 1000)


class Watch:
    """What the processes used, minute after minute."""

    def __init__(self, pid, metrics):
        self.pid, self.metrics = pid, metrics
        self.began = time.monotonic(), cpu_us(pid), server_cpu_us()
        self.rows = []

    def minute(self):
        now = time.monotonic(), cpu_us(self.pid), server_cpu_us()
        seconds = now[0] - self.began[0]
        self.rows.append({"collector_%": (now[1] - self.began[1]) / seconds / 1e4, "postgres_%": (now[2] - self.began[2]) / seconds / 1e4,
                          "lag_records": self.metrics.lag(), "resident_MiB": memory_mib(self.pid)[0], "load": os.getloadavg()[0]})
        self.began = now


def start(folder, server, names):
    port = free_port()
    stack = Stack(folder, "replay-whole", {
        "http.port": port, "venue.clock": "ping", "exchange.host": "127.0.0.1", "exchange.port": server.port, "exchange.tls": "no",
        "feed.symbols": ",".join(names), "feed.streams": "miniTicker,kline_1s,trade", "feed.ping": 60, "feed.silence": 60})
    return stack, stack.start("pricegraph-collector"), Metrics(port)


def run(folder, names):
    server = Server()
    stack, collector, metrics = start(folder, server, names)
    try:
        feeder = Feeder(server, names, 3 * len(names))
        for connection in server.connections:
            connection.clock(market.T0)
        due, warm, seconds = time.monotonic() + 1, 15, round(MINUTES * 60)
        for n in range(warm):
            feeder.second(n, due + n)
        delays = {"acknowledged": "pricegraph_feed_received_to_acknowledged_seconds", "committed": "pricegraph_sink_received_to_committed_seconds"}
        before = {key: metrics.buckets(name) for key, name in delays.items()}
        watch = Watch(collector.process.pid, metrics)
        for n in range(warm, warm + seconds):
            feeder.second(n, due + n)
            if (n - warm + 1) % min(60, seconds) == 0:
                watch.minute()
        behind = time.monotonic() - (due + warm + seconds)
        tables = ("raw_mini_ticker", "raw_trade", "candle_1s")
        wait_until(lambda: sum(stack.one(f"SELECT count(*) FROM {t}") for t in tables) >= feeder.sent, "everything is stored", 60, every=0.5)
        p99 = {f"{key}_p{share * 100:.0f}_ms": quantile_ms(before[key], metrics.buckets(name), share)
               for key, name in delays.items() for share in (0.5, 0.9, 0.99)}
        stored = sum(stack.one(f"SELECT count(*) FROM {t}") for t in tables)
        facts = [stack.one(f"SELECT count(*) FROM {t}") for t in ("gap", "quarantine")]
        if collector.stop() != 0:
            raise AssertionError(collector.text())
        return watch.rows, p99, {"frames": feeder.sent, "rows": stored, "gaps": facts[0], "quarantined": facts[1], "sender_behind_s": behind}
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
