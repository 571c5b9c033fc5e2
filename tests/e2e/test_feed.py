"""Exchange → Kafka: every event byte for byte in its place, every frame counted, and T never ahead of what is there, whatever
the exchange, the network or our own death do. The exchange is a scripted server."""

import json
import os
import random
import re
import signal
import socket
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from feed_parts import PARTITIONS, STREAMS, T0, begin, go_on, is_control, name, spans_of, trade
from parts import ROOT, murmur2, wait_until
from ws_server import BINARY, CLOSE, PING, TEXT, Server, certificate


def assert_order(feed, stream="trade"):
    """In each partition: seq of each session rises by one from 1, T never falls within it, `begin` comes first and names the
    symbols of that partition; no T claims an event that lies behind it. Returns the sessions by partition."""
    symbols = [s.strip() for s in feed.values["feed.symbols"].split(",")]
    sessions = {}
    for p, messages in feed.records(stream).items():
        last, behind = {}, 0
        for m in messages:
            if not is_control(m):
                assert json.loads(m.value())["E"] * 1000 > behind, "an event behind a T that claims it"
                continue
            c = json.loads(m.value())
            assert m.key() is None and c["partition"] == p and c["collector"] == "tester"
            before = last.get(c["session"])
            assert c["seq"] == (before["seq"] + 1 if before else 1)
            assert (c["kind"] == "begin") == (before is None)
            if before:
                assert c["T"] >= before["T"] and before["kind"] != "ended"
                behind = c["T"]
            else:
                assert c["symbols"] == [s for s in symbols if murmur2(s.encode()) % PARTITIONS == p]
            last[c["session"]] = c
        sessions[p] = last
    return sessions


