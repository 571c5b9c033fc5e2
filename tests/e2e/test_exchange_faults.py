"""Each fault of the model exchange, as a bare websocket client and a bare HTTP client see it; each is counted, is in the truth
file, and none changes what was traded."""

import json
import socket
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from exchange_parts import START, exchange_of, subscribe  # noqa: F401 (a fixture)
from parts import BUILD, wait_until
from ws_client import PING, TEXT, Refused

STREAM = "btcusdt@trade"
CONTINUATION, BINARY = 0, 2


def trade_ids(c, count):
    return [json.loads(c.text())["t"] for _ in range(count)]


def one_of(x, *words, kind=None):
    """The first line of the truth file of these words (and of this kind of fault)."""
    found = lambda: [r for r in x.records(*words) if kind is None or r[3]["kind"] == kind]
    return wait_until(found, f"the truth file tells of {words}", 10)[0]


@pytest.fixture
def fast(exchange_of):
    """A market at speed 50."""
    return exchange_of(speed=50)


def raw(x, stream=STREAM, **how):
    return x.connect(f"/ws/{stream}", **how)


# --- asking ---

def test_table_and_list(exchange_of):
    x = exchange_of()
    kinds = {k["fault"]: k for k in x.json("/faults")["kinds"]}
    assert len(kinds) == 29 and all(k["help"] for k in kinds.values())
    first = x.fault("mute", stream="*@trade", at=5, **{"for": 3}, share=0.5)
    assert x.faults()[first] == {"id": first, "fault": "mute", "at": 5, "for": 3, "count": 0, "share": 0.5, "connection": 0,
                                 "stream": "*@trade", "state": "waiting", "hits": 0}
    status, _, body = x.ask("/faults", method="POST", body=[{"fault": "slow"}, {"fault": "reset", "after": 10}])
    assert (status, json.loads(body)) == (200, {"ids": [first + 1, first + 2]})
    status, _, body = x.ask("/faults", method="POST", body=x.faults()[first])  # as printed, so it can be given again
    assert status == 200
    assert x.heal(first) == 1 and x.heal() == 3 and x.heal() == 0
    assert {f["state"] for f in x.faults().values()} == {"done"}


@pytest.mark.parametrize("body, part", [
    ({}, "neither"), ({"fault": "nosuch"}, "no fault 'nosuch'"), ([], None), ("x", "no object"), ({"fault": "reset", "colour": 1}, "no 'colour'"),
    ({"fault": "slow", "rate": 0}, "'rate' must lie in"), ({"fault": "slow", "rate": "x"}, "'rate' is no number"),
    ({"fault": "mute", "stream": 5}, "'stream' is no text"), ({"fault": "mute", "count": 1.5}, "whole"),
    ({"fault": "mute", "at": 1, "after": 1}, "exclude"), ({"fault": "mute", "stream": "x" * 200}, "longer"),
    ({"random": 0}, "'random'"), ({"random": 1, "kinds": ["x"]}, "no fault 'x'"), ({"random": 1, "from": 9, "to": 1}, "before"),
    ([{"fault": "reset"}, {"fault": "nosuch"}], "nosuch"),
])
def test_what_is_wrong_is_said_and_nothing_taken(exchange_of, body, part):
    x = exchange_of()
    status, _, answer = x.ask("/faults", method="POST", body=body)
    assert x.faults() == {}
    assert status == (400 if part else 200) and (part or "") in answer.decode()


def test_script(exchange_of, tmp_path):
    script = tmp_path / "faults"
    script.write_text('# a comment\n\n{"fault":"mute","at":2,"for":3}\n{"random":5,"to":4,"kinds":["duplicate","member"],"for":2}\n')
    x = exchange_of(speed=50, faults=script, fault_seed=7)
    y = exchange_of(faults=script, fault_seed=7)
    z = exchange_of(faults=script, fault_seed=8)
    plan = lambda e: [(f["fault"], f.get("at"), f["for"]) for f in e.faults().values()]
    assert plan(x) == plan(y) != plan(z)
    with raw(x) as c:
        while json.loads(c.text())["E"] < START + 6000:
            pass
    muted = wait_until(lambda: [r[3]["event"] for r in x.records("lost")], "what was muted is told", 10)
    assert {e["e"] for e in muted} == {"trade"} and all(START + 2000 <= e["E"] < START + 5000 for e in muted)
    begun = [r[3]["fault"] for r in x.records("fault")]
    assert sorted(begun) == sorted(f["fault"] for f in x.faults().values())
    script.write_text('{"fault":"mute"}\n{"fault":"mut"}\n')
    done = subprocess.run([BUILD / "pricegraph-exchange", "--set", "model.port=0", "--set", "model.history=0", "--set",
                           f"model.faults={script}"], capture_output=True, text=True, timeout=20)
    assert done.returncode == 2 and f"{script}:2: there is no fault 'mut'" in done.stderr


