"""The model exchange alone: its protocol, its limits, its REST, its clock; what it sends equals its truth file, and both equal a
recomputation from the recording in another language."""

import contextlib
import gzip
import json
import pathlib
import subprocess
import urllib.request
from collections import defaultdict
from decimal import Decimal

import pytest

from exchange_parts import START, exchange_of, subscribe  # noqa: F401 (a fixture)
from parts import BUILD, wait_until
from recompute import bars, recorded_trades, statistics, trade_of
from ws_client import PING, TEXT, Refused

INTERVALS_MS = {"1s": 1000, "1m": 60_000, "3m": 180_000, "5m": 300_000, "15m": 900_000, "30m": 1_800_000, "1h": 3_600_000,
                "2h": 7_200_000, "4h": 14_400_000, "6h": 21_600_000, "8h": 28_800_000, "12h": 43_200_000,
                "1d": 86_400_000, "3d": 259_200_000}
HFT = ("hft_spot_btcusdt_20240808.gz", "hft_spot_ethusdt_20240808.gz")


def names_of(symbols, streams=("trade", "aggTrade", "kline_1s", "miniTicker")):
    return [f"{s.lower()}@{stream}" for s in symbols for stream in streams]


def read_all(client):
    """Every frame until the replay's end: [(opcode, payload)]."""
    frames = []
    while True:
        frames.append(client.frame())
        if frames[-1][0] == TEXT and b'"replayEnded"' in frames[-1][1]:
            return frames


def replay_folder(recordings, tmp_path, *names):
    folder = tmp_path / "recording"
    folder.mkdir()
    for name in names:
        (folder / name).symlink_to(recordings / name)
    return folder


# --- protocol ---

def test_paths(exchange_of):
    x = exchange_of()
    for path in ("/", "/wsx", "/stream/x", "/stream/", "/foo"):
        with pytest.raises(Refused, match="404"):
            x.connect(path)
    for path in ("/ws", "/ws/", "/stream", "/ws/btcusdt@trade", "/ws/a@trade/b@trade", "/stream?streams=a@trade/b@trade"):
        with x.connect(path) as c:
            assert len(c.ask({"method": "LIST_SUBSCRIPTIONS", "id": 1})["result"]) == path.count("@")


def test_encoded_and_long_urls(exchange_of):
    x = exchange_of()
    with x.connect("/stream?streams=%E8%BF%99456@trade/btcusdt%40miniTicker") as c:
        assert c.ask({"method": "LIST_SUBSCRIPTIONS", "id": 1})["result"] == ["这456@trade", "btcusdt@miniTicker"]
    names = [f"symbol{i:04}usdt@miniTicker" for i in range(300)]
    with x.connect("/stream?streams=" + "/".join(names)) as c:
        assert c.ask({"method": "LIST_SUBSCRIPTIONS", "id": 1})["result"] == names


def test_requests_and_ids(exchange_of):
    x = exchange_of()
    with x.connect("/ws") as c:
        assert c.ask(subscribe("btcusdt@trade", "nosuch@trade", request_id="a-1")) == {"result": None, "id": "a-1"}
        assert c.ask(subscribe("btcusdt@trade", request_id=-5)) == {"result": None, "id": -5}
        assert c.ask({"method": "LIST_SUBSCRIPTIONS", "id": None}) == {"result": ["btcusdt@trade", "nosuch@trade"], "id": None}
        assert c.ask({"method": "UNSUBSCRIBE", "params": ["nosuch@trade", "x@y"], "id": 2}) == {"result": None, "id": 2}
        assert c.ask({"method": "LIST_SUBSCRIPTIONS", "id": 3}) == {"result": ["btcusdt@trade"], "id": 3}
    with x.connect("/ws") as c:
        assert c.ask({"method": "GET_PROPERTY", "params": ["combined"], "id": 4}) == {"result": False, "id": 4}
        assert c.ask({"method": "SET_PROPERTY", "params": ["combined", True], "id": 5}) == {"result": None, "id": 5}
        assert c.ask({"method": "GET_PROPERTY", "params": ["combined"], "id": 6}) == {"result": True, "id": 6}
    with x.connect("/stream") as c:
        assert c.ask({"method": "GET_PROPERTY", "params": ["combined"], "id": 1}) == {"result": True, "id": 1}


