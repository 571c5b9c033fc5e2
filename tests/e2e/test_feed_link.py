"""Never blind: a connection is replaced before it breaks, look-ups and name servers hold nobody up, single silent streams are
noted; what two connections bring at once is there once, without a gap, in the database and in the live answers."""

import json
import random
import re
import subprocess
import threading
import time
from decimal import Decimal

import pytest

from feed_parts import PARTITIONS, T0, begin, go_on, name, trade
from live_parts import Live, fold
from parts import murmur2, wait_until
from ws_server import CLOSE, Server

HOME = murmur2(b"BTCUSDT") % PARTITIONS


def send_to(connections, symbol, number, t):
    for c in connections:
        try:
            c.event(name(symbol), trade(symbol, number, t))
        except OSError:
            pass  # it was closed meanwhile


def subscribed(c):
    wait_until(lambda: c.asked("LIST_SUBSCRIPTIONS"), "the audit")


def await_t(feed, t):
    wait_until(lambda: (lambda r: r and r[-1]["T"] == t * 1000)(feed.control()[HOME]), "T is told")


def assert_no_break(feed):
    """In the order of each partition: a session begins with a T that the one before has told; nobody says `ended` but the last."""
    for records in feed.control().values():
        last_t, session = 0, None
        for r in records:
            if r["session"] != session:
                assert r["kind"] == "begin" and (session is None or r["T"] <= last_t), (r, last_t)
                session = r["session"]
            last_t = max(last_t, r["T"])
        assert [r["kind"] for r in records].count("ended") == 1 and records[-1]["kind"] == "ended"


@pytest.mark.parametrize("why", ["age", "serverShutdown"])
def test_make_before_break(feed_of, server, why):
    """The old one goes on until the new one is subscribed, has brought data, and begins at a time that the old one covers."""
    feed = feed_of(feed__rotation=1 if why == "age" else 0, venue__settle=5)
    old = begin(feed, server)
    old.event(name("BTCUSDT"), trade("BTCUSDT", 1, T0 + 1))
    server.acknowledge = False
    if why == "serverShutdown":
        old.event("!serverShutdown", f'{{"e":"serverShutdown","E":{T0 + 2}}}')
    new = server.next()
    wait_until(lambda: new.requests, "SUBSCRIBE")
    assert new.requests[0]["params"] == old.requests[0]["params"]
    old.clock(T0 + 10_000)
    old.event(name("BTCUSDT"), trade("BTCUSDT", 2, T0 + 10_001))
    await_t(feed, T0 + 10_001)
    server.acknowledge = True
    new.answer(new.requests[0])
    subscribed(new)
    new.clock(T0 + 10_002)
    old.clock(T0 + 20_000)
    await_t(feed, T0 + 20_000)
    assert not feed.log("feed_rotated") and len(feed.log("feed_session_begun")) == 1  # no data on the new one yet
    send_to([new, old], "BTCUSDT", 3, T0 + 20_001)
    feed.await_log("feed_rotated")
    wait_until(lambda: old.closed.is_set(), "the old one is closed")
    assert old.close_code == 1000
    new.event(name("BTCUSDT"), trade("BTCUSDT", 4, T0 + 20_003))
    await_t(feed, T0 + 20_003)
    assert feed.program.stop() == 0
    assert {json.loads(m.value())["t"] for m in feed.events()[HOME]} == {1, 2, 3, 4}
    assert_no_break(feed)
    sessions = {r["session"]: r["T"] for r in reversed(feed.control()[HOME])}
    assert sorted(sessions.values()) == [T0 * 1000, (T0 + 10_002) * 1000]  # heard in full from the acknowledgement on
    assert not feed.log("feed_disconnected")