# --- connections ---

def test_reset(fast):
    with raw(fast) as c:
        trade_ids(c, 3)
        fast.fault("reset", connection=-1)
        with pytest.raises(ConnectionResetError):
            while True:
                c.frame()
    assert one_of(fast, "disconnect")[2] == "#1"
    with raw(fast) as c:  # once
        trade_ids(c, 3)


@pytest.mark.parametrize("code", [0, 1000, 1001, 1002, 1005, 1006, 1008, 1011, 1012, 1013, 1015, 3000, 4999])
def test_close_codes(fast, code):
    with raw(fast) as c:
        trade_ids(c, 1)
        fast.fault("close", code=code, reason="why" if code else "")
        assert c.wait_close() == ((code, "why") if code else (1005, ""))
    assert one_of(fast, "disconnect")[3]["unsent"] >= 0


def test_shutdown_is_announced(fast):
    with fast.connect("/stream?streams=" + STREAM) as c, raw(fast) as r:
        trade = json.loads(c.text())["data"]
        fast.fault("shutdown", lead=20)
        event = lambda client: next(m for m in iter(lambda: json.loads(client.text()), None) if "serverShutdown" in json.dumps(m))
        combined, bare = event(c), event(r)
        assert combined == {"stream": "!serverShutdown", "data": {"e": "serverShutdown", "E": bare["E"]}}
        last = 0
        while c.closed is None:
            opcode, payload = c.frame()
            last = json.loads(payload)["data"]["E"] if opcode == TEXT else last
        assert c.closed == (1001, "serverShutdown")
        assert last > bare["E"] + 10_000 > trade["E"]


def test_silence_is_half_open(fast):
    with raw(fast) as c:
        trade_ids(c, 3)
        fault = fast.fault("silence")
        c.socket.settimeout(1)
        with pytest.raises(TimeoutError):
            while True:
                c.frame()
        c.send(json.dumps({"method": "LIST_SUBSCRIPTIONS", "id": 1}))
        c.send_frame(PING, b"x")
        with pytest.raises(TimeoutError):
            c.frame()
        assert fast.heal(fault) == 1
        c.socket.settimeout(20)
        assert c.ask({"method": "LIST_SUBSCRIPTIONS", "id": 2}) == {"result": [STREAM], "id": 1}  # read only now
        while "result" not in c.text():
            pass
        trade_ids(c, 3)
    assert one_of(fast, "lost")[3]["kind"] == "silence"


def test_a_silent_connection_that_the_client_leaves_ends(fast):
    with raw(fast) as c:
        trade_ids(c, 1)
        fast.fault("silence")
        wait_until(lambda: fast.faults()[1]["hits"] > 3, "frames are held back")
    one_of(fast, "disconnect")


def test_no_pings(exchange_of):
    x = exchange_of(clock_ping=0.1)
    fault = x.fault("no_pings")
    with x.connect("/ws") as c:
        wait_until(lambda: x.faults()[fault]["hits"] >= 5, "five PINGs are due")
        c.socket.settimeout(0.1)
        with pytest.raises(TimeoutError):
            c.frame()
        x.heal(fault)
        c.socket.settimeout(20)
        assert c.frame()[0] == PING


def test_slow(exchange_of):
    x = exchange_of(speed=100)
    x.fault("slow", rate=4000)
    with raw(x) as c:
        begin, got = time.monotonic(), 0
        while got < 8000:
            got += len(c.frame()[1])
    assert time.monotonic() - begin > 8000 / 4000 / 2


