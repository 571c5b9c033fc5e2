"""Which symbols and streams: by name and pattern, checked against the exchange's list, changed on the running connection by SIGHUP
and pricegraphctl; the whole exchange in one stream. What Kafka gets says each change in band, and the sink follows it."""

import json
import re
import signal
import socket
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.request import urlopen

import pytest

from feed_parts import PARTITIONS, T0, go_on, is_control, name, trade
from parts import BUILD, murmur2, wait_until
from test_feed import assert_order_of_control_only

HAN = "这是测试币456"


class Rest:
    """The exchange's REST side, as far as symbols are concerned; down while `symbols` is None."""

    def __init__(self, symbols):
        self.symbols, self.asked = symbols, 0
        rest = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                if self.path.startswith("/api/v3/exchangeInfo"):
                    rest.asked += 1
                symbols = rest.symbols
                body = json.dumps({"timezone": "UTC", "symbols": [
                    {"symbol": s, "status": status, "filters": [{"filterType": "PRICE_FILTER"}]}
                    for s, status in (symbols or {}).items()]}).encode()
                self.send_response(503 if symbols is None else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.httpd.server_address[1]
        threading.Thread(target=self.httpd.serve_forever, daemon=True).start()

    def close(self):
        self.httpd.shutdown()
        self.httpd.server_close()


@pytest.fixture
def rest():
    r = Rest({s: "TRADING" for s in ("BTCUSDT", "ETHUSDT", "SOLUSDT", "DOGEUSDT", "WAVESBTC", HAN)} | {"MATICUSDT": "BREAK"})
    yield r
    r.close()


@pytest.fixture
def symbols_of(feed_of, server, rest):
    """A feed whose symbols are checked."""
    return lambda **settings: feed_of(exchange__rest_port=rest.port, exchange__port=server.port, **settings)


def hang_up(feed, **settings):
    """SIGHUP with these settings in the file."""
    feed.write(**settings)
    feed.program.process.send_signal(signal.SIGHUP)


def sets(feed, stream="trade"):
    """The symbols that the newest record of the running session names, all partitions together."""
    named = set()
    for records in feed.control(stream).values():
        newest = [r for r in records if "symbols" in r]
        named |= set(newest[-1]["symbols"]) if newest else set()
    return named


def await_sets(feed, *symbols, stream="trade"):
    wait_until(lambda: sets(feed, stream) == set(symbols), f"{stream} of {symbols}", 20)


def asked_for(c):
    """(method, names) of all requests but the audits."""
    return [(r["method"], r["params"]) for r in list(c.requests) if r["method"] != "LIST_SUBSCRIPTIONS"]


def ctl(feed, *arguments, code=0):
    done = subprocess.run([str(BUILD / "pricegraphctl"), "--config", str(feed.folder / "feed.ini"), "symbols", *arguments],
                          capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=30)
    assert done.returncode == code, (arguments, done.stdout, done.stderr)
    return done.stdout + done.stderr


def test_names_and_patterns_are_checked(symbols_of, server):
    """Only what is traded is asked for; each name that is not is an error that names it; non-ASCII names work."""
    feed = symbols_of(feed__symbols=f"NOSUCH,{HAN},*USDT,-DOGE*,MATICUSDT,WAVESBTC")
    feed.start()
    c = go_on(feed, server, T0)
    assert asked_for(c) == [("SUBSCRIBE", [name(s) for s in (HAN, "WAVESBTC", "BTCUSDT", "ETHUSDT", "SOLUSDT")])]
    await_sets(feed, HAN, "WAVESBTC", "BTCUSDT", "ETHUSDT", "SOLUSDT")
    assert len(feed.log("feed_symbol_unknown")) == 1 and '"NOSUCH"' in feed.log("feed_symbol_unknown")[0]
    assert len(feed.log("feed_symbol_not_trading")) == 1
    assert '"MATICUSDT" status=BREAK' in feed.log("feed_symbol_not_trading")[0]
    c.event(name(HAN), trade(HAN, 1, T0 + 5))
    wait_until(lambda: [m.key().decode() for ms in feed.events().values() for m in ms] == [HAN], "its event")
    assert feed.program.stop() == 0


def test_sighup_changes_the_running_connection(symbols_of, server, rest):
    """Symbols come and go on one connection and within one session; who leaves is out of the records before it is unsubscribed, who
    comes is named behind its acknowledgement; what can't be used leaves in force what is."""
    feed = symbols_of(feed__symbols="BTCUSDT,ETHUSDT")
    feed.start()
    c = go_on(feed, server, T0)
    c.event(name("ETHUSDT"), trade("ETHUSDT", 1, T0 + 100))
    wait_until(lambda: all(r and r[-1]["T"] == (T0 + 100) * 1000 for r in feed.control().values()), "T of the event")
    hang_up(feed, feed__symbols="BTCUSDT,SOLUSDT")
    wait_until(lambda: len(asked_for(c)) == 3, "the change")
    assert asked_for(c)[1:] == [("UNSUBSCRIBE", [name("ETHUSDT")]), ("SUBSCRIBE", [name("SOLUSDT")])]
    await_sets(feed, "BTCUSDT")  # where PINGs tell the time, the next one says since when it is heard
    wait_until(lambda: len(c.asked("LIST_SUBSCRIPTIONS")) == 2, "the audit")
    c.clock(T0 + 700)
    await_sets(feed, "BTCUSDT", "SOLUSDT")
    for p, records in feed.control().items():
        assert len({r["session"] for r in records}) == 1
        for r in records[1:]:
            assert "ETHUSDT" not in r.get("symbols", [])
            assert "SOLUSDT" not in r.get("symbols", []) or r["T"] == (T0 + 700) * 1000
        without = [r["T"] for r in records if r.get("symbols") == []]
        if p == murmur2(b"ETHUSDT") % PARTITIONS:
            assert without[0] == (T0 + 100) * 1000
    before = len(c.requests)
    for bad, says in (("BTCUSDT,NOSUCH", "feed_choice_refused"), ("BTCUSDT,MATICUSDT", "feed_choice_refused"),
                      ("A B", "collector_reload_refused"), ("", "collector_reload_refused")):
        count = len(feed.log(says))
        hang_up(feed, feed__symbols=bad)
        feed.await_log(says, count + 1)
    hang_up(feed, feed__symbols="BTCUSDT", feed__streams="trade,depth")
    assert "'depth'" in feed.await_log("collector_reload_refused", 3)[-1]
    (feed.folder / "feed.ini").write_text("[feed]\nsymbol = x\n")
    feed.program.process.send_signal(signal.SIGHUP)
    assert "feed.ini:2: " in feed.await_log("collector_reload_refused", 4)[-1]
    assert '"NOSUCH"' in feed.log("feed_symbol_unknown")[0]
    # Delisted, renamed, newly listed: found by the next look at the exchange's list.
    rest.symbols = {**rest.symbols, "SOLUSDT": "BREAK", "POLUSDT": "TRADING"}
    hang_up(feed, feed__symbols="BTCUSDT,SOLUSDT", feed__streams="trade")
    wait_until(lambda: asked_for(c)[3:] == [("UNSUBSCRIBE", [name("SOLUSDT")])], "SOLUSDT unsubscribed")
    assert 'symbol="SOLUSDT" status=BREAK' in feed.log("feed_symbol_stopped")[0]
    hang_up(feed, feed__symbols="*OLUSDT,BTCUSDT")
    wait_until(lambda: asked_for(c)[4:] == [("SUBSCRIBE", [name("POLUSDT")])], "POLUSDT subscribed")
    assert len(c.requests) > before and len(server.connections) == 1
    assert feed.program.stop() == 0
    for records in feed.control().values():
        assert [r["seq"] for r in records] == list(range(1, len(records) + 1)) and records[-1]["kind"] == "ended"


def test_sighup_changes_streams(symbols_of, server):
    """A stream that comes begins a session, one that goes ends its own, with nobody in it."""
    feed = symbols_of()
    feed.start()
    c = go_on(feed, server, T0)
    hang_up(feed, feed__streams="kline_1s,trade")
    wait_until(lambda: len(c.asked("LIST_SUBSCRIPTIONS")) == 2, "the audit")
    assert not any(r["kind"] == "begin" for rs in feed.control("kline_1s").values() for r in rs)
    c.clock(T0 + 500)
    await_sets(feed, "BTCUSDT", "ETHUSDT", stream="kline_1s")
    assert all([r for r in rs if r["kind"] == "begin"][-1]["T"] == (T0 + 500) * 1000 for rs in feed.control("kline_1s").values())
    hang_up(feed, feed__streams="kline_1s")
    wait_until(lambda: asked_for(c)[-1] == ("UNSUBSCRIBE", [name("BTCUSDT"), name("ETHUSDT")]), "trade unsubscribed")
    wait_until(lambda: all(rs[-1]["kind"] == "ended" for rs in feed.control().values()), "trade ended")
    assert sets(feed) == set()
    hang_up(feed, feed__streams="kline_1s,trade")
    wait_until(lambda: len(asked_for(c)) == 4, "trade again")
    wait_until(lambda: len(c.asked("LIST_SUBSCRIPTIONS")) == 3, "the audit")
    c.clock(T0 + 900)
    await_sets(feed, "BTCUSDT", "ETHUSDT")
    assert feed.program.stop() == 0
    for records in feed.control().values():
        assert len({r["session"] for r in records}) == 2
    for records in feed.control("kline_1s").values():
        assert len({r["session"] for r in records if r["kind"] != "ended" or r.get("symbols") != []}) == 1


def test_pricegraphctl_changes_symbols(symbols_of, server, rest, tmp_path):
    """add, remove and list: checked first, kept in a file that the collector reads again by itself."""
    file = tmp_path / "symbols"
    feed = symbols_of(feed__symbols="BTCUSDT,*BTC", feed__symbols_file=file)
    feed.start()
    c = go_on(feed, server, T0)
    assert "added SOLUSDT\nwritten to" in ctl(feed, "add", "SOLUSDT")
    wait_until(lambda: asked_for(c)[1:] == [("SUBSCRIBE", [name("SOLUSDT")])], "SOLUSDT")
    assert "is collected already" in ctl(feed, "add", "SOLUSDT")
    assert "removed WAVESBTC\n" in ctl(feed, "remove", "WAVESBTC")
    wait_until(lambda: asked_for(c)[2:] == [("UNSUBSCRIBE", [name("WAVESBTC")])], "WAVESBTC")
    assert file.read_text() == "SOLUSDT\n-WAVESBTC\n"
    out = ctl(feed, "list")
    assert "asked for in feed.symbols: *BTC (1 symbols traded)" in out and f"asked for in {file}: -WAVESBTC" in out
    assert out.endswith("to be collected: 2 symbols, 2 subscriptions\nBTCUSDT\nSOLUSDT\n")
    for arguments, says in ((("add", "ETHUSDT", "NOSUCH"), "the exchange has no symbol 'NOSUCH'"),
                            (("add", "MATICUSDT"), "'MATICUSDT' is not traded: BREAK"), (("add", "X*"), "'X*' matches no symbol"),
                            (("remove", "DOGEUSDT"), "'DOGEUSDT' is not collected"), (("add",), "which symbols?"),
                            (("add", "A B"), "no symbol has"), (("list", "A"), "no names"), (("enlarge", "A"), "add, remove, list")):
        assert says in ctl(feed, *arguments, code=1)
        assert file.read_text() == "SOLUSDT\n-WAVESBTC\n"
    ctl(feed, "remove", "SOLUSDT")
    ctl(feed, "add", "*USDT", "WAVESBTC", HAN)
    assert file.read_text() == f"*USDT\n{HAN}\n"
    await_names = {name(s) for s in ("BTCUSDT", "WAVESBTC", "ETHUSDT", "SOLUSDT", "DOGEUSDT", HAN)}
    wait_until(lambda: set(c.streams) == await_names, "all of them")
    file.write_text("A B\n")  # by hand, and wrong
    assert ":1: 'A B'" in feed.await_log("collector_symbols_refused")[0]
    assert set(c.streams) == await_names
    assert ":1: 'A B'" in ctl(feed, "list", code=1).replace(": line 1", ":1")
    file.write_text("*USDT\n")
    rest.symbols = None
    assert "not to be had from http://127.0.0.1" in ctl(feed, "list", code=1)
    assert len(server.connections) == 1
    assert feed.program.stop() == 0


def test_without_rest(symbols_of, server, rest):
    """While the exchange's list can't be had, names are used as they stand and patterns wait; then what is wrong is found."""
    listed, rest.symbols = rest.symbols, None
    feed = symbols_of(feed__symbols="BTCUSDT,NOSUCH,*BTC")
    feed.start()
    c = go_on(feed, server, T0)
    assert asked_for(c) == [("SUBSCRIBE", [name("BTCUSDT"), name("NOSUCH")])]
    assert "patterns wait" in feed.log("feed_symbols_unchecked")[0] and feed.log("feed_no_symbol_list")
    rest.symbols = listed
    feed.program.process.send_signal(signal.SIGHUP)
    wait_until(lambda: len(asked_for(c)) == 3, "the check")
    assert asked_for(c)[1:] == [("UNSUBSCRIBE", [name("NOSUCH")]), ("SUBSCRIBE", [name("WAVESBTC")])]
    assert '"NOSUCH"' in feed.log("feed_symbol_unknown")[0]
    assert feed.program.stop() == 0


def test_connections_as_needed(symbols_of, server, rest):
    """More than 1,024 streams: a further connection while the first one goes on; fewer: it says goodbye."""
    rest.symbols = {f"S{i:04}USDT": "TRADING" for i in range(1500)}
    feed = symbols_of(feed__symbols="S00*,S1*")
    feed.start()
    first = go_on(feed, server, T0)
    assert len(first.streams) == 600
    hang_up(feed, feed__symbols="*USDT")
    second = server.next()
    wait_until(lambda: len(first.streams) == 1024 and len(second.streams) == 476, "all of them")
    assert max(first.request_sizes + second.request_sizes) <= 4000
    for c in (first, second):
        wait_until(lambda c=c: c.requests[-1]["method"] == "LIST_SUBSCRIPTIONS", "the audit")
        c.clock(T0 + 1000)
    feed.await_log("feed_session_begun", 2)
    hang_up(feed, feed__symbols="S00*,S1*")
    wait_until(lambda: second.close_code == 1000, "goodbye")
    left = {s for s in rest.symbols if s.startswith(("S00", "S1"))}
    wait_until(lambda: set(first.streams) == {name(s) for s in left}, "the ones from before")
    newest = {}
    for records in feed.control().values():
        for r in records:
            if "symbols" in r:
                newest[r["session"], r["partition"]] = r["symbols"]
    assert len(feed.log("feed_session_begun")) == 2 and len({s for s, _ in newest}) == 2
    assert {s for names in newest.values() for s in names} == left
    assert feed.program.stop() == 0


def test_acknowledged_is_not_subscribed(symbols_of, server, rest):
    """What is missing in the exchange's list is asked for once more, then given up, said so, and named by no record; a name that is
    refused is found among the others; a lost answer on a running connection is asked for again."""
    server.unheard = {name("SOLUSDT")}
    feed = symbols_of(feed__symbols="BTCUSDT,SOLUSDT", feed__timeout=1)
    feed.start()
    c = server.next()
    wait_until(lambda: len(c.asked("LIST_SUBSCRIPTIONS")) == 2, "two audits")
    c.clock(T0)
    feed.await_log("feed_session_begun")
    await_sets(feed, "BTCUSDT")
    assert "solusdt@trade" in feed.log("feed_stream_given_up")[0]
    server.acknowledge = False
    hang_up(feed, feed__symbols="BTCUSDT,SOLUSDT,ETHUSDT,DOGEUSDT")
    wait_until(lambda: len(c.asked("SUBSCRIBE")) == 3, "SUBSCRIBE")
    c.text(json.dumps({"error": {"code": 2, "msg": "Invalid request: invalid stream"}, "id": c.asked("SUBSCRIBE")[2]["id"]}))
    wait_until(lambda: len(c.asked("SUBSCRIBE")) == 4, "the first half")
    c.text(json.dumps({"code": 2, "msg": "Invalid request"}))  # the other shape, and without an id
    assert "ethusdt@trade" in feed.await_log("feed_stream_given_up", 2)[1]
    wait_until(lambda: len(c.asked("SUBSCRIBE")) == 5, "the second half")
    feed.await_log("feed_request_unanswered")
    wait_until(lambda: len(c.asked("SUBSCRIBE")) == 6, "once more")
    assert [r["params"] for r in c.asked("SUBSCRIBE")[3:]] == [[name("ETHUSDT")], [name("DOGEUSDT")], [name("DOGEUSDT")]]
    server.acknowledge = True
    c.answer(c.asked("SUBSCRIBE")[5])
    wait_until(lambda: len(c.asked("LIST_SUBSCRIPTIONS")) == 3, "the audit")
    c.clock(T0 + 4000)
    await_sets(feed, "BTCUSDT", "DOGEUSDT")
    ids = [r["id"] for r in c.requests]
    assert ids == list(range(1, len(ids) + 1)) and len(server.connections) == 1
    assert feed.program.stop() == 0


def test_change_while_a_successor_comes(symbols_of, server):
    """A connection is replaced and the symbols change meanwhile: both hear of it, the new one takes over with the new symbols, and
    behind the old one's T."""
    feed = symbols_of(feed__rotation=1, venue__settle=1)
    feed.start()
    old = go_on(feed, server, T0)
    new = server.next()
    wait_until(lambda: new.asked("LIST_SUBSCRIPTIONS"), "the audit")
    new.clock(T0 + 1)
    new.event(name("BTCUSDT"), trade("BTCUSDT", 1, T0 + 2))
    hang_up(feed, feed__symbols="BTCUSDT,SOLUSDT")
    for c in (old, new):
        wait_until(lambda c=c: c.asked("SUBSCRIBE")[1:] and len(c.asked("LIST_SUBSCRIPTIONS")) == 2, "the change")
        assert asked_for(c)[1:] == [("UNSUBSCRIBE", [name("ETHUSDT")]), ("SUBSCRIBE", [name("SOLUSDT")])]
    assert not feed.log("feed_rotated")
    old.clock(T0 + 3)
    await_sets(feed, "BTCUSDT", "SOLUSDT")
    new.clock(T0 + 4)
    old.clock(T0 + 5000)
    feed.await_log("feed_rotated")
    wait_until(lambda: all(r[-1]["session"] != r[0]["session"] for r in feed.control().values()), "the new session")
    assert feed.program.stop() == 0
    for records in feed.control().values():
        first = [r for r in records if r["session"] == records[0]["session"]]
        second = records[len(first):]
        assert second[0]["kind"] == "begin" and first[-1]["T"] == (T0 + 5000) * 1000 >= second[0]["T"] >= (T0 + 4) * 1000
        assert second[0]["symbols"] == [r["symbols"] for r in first if "symbols" in r][-1]


def ticker(symbol, t):
    return f'{{"e":"24hrMiniTicker","E":{t},"s":"{symbol}","c":"1.0","o":"1.0","h":"1.0","l":"1.0","v":"1.0","q":"1.0"}}'


def test_whole_exchange_in_one_stream(symbols_of, server, rest):
    """Arrays of hundreds through a queue for fewer records than one of them has: each element once, as received, in order; no T
    claims one that is not there; sessions name all that are listed, and those that come unlisted."""
    symbols = [f"S{i:03}USDT" for i in range(700)] + [HAN]
    rest.symbols = {s: "TRADING" for s in symbols} | {"XBTC": "TRADING", "OLDUSDT": "BREAK"}
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    feed = symbols_of(feed__streams="!miniTicker@arr", feed__symbols=f"*USDT,{HAN}", http__port=port,
                      **{"kafka__queue.buffering.max.messages": 150, "kafka__linger.ms": 20})
    feed.start()
    c = go_on(feed, server, T0)
    assert asked_for(c) == [("SUBSCRIBE", ["!miniTicker@arr"])]
    wanted = {s: [] for s in symbols + ["NEWUSDT"]}
    rounds, unwanted = 12, 0
    for second in range(1, rounds + 1):
        elements = []
        for i, s in enumerate(symbols + ["XBTC"] + (["NEWUSDT"] if second > 6 else [])):
            # E of an array's elements is in no order
            data = ticker(s, T0 + second * 1000 - (i * 7919) % 1000)
            elements.append(data)
            if s in wanted:
                wanted[s].append(data)
            else:
                unwanted += 1
        c.text('{"stream":"!miniTicker@arr","data":[' + ",".join(elements) + "]}")
    c.clock(T0 + 20_000)
    total = sum(len(w) for w in wanted.values())
    wait_until(lambda: sum(len(e) for e in feed.events("miniTicker").values()) >= total, "all elements", 30)
    await_sets(feed, *wanted, stream="miniTicker")
    metrics = urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10).read().decode()
    assert int(re.search(r"^pricegraph_feed_queue_full_total (\d+)", metrics, re.M).group(1)) >= rounds
    hang_up(feed, feed__symbols="S00*,NEW*")
    await_sets(feed, *[s for s in symbols if s.startswith("S00")], stream="miniTicker")
    assert asked_for(c) == [("SUBSCRIBE", ["!miniTicker@arr"])]  # it goes on as it is
    assert feed.program.stop() == 0
    seen = {s: [] for s in wanted}
    for p, messages in feed.records("miniTicker").items():
        claimed = 0
        for m in messages:
            if is_control(m):
                claimed = json.loads(m.value())["T"]
            else:
                assert json.loads(m.value())["E"] * 1000 > claimed
                seen[m.key().decode()].append(m.value().decode())
    assert seen == wanted
    assert_order_of_control_only(feed, "miniTicker")
    n = feed.counts()
    assert n["events"] == total and n["unwanted"] == unwanted and n["arrays"] == rounds and n["bad"] == n["unknown"] == 0
    assert n["frames"] == n["events"] + n["answers"] + n["unwanted"]


