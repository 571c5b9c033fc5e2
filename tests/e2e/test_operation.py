"""What an operator sees: metrics that Prometheus accepts and that agree with what was sent, health by the age of the data, logs in
every sink whatever becomes of one of them, and systemd's watchdog, which is fed while the data advance or can't."""

import contextlib
import ctypes
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from parts import BUILD, ROOT, Program, wait_until
from ws_server import Server

T0 = 1_723_161_255_000  # ms


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Notified:
    """systemd's end of NOTIFY_SOCKET."""

    def __init__(self, path):
        self.path = str(path)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.messages = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        with contextlib.suppress(OSError):
            while True:
                self.messages.append((time.monotonic(), self.socket.recv(4096).decode()))

    def count(self, text, since=0.0):
        return sum(text in m for at, m in self.messages if at >= since)

    def close(self):
        self.socket.close()


class Operated:
    """A collector, its scripted exchange, and what looks at it from outside."""

    def __init__(self, stack, server, **settings):
        self.stack, self.server = stack, server
        self.port = free_port()
        stack.set({"exchange.host": "localhost", "exchange.port": server.port, "exchange.tls": "no", "venue.clock": "ping",
                   "feed.symbols": "BTCUSDT", "feed.streams": "trade", "feed.ping": 1, "http.port": self.port,
                   "sink.batch_interval": 100, "http.max_age": 2})
        stack.set({k.replace("__", "."): v for k, v in settings.items()})
        self.program = None
        self.connection = None

    def start(self, **environment):
        """With more variables; returns when the sessions have begun."""
        with changed(environment):
            self.program = self.stack.start("pricegraph-collector")
        self.go_on()
        return self.program

    def go_on(self):
        """The next connection; the clock tells it the time."""
        c = self.server.next()
        wait_until(lambda: c.requests, "SUBSCRIBE")
        self.connection = c
        wait_until(lambda: c.pongs, "the time was heard")

    def get(self, path, method="GET"):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, dict(answer.headers), answer.read().decode()
        except urllib.error.HTTPError as e:
            return e.code, dict(e.headers), e.read().decode()

    def health(self):
        """Status, and the parts by name."""
        status, _, body = self.get("/healthz")
        answer = json.loads(body)
        assert (answer["status"] == "ok") == (status == 200)
        return status, {p["part"]: p for p in answer["parts"]}

    def metrics(self):
        """Name with labels -> value."""
        status, headers, body = self.get("/metrics")
        assert status == 200 and headers["Content-Type"].startswith("text/plain; version=0.0.4")
        return {k: float(v) for k, v in re.findall(r"^([a-z_]+(?:\{[^\n]*\})?) (\S+)$", body, re.M)}

    def trades(self, first, count, t=T0):
        for i in range(first, first + count):
            self.connection.event("btcusdt@trade", f'{{"e":"trade","E":{t + i},"s":"BTCUSDT","t":{i},"p":"100.5","q":"2",'
                                                   f'"T":{t + i - 1},"m":true,"M":true}}')


@contextlib.contextmanager
def changed(environment):
    before = dict(os.environ)
    os.environ.update({k: str(v) for k, v in environment.items()})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


class Clock:
    """Tells the venue's time to whoever is connected, 20 times a second, while it runs."""

    def __init__(self, operated, t=T0):
        self.operated, self.t, self.runs = operated, t, threading.Event()
        self.runs.set()
        self.over = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while not self.over.wait(0.05):
            if self.runs.is_set() and self.operated.connection:
                self.t += 50
                with contextlib.suppress(OSError):
                    self.operated.connection.clock(self.t)


@pytest.fixture
def server():
    s = Server()
    yield s
    s.close()


@pytest.fixture
def operated_of(stack_of, server):
    clocks = []

    def make(**settings):
        o = Operated(stack_of("replay-operation"), server, **settings)
        clocks.append(Clock(o))
        o.clock = clocks[-1]
        return o

    yield make
    for clock in clocks:
        clock.over.set()


def promtool(text):
    return subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=60, check=False)