def test_life(fast):
    fast.fault("life", seconds=20, code=1008)
    for _ in range(2):  # each connection, also later ones
        with raw(fast) as c:
            begin = json.loads(c.text())["E"]
            end = begin
            while c.closed is None:
                opcode, payload = c.frame()
                end = json.loads(payload)["E"] if opcode == TEXT else end
            assert c.closed == (1008, "") and 10_000 < end - begin < 60_000
    fast.heal()
    fast.fault("life", seconds=5)
    with raw(fast) as c:
        assert c.wait_close() is None  # without a close frame


# --- frames ---

def test_mute(fast):
    with raw(fast) as c, fast.connect("/ws/ethusdt@trade") as other:
        ids = trade_ids(c, 2)
        fault = fast.fault("mute", stream="btc*", count=50)
        while len(ids) == ids[-1] - ids[0] + 1:
            ids += trade_ids(c, 1)
        ids += trade_ids(c, 20)
        trade_ids(other, 20)
    lost = wait_until(lambda: [r[3]["event"]["t"] for r in fast.records("lost")], "the truth file tells of them", 10)
    assert len(lost) == 50 and set(range(ids[0], ids[-1] + 1)) == set(ids) | set(lost) and not set(ids) & set(lost)
    assert fast.faults()[fault]["hits"] == 50
    traded = [json.loads(e)["t"] for _, _, name, e in fast.truth() if name == STREAM]  # what was traded is there all the same
    assert traded == list(range(traded[0], traded[-1] + 1)) and set(lost) <= set(traded)


def test_duplicates(fast):
    with raw(fast) as c:
        trade_ids(c, 1)
        fast.fault("duplicate", copies=3, count=4)
        ids = trade_ids(c, 60)
    doubled = {i for i in ids if ids.count(i) == 3}
    assert len(doubled) == 4 and {i for i in ids if ids.count(i) not in (1, 3)} == set()
    assert wait_until(lambda: {r[3]["event"]["t"] for r in fast.records("twice")}, "told", 10) == doubled


def test_disorder_and_late(fast):
    with raw(fast) as c:
        trade_ids(c, 1)
        fast.fault("disorder", frames=5)
        ids = trade_ids(c, 40)
        moved = one_of(fast, "moved")[3]["event"]["t"]
        at = ids.index(moved)
        assert ids[at - 5:at] == list(range(moved + 1, moved + 6))
        assert sorted(ids) == list(range(min(ids), min(ids) + 40))
        fast.fault("late", seconds=30)
        late = one_of(fast, "late")[3]["event"]
        before = 0
        while True:
            event = json.loads(c.text())
            if event["t"] == late["t"]:
                break
            before = event["E"]
        assert 29_000 <= before - late["E"] <= 45_000


def test_an_hour_late(exchange_of):
    x = exchange_of(speed=2000)
    with raw(x, "ethusdt@kline_1s") as c:
        c.text()
        x.fault("late", seconds=3600)
        late = one_of(x, "late")[3]["event"]["E"]
        latest = 0
        while True:
            event = json.loads(c.text())
            if event["E"] == late and latest > late:
                break
            latest = max(latest, event["E"])
    assert latest - late >= 3_599_000


def test_burst(exchange_of):
    x = exchange_of(speed=500)
    with raw(x) as c:
        trade_ids(c, 1)
        fault = x.fault("burst")  # of 1,400 frames
        wait_until(lambda: x.faults()[fault]["state"] == "done", "enough are held", 60)
        ids = trade_ids(c, 2000)
    assert sorted(ids) == ids
    wait_until(lambda: len(list(x.records("held"))) == 1399, "the last one went by itself", 10)
    assert x.faults()[fault]["hits"] == 1400


def frames_of_one(c):
    """The frames of the next message: [(opcode, final, payload)]."""
    got = []
    while not got or not got[-1][1] or got[-1][0] == PING:
        opcode, payload = c.frame()
        if got or opcode != PING:
            got.append((opcode, c.final, payload))
    return got