def test_events_byte_for_byte(feed_of, server):
    """Every shape of frame, whole, in fragments and byte by byte; bad ones are counted and harm nothing."""
    symbols = "BTCUSDT,ETHUSDT,1INCHUSDT,这是测试币456"
    feed = feed_of(feed__symbols=symbols, feed__streams=",".join(STREAMS))
    c = begin(feed, server)
    rng = random.Random(7)
    wanted = {s: [] for s in STREAMS}

    def send(stream, symbol, data):
        wanted[stream].append((symbol, data))
        return f'{{"stream":"{name(symbol, stream)}","data":{data}}}'

    t = T0
    for i in range(2000):
        t += rng.randint(0, 3)
        symbol = rng.choice(symbols.split(","))
        stream = rng.choice(STREAMS)
        blank = rng.choice(["", " ", "\n\t "])
        data = {"trade": trade(symbol, i, t),
                "miniTicker": f'{{"e":"24hrMiniTicker",{blank}"E":{t},"s":"{symbol}","c":"1.{i}","x":[1,{{"y":"\\u00e4"}}]}}',
                "kline_1s": f'{{"e":"kline","E":{t},"s":"{symbol}","k":{{"t":{t},"i":"1s","n":{i}}}}}'}[stream]
        frame = send(stream, symbol, data).encode()
        how = rng.random()
        if how < 0.6:
            c.send(TEXT, frame)
        elif how < 0.7:
            c.send(TEXT, data)  # unwrapped
        elif how < 0.97:  # fragments, with a PING between
            cut = rng.randint(0, len(frame))
            c.send(TEXT, frame[:cut], final=False)
            c.send(PING, "between")
            c.send(0, frame[cut:])
        else:
            for byte in c.frame(TEXT, frame):
                c.send_raw(bytes([byte]))
    bad = ["", "hello", "{", '{"e":"trade"}', '{"stream":"btcusdt@trade"}', '{"stream":"btcusdt@trade","data":5}',
           '{"e":"trade","s":"' + "A" * 64 + '"}', "12", b'{"e":"trade","s":"\xff\xfe"}', '{"e":"trade","s":"A\\u0000"}', trade("BTCUSDT", 2)[:-9],
           '{"stream":"btcusdt@trade","data":' + trade("BTCUSDT", 3), '{"e":"trade","x":' * 65 + "1" + "}" * 65, "[" * 1_000_000,
           '{"e":"trade","s":"' + "A" * 1_000_000 + '"}']
    unknown = ["[]", "{}", '{"stream":"btcusdt@depth","data":{"e":"depthUpdate","s":"BTCUSDT"}}',
               '{"stream":"!miniTicker@arr","data":[]}', '{"u":1,"s":"BTCUSDT"}', trade("BTCUSDT", 1).replace("trade", "blockTrade")]
    other = ['{"e":"serverShutdown","E":1}', '{"error":{"code":3,"msg":"no id"}}', '{"result":null,"id":999}']
    for text in bad + unknown + other:
        c.text(text)
    c.send(BINARY, trade("BTCUSDT", 5))
    c.send(TEXT, b" " * (5 << 20))  # longer than is gathered
    c.text(send("trade", "BTCUSDT", trade("BTCUSDT", 1_000_000, t)))
    wait_until(lambda: sum(len(e) for e in feed.events().values()) == len(wanted["trade"]), "all trades in Kafka")
    assert feed.program.stop() == 0
    for stream in STREAMS:
        seen = {s: [] for s in symbols.split(",")}
        for p, events in feed.events(stream).items():
            for m in events:
                headers = dict(m.headers())
                assert headers["source"] == b"ws" and headers["collector"] == b"tester"
                assert abs(int(headers["received_us"]) / 1e6 - time.time()) < 120
                assert m.partition() == murmur2(m.key()) % PARTITIONS
                seen[m.key().decode()].append(m.value().decode())
        for symbol in seen:
            assert seen[symbol] == [d for s, d in wanted[stream] if s == symbol]
        assert_order_of_control_only(feed, stream)
    n = feed.counts()
    assert n["events"] == sum(len(w) for w in wanted.values())
    assert n["bad"] == len(bad) + 2
    assert n["unknown"] == len(unknown)
    assert n["answers"] == sum(len(each.requests) for each in server.connections) + len(other)  # serverShutdown: a second one
    assert n["frames"] == n["events"] + n["bad"] + n["unknown"] + n["answers"]
    assert n["unacknowledged"] == 0
    assert feed.log("feed_bad_frame") and feed.log("feed_answer_unexpected")
    assert b"between" in c.pongs
    assert c.close_code == 1000


def assert_order_of_control_only(feed, stream):
    for records in feed.control(stream).values():
        assert [r["kind"] for r in records][0] == "begin" and records[-1]["kind"] == "ended"
        assert [r["seq"] for r in records] == list(range(1, len(records) + 1))


def test_session_begins_behind_the_last_acknowledgement(feed_of, server):
    """No session before all is acknowledged and the time is told; requests in batches, at most two a second, ids that rise."""
    symbols = ",".join(f"A{i:03}LONGSYMBOLNAMEUSDT" for i in range(300))
    server.acknowledge = False
    feed = feed_of(feed__symbols=symbols)
    began = time.monotonic()
    feed.start(server)
    c = server.next()
    c.clock(T0)
    wait_until(lambda: sum(len(r["params"]) for r in c.requests) == 300, "all requests")
    assert time.monotonic() - began >= (len(c.requests) - 1) // 2
    assert len(c.requests) > 2 and max(c.request_sizes) <= 4000
    assert [r["id"] for r in c.requests] == list(range(1, len(c.requests) + 1))
    assert [p for r in c.requests for p in r["params"]] == [name(s) for s in symbols.split(",")]
    assert "permessage-deflate" not in c.head and "GET /stream HTTP/1.1" in c.head
    for r in list(c.requests):
        c.clock(T0 + r["id"])
        c.event(name("BTCUSDT"), trade("BTCUSDT", r["id"], T0 + r["id"]))
        c.answer(r)
        assert not feed.log("feed_session_begun")
    audit = wait_until(lambda: c.asked("LIST_SUBSCRIPTIONS"), "the audit")[0]
    assert not feed.log("feed_subscribed")
    c.answer(audit)
    wait_until(lambda: feed.log("feed_subscribed"), "subscribed")
    assert not feed.log("feed_session_begun")
    c.clock(T0 + 5000)
    feed.await_log("feed_session_begun")
    wait_until(lambda: all(feed.control().values()), "begin")
    for p, records in feed.control().items():
        assert records[0]["kind"] == "begin" and records[0]["T"] == (T0 + 5000) * 1000
    assert feed.program.stop() == 0