@pytest.mark.parametrize("request_text, code, begin, request_id", [
    ('{"method":"SET_PROPERTY","params":["colour",true],"id":7}', 0, "Unknown property", 7),
    ('{"method":"SET_PROPERTY","params":["combined",1],"id":7}', 1, "Invalid value type: expected Boolean", 7),
    ('{"method":"SET_PROPERTY","params":[true],"id":7}', 2, "Invalid request: property name must be a string", 7),
    ('{"method":"SUBSCRIBE","params":["a@trade"]}', 2, "Invalid request: request ID must be an unsigned integer", None),
    ('{"method":"SUBSCRIBE","params":["a@trade"],"id":1.5}', 2, "Invalid request: request ID must be", None),
    ('{"method":"SUBSCRIBE","params":["a@trade"],"id":"%s"}' % ("x" * 37), 2, "Invalid request: request ID must be", None),
    ('{"method":"JOIN","params":[],"id":7}', 2, "Invalid request: unknown variant JOIN, expected one of `SUBSCRIBE`", 7),
    ('{"params":[],"id":7}', 2, "Invalid request: missing field `method`", 7),
    ('{"method":"SUBSCRIBE","params":["a b"],"id":7}', 2, "Invalid request: invalid stream", 7),
    ('{"method":"SUBSCRIBE","params":[5],"id":7}', 2, "Invalid request: invalid stream", 7),
    ('{"method":"SUBSCRIBE","id":7}', 2, "Invalid request: missing field `params`", 7),
    ("hello", 3, "Invalid JSON: expected value at line 1 column 1", ...),
    ('{"method":', 3, "Invalid JSON", ...),
    ("[1]", 3, "Invalid JSON", ...),
])
def test_errors_are_nested(exchange_of, request_text, code, begin, request_id):
    with exchange_of().connect("/ws") as c:
        answer = c.ask(request_text)
        assert answer["error"]["code"] == code
        assert answer["error"]["msg"].startswith(begin)
        assert answer.get("id", ...) == request_id


def test_limits(exchange_of):
    x = exchange_of()
    names = [f"{i:x}@trade" for i in range(1025)]
    with x.connect("/stream?streams=" + "/".join(names[:800])) as c:  # 1,024 streams; a request does all or nothing
        assert c.ask(subscribe(*names[750:950])) == {"result": None, "id": 1}
        assert "too many" in c.ask(subscribe(*names[940:]))["error"]["msg"]
        assert c.ask(subscribe(*names[950:1024])) == {"result": None, "id": 1}
        assert "too many" in c.ask(subscribe(names[1024]))["error"]["msg"]
        assert c.ask({"method": "LIST_SUBSCRIPTIONS", "id": 1})["result"] == names[:1024]
    with x.connect("/ws") as c:  # 4,096 bytes on the wire, that is with 8 of framing
        fits = json.dumps(subscribe("x@y"))
        c.send(fits + " " * (4088 - len(fits)))
        assert json.loads(c.text())["result"] is None
        c.send(fits + " " * (4089 - len(fits)))
        assert c.silent(0.5)
        c.socket.settimeout(20)
        half = fits.encode()
        c.send_frame(TEXT, half[:10], final=False)  # a fragmented one is put together
        c.send_frame(0, half[10:])
        assert json.loads(c.text())["result"] is None
    with x.connect("/ws") as c:
        for i in range(6):
            c.send(json.dumps({"method": "LIST_SUBSCRIPTIONS", "id": i}))
        assert c.wait_close() == (1008, "Too many requests")


def test_pong_timeout(exchange_of):
    x = exchange_of(clock_ping=0, ping=0.2, pong_timeout=1)
    with x.connect("/ws", answer_pings=False) as c:
        assert c.wait_close() == (1008, "Pong timeout")
    with x.connect("/ws") as c:
        for _ in range(8):
            assert c.frame()[0] == PING  # answered, so it stays


def test_an_answer_brings_the_time(exchange_of):
    """Whoever has asked for his list knows at once from when on he hears all: no need to wait for the next PING of the clock."""
    x = exchange_of(clock_ping=1000, ping=1000)
    with x.connect("/ws") as c:
        assert c.frame()[0] == PING  # of the connection
        for request in (subscribe("btcusdt@miniTicker"), {"method": "LIST_SUBSCRIPTIONS", "id": 2}):
            c.send(json.dumps(request))
            while "id" not in json.loads(c.text()):
                pass
            opcode, payload = c.frame()
            assert opcode == PING and START <= int(payload.split()[0]) < START + 60_000