def test_fragments(fast):
    with raw(fast) as c:
        trade_ids(c, 1)
        fast.fault("fragments", pieces=7, pings=1)
        while len(got := frames_of_one(c)) == 1:
            pass
    assert [f[0] for f in got if f[0] != PING] == [TEXT] + [CONTINUATION] * 6
    assert sum(f[0] == PING for f in got) == 6
    event = json.loads(b"".join(f[2] for f in got if f[0] != PING))
    assert event["e"] == "trade" and one_of(fast, "form")[3]["event"] == event


def test_chunks(fast):
    with raw(fast) as c:
        trade_ids(c, 1)
        fault = fast.fault("chunks", bytes=1, count=20)
        wait_until(lambda: fast.faults()[fault]["state"] == "done", "it hit")
        ids = trade_ids(c, 60)
    assert ids == list(range(ids[0], ids[0] + 60))
    assert len(wait_until(lambda: list(fast.records("form")), "told", 10)) == 20


@pytest.mark.parametrize("kind", ["binary", "utf8", "malformed"])
@pytest.mark.parametrize("extra", [0, 1])
def test_frames_that_cannot_be_read(fast, kind, extra):
    with raw(fast) as c:
        last = trade_ids(c, 1)[0]
        fast.fault(kind, extra=extra)
        while True:
            opcode, payload = c.frame()
            if opcode == PING:
                continue
            if kind == "binary" and opcode == BINARY:
                break
            try:
                last = json.loads(payload)["t"]
            except ValueError:
                break
        assert opcode == (BINARY if kind == "binary" else TEXT)
        if kind == "utf8":
            with pytest.raises(UnicodeDecodeError):
                payload.decode()
        told = one_of(fast, "extra" if extra else "altered")[3]["event"]["t"]
        assert told == last + 1
        assert trade_ids(c, 1)[0] == (told if extra else told + 1)


def test_unknown_members_and_events(fast):
    with fast.connect("/stream?streams=" + STREAM) as c:
        json.loads(c.text())
        fast.fault("member")
        fast.fault("unknown", event="holiday")
        seen = {}
        while len(seen) < 2:
            message = json.loads(c.text())
            if message["data"]["e"] == "holiday":
                seen["holiday"] = message["stream"]
            if "zz" in message["data"]:
                seen["member"] = message["data"]
    assert seen["holiday"] == "!unknown"
    assert seen["member"]["nq"] == "0.1" and list(seen["member"])[0] == "zz"
    assert {k: v for k, v in seen["member"].items() if k not in ("zz", "nq", "st")} == one_of(fast, "form")[3]["event"]


def test_oversized(fast):
    with raw(fast) as c:
        trade_ids(c, 1)
        fast.fault("oversized", bytes=5 << 20)
        while len(payload := c.frame()[1]) < 5 << 20:
            pass
        assert json.loads(payload)["e"] == "oversized" and len(payload) == 5 << 20
        trade_ids(c, 5)


def test_events_in_flight_are_counted(exchange_of):
    """A connection that reads nothing and is then reset: so many of its events were never written."""
    x = exchange_of(speed=2000)
    with raw(x) as c:
        c.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        trade_ids(c, 1)
        wait_until(lambda: x.json("/api/v3/time")["serverTime"] > START + 3_600_000, "an hour of market: more than the buffers of the connection hold")
        x.fault("reset")
        unsent = one_of(x, "disconnect")[3]["unsent"]
    sent = [1 for state, at, name, _ in x.truth() if name == STREAM and state == "sent"]
    assert 0 < unsent < len(sent)


# --- answers ---