def test_t_follows_what_was_read(feed_of, server):
    """T is the greatest of PINGs and event times; `alive` comes each second; `ended` last; other streams are retired once."""
    feed = feed_of()
    c = begin(feed, server)
    for i in range(1, 4):
        c.event(name("ETHUSDT"), trade("ETHUSDT", i, T0 + i * 100))
        wait_until(lambda i=i: all(r and r[-1]["T"] == (T0 + i * 100) * 1000 for r in feed.control().values()), f"T of event {i}")
    c.event(name("ETHUSDT"), trade("ETHUSDT", 4, T0 + 4_000_000))  # over an hour ahead of the clock
    c.clock(T0 + 10_000)
    wait_until(lambda: all(r[-1]["T"] == (T0 + 10_000) * 1000 for r in feed.control().values()), "T of the PING")
    assert feed.program.stop() == 0
    for p, records in feed.control().items():
        assert records[-1]["kind"] == "ended" and records[-1]["T"] == (T0 + 10_000) * 1000
        assert all(r["kind"] == "alive" for r in records[1:-1]) and len(records) > 4
    for stream in ("miniTicker", "kline_1s"):
        for records in feed.control(stream).values():
            assert [(r["kind"], r["symbols"]) for r in records] == [("ended", [])]


def send_until_killed(feed, c, number, t, least):
    """Sends trades, with the clock, and kills the collector once Kafka has `least` more records and a T that claims some of them.
    Yields (number, time)."""
    home = murmur2(b"BTCUSDT") % PARTITIONS
    first = feed.end_of(home)
    killed = False
    while not killed:
        for _ in range(100):
            number, t = number + 1, t + 1
            yield number, t
            try:
                c.event(name("BTCUSDT"), trade("BTCUSDT", number, t))
            except OSError:
                return
        try:
            c.clock(t)
        except OSError:
            return
        if feed.end_of(home) - first >= least and feed.control()[home][-1]["kind"] == "alive":
            feed.program.process.send_signal(signal.SIGKILL)
            killed = True


def test_killed_and_restarted(feed_of, server):
    """kill -9 while it is sent to: what T claims is there, and the next session begins behind it."""
    feed = feed_of()
    sent = {}
    rng = random.Random(5)
    home = murmur2(b"BTCUSDT") % PARTITIONS
    number, t = 0, T0
    lives = 5
    for _ in range(lives):
        c = begin(feed, server, t)
        for number, t in send_until_killed(feed, c, number, t, rng.randint(100, 3000)):
            sent[number] = t
        feed.program.process.wait()
        feed.program.close()
        t += 1000
        while not server.opened.empty():
            server.opened.get()
    begin(feed, server, t)
    assert feed.program.stop() == 0
    assert_order(feed)
    there = [json.loads(m.value())["t"] for m in feed.events()[home]]
    assert there == sorted(set(there)), "out of order or twice"
    spans = spans_of(feed, home)
    assert len(spans) == lives + 1
    assert {r["cause"] for rs in feed.control().values() for r in rs if r["kind"] == "begin"} == {"startup"}
    assert all(a[1] <= b[0] for a, b in zip(spans, spans[1:]))
    claimed = [n for n, at in sent.items() if any(first < at * 1000 <= last for first, last in spans)]
    lost = sorted(set(claimed) - set(there))
    assert len(claimed) > 100 * lives and not lost, f"claimed by T, and lost: {len(lost)} of {len(claimed)}; {spans}"