def test_a_feed_begins_with_its_list(exchange_of, feed_of):
    """Its sessions speak from the answer on, not from the next PING of the clock, which here never comes. The websocket library drops a PING that
    comes before the answer to another is written: then a feed has to try again."""
    begun = []
    for _ in range(6):
        feed = feed_of()
        feed.start(exchange_of(clock_ping=1000, ping=1000))
        feed.await_log("feed_subscribed")
        with contextlib.suppress(AssertionError):
            begun = feed.await_log("feed_session_begun", seconds=3)
        assert feed.program.stop() == 0
        if begun:
            return
    pytest.fail("no feed has begun its sessions")


def test_unread_queue_is_cut_off(exchange_of):
    x = exchange_of(speed=5000, queue_max=65536)
    with x.connect("/ws/btcusdt@trade/ethusdt@trade", seconds=60) as c:
        c.socket.setsockopt(__import__("socket").SOL_SOCKET, __import__("socket").SO_RCVBUF, 4096)
        wait_until(lambda: int(x.json("/api/v3/time")["serverTime"]) > START + 3_600_000, "an hour of market")
        with pytest.raises((EOFError, ConnectionError)):
            while True:
                c.frame()
    assert x.state() == "running"


# --- REST ---

def test_rest(exchange_of):
    x = exchange_of(history=2)
    assert x.json("/api/v3/ping") == {}
    status, headers, body = x.get("/api/v3/time")
    assert (status, body, headers["X-Pricegraph-State"]) == (200, {"serverTime": START - START % 1000}, "waiting")
    used = int(headers["X-MBX-USED-WEIGHT-1M"])
    info = x.json("/api/v3/exchangeInfo")
    assert [s["symbol"] for s in info["symbols"]] == ["BTCUSDT", "ETHUSDT"]
    assert {f["filterType"]: f for f in info["symbols"][0]["filters"]}["PRICE_FILTER"]["tickSize"] == "0.01000000"
    assert int(x.get("/api/v3/ping")[1]["X-MBX-USED-WEIGHT-1M"]) in (used + 21, 1, 2, 21, 22)  # a new minute begins anew
    one = x.json("/api/v3/exchangeInfo?symbol=ETHUSDT")["symbols"]
    assert one == x.json("/api/v3/exchangeInfo?symbols=%5B%22ETHUSDT%22%5D")["symbols"] == info["symbols"][1:]
    rows = x.json("/api/v3/klines?symbol=BTCUSDT&interval=1m&limit=1000")
    assert len(rows) == 120 and all(b[0] - a[0] == 60_000 for a, b in zip(rows, rows[1:]))
    assert rows[-1][6] == rows[-1][0] + 59_999
    middle = rows[50][0]
    get = lambda more: x.json(f"/api/v3/klines?symbol=BTCUSDT&interval=1m{more}")
    assert get("&limit=3") == rows[-3:]
    assert get(f"&startTime={middle}&limit=3") == get(f"&startTime={middle}000&limit=3") == rows[50:53]
    assert get(f"&startTime={middle + 1}&limit=1") == rows[51:52]
    assert get(f"&endTime={middle}&limit=3") == rows[48:51]
    assert get(f"&endTime={middle + 59_999}&limit=2") == rows[49:51]
    assert get(f"&startTime={middle}&endTime={middle + 120_000}") == rows[50:53]
    assert get(f"&startTime={START + 86_400_000}") == [] == get("&endTime=1500000000000")
    micro = x.get("/api/v3/klines?symbol=BTCUSDT&interval=1m&limit=1", {"X-MBX-TIME-UNIT": "MICROSECOND"})[2]
    assert (micro[0][0], micro[0][6]) == (rows[-1][0] * 1000, rows[-1][0] * 1000 + 59_999_999)
    zone = x.json("/api/v3/klines?symbol=BTCUSDT&interval=1d&timeZone=-1:30")
    assert {(row[0] - 5_400_000) % 86_400_000 for row in zone} == {0}