def test_acks(exchange_of):
    x = exchange_of(clock_ping=0)
    with x.connect("/ws") as c:
        x.fault("ack_lost")
        c.send(json.dumps(subscribe("a@trade")))
        assert c.silent(0.3)
        c.socket.settimeout(20)
        x.fault("ack_lost", done=0)
        c.send(json.dumps(subscribe("b@trade", request_id=2)))
        assert c.silent(0.3)
        c.socket.settimeout(20)
        assert c.ask({"method": "LIST_SUBSCRIPTIONS", "id": 3})["result"] == ["a@trade"]
    with x.connect("/ws") as c:
        x.fault("ack_wrong", wrong_id=4711)
        assert c.ask(subscribe("a@trade")) == {"result": None, "id": 4711}
        x.fault("ack_error")
        assert c.ask(subscribe("b@trade", request_id="q")) == \
            {"error": {"code": 2, "msg": "Invalid request: invalid stream"}, "id": "q"}
        x.fault("ack_error", bare=1, code=-5, msg="no")
        c.send(json.dumps(subscribe("b@trade")))
        assert json.loads(c.text()) == {"code": -5, "msg": "no"}
        assert c.ask({"method": "LIST_SUBSCRIPTIONS", "id": 3}) == {"result": ["a@trade"], "id": 3}
    wait_until(lambda: [r[3]["streams"] for r in x.records("streams")] == [["a@trade"], ["a@trade"]], "the truth tells who got what", 10)


# --- handshakes and REST ---

def test_handshakes(exchange_of):
    x = exchange_of()
    for status in (403, 418, 429, 451, 503):
        x.fault("refuse", status=status, retry_after=7 if status in (418, 429) else 0)
        with pytest.raises(Refused) as refused:
            x.connect("/ws")
        assert refused.value.args[0] == status
        assert ("retry-after: 7" in refused.value.args[1].lower()) == (status in (418, 429))
    with x.connect("/ws"):
        pass
    x.fault("stall")
    with pytest.raises(TimeoutError):
        x.connect("/ws", seconds=1)
    with x.connect("/ws") as c:
        assert c.frame()[0] == PING


def test_rest_errors_on_demand(exchange_of):
    x = exchange_of()
    for status, code in ((429, -1003), (418, -1003), (451, 0), (500, -1000), (400, -1100)):
        x.fault("rest_error", status=status, retry_after=9, path="/api/v3/t*")
        assert x.json("/api/v3/ping") == {}
        got, headers, body = x.get("/api/v3/time")
        assert (got, body["code"]) == (status, code)
        assert headers["Retry-After"] == "9"
        if status == 418:
            until = int(body["msg"].split("banned until ")[1].split(".")[0])
            assert abs(until - time.time() * 1000 - 9000) < 5000
        assert x.get("/api/v3/time")[0] == 200
    for status in (403, 502, 504):  # not the exchange answers, but what stands before it
        x.fault("rest_error", status=status)
        got, headers, body = x.ask("/api/v3/time")
        assert got == status and headers["Content-Type"] == "text/html" and body.startswith(b"<html>")


# --- the market ---

def clock(x):
    return x.json("/api/v3/time")["serverTime"]


def test_clock(exchange_of):
    x = exchange_of(start=0)
    now = lambda: time.time() * 1000
    assert abs(clock(x) - now()) < 500
    x.fault("clock", ms=2000)
    wait_until(lambda: abs(clock(x) - now() - 2000) < 500, "the clock goes ahead", 5)
    x.fault("clock", ms=-3000)
    stood = clock(x)
    assert abs(clock(x) - stood) < 50
    with raw(x) as c:
        event = json.loads(c.text())
        wait_until(lambda: abs(clock(x) - now() + 1000) < 500, "the clock stands until it is behind", 10)
        assert event["E"] <= clock(x)


@pytest.mark.parametrize("rows", [0, 1])
def test_halt(exchange_of, rows):
    x = exchange_of(speed=50)
    with x.connect("/ws/btcusdt@trade/btcusdt@aggTrade/btcusdt@kline_1s") as c:
        c.text()
        x.fault("halt", symbol="BTC*", seconds=60, rows=rows)
        assert x.json("/api/v3/exchangeInfo?symbol=BTCUSDT")["symbols"][0]["status"] == "HALT"
        assert x.json("/api/v3/exchangeInfo?symbol=ETHUSDT")["symbols"][0]["status"] == "TRADING"
        begin = clock(x) // 1000 * 1000
        events = []
        while not events or events[-1]["E"] < begin + 120_000:
            events.append(json.loads(c.text()))
    assert x.json("/api/v3/exchangeInfo?symbol=BTCUSDT")["symbols"][0]["status"] == "TRADING"
    trades = [e for e in events if e["e"] == "trade"]
    pause = max(zip(trades, trades[1:]), key=lambda p: p[1]["T"] - p[0]["T"])
    assert pause[1]["T"] - pause[0]["T"] >= 60_000
    assert [t["t"] for t in trades] == list(range(trades[0]["t"], trades[-1]["t"] + 1))  # no id is lost by it
    orders = [e["a"] for e in events if e["e"] == "aggTrade"]
    assert orders == list(range(orders[0], orders[-1] + 1))
    seconds = [e["k"]["t"] for e in events if e["e"] == "kline"]
    holes = [(a, b) for a, b in zip(seconds, seconds[1:]) if b - a != 1000]
    rest = [r[0] for r in x.json(f"/api/v3/klines?symbol=BTCUSDT&interval=1s&startTime={seconds[0]}&endTime={seconds[-1]}&limit=1000")]
    assert rest == seconds
    assert holes == [] if rows else [b - a for a, b in holes] == [61_000]