@pytest.mark.parametrize("how", ["close", "reset", "silent"])
def test_connection_lost(feed_of, server, how):
    """Closed, killed or gone silent: noticed, connected anew, and the hole lies between two sessions."""
    feed = feed_of(feed__ping=1, feed__silence=3)
    c = begin(feed, server)
    for i in range(100):
        c.event(name("BTCUSDT"), trade("BTCUSDT", i, T0 + 1 + i))
    wait_until(lambda: sum(len(e) for e in feed.events().values()) == 100, "events")
    lost = time.monotonic()
    if how == "close":
        c.send(CLOSE, (1008).to_bytes(2, "big") + b"Pong timeout")
    elif how == "reset":
        c.reset()
    else:
        server.answer_pings = False
    line = feed.await_log("feed_disconnected")[0]
    server.answer_pings = True
    c = go_on(feed, server, T0 + 60_000, sessions=2)
    took = time.monotonic() - lost
    assert took < (3 + 2.5 if how == "silent" else 2.5)
    if how == "close":
        assert 'code=1008 reason="Pong timeout"' in line
    c.event(name("BTCUSDT"), trade("BTCUSDT", 1000, T0 + 60_001))
    wait_until(lambda: sum(len(e) for e in feed.events().values()) == 101, "the event behind the hole")
    assert feed.program.stop() == 0
    assert_order(feed)
    for records in feed.control().values():
        first, second = sorted({r["session"] for r in records})
        assert max(r["T"] for r in records if r["session"] == first) == (T0 + 100) * 1000
        assert min(r["T"] for r in records if r["session"] == second) == (T0 + 60_000) * 1000
        assert [r.get("cause") for r in records if r["kind"] == "begin"] == ["startup", None]


def test_upgrade_never_answered(feed_of, server):
    server.never_upgrade = True
    feed = feed_of(feed__timeout=1)
    feed.start(server)
    feed.await_log("feed_not_connected", 2)
    assert feed.log("feed_handshake_unanswered")
    server.never_upgrade = False
    go_on(feed, server, T0)
    assert feed.program.stop() == 0


def test_nobody_listens(feed_of, server):
    server.close()
    feed = feed_of()
    feed.start(server)
    feed.await_log("feed_not_connected", 2)
    assert feed.program.stop() == 0
    assert feed.counts()["frames"] == 0


@pytest.mark.parametrize("status,more,least", [(451, "", 300_000), (403, "", 60_000), (429, "Retry-After: 77\r\n", 77_000),
                                                (418, "", 120_000), (503, "", 500)])
def test_handshake_refused(feed_of, server, status, more, least):
    server.refuse = f"HTTP/1.1 {status} No\r\n{more}Content-Length: 0\r\nConnection: close\r\n\r\n".encode()
    feed = feed_of()
    feed.start(server)
    line = feed.await_log("feed_not_connected" if status == 503 else "feed_refused")[0]
    assert f"status={status}" in line
    wait_ms = int(re.search(r"retry_in_ms=(\d+)", line).group(1))
    assert least <= wait_ms <= max(least, 1000)
    assert feed.program.stop() == 0


@pytest.mark.parametrize("answer", ['{"error":{"code":2,"msg":"Invalid request: invalid stream"},"id":1}',
                                    '{"code":2,"msg":"Invalid request"}', None])
def test_request_refused_or_unanswered(feed_of, server, answer):
    """An error in either shape, or no answer within the time-out: connected anew, and no session before it is well."""
    server.acknowledge = False
    feed = feed_of(feed__timeout=1)
    feed.start(server)
    c = server.next()
    wait_until(lambda: c.requests, "SUBSCRIBE")
    c.clock(T0)
    if answer:
        c.text(answer)
    feed.await_log("feed_disconnected")
    assert feed.log("feed_request_refused" if answer else "feed_request_unanswered")
    assert not feed.log("feed_session_begun")
    server.acknowledge = True
    c = go_on(feed, server, T0 + 9000)
    assert c.requests[0]["id"] == 1
    assert feed.program.stop() == 0