def test_metrics_agree_with_what_was_sent(operated_of):
    """Every part of the way is counted, the histograms hold each event once, and Prometheus' checker has no complaint."""
    o = operated_of()
    o.start()
    o.trades(1, 500, o.clock.t - 600)  # no T ahead of the clock
    wait_until(lambda: o.stack.one("SELECT count(*) FROM raw_trade") == 500, "500 trades stored")
    assert o.get("/metrics", "HEAD")[0] == 200
    m = wait_until(lambda: (m := o.metrics()).get("pricegraph_sink_received_to_committed_seconds_count") == 500 and m, "metrics")
    checked = promtool(o.get("/metrics")[2])
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert m["pricegraph_feed_events_total"] == 500
    assert m['pricegraph_feed_acknowledged_total{stream="trade"}'] >= 500
    assert m["pricegraph_feed_event_to_received_seconds_count"] == 500
    assert m["pricegraph_feed_received_to_acknowledged_seconds_count"] == 500
    assert m['pricegraph_feed_received_to_acknowledged_seconds_bucket{le="60"}'] == 500
    assert 0 < m["pricegraph_feed_received_to_acknowledged_seconds_sum"] < m["pricegraph_sink_received_to_committed_seconds_sum"]
    assert m["pricegraph_sink_events_total"] == m["pricegraph_sink_raw_rows_total"] == 500
    assert m["pricegraph_sink_commit_seconds_count"] == m["pricegraph_sink_commits_total"] > 0
    assert 0 <= m['pricegraph_feed_event_age_seconds{stream="trade"}'] < 60
    assert m["pricegraph_feed_queue_records_high_water"] > 0 and m["pricegraph_feed_queue_high_water_bytes"] > 0
    wait_until(lambda: 'pricegraph_sink_lag_records{stream="trade"}' in o.metrics(), "lag")
    assert o.metrics()['pricegraph_sink_lag_seconds{stream="trade"}'] < 60
    o.connection.reset()
    o.go_on()
    wait_until(lambda: o.metrics().get('pricegraph_sink_gaps_total{cause="feed"}') == 1, "the gap is counted")
    assert o.metrics()["pricegraph_feed_disconnects_total"] == 1
    status, headers, body = o.get("/metrics", "POST")
    assert status == 405 and headers["Allow"] == "GET, HEAD" and json.loads(body)["status"] == 405
    status, headers, body = o.get("/nothing")
    assert status == 404 and headers["Content-Type"] == "application/problem+json" and json.loads(body)["status"] == 404
    assert o.program.stop() == 0


DECLARED = re.compile(r'METRIC_(COUNTER|GAUGE|HISTOGRAM)\w*\(\s*\w+,\s*"([^"]+)",\s*((?:"[^"]*"\s*)+)')


