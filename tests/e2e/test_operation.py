"""What an operator sees: metrics that Prometheus accepts and that agree with what was sent, health by the age of the data, logs in
every sink whatever becomes of one of them, and systemd's watchdog, which is fed while the data advance or can't."""

import contextlib
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

from parts import Program, wait_until
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
        self.go_on(T0)
        return self.program

    def go_on(self, t):
        self.connection = c = self.server.next()
        wait_until(lambda: c.requests, "SUBSCRIBE")
        c.clock(t)

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
    o.trades(1, 500, o.clock.t)
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
    o.go_on(o.clock.t)
    wait_until(lambda: o.metrics().get('pricegraph_sink_gaps_total{cause="feed"}') == 1, "the gap is counted")
    assert o.metrics()["pricegraph_feed_disconnects_total"] == 1
    status, headers, body = o.get("/metrics", "POST")
    assert status == 405 and headers["Allow"] == "GET, HEAD" and json.loads(body)["status"] == 405
    status, headers, body = o.get("/nothing")
    assert status == 404 and headers["Content-Type"] == "application/problem+json" and json.loads(body)["status"] == 404
    assert o.program.stop() == 0


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