@pytest.mark.parametrize("query, status, code", [
    ("klines?interval=1m", 400, -1102), ("klines?symbol=&interval=1m", 400, -1102), ("klines?symbol=BTCUSDT", 400, -1102),
    ("klines?symbol=NOSUCH&interval=1m", 400, -1121), ("klines?symbol=BTCUSDT&interval=1S", 400, -1120),
    ("klines?symbol=BTCUSDT&interval=1m&limit=x", 400, -1100), ("klines?symbol=BTCUSDT&interval=1m&limit=0", 400, -1130),
    ("klines?symbol=BTCUSDT&interval=1m&startTime=", 400, -1105), ("klines?symbol=BTCUSDT&interval=1m&startTime=-1", 400, -1100),
    ("klines?symbol=BTCUSDT&interval=1m&timeZone=14:01", 400, -1130), ("klines?symbol=BTCUSDT&interval=1m&color=red", 400, -1101),
    ("klines?symbol=BTCUSDT&symbol=BTCUSDT&interval=1m", 400, -1101), ("exchangeInfo?symbol=NOSUCH", 400, -1121),
    ("exchangeInfo?symbols=BTCUSDT", 400, -1100), ("exchangeInfo?symbol=BTCUSDT&symbols=%5B%22BTCUSDT%22%5D", 400, -1128),
    ("time?x=1", 400, -1101), ("nosuch", 404, -1000),
])
def test_rest_errors(exchange_of, query, status, code):
    got, _, body = exchange_of().get("/api/v3/" + query)
    assert (got, body["code"]) == (status, code)
    assert body["msg"]


# --- what it sends ---