# With the model exchange and the sink


def subscribed(stack, stream):
    """(symbol, it is still open) of all subscriptions."""
    return stack.rows("SELECT symbol, to_us IS NULL FROM subscription WHERE stream = %s ORDER BY from_us, symbol", stream)


def test_the_sink_follows(stack_of, tmp_path):
    """A symbol that is added has no gap before, one that is removed has its subscription closed and no gap behind."""
    stack = stack_of("synthetic", {"feed.symbols": "BTCUSDT", "feed.streams": "miniTicker,kline_1s", "feed.symbols_file": tmp_path / "symbols"})
    stack.start_exchange("synthetic", symbols="BTCUSDT,ETHUSDT,SOLUSDT")
    collector = stack.start("pricegraph-collector")
    wait_until(lambda: ("BTCUSDT", True) in subscribed(stack, "kline_1s"), "BTCUSDT")
    stack.run("pricegraphctl", "symbols", "add", "ETHUSDT", "SOL*")
    wait_until(lambda: {s for s, is_open in subscribed(stack, "kline_1s") if is_open} == {"BTCUSDT", "ETHUSDT", "SOLUSDT"}, "three")
    stack.run("pricegraphctl", "symbols", "remove", "BTCUSDT")
    wait_until(lambda: {s for s, is_open in subscribed(stack, "kline_1s") if is_open} == {"ETHUSDT", "SOLUSDT"}, "two")
    wait_until(lambda: {s for s, is_open in subscribed(stack, "miniTicker") if is_open} == {"ETHUSDT", "SOLUSDT"}, "two")
    stack.run("pricegraphctl", "symbols", "add", "BTCUSDT")
    wait_until(lambda: subscribed(stack, "kline_1s").count(("BTCUSDT", True)) == 1, "BTCUSDT again")
    assert stack.rows("SELECT * FROM gap") == []
    collector.kill()
    stack.run("pricegraphctl", "symbols", "remove", "BTCUSDT")  # while nobody runs
    collector = stack.start("pricegraph-collector")
    for stream in ("kline_1s", "miniTicker"):
        wait_until(lambda stream=stream: {s for s, is_open in subscribed(stack, stream) if is_open} == {"ETHUSDT", "SOLUSDT"}, "two")
    wait_until(lambda: stack.rows("SELECT symbol FROM gap GROUP BY symbol ORDER BY symbol") == [("ETHUSDT",), ("SOLUSDT",)],
               "gaps of those that go on")
    assert collector.stop() == 0
    assert len([s for s, _ in subscribed(stack, "kline_1s") if s == "BTCUSDT"]) == 2