def test_every_metric_that_the_programs_declare():
    """Also those that no test makes appear: one name, one place, and a form that Prometheus' checker has no complaint about."""
    found = [m for folder in ("lib", "daemon", "cgi") for path in sorted((ROOT / folder).glob("*.c"))
             for m in DECLARED.findall(path.read_text())]
    names = [name for _, name, _ in found]
    assert len(names) > 80 and len(names) == len(set(names)), sorted(n for n in names if names.count(n) > 1)
    text = ""
    for kind, name, texts in found:
        said = texts.split('"')[1]
        text += f"# HELP {name} {said}\n# TYPE {name} {kind.lower()}\n"
        text += f'{name}_bucket{{le="+Inf"}} 1\n{name}_sum 1\n{name}_count 1\n' if kind == "HISTOGRAM" else f"{name} 1\n"
    checked = promtool(text)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_port_in_use_is_refused(stack_of):
    """The collector does not start without the endpoint that it was told to have."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        stack = stack_of("replay-operation", {"http.port": taken.getsockname()[1]})
        p = stack.start("pricegraph-collector")
        assert p.process.wait(20) == 2
    assert "cannot listen at 127.0.0.1" in p.text()


def test_health_by_the_age_of_the_data(operated_of):
    """200 while T moves, without a single trade; 503 naming the feed when the exchange falls silent; 200 again with its next PING."""
    o = operated_of(feed__silence=60)
    o.start()
    wait_until(lambda: o.health()[0] == 200, "healthy")
    o.server.answer_pings = False
    o.clock.runs.clear()
    status, parts = wait_until(lambda: (h := o.health())[0] == 503 and h, "stale")
    assert parts["feed"]["status"] == "stale" and parts["feed"]["age_ms"] > 2000
    assert parts["kafka"]["status"] == "ok" and parts["sink"]["status"] == "ok"  # alive records go on
    o.clock.runs.set()
    wait_until(lambda: o.health()[0] == 200, "healthy again")
    o.connection.reset()
    o.server.refuse = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
    status, parts = wait_until(lambda: (h := o.health())[0] == 503 and h, "stale")
    assert parts["feed"]["waits_for"] == "exchange"


def lines_of(server_socket):
    """What a syslog server has got by now."""
    got = []
    with contextlib.suppress(BlockingIOError):
        while True:
            got.append(server_socket.recv(4096, socket.MSG_DONTWAIT).decode())
    return got


def syslog_server(path):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.bind(str(path))
    return s


def test_every_sink_has_its_lines_and_its_level(operated_of, tmp_path):
    """stderr for journald, a file that is opened anew on SIGHUP, and syslog; one event is one line in each."""
    log, sock = tmp_path / "collector.log", tmp_path / "syslog"
    o = operated_of(log__file=log, log__file_level="debug", log__syslog=sock, log__syslog_level="warn", log__level="info",
                    log__syslog_format="rfc5424", log__syslog_facility="local0")
    with syslog_server(sock) as server:
        p = o.start(JOURNAL_STREAM="8:1")
        o.connection.text("no JSON")
        o.trades(1, 1, o.clock.t)
        wait_until(lambda: "feed_bad_frame" in log.read_text() and " debug sink-commit sink_committed" in log.read_text(), "in the file")
        assert re.search(r"^<4>warn feed feed_bad_frame ", p.text(), re.M)
        assert re.search(r"^<6>info main collector_started ", p.text(), re.M)
        assert "sink_committed" not in p.text()
        got = wait_until(lambda: lines_of(server), "syslog")
        pattern = rf"<13[23]>1 \S+Z \S+ pricegraph-collector {p.process.pid} [a-z_]+ - (warn|error) "
        assert any("feed_bad_frame" in line for line in got) and all(re.match(pattern, line) for line in got), got
    log.rename(tmp_path / "collector.log.1")
    p.process.send_signal(signal.SIGHUP)
    wait_until(log.exists, "the file anew")
    o.connection.text("no JSON either")
    wait_until(lambda: "feed_bad_frame" in log.read_text(), "in the new file")
    assert (tmp_path / "collector.log.1").read_text().count("feed_bad_frame") == 1
    assert p.stop() == 0


def test_stuck_sinks_hold_up_nothing(operated_of, tmp_path):
    """syslog that is never read and stderr that is a full pipe: the data and the file's log go on, and the drops are told."""
    log, sock = tmp_path / "collector.log", tmp_path / "syslog"
    o = operated_of(log__file=log, log__syslog=sock, log__level="debug", log__repeats=0)
    reader, writer = os.pipe()

    with syslog_server(sock):
        held = Held(o.stack.config(), writer)
        o.stack.programs.append(held)
        o.go_on()
        for i in range(2000):
            o.connection.text(f"no JSON {i} {'x' * 60}")
        o.trades(1, 100, o.clock.t)
        wait_until(lambda: o.stack.one("SELECT count(*) FROM raw_trade") == 100, "100 trades stored")
        wait_until(lambda: log.read_text().count("feed_bad_frame") == 2000, "all lines in the file")
        m = wait_until(lambda: (m := o.metrics()).get('pricegraph_log_dropped_total{sink="stderr"}', 0) > 1000 and m, "drops")
        assert m['pricegraph_log_dropped_total{sink="syslog"}'] > 1000
        assert 'pricegraph_log_dropped_total{sink="file"}' not in m
        for sink in ("stderr", "syslog"):
            wait_until(lambda name=sink: f"log_sink_drops sink={name} " in log.read_text(), f"{sink} is reported")
        assert held.stop() == 0
    os.close(reader)


class Held(Program):
    """A collector whose stderr is a pipe that nobody reads."""

    def __init__(self, config, writer):
        self.name, self.log = "pricegraph-collector", None
        self.out = open(writer, "wb")
        self.process = subprocess.Popen([str(BUILD / self.name), "--config", str(config)], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=self.out, text=True)


WATCHDOG = 4  # s


@pytest.fixture
def notified(tmp_path):
    n = Notified(tmp_path / "notify")
    yield n
    n.close()