def assert_klines_are_the_trades(klines, trades):
    """Every second from the first trade to the last kline, without a hole; flat ones where nobody traded."""
    expected = bars(trades, 1000)
    seconds = [k["t"] for k in klines]
    assert seconds == list(range(trades[0]["T"] // 1000 * 1000, seconds[-1] + 1, 1000))
    close = None
    for k in klines:
        bar = expected.get(k["t"])
        assert (k["T"], k["i"], k["x"]) == (k["t"] + 999, "1s", True)
        if bar:
            assert tuple(Decimal(k[m]) for m in "ohlcvq") + (k["n"], Decimal(k["V"]), Decimal(k["Q"])) == bar.values()
            assert (k["f"], k["L"]) == (bar.first, bar.last)
            close = bar.close
        else:
            assert [Decimal(k[m]) for m in "ohlcvqVQ"] == [close] * 4 + [0] * 4
            assert (k["f"], k["L"], k["n"]) == (-1, -1, 0)


def assert_tickers_are_the_trades(tickers, trades, last_ms):
    """At each end of a slot at which the 24 h figures changed, and at no other."""
    phase = tickers[0]["E"] % 1000
    slots = {-(-(t["T"] - phase) // 1000) * 1000 + phase for t in trades}  # ends of slots that hold a trade
    assert [t["E"] for t in tickers] == sorted(e for e in slots if e <= last_ms)
    for t in tickers:
        assert tuple(Decimal(t[m]) for m in "cohlvq") == statistics(trades, t["E"])


def assert_full_tickers_are_the_trades(tickers, minis, trades):
    """With every miniTicker, and what they have more."""
    assert [[t[m] for m in "Ecohlvq"] for t in tickers] == [[t[m] for m in "Ecohlvq"] for t in minis]
    for t in tickers:
        window = [x for x in trades if t["E"] - 86_400_000 < x["T"] <= t["E"]]
        assert (t["n"], t["F"], t["L"], Decimal(t["Q"])) == (len(window), window[0]["t"], window[-1]["t"], window[-1]["q"])
        assert (t["C"], t["O"], Decimal(t["p"])) == (t["E"], t["E"] - 86_400_000, Decimal(t["c"]) - Decimal(t["o"]))
        assert abs(Decimal(t["P"]) - Decimal(t["p"]) / Decimal(t["o"]) * 100) < Decimal("0.001")
        assert Decimal(t["b"]) < Decimal(t["a"]) and t["c"] in (t["b"], t["a"])


def test_recorded_trades_are_derived(exchange_of, recordings, tmp_path):
    x = exchange_of(source=replay_folder(recordings, tmp_path, *HFT), speed=0)
    recorded = recorded_trades(*(recordings / name for name in HFT))
    assert x.json("/api/v3/time") == {"serverTime": 1723161255000}
    with x.connect(seconds=60) as c:
        c.send(json.dumps(subscribe(*names_of(recorded), *names_of(recorded, ["ticker"]))))
        frames = read_all(c)
    assert x.state() == "ended"
    data = [p.decode() for o, p in frames if o == TEXT and b'"stream"' in p]
    truth = list(x.truth())
    assert [json.loads(d) for d in data[:-1]] == [{"stream": n, "data": json.loads(e)} for _, _, n, e in truth]
    assert {state for state, _, _, _ in truth} == {"sent"}
    assert [at for _, at, _, _ in truth] == sorted(at for _, at, _, _ in truth)
    events = defaultdict(list)
    for _, at, name, event in truth:
        event = json.loads(event)
        assert at >= event["E"] * 1000
        events[name].append(event)
    last_ms = json.loads(data[-1])["data"]["E"]
    for symbol, trades in recorded.items():
        s = symbol.lower()
        assert [trade_of(e) for e in events[s + "@trade"]] == trades
        klines = [e["k"] for e in events[s + "@kline_1s"]]
        assert_klines_are_the_trades(klines, trades)
        assert klines[-1]["t"] == last_ms // 1000 * 1000 - 1000
        assert_tickers_are_the_trades(events[s + "@miniTicker"], trades, last_ms)
        assert_full_tickers_are_the_trades(events[s + "@ticker"], events[s + "@miniTicker"], trades)
        for interval, width in INTERVALS_MS.items():
            rows = x.json(f"/api/v3/klines?symbol={symbol}&interval={interval}&limit=1000")
            expected = bars(trades, width)
            assert {r[0] for r in rows} >= set(expected)
            for r in rows:
                if r[0] in expected:
                    assert tuple(map(Decimal, r[1:6])) + (Decimal(r[7]), r[8], Decimal(r[9]), Decimal(r[10])) == \
                        expected[r[0]].values()
                else:
                    assert (r[5], r[8]) == ("0.00000000", 0)
        assert [x.json(f"/api/v3/klines?symbol={symbol}&interval={i}")[0][0] for i in ("1w", "1M")] == \
            [1722816000000, 1722470400000]
    assert x.stop() == 0


def test_trade_bytes_are_the_recorded_ones(exchange_of, recordings):
    x = exchange_of(source=recordings / HFT[0], speed=0)
    with x.connect("/stream?streams=btcusdt@trade", seconds=60) as c:
        sent = [p for o, p in read_all(c) if o == TEXT and b"@trade" in p]
    with gzip.open(recordings / HFT[0]) as lines:
        assert sent == [line.rstrip(b"\n").split(b" ", 1)[1] for line in lines if b"@trade" in line]


def test_the_clock_is_told_strictly_behind_the_frames(exchange_of, recordings):
    x = exchange_of(source=recordings / HFT[0], speed=100, clock_ping=0.1)
    with x.connect() as c:
        c.send(json.dumps(subscribe(*names_of(["BTCUSDT"]), request_id=9)))
        frames = read_all(c)
        c.send(json.dumps(subscribe("ethusdt@trade", request_id=10)))
        tail = [c.frame() for _ in range(3)]
        while not b'"id":10' in tail[-3][1]:
            tail = tail[1:] + [c.frame()]
    assert frames[0][0] == PING  # at connect
    answer = next(i for i, f in enumerate(frames) if f[0] == TEXT and b'"id":9' in f[1])
    assert frames[answer + 1][0] == PING
    clock, pings, told = 0, 0, lambda ping: int(ping[1].split()[0])
    for opcode, payload in frames[:-1]:
        if opcode == PING:
            assert told((opcode, payload)) >= clock
            clock, pings = told((opcode, payload)), pings + 1
        elif b"@trade" in payload or b"@kline" in payload:
            assert json.loads(payload)["data"]["E"] > clock
    end = json.loads(frames[-1][1])["data"]
    assert frames[-2][0] == PING and told(frames[-2]) == end["E"]
    assert pings > 15
    assert [t[0] for t in tail] == [TEXT, PING, TEXT]  # who comes late is told too
    assert (told(tail[1]), json.loads(tail[2][1])) == (end["E"], {"stream": "!replayEnded", "data": end})
    assert x.json("/api/v3/time") == {"serverTime": end["E"]}


def test_unsubscribed_events_are_unsent(exchange_of, recordings):
    x = exchange_of(source=recordings / HFT[0], speed=0)
    with x.connect("/ws/btcusdt@kline_1s") as c:
        frames = read_all(c)
    assert all(set(json.loads(p)) >= {"e", "E"} and b'"data"' not in p for o, p in frames if o == TEXT)
    states = {(state, name) for state, _, name, _ in x.truth()}
    assert states == {("sent", "btcusdt@kline_1s"), ("unsent", "btcusdt@trade"), ("unsent", "btcusdt@aggTrade"),
                      ("unsent", "btcusdt@miniTicker")}


def zstd_lines(path):
    zstandard = pytest.importorskip("zstandard")
    with open(path, "rb") as f:
        return zstandard.ZstdDecompressor().stream_reader(f).read().splitlines()


def test_frames_go_out_as_they_are_and_pauses_are_jumped(exchange_of, recordings):
    path = recordings / "miniticker_5sym_20230324_1110-1420_incl_halt.txt.zst"
    lines = [line.split(b" ", 1) for line in zstd_lines(path)]
    jumps = [(int(a[0]), int(b[0])) for a, b in zip(lines, lines[1:]) if int(b[0]) - int(a[0]) > 60_000]
    assert jumps
    x = exchange_of(source=path, speed=0)
    symbols = ["BTCUSDT", "ETHUSDT", "DOGEUSDT", "SOLUSDT", "ADAUSDT"]
    with x.connect() as combined, x.connect("/ws") as raw:
        raw.ask(subscribe())  # the market starts, so both must be there first
        combined.send(json.dumps(subscribe(*names_of(symbols, ["miniTicker"]))))
        frames = [p for o, p in read_all(combined) if o == TEXT and b'"stream"' in p]
        read_all(raw)
    got = [f for f in frames if b'"stream":"!' not in f]
    assert got == [line[1] for line in lines][len(lines) - len(got):] and len(got) > len(lines) / 2
    truth = [e for _, _, _, e in x.truth()]
    assert truth == [json.dumps(json.loads(line[1])["data"], separators=(",", ":")) for line in lines]
    told = [json.loads(f)["data"] for f in frames if b'"!replayJumped"' in f]
    assert [(t["from"], t["E"]) for t in told] == [(a, b // 1000 * 1000) for a, b in jumps][len(jumps) - len(told):]
    assert told


def test_cryptofeed_captures_unsolicited(exchange_of, recordings):
    for name in ("cryptofeed_BINANCE.ws.1.0", "cryptofeed_BINANCE_US.ws.1.0", "cryptofeed_BINANCE_TR.ws.1.0"):
        x = exchange_of(source=recordings / name, speed=0, unsolicited="yes")
        with x.connect() as c:
            c.send(json.dumps(subscribe("btcusdt@miniTicker")))
            sent = [p for o, p in read_all(c) if o == TEXT and b'"result"' not in p][:-1]
        lines = (recordings / name).read_bytes().splitlines()[1:]
        assert sent == [line.split(b": ", 1)[1] for line in lines if line]
        x = exchange_of(source=recordings / name, speed=0)
        first = json.loads(sent[0])["stream"]
        with x.connect("/stream?streams=" + first) as c:
            only = [p for o, p in read_all(c) if o == TEXT][:-1]
        assert only == [f for f in sent if json.loads(f)["stream"] == first]


def test_list(recordings):
    def listed(path):
        text = subprocess.run([BUILD / "pricegraph-exchange", "--list", path], capture_output=True, text=True, check=True).stdout
        return dict(line.split("=", 1) for line in text.splitlines())

    hft = listed(recordings / HFT[0])
    assert (hft["venue"], hft["mode"], hft["symbols"]) == ("replay-hft-spot-btcusdt-20240808-gz", "derived", "BTCUSDT")
    assert set(hft["streams"].split(",")) == {"trade", "kline_1s", "miniTicker"}
    assert listed(str(recordings) + "/")["venue"] == "replay-ws"
    feed = listed(recordings / "cryptofeed_BINANCE.ws.1.0")
    assert (feed["mode"], feed["streams"], feed["lines"]) == ("frames", "aggTrade", "265")
    bad = subprocess.run([BUILD / "pricegraph-exchange", "--list", recordings / "miniticker_snippets.jsonl"], capture_output=True, text=True)
    assert bad.returncode == 2 and "no line begins with a receive time" in bad.stderr


# --- the synthetic market ---

def synthetic_run(exchange, until_ms, symbols):
    with exchange.connect(seconds=60) as c:
        c.send(json.dumps(subscribe(*names_of(symbols))))
        while True:
            event = json.loads(c.text()).get("data")
            if event and event["E"] > until_ms:
                break
    assert exchange.stop() == 0
    return [line for line in exchange.truth() if line[1] < until_ms * 1000]  # it ran on while we read


def test_synthetic_market_is_a_function_of_seed_and_time(exchange_of):
    symbols = ["BTCUSDT", "ETHUSDT", "SHIBUSDT", "WAVESBTC", "NEW1USDT"]
    start, end = START + 50_000, START + 200_000
    long = synthetic_run(exchange_of(speed=0, symbols=",".join(symbols)), end, symbols)
    other = synthetic_run(exchange_of(speed=400, symbols=",".join(reversed(symbols)), start=start), end, symbols)
    seed = synthetic_run(exchange_of(speed=0, symbols="BTCUSDT", seed=2), end, ["BTCUSDT"])

    def trades(truth):
        out = {}
        for _, _, name, event in truth:
            e = json.loads(event)
            if name.endswith("@trade") and start <= e["T"] < end:
                out[e["s"], e["t"]] = event
        return out

    assert trades(long) == trades(other)
    assert len(trades(long)) > 500
    assert set(trades(long).values()).isdisjoint(trades(seed).values())
    for symbol in symbols:
        every = [trade_of(json.loads(e)) for _, _, n, e in long if n == symbol.lower() + "@trade"]
        if every:
            assert [t["t"] for t in every] == list(range(every[0]["t"], every[-1]["t"] + 1))
            klines = [json.loads(e)["k"] for _, _, n, e in long if n == symbol.lower() + "@kline_1s"]
            assert_klines_are_the_trades(klines, every)
            tickers = [json.loads(e) for _, _, n, e in long if n == symbol.lower() + "@miniTicker"]
            assert_tickers_are_the_trades(tickers, every, tickers[-1]["E"])


def test_synthetic_market_now(exchange_of):
    x = exchange_of(start=0, history=1, speed=1)
    import time
    assert abs(x.json("/api/v3/time")["serverTime"] - time.time() * 1000) < 500
    with x.connect("/stream?streams=btcusdt@kline_1s") as c:
        for _ in range(2):
            while True:
                message = json.loads(c.text())
                if "data" in message:
                    break
            assert abs(message["data"]["E"] - time.time() * 1000) < 1000
    assert abs(x.json("/api/v3/time")["serverTime"] - time.time() * 1000) < 500
    assert len(x.json("/api/v3/klines?symbol=BTCUSDT&interval=1m")) >= 60


# --- settings ---

def test_bad_settings_are_said(tmp_path):
    def run(*assignments):
        options = [o for a in assignments for o in ("--set", a)]
        return subprocess.run([BUILD / "pricegraph-exchange", *options], capture_output=True, text=True, timeout=20)

    for assignment, part in (("model.source=/nosuch", "cannot open '/nosuch'"), ("model.speed=-1", "speed"),
                             ("model.nosuch=1", "nosuch"), ("model.start=1", "begins on 2017"),
                             ("model.truth=/nosuch/truth", "cannot write '/nosuch/truth'"),
                             ("model.tls_cert=/nosuch.pem", "cannot listen")):
        done = run("model.port=0", "model.history=0", assignment)
        assert done.returncode == 2 and part in done.stderr, (assignment, done)
    cut = tmp_path / "cut.gz"
    cut.write_bytes(gzip.compress(b"1700000000000 {}\n" * 10000)[:-20])
    assert "cut" in run("model.port=0", f"model.source={cut}").stderr


def test_taken_port(exchange_of):
    x = exchange_of()
    done = subprocess.run([BUILD / "pricegraph-exchange", "--set", f"model.port={x.port}", "--set", "model.history=0"],
                          capture_output=True, text=True, timeout=20)
    assert done.returncode == 2 and f"cannot listen on 127.0.0.1 port {x.port}" in done.stderr


def test_tls(exchange_of, tmp_path):
    import ssl
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"], capture_output=True, check=True)
    x = exchange_of(tls_cert=cert, tls_key=key)
    context = ssl.create_default_context(cafile=str(cert))
    with urllib.request.urlopen(f"https://127.0.0.1:{x.port}/api/v3/ping", context=context, timeout=20) as answer:
        assert json.load(answer) == {}
    assert pathlib.Path(x.program.log).exists()