def test_old_one_lost_before(feed_of, server):
    """serverShutdown and gone at once: the successor, already subscribed, takes over without a back-off; what was missed shows."""
    feed = feed_of()
    old = begin(feed, server)
    old.event("!serverShutdown", f'{{"e":"serverShutdown","E":{T0 + 2}}}')
    new = server.next()
    subscribed(new)
    new.clock(T0 + 3000)
    new.event(name("BTCUSDT"), trade("BTCUSDT", 1, T0 + 3001))
    wait_until(lambda: any(feed.events().values()), "the event")
    old.send(CLOSE, b"\x03\xe9")
    began = time.monotonic()
    feed.await_log("feed_rotated_late")
    feed.await_log("feed_session_begun", 2)
    assert time.monotonic() - began < 0.4 and server.attempts == 2
    assert feed.program.stop() == 0
    first, second = sorted({r["session"] for r in feed.control()[HOME]})
    assert [min(r["T"] for r in feed.control()[HOME] if r["session"] == s) for s in (first, second)] == [T0 * 1000, (T0 + 3000) * 1000]
    assert max(r["T"] for r in feed.control()[HOME] if r["session"] == first) == T0 * 1000  # a notice tells no T


def test_successor_refused(feed_of, server):
    """While no successor is to be had the old one goes on."""
    feed = feed_of(feed__rotation=1)
    old = begin(feed, server)
    server.refuse = b"HTTP/1.1 503 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    feed.await_log("feed_not_connected", 2)
    old.event(name("BTCUSDT"), trade("BTCUSDT", 1, T0 + 1000))
    await_t(feed, T0 + 1000)
    server.refuse = None
    new = server.next()
    subscribed(new)
    new.clock(T0 + 2000)
    send_to([new, old], "BTCUSDT", 2, T0 + 20_000)
    feed.await_log("feed_rotated")
    assert feed.program.stop() == 0
    assert_no_break(feed)


SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
/* exchange.test is 127.0.0.1; both.test has an address first at which nobody listens; a look-up ends when the file is gone. */
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **out)
{
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **) = dlsym(RTLD_NEXT, "getaddrinfo");
	const char *hang = getenv("TEST_LOOK_UP_HANGS");
	if (!node || !strstr(node, ".test"))
		return real(node, service, hints, out);
	while (hang && access(hang, F_OK) == 0)
		usleep(10000);
	int failed = real("127.0.0.1", service, hints, out);
	if (!failed && strcmp(node, "both.test") == 0) {
		struct addrinfo *first = NULL;
		failed = real("127.0.0.2", service, hints, &first);
		if (!failed) {
			struct addrinfo *last = first;
			while (last->ai_next)
				last = last->ai_next;
			last->ai_next = *out;
			*out = first;
		}
	}
	return failed;
}
"""


@pytest.fixture
def names(tmp_path, monkeypatch):
    """A resolver of the test's own; the file whose presence holds look-ups up."""
    (tmp_path / "shim.c").write_text(SHIM)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", "shim.so", "shim.c", "-ldl"], cwd=tmp_path, check=True)
    monkeypatch.setenv("TEST_LOOK_UP_HANGS", str(tmp_path / "hang"))
    monkeypatch.setenv("LD_PRELOAD", str(tmp_path / "shim.so"))
    return tmp_path / "hang"


def test_look_up_blocks_nobody(feed_of, server, names):
    """The name server does not answer: the running connection is read on, and a stop is a stop."""
    feed = feed_of(exchange__host="exchange.test", feed__rotation=1)
    old = begin(feed, server)
    names.touch()
    feed.await_log("feed_rotating")
    for i in range(1, 6):
        old.event(name("BTCUSDT"), trade("BTCUSDT", i, T0 + i * 1000))
        await_t(feed, T0 + i * 1000)
    assert server.attempts == 1
    names.unlink()
    new = server.next()
    subscribed(new)
    new.clock(T0 + 6000)
    names.touch()
    send_to([new, old], "BTCUSDT", 6, T0 + 20_000)
    feed.await_log("feed_rotating", 2)  # the next look-up hangs again
    began = time.monotonic()
    assert feed.program.stop() == 0
    assert time.monotonic() - began < 3
    names.unlink()


def test_one_address_after_the_other(feed_of, server, names):
    """Nobody listens at the first: the second is tried at once."""
    feed = feed_of(exchange__host="both.test")
    begin(feed, server)
    assert "address=127.0.0.2" in feed.log("feed_address_failed")[0]
    assert not feed.log("feed_not_connected")
    assert feed.program.stop() == 0