def test_the_watchdog_is_fed_while_the_data_advance(operated_of, notified):
    """READY, signs of life in a quiet market (no trade at all) and while the exchange is away; none once a thread is stuck."""
    o = operated_of(feed__silence=2)
    p = o.start(NOTIFY_SOCKET=notified.path, WATCHDOG_USEC=WATCHDOG * 1_000_000)
    wait_until(lambda: notified.count("READY=1") == 1, "READY=1")
    begun = time.monotonic()
    wait_until(lambda: notified.count("WATCHDOG=1", begun) >= WATCHDOG, "fed while nobody trades")
    assert o.metrics().get("pricegraph_feed_events_total", 0) == 0
    # The exchange goes away: a restart would not bring it back.
    o.server.refuse = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
    o.connection.reset()
    wait_until(lambda: o.health()[0] == 503, "stale")
    gone = time.monotonic()
    wait_until(lambda: time.monotonic() - gone > WATCHDOG and notified.count("WATCHDOG=1", gone) >= WATCHDOG, "fed without the exchange")
    wait_until(lambda: notified.count("(exchange)", gone), "the state says why")
    assert "collector_stuck" not in p.text()
    # A thread that does not get on, while all else does: the feed's, held by the kernel.
    tid = next(t.name for t in pathlib.Path(f"/proc/{p.process.pid}/task").iterdir() if (t / "comm").read_text().strip() == "feed")
    with traced(int(tid)):
        wait_until(lambda: "collector_stuck" in p.text(), "stuck")
        assert re.search(r"error main collector_stuck part=feed ", p.text())
        assert o.health()[0] == 503  # HTTP goes on
        stuck = time.monotonic()
        wait_until(lambda: time.monotonic() - stuck > 2, "nothing for the watchdog meanwhile")
        assert notified.count("WATCHDOG=1", stuck) == 0
    wait_until(lambda: notified.count("WATCHDOG=1", stuck), "it goes on, so the watchdog is fed again")
    assert p.stop() == 0
    assert notified.count("STOPPING=1") == 1


@contextlib.contextmanager
def traced(tid):
    """Stops one thread by ptrace, as a debugger does."""
    seize, interrupt, detach = 0x4206, 0x4207, 17
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    assert libc.ptrace(seize, tid, None, None) == 0, os.strerror(ctypes.get_errno())
    assert libc.ptrace(interrupt, tid, None, None) == 0
    os.waitpid(tid, 0x40000000)  # __WALL
    try:
        yield
    finally:
        libc.ptrace(detach, tid, None, None)


def refuse_connections(stack, refuse):
    """The collector's role is let in no more, and who is in is put out."""
    stack.db.execute(f"REVOKE CONNECT ON DATABASE {stack.database} FROM PUBLIC, pricegraph_collector" if refuse else
                     f"GRANT CONNECT ON DATABASE {stack.database} TO PUBLIC")
    stack.db.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                     " WHERE datname = current_database() AND usename = 'pricegraph_collector'")


def test_postgresql_away_is_no_reason_to_restart(operated_of, notified):
    """The sink's transactions fail for longer than the watchdog's time: it is fed, /healthz names the database, and all is stored afterwards."""
    o = operated_of()
    p = o.start(NOTIFY_SOCKET=notified.path, WATCHDOG_USEC=WATCHDOG * 1_000_000)
    o.trades(1, 10, o.clock.t)
    wait_until(lambda: o.stack.one("SELECT count(*) FROM raw_trade") == 10, "10 trades stored")
    refuse_connections(o.stack, True)
    o.trades(11, 10, o.clock.t)
    status, parts = wait_until(lambda: (h := o.health())[0] == 503 and h, "stale")
    assert parts["feed"]["status"] == parts["kafka"]["status"] == "ok"
    assert parts["sink"]["status"] == "stale" and parts["sink"]["waits_for"] == "database"
    away = time.monotonic()
    wait_until(lambda: time.monotonic() - away > WATCHDOG and notified.count("WATCHDOG=1", away) >= WATCHDOG, "fed")
    assert "collector_stuck" not in p.text()
    refuse_connections(o.stack, False)
    wait_until(lambda: o.health()[0] == 200, "healthy again")
    assert o.stack.one("SELECT count(*) FROM raw_trade") == 20
    assert p.stop() == 0