def test_restated_bars(exchange_of):
    x = exchange_of(history=1)  # it stands still
    get = lambda i: {r[0]: r for r in x.json(f"/api/v3/klines?symbol=BTCUSDT&interval={i}&limit=1000")}
    before = {i: get(i) for i in ("1s", "1m", "1h")}
    fault = x.fault("restate", symbol="BTCUSDT", **{"from": 300, "seconds": 60, "factor": 1.1})
    after = {i: get(i) for i in ("1s", "1m", "1h")}
    changed = {i: [t for t in before[i] if before[i][t] != after[i][t]] for i in before}
    now = clock(x)
    assert changed["1s"] and all(now - 300_000 <= t < now - 240_000 for t in changed["1s"])
    assert len(changed["1m"]) == 1 and len(changed["1h"]) == 1
    t = changed["1s"][0]
    assert float(after["1s"][t][5]) == pytest.approx(float(before["1s"][t][5]) * 1.1) and after["1s"][t][:5] == before["1s"][t][:5]
    gain = sum(float(after["1s"][t][5]) - float(before["1s"][t][5]) for t in changed["1s"])
    assert float(after["1m"][changed["1m"][0]][5]) - float(before["1m"][changed["1m"][0]][5]) == pytest.approx(gain)
    assert x.faults()[fault]["hits"] == 1 and x.faults()[fault]["state"] == "done"


# --- who got what ---

def test_the_truth_file_tells_what_each_connection_got(exchange_of):
    """Mixed random faults; what a client read is exactly what the truth file says that it was sent."""
    x = exchange_of(speed=50)
    x.ask("/faults", method="POST", body={"random": 60, "to": 120, "for": 10, "kinds": [
        "mute", "duplicate", "disorder", "late", "fragments", "chunks", "member", "burst"]})
    got = []
    with x.connect(f"/ws/{STREAM}", seconds=30) as c:
        parts = b""
        while not got or got[-1][0] < START + 160_000:
            opcode, payload = c.frame()
            if opcode in (TEXT, CONTINUATION):
                parts += payload
                if c.final:
                    event = json.loads(parts)
                    got.append((event["E"], event["t"]))
                    parts = b""
    one_of(x, "disconnect")
    end = max(t for _, t in got)
    counts = {}
    for _, t in got:
        counts[t] = counts.get(t, 0) + 1
    expected = {json.loads(e)["t"]: 1 for state, _, name, e in x.truth() if state == "sent" and name == STREAM}
    for word, _, _, record in x.records("lost", "twice"):
        if record["stream"] == STREAM:
            copies = x.faults()[record["fault"]].get("copies", 0) if word == "twice" else 0
            expected[record["event"]["t"]] = copies
    assert {t: n for t, n in expected.items() if n and t < end - 200} == {t: n for t, n in counts.items() if t < end - 200}
    assert any(n == 0 for n in expected.values()) and any(n > 1 for n in expected.values())


def test_only_from_this_machine(exchange_of):
    x = exchange_of(listen="0.0.0.0")
    addresses = [a[4][0] for a in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET) if not a[4][0].startswith("127.")]
    if not addresses:
        pytest.skip("this machine has no other address")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"http://{addresses[0]}:{x.port}/faults", timeout=10)
    assert refused.value.code == 403