def test_silent_stream_is_noted(feed_of, server):
    """One symbol falls silent: a line, no reconnect; a line again when it is heard."""
    feed = feed_of(feed__stream_silence=1)
    c = begin(feed, server)
    stop = threading.Event()

    def market():
        for i in range(1, 1000):
            if stop.wait(0.1):
                return
            c.event(name("BTCUSDT"), trade("BTCUSDT", i, T0 + i))

    thread = threading.Thread(target=market)
    thread.start()
    line = feed.await_log("feed_stream_silent")[0]
    assert "symbol=ETHUSDT stream=trade" in line
    c.event(name("ETHUSDT"), trade("ETHUSDT", 1, T0 + 1))
    assert "symbol=ETHUSDT stream=trade" in feed.await_log("feed_stream_heard")[0]
    stop.set()
    thread.join()
    assert server.attempts == 1
    assert feed.program.stop() == 0
    assert not [line for line in feed.log("feed_stream_silent") if "BTCUSDT" in line]


@pytest.mark.parametrize("code,reason,least_ms", [(1008, b"Too many requests", 10_000), (1008, b"Pong timeout", 500), (1001, b"", 500),
                                                  (1011, b"oops", 500), (1009, b"", 10_000)])
def test_close_codes(feed_of, server, code, reason, least_ms):
    feed = feed_of()
    c = begin(feed, server)
    c.send(CLOSE, code.to_bytes(2, "big") + reason)
    line = feed.await_log("feed_disconnected")[0]
    assert f"code={code} " in line and f'reason="{reason.decode()}"' in line and 'meaning=""' not in line
    assert least_ms <= int(re.search(r"retry_in_ms=(\d+)", line).group(1)) <= max(least_ms, 1000)
    assert feed.program.stop() == 0


def test_unsent_requests_are_forgotten(feed_of, server):
    """Cut while requests are still to be sent: the next connection asks for everything, once, with ids from 1."""
    symbols = [f"A{i:03}LONGSYMBOLNAMEUSDT" for i in range(500)]
    feed = feed_of(feed__symbols=",".join(symbols))
    feed.start(server)
    first = server.next()
    wait_until(lambda: first.requests, "the first request")
    first.reset()
    second = server.next()
    wait_until(lambda: sum(len(r["params"]) for r in second.asked("SUBSCRIBE")) == 500, "all requests")
    asked = second.asked("SUBSCRIBE")
    assert len(first.requests) < len(asked)
    assert [r["id"] for r in asked] == list(range(1, len(asked) + 1))
    assert [p for r in asked for p in r["params"]] == [name(s) for s in symbols]
    assert feed.program.stop() == 0


class Market(threading.Thread):
    """Trades of two symbols, the newest to all connections that are subscribed; in another order on each, as two servers of an
    exchange would send them. The market's clock is the host's."""

    def __init__(self, server, shutdowns):
        super().__init__(daemon=True)
        self.server, self.shutdowns = server, shutdowns
        self.halt = threading.Event()
        self.sent = {"BTCUSDT": [], "ETHUSDT": []}
        self.offset = T0 - time.time_ns() // 1_000_000

    def now(self):
        return time.time_ns() // 1_000_000 + self.offset

    def run(self):
        rng = random.Random(11)
        last_clock = 0
        while not self.halt.wait(0.01):
            open_now = [c for c in self.server.connections if c.requests and not c.closed.is_set()]
            batch = []
            for _ in range(rng.randint(0, 6) if open_now else 0):
                symbol, t = rng.choice(list(self.sent)), self.now()
                number = len(self.sent[symbol]) + 1
                price, quantity = f"{rng.randint(100, 200)}.5", f"0.{rng.randint(1, 9)}"
                text = json.dumps({"e": "trade", "E": t, "s": symbol, "t": number, "p": price, "q": quantity, "T": t, "m": True,
                                   "M": True})
                self.sent[symbol].append((number, t, Decimal(price), Decimal(quantity)))
                batch.append((symbol, text))
            for i, c in enumerate(open_now):
                try:
                    for symbol, text in batch if i % 2 == 0 else reversed(batch):
                        c.event(name(symbol), text)
                    if self.now() - last_clock >= 200:
                        c.clock(self.now())
                    if self.shutdowns and rng.random() < 0.004:
                        c.event("!serverShutdown", f'{{"e":"serverShutdown","E":{self.now()}}}')
                except OSError:
                    pass
            if self.now() - last_clock >= 200:
                last_clock = self.now()