def make_topic(stack, stream, partitions, **config):
    admin = AdminClient({"bootstrap.servers": stack.values["kafka.bootstrap.servers"]})
    topic = NewTopic(f"{stack.prefix}.{stack.venue}.{stream}", partitions, 1, config={k.replace("_", "."): v for k, v in config.items()})
    for future in admin.create_topics([topic]).values():
        future.result(20)


@pytest.mark.parametrize("partitions,config,why", [(4, {}, "has 4 partitions, not 8"),
                                                   (8, {"cleanup_policy": "compact"}, "has cleanup.policy compact, not delete")])
def test_a_topic_that_cannot_be_used_is_refused(operated_of, partitions, config, why):
    """A symbol would be in another partition than everybody thinks, or records would vanish: exit code 2, saying what to do."""
    o = operated_of()
    make_topic(o.stack, "trade", partitions, **config)
    p = o.stack.start("pricegraph-collector")
    assert p.process.wait(30) == 2
    assert re.search(rf'error \S+ topics_refused reason="topic \'{o.stack.prefix}.replay-operation.trade\' {re.escape(why)}"', p.text())
    assert o.server.attempts == 0


def test_a_topic_with_another_retention_is_told(operated_of):
    """Used as it is, since somebody may have wanted it so, but never in silence; topics that are made are as the settings say."""
    o = operated_of(topics__retention=48)
    make_topic(o.stack, "trade", 8, retention_ms="3600000")
    p = o.start()
    name = f"{o.stack.prefix}.replay-operation"
    wait_until(lambda: f"warn feed topic_retention topic={name}.trade is_ms=3600000 wanted_ms=172800000" in p.text()
               or f"warn sink topic_retention topic={name}.trade is_ms=3600000 wanted_ms=172800000" in p.text(), "retention")
    assert p.text().count(" topic_retention ") == 1
    assert p.stop() == 0


def kafka_does(what):
    subprocess.run([str(ROOT / "stack/kafka.sh"), what, os.environ["PRICEGRAPH_TEST_KAFKA_DIR"]], check=True)


def test_cut_off_while_kafka_is_away(operated_of):
    """The queue is full, so the socket is not read on, and the exchange cuts us off. What was read is stored once Kafka is back, the
    span ends there, and all that was not read lies in a gap."""
    o = operated_of(kafka__queue_buffering_max_kbytes=0)
    del o.stack.values["kafka.queue_buffering_max_kbytes"]
    o.stack.set({"kafka.queue.buffering.max.kbytes": 1000})
    p = o.start()
    o.clock.runs.clear()
    t, count = o.clock.t, 60_000  # 9 MB: more than the queue and the socket's buffers hold
    o.trades(0, 1, t)
    wait_until(lambda: o.stack.one("SELECT count(*) FROM raw_trade") == 1, "the first trade stored")
    over = threading.Event()

    def send_all():
        with contextlib.suppress(OSError):
            o.trades(1, count, t)
        over.set()

    kafka_does("stop")
    try:
        threading.Thread(target=send_all, daemon=True).start()
        wait_until(lambda: o.metrics().get("pricegraph_feed_queue_full_total", 0) > 5, "the queue is full")
        m = o.metrics()
        assert 500_000 < m["pricegraph_feed_queue_bytes"] <= 1_024_000
        assert m["pricegraph_feed_queue_bytes"] <= m["pricegraph_feed_queue_high_water_bytes"] < 2_048_000
        assert o.health()[1]["feed"].get("waits_for", "kafka") == "kafka"
        assert not over.is_set(), "the socket is still read"
        o.connection.reset()
        wait_until(over.is_set, "cut off")
    finally:
        kafka_does("start")
        kafka_does("ready")
    o.clock.t = t + count + 1000
    o.clock.runs.set()
    o.go_on()
    start, end, cause = wait_until(lambda: o.stack.rows("SELECT from_us, to_us, cause FROM gap"), "a gap")[0]
    assert cause == "overflow"
    assert o.metrics()['pricegraph_sink_gaps_total{cause="overflow"}'] == 1
    stored = wait_until(lambda: (n := o.stack.one("SELECT count(*) FROM raw_trade")) == o.metrics()["pricegraph_feed_events_total"] and n, "all read")
    assert 1000 < stored < count
    assert o.stack.one("SELECT max(id) FROM raw_trade") == stored - 1
    assert start == (t + stored - 1) * 1000 and end > (t + count) * 1000
    assert p.stop() == 0