def test_replay_ended(feed_of, server):
    """`ended` at the recording's last time, then silence: no new connection, no further control record."""
    feed = feed_of()
    c = begin(feed, server)
    c.event(name("BTCUSDT"), trade("BTCUSDT", 1, T0 + 1))
    c.text(f'{{"stream":"!replayEnded","data":{{"e":"replayEnded","E":{T0 + 7000}}}}}')
    wait_until(lambda: all(r and r[-1]["kind"] == "ended" for r in feed.control().values()), "ended")
    c.reset()
    attempts = server.attempts
    time.sleep(1.5)  # that nothing happens takes a time to see
    assert server.attempts == attempts
    assert feed.program.stop() == 0
    for records in feed.control().values():
        assert records[-1]["T"] == records[-1]["clock"] == (T0 + 7000) * 1000 and records[-1]["speed"] == 0
        assert [r["kind"] for r in records].count("ended") == 1


def test_many_streams_many_connections(feed_of, server):
    """More streams than one connection may have: a second one, with sessions of its own."""
    symbols = [f"S{i}USDT" for i in range(700)]
    feed = feed_of(feed__symbols=",".join(symbols), feed__streams="trade,kline_1s")
    feed.start(server)
    both = [server.next(), server.next()]
    wait_until(lambda: sum(len(r["params"]) for c in both for r in c.asked("SUBSCRIBE")) == 1400, "all requests")
    assert sorted(sum(len(r["params"]) for r in c.asked("SUBSCRIBE")) for c in both) == [376, 1024]
    for c in both:
        wait_until(lambda c=c: c.asked("LIST_SUBSCRIPTIONS"), "the audit")
        c.clock(T0)
    feed.await_log("feed_session_begun", 3)
    named = {s: [] for s in ("trade", "kline_1s")}
    for stream in named:
        wait_until(lambda stream=stream: all(len({r["session"] for r in rs}) == (2 if stream == "trade" else 1)
                                             for rs in feed.control(stream).values()), f"begin of {stream}")
        for p, records in feed.control(stream).items():
            for r in records:
                named[stream] += r["symbols"] if r["kind"] == "begin" else []
                assert all(murmur2(s.encode()) % PARTITIONS == p for s in r.get("symbols", []))
        assert sorted(named[stream]) == sorted(symbols)
    assert feed.program.stop() == 0


def test_record_refused_by_the_broker(feed_of, server):
    """One record is too great for the topic: it, and what was lost with it, lies outside of all sessions; the rest is there."""
    feed = feed_of()
    admin = AdminClient({"bootstrap.servers": feed.values["kafka.bootstrap.servers"]})
    topic = f"{feed.prefix}.replay-feed.trade"
    admin.create_topics([NewTopic(topic, PARTITIONS, 1, config={"max.message.bytes": "4000"})])[topic].result(20)
    c = begin(feed, server)
    home = murmur2(b"BTCUSDT") % PARTITIONS
    sent = {}
    rng = random.Random(3)

    def send(number, pad=""):
        sent[number] = T0 + number
        c.event(name("BTCUSDT"), trade("BTCUSDT", number, T0 + number)[:-1] + f',"pad":"{pad}"}}')

    for i in range(1, 50):
        send(i)
    wait_until(lambda: spans_of(feed, home) and spans_of(feed, home)[0][1] == (T0 + 49) * 1000, "T of the first ones")
    send(50, "".join(rng.choice("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") for _ in range(20000)))
    for i in range(51, 100):
        send(i)
    feed.await_log("feed_sessions_renewed")
    c.clock(T0 + 100)
    feed.await_log("feed_session_begun", 2)
    for i in range(101, 150):
        send(i)
    wait_until(lambda: any(json.loads(m.value())["t"] == 149 for m in feed.events()[home]), "the last one")
    assert feed.program.stop() == 0
    spans = spans_of(feed, home)
    there = {json.loads(m.value())["t"] for m in feed.events()[home]}
    assert 50 not in there and set(range(101, 150)) <= there and set(range(1, 50)) <= there
    for number, at in sent.items():
        if any(first < at * 1000 <= last for first, last in spans):
            assert number in there, f"{number} is claimed and lost: {spans}"
    assert not any(first < (T0 + 50) * 1000 <= last for first, last in spans)