def test_overlap_is_seen_once(stack_of, tmp_path):
    """Rotation after rotation under load, by age and by serverShutdown: every trade is stored once, no gap row, the seconds are those
    of a recomputation, in the database and in the live answers, which drop what comes twice and say so."""
    server = Server()
    stack = stack_of("replay-link", {
        "exchange.host": "localhost", "exchange.port": server.port, "exchange.tls": "no", "venue.clock": "ping", "venue.settle": 1,
        "feed.symbols": "BTCUSDT,ETHUSDT", "feed.streams": "trade", "feed.rotation": 2, "sink.batch_interval": 100})
    collector = stack.start("pricegraph-collector")
    market = Market(server, shutdowns=True)
    market.start()
    wait_until(lambda: stack.rows("SELECT 1 FROM raw_trade LIMIT 1"), "the first trade")
    topics = type("Topics", (), {"venue": stack.venue, "prefix": stack.prefix, "servers": stack.values["kafka.bootstrap.servers"]})
    (tmp_path / "live").mkdir()
    live = Live(tmp_path / "live", topics)
    answer = live.ready("BTCUSDT,ETHUSDT")
    seen = {"BTCUSDT": {}, "ETHUSDT": {}}

    def rotated():
        return collector.text().count(" feed_rotated ")

    def take(answer):
        for e in answer["events"]:
            if e["type"] == "candle":
                seen[e["symbol"]][e["t"]] = e
        return answer["cursor"]

    while rotated() < 5:
        answer = live.poll("BTCUSDT,ETHUSDT", take(answer), 1)
        assert answer["recovered"]
    market.halt.set()
    market.join()
    count = sum(len(s) for s in market.sent.values())
    end_us = (market.now() + 1500) * 1000
    for c in server.connections:
        if not c.closed.is_set():
            c.clock(end_us // 1000)
    wait_until(lambda: stack.one("SELECT count(*) FROM raw_trade") == count
               and stack.one("SELECT min(s.to_us) FROM subscription u JOIN span s USING (session, stream, venue) WHERE u.to_us IS NULL") >= end_us,
               "all is committed")
    while min(answer["as_of"].values()) < end_us // 1000:
        answer = live.poll("BTCUSDT,ETHUSDT", take(answer), 1)
    take(answer)
    assert collector.stop() == 0
    assert stack.rows("SELECT * FROM gap") == []
    assert stack.rows("SELECT * FROM quarantine") == []
    assert stack.one("SELECT count(DISTINCT session) FROM span") >= 6
    for symbol, trades in market.sent.items():
        wanted = fold(trades)
        stored = {t // 1000: tuple(row) for t, *row in stack.rows(
            "SELECT open_us, open, high, low, close, volume, trades FROM candle_1s WHERE symbol = %s", symbol)}
        whole = {t: s for t, s in wanted.items() if t + 1000 < end_us // 1000 - 1000}
        assert {t: s for t, s in stored.items() if t in whole} == whole
        told = {t: tuple(Decimal(e[k]) for k in "ohlcv") + (e["n"],) for t, e in seen[symbol].items()}
        assert len(told) > 5
        for t, second in told.items():
            assert second == wanted[t], (symbol, t)
    assert live.metrics()["pricegraph_live_repeats_total"] > 0
    live.close()
    server.close()


KEYS = {"trade": ("raw_trade", "symbol, id", lambda e: (e["s"], e["t"])),
        "aggTrade": ("raw_agg_trade", "symbol, id", lambda e: (e["s"], e["a"])),
        "miniTicker": ("raw_mini_ticker", "symbol, event_us / 1000", lambda e: (e["s"], e["E"])),
        "kline_1s": ("candle_1s", "symbol, open_us / 1000", lambda e: (e["s"], e["k"]["t"]))}


def test_every_stream_is_rotated(stack_of):
    """The model exchange's whole market through rotation after rotation: every event up to T is a row, and no gap shows."""
    stack = stack_of("synthetic", {"feed.symbols": "BTCUSDT,ETHUSDT,SOLUSDT", "feed.streams": ",".join(KEYS), "feed.rotation": 2,
                                   "venue.settle": 1, "sink.batch_interval": 100})
    stack.start_exchange("synthetic", seed=3, history=0, symbols="BTCUSDT,ETHUSDT,SOLUSDT")
    collector = stack.start("pricegraph-collector")
    wait_until(lambda: collector.text().count(" feed_rotated ") >= 3, "three rotations")
    assert collector.stop() == 0
    if not stack.one("SELECT bool_and(ended) FROM subscription u JOIN span s USING (venue, stream, session) WHERE u.to_us IS NULL"):
        sink = stack.start("pricegraph-collector", "--set", "feed.enabled=no")
        wait_until(lambda: stack.one(
            "SELECT bool_and(ended) FROM subscription u JOIN span s USING (venue, stream, session) WHERE u.to_us IS NULL"), "all is committed")
        sink.kill()
    assert " feed_disconnected " not in collector.text()
    assert stack.rows("SELECT * FROM gap") == []
    heard_ms = stack.one("SELECT min(s.to_us) FROM subscription u JOIN span s USING (venue, stream, session) WHERE u.to_us IS NULL") // 1000
    begun_ms = stack.one("SELECT max(f) FROM (SELECT min(from_us) AS f FROM subscription GROUP BY symbol, stream) AS x") // 1000
    sent = {stream: set() for stream in KEYS}
    for line in (stack.folder / "truth.txt").read_text().rpartition("\n")[0].splitlines():
        state, _, where, text = line.split(" ", 3)
        stream = where.rpartition("@")[2]
        if state in ("sent", "unsent") and stream in KEYS and begun_ms < (event := json.loads(text))["E"] < heard_ms:
            sent[stream].add(KEYS[stream][2](event))
    for stream, (table, columns, _) in KEYS.items():
        assert len(sent[stream]) > 5 and sent[stream] <= set(stack.rows(f"SELECT {columns} FROM {table}")), stream


def recent_attempts(path):
    return [line for line in path.read_text().splitlines() if line.strip()]


def test_attempts_over_restarts(feed_of, server):
    """Whatever ends the collector: its attempts count in the next one, and with the limit of 300 in 5 minutes reached it waits."""
    feed = feed_of()
    path = feed.folder / "attempts"
    for runs in range(1, 6):
        begin(feed, server, feed__attempts_file=path)
        assert len(recent_attempts(path)) == server.attempts == runs
        assert f"recent={runs - 1}" in feed.log("feed_attempts_known")[0]
        feed.program.kill()
    # The crash loop goes on for a while; its first attempt was made nearly five minutes ago.
    boot, wall = (int(t * 1e6) for t in (time.clock_gettime(time.CLOCK_BOOTTIME), time.time()))
    ages = [297_000_000, *range(1_000_000, 295_000_000, 1_000_000)]
    lines = recent_attempts(path) + [f"{boot - age} {wall - age}".ljust(63) for age in ages]
    path.write_text("".join(line + "\n" for line in lines))
    assert len(lines) == 300
    feed.start(server)
    feed.await_log("feed_attempts_exhausted")
    assert server.attempts == 5 and "recent=300" in feed.log("feed_attempts_known")[0]
    go_on(feed, server, T0)
    assert (time.clock_gettime(time.CLOCK_BOOTTIME) * 1e6) - boot >= 3_000_000
    assert server.attempts == 6 and len(recent_attempts(path)) == 300
    assert feed.program.stop() == 0


def test_attempts_file_damaged(feed_of, server):
    """The feed goes on without it, says so, and leaves it as it is."""
    feed = feed_of()
    path = feed.folder / "attempts"
    path.write_text("[feed]\n")
    begin(feed, server, feed__attempts_file=path)
    assert len(feed.log("feed_attempts_in_memory")) == 1 and "damaged" in feed.log("feed_attempts_in_memory")[0]
    assert feed.program.stop() == 0
    assert path.read_text() == "[feed]\n"