def test_the_whole_model_exchange(stack_of):
    """!miniTicker@arr of the model exchange down to the rows: all symbols, no gap, no element twice."""
    symbols = [f"S{i:03}USDT" for i in range(200)]
    stack = stack_of("synthetic", {"feed.symbols": "*", "feed.streams": "!miniTicker@arr,kline_1s"})
    stack.start_exchange("synthetic", symbols=",".join(symbols))
    collector = stack.start("pricegraph-collector")
    wait_until(lambda: len(subscribed(stack, "miniTicker")) == len(symbols), "all subscriptions")
    wait_until(lambda: stack.one("SELECT count(*) FROM raw_mini_ticker") > 500, lambda: stack.rows("SELECT count(*) FROM raw_mini_ticker"))
    assert stack.rows("SELECT * FROM gap") == [] and stack.one("SELECT count(*) FROM quarantine") == 0
    assert collector.stop() == 0
    first, last = stack.rows("SELECT min(from_us), max(to_us) FROM span WHERE stream = 'miniTicker'")[0]
    sent = set()
    for line in (stack.folder / "truth.txt").read_text().rpartition("\n")[0].splitlines():
        state, at, stream, array = line.split(" ", 3)
        if state == "sent" and stream == "!miniTicker@arr" and first < int(at) <= last:
            sent |= {(e["s"], e["E"] * 1000) for e in json.loads(array)}
    rows = set(stack.rows("SELECT symbol, event_us FROM raw_mini_ticker"))
    assert len(sent) > 400 and sent <= rows and len(rows - sent) < 100  # those before the session and behind its end