def kafka_does(what):
    subprocess.run([str(ROOT / "stack/kafka.sh"), what, os.environ["PRICEGRAPH_TEST_KAFKA_DIR"]], check=True)


def test_kafka_away_while_running(feed_of, server):
    """The queue fills: the socket is not read any more, nothing is lost, nothing is claimed; Kafka back: everything goes on."""
    feed = feed_of(feed__silence=2, feed__ping=1)
    feed.values["kafka.queue.buffering.max.kbytes"] = 1000
    c = begin(feed, server)
    c.event(name("BTCUSDT"), trade("BTCUSDT", 0, T0))
    wait_until(lambda: any(feed.events().values()), "the first event")
    count = 60_000  # 9 MB: more than the queue and the socket's buffers hold
    done = threading.Event()

    def send_all():
        for i in range(1, count):
            c.event(name("BTCUSDT"), trade("BTCUSDT", i, T0 + i))
        done.set()

    kafka_does("stop")
    try:
        threading.Thread(target=send_all, daemon=True).start()
        assert not done.wait(6), "the socket is still read"
        assert not feed.log("feed_silent") and not feed.log("feed_disconnected")
    finally:
        kafka_does("start")
        kafka_does("ready")
    assert done.wait(60)
    home = murmur2(b"BTCUSDT") % PARTITIONS
    wait_until(lambda: feed.end_of(home) >= count, "all events", 60)
    c.clock(T0 + count)
    wait_until(lambda: feed.control()[home][-1]["T"] == (T0 + count) * 1000, "T")
    assert feed.program.stop() == 0
    assert [json.loads(m.value())["t"] for m in feed.events()[home]] == list(range(count))
    assert len(spans_of(feed, home)) == 1
    assert_order(feed)
    assert feed.counts()["events"] == count and feed.counts()["frames"] == count + len(c.requests)


def test_stopped_while_kafka_is_away(feed_of, server):
    """Exit code 3 within 5 s, and what is not acknowledged is named."""
    feed = feed_of()
    c = begin(feed, server)
    c.event(name("BTCUSDT"), trade("BTCUSDT", 0, T0))
    wait_until(lambda: any(feed.events().values()), "the first event")
    kafka_does("stop")
    try:
        for i in range(1, 11):
            c.event(name("BTCUSDT"), trade("BTCUSDT", i, T0 + i))
        began = time.monotonic()
        assert feed.program.stop() == 3
        assert time.monotonic() - began < 5
    finally:
        kafka_does("start")
        kafka_does("ready")
    line = feed.log("collector_unacknowledged")[0]
    assert int(re.search(r'left="trade=(\d+)"', line).group(1)) >= 10 + PARTITIONS


class Rest(BaseHTTPRequestHandler):
    """The exchange's clock, which is ahead of the host's."""
    ahead_ms = 0

    def do_GET(self):
        assert self.path == "/api/v3/time"
        body = b'{"serverTime":%d}' % (time.time_ns() // 1_000_000 + self.ahead_ms)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def rest(ahead_ms):
    http = HTTPServer(("127.0.0.1", 0), type("R", (Rest,), {"ahead_ms": ahead_ms}))
    threading.Thread(target=http.serve_forever, daemon=True).start()
    return http


@pytest.mark.parametrize("ahead_ms", [-20_000, 1272, 3_600_000])
def test_clock_of_the_host(feed_of, server, ahead_ms):
    """The venue's clock is the host's with the offset that REST tells; a PONG proves what its PING's time claims."""
    http = rest(ahead_ms)
    feed = feed_of(venue__clock="host", exchange__rest_host="127.0.0.1", exchange__rest_port=http.server_port, feed__ping=1)
    feed.start(server)
    c = server.next()
    feed.await_log("feed_session_begun")
    ahead = time.time_ns() // 1_000_000 + ahead_ms
    c.event(name("BTCUSDT"), trade("BTCUSDT", 1, ahead + 60_000))  # no clock is that wrong: no T
    wait_until(lambda: len(c.pings) >= 3, "PINGs")
    server.answer_pings = False
    asked = len(c.pings)
    wait_until(lambda: len(c.pings) > asked + 1, "an unanswered PING")
    assert feed.program.stop() == 0
    answered = max(int(p) for p in c.pings[:asked])
    for records in feed.control().values():
        assert abs(records[0]["T"] / 1000 - ahead) < 2000
        assert records[-1]["kind"] == "ended" and records[-1]["T"] in (answered, int(c.pings[asked]))
        assert abs(records[-1]["clock"] / 1000 - time.time() * 1000 - ahead_ms) < 5000
    http.shutdown()
    http.server_close()


def test_tls(feed_of, tmp_path):
    """Certificates are verified against ca_file, for the host's name, which is sent as SNI."""
    ca, cert, key = certificate(tmp_path, "localhost")
    server = Server(tls=(cert, key))
    feed = feed_of(exchange__tls="yes", exchange__ca_file=ca)
    c = begin(feed, server)
    c.event(name("BTCUSDT"), trade("BTCUSDT", 1, T0 + 1))
    wait_until(lambda: sum(len(e) for e in feed.events().values()) == 1, "the event")
    assert "localhost" in server.names
    assert feed.program.stop() == 0
    server.close()


@pytest.mark.parametrize("wrong", ["host", "ca"])
def test_tls_refused(feed_of, tmp_path, wrong):
    ca, cert, key = certificate(tmp_path, "another.example" if wrong == "host" else "localhost")
    server = Server(tls=(cert, key))
    feed = feed_of(exchange__tls="yes", exchange__ca_file=ca if wrong == "host" else "")
    feed.start(server)
    feed.await_log("feed_not_connected", 2)
    assert server.opened.empty()
    assert feed.program.stop() == 0
    server.close()


@pytest.mark.parametrize("settings,why", [({"feed__streams": "trade,depth"}, "depth"), ({"feed__symbols": "A" * 64}, "63 bytes"),
                                          ({"exchange__tls": "yes", "exchange__ca_file": "/nowhere/ca.pem"}, "certificates"),
                                          ({"feed__enabled": "no"}, "nothing to do"), ({"kafka__acks": "0"}, "acks")])
def test_bad_settings(feed_of, server, settings, why):
    feed = feed_of(**settings)
    program = feed.start(server)
    assert program.process.wait(10) == 2
    assert why in program.text()


def test_kafka_away(feed_of, server):
    """Without Kafka at the start: waits, and stops at once when told to. Nothing was read, so nothing is missing."""
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    feed = feed_of(kafka__bootstrap_servers="x")
    feed.values["kafka.bootstrap.servers"] = f"127.0.0.1:{port}"
    del feed.values["kafka.bootstrap_servers"]
    feed.start(server)
    feed.await_log("feed_no_topics")
    assert server.attempts == 0
    began = time.monotonic()
    assert feed.program.stop() == 0
    assert time.monotonic() - began < 5


def test_log_reopened(feed_of, server, tmp_path):
    log = tmp_path / "collector.log"
    feed = feed_of(log__file=log)
    begin(feed, server)
    log.rename(tmp_path / "old.log")
    feed.program.process.send_signal(signal.SIGHUP)
    wait_until(log.exists, "a new log file")
    assert feed.program.stop() == 0
    assert "collector_stopped" in log.read_text()
