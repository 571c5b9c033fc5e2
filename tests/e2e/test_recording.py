"""The main job on real input: recorded frames → model exchange → websocket → Kafka → PostgreSQL → initial.

Every stored row is in the truth file and the reverse; truth and candles equal a recomputation from the recording
in another language; `initial` equals plain SQL at all 16 intervals; killed again and again, it is still so."""

import datetime
import json
import random
import re
import shutil
import subprocess
import urllib.request
from collections import defaultdict
from decimal import Decimal

import pytest

from parts import BUILD, wait_until
from recompute import bars, recorded_trades, statistics, trade_of

FILES = ("hft_spot_btcusdt_20240808.gz", "hft_spot_ethusdt_20240808.gz")
SYMBOLS = ["BTCUSDT", "ETHUSDT"]
STREAMS = "miniTicker,kline_1s,trade"
LEVELS = (("candle_1s", 1000), ("candle_1m", 60_000), ("candle_1h", 3_600_000), ("candle_1d", 86_400_000))
INTERVALS = ["1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w", "1M"]


def read_truth(path, sent_only=True):
    """Events by stream kind, as the model exchange sent them."""
    out = defaultdict(list)
    for line in path.read_text().splitlines():
        state, _, stream, event = line.split(" ", 3)
        if state not in ("sent", "unsent"):  # of connections and faults
            continue
        if state == "sent" or not sent_only:
            out[stream.split("@")[1]].append((state, json.loads(event)))
    return out


def folder_of(recordings, tmp_path, names):
    folder = tmp_path / "recording"
    folder.mkdir(exist_ok=True)
    for name in names:
        shutil.copy(recordings / name, folder / name)
    return folder


def replay(stack, source, symbols, streams, speed):
    exchange = stack.start_exchange(source, speed=speed)
    stack.set({"feed.symbols": ",".join(symbols), "feed.streams": streams, "sink.batch_interval": 200})
    return exchange, stack.start("pricegraph-collector")


def wait_ended(stack, seconds=120):
    """The recording is over, and all of it is committed: every subscription's session has ended."""
    subscriptions = len(stack.values["feed.symbols"].split(",")) * len(stack.values["feed.streams"].split(","))
    wait_until(lambda: stack.one(
        "SELECT count(*) = %s AND bool_and(s.ended) FROM subscription u JOIN symbol y USING (venue, symbol) "
        "JOIN span s ON s.stream = u.stream AND s.i = y.i AND s.session = u.session WHERE u.to_us IS NULL", subscriptions),
        "the recording ends", seconds)


def assert_rows_are_the_truth(stack, truth):
    trades = {(e["s"], e["t"]): e for _, e in truth["trade"]}
    rows = stack.rows("SELECT symbol, id, trade_us, event_us, price, quantity, buyer_is_maker FROM raw_trade")
    assert len(rows) == len(trades)
    for symbol, number, trade_us, event_us, price, quantity, maker in rows:
        e = trades[symbol, number]
        assert (trade_us, event_us, price, quantity, maker) == (
            e["T"] * 1000, e["E"] * 1000, Decimal(e["p"]), Decimal(e["q"]), e["m"])
    tickers = {(e["s"], e["E"]): e for _, e in truth["miniTicker"]}
    rows = stack.rows("SELECT symbol, event_us, close, open, high, low, volume, quote FROM raw_mini_ticker")
    assert len(rows) == len(tickers)
    for symbol, event_us, *numbers in rows:
        e = tickers[symbol, event_us // 1000]
        assert numbers == [Decimal(e[k]) for k in "cohlvq"]
    klines = {(e["s"], e["k"]["t"]): e["k"] for _, e in truth["kline_1s"]}
    rows = stack.rows("SELECT symbol, open_us, open, high, low, close, volume, quote, trades, taker_volume, taker_quote, "
                      "coalesce(first_id, -1), coalesce(last_id, -1) FROM candle_1s WHERE origin = 4")
    assert len(rows) == len(klines)
    for symbol, open_us, *numbers in rows:
        k = klines[symbol, open_us // 1000]
        assert numbers == [Decimal(k[m]) for m in "ohlcvq"] + [k["n"], Decimal(k["V"]), Decimal(k["Q"]), k["f"], k["L"]]


def assert_truth_is_the_recording(truth, trades):
    """The model exchange derived what the exchange would have: checked by brute force."""
    for symbol, expected in trades.items():
        derived = sorted((trade_of(e) for _, e in truth["trade"] if e["s"] == symbol), key=lambda t: t["t"])
        assert derived == expected
        seconds = bars(expected, 1000)
        klines = {e["k"]["t"]: e["k"] for _, e in truth["kline_1s"] if e["s"] == symbol}
        assert set(seconds) <= set(klines)
        for t, k in klines.items():
            if k["n"] == 0:
                assert t not in seconds and k["f"] == k["L"] == -1 and k["o"] == k["h"] == k["l"] == k["c"]
                continue
            got = tuple(Decimal(k[m]) for m in "ohlcvq") + (k["n"], Decimal(k["V"]), Decimal(k["Q"]))
            assert got == seconds[t].values() and (k["f"], k["L"]) == (seconds[t].first, seconds[t].last)
        for _, e in truth["miniTicker"]:
            if e["s"] == symbol:
                assert [Decimal(e[k]) for k in "cohlvq"] == list(statistics(expected, e["E"])), e


def assert_candles(stack, trades):
    """Bars that were over when the recording ended; the one still open is `initial`'s to fold."""
    end_ms = max(t["T"] for expected in trades.values() for t in expected) // 1000 * 1000 + 1000
    for symbol, expected in trades.items():
        for table, width in LEVELS:
            got = {r[0] // 1000: r[1:] for r in stack.rows(
                f"SELECT open_us, open, high, low, close, volume, quote, trades, taker_volume, taker_quote FROM {table} "
                "WHERE symbol = %s AND trades > 0", symbol)}
            want = {t: bar.values() for t, bar in bars(expected, width).items() if t + width <= end_ms}
            assert got == want, (symbol, table)


def bucket_sql(interval):
    """Start of the bucket that holds open_us, in plain SQL and nothing of the project's."""
    at = "to_timestamp(open_us / 1000000.0) AT TIME ZONE 'UTC'"
    if interval in ("1w", "1M"):
        unit = {"1w": "week", "1M": "month"}[interval]
        return f"date_trunc('{unit}', {at})"
    unit = {"s": "second", "m": "minute", "h": "hour", "d": "day"}[interval[-1]]
    return f"date_bin('{interval[:-1]} {unit}', {at}, timestamp '1970-01-01')"


def assert_initial_equals_sql(stack, symbol):
    for interval in INTERVALS:
        answer = stack.json(f"/api/v1/initial?symbol={symbol}&interval={interval}&limit=1000")
        rows = stack.rows(
            f"SELECT {bucket_sql(interval)} AS b, (array_agg(open ORDER BY open_us) FILTER (WHERE trades > 0))[1], "
            "max(high) FILTER (WHERE trades > 0), min(low) FILTER (WHERE trades > 0), "
            "(array_agg(close ORDER BY open_us DESC) FILTER (WHERE trades > 0))[1], sum(volume), sum(quote), sum(trades) "
            "FROM candle_1s WHERE symbol = %s GROUP BY 1 HAVING sum(trades) > 0", symbol)
        expected = {int(r[0].replace(tzinfo=datetime.timezone.utc).timestamp() * 1000): r[1:] for r in rows}
        got = {c[0]: tuple(map(Decimal, c[1:7])) + (c[7],) for c in answer["candles"] if c[7]}
        opened = answer["open"]
        for bar in (opened, opened.get("before")):
            if bar and bar.get("base") and bar["base"][7]:
                got[bar["t"]] = tuple(map(Decimal, bar["base"][1:7])) + (bar["base"][7],)
        assert got == expected, interval


@pytest.fixture(scope="module")
def trades(request):
    from parts import DATA
    if not (DATA / "ws").is_dir():
        pytest.skip(f"no recordings: {DATA} is absent (set PRICEGRAPH_DATA)")
    return recorded_trades(*(DATA / "ws" / name for name in FILES))


def test_recorded_trades(stack_of, recordings, tmp_path, trades):
    stack = stack_of("replay-recorded")
    replay(stack, folder_of(recordings, tmp_path, FILES), SYMBOLS, STREAMS, 60)
    wait_ended(stack)
    truth = read_truth(stack.folder / "truth.txt")
    every = read_truth(stack.folder / "truth.txt", False)
    assert not [1 for stream in STREAMS.split(",") for s, _ in every[stream] if s != "sent"]
    assert_truth_is_the_recording(truth, trades)
    assert_rows_are_the_truth(stack, truth)
    assert_candles(stack, trades)
    for symbol in SYMBOLS:
        assert_initial_equals_sql(stack, symbol)
    assert stack.rows("SELECT * FROM quarantine") == [] and stack.rows("SELECT * FROM gap") == []
    answer = stack.json("/api/v1/initial?symbol=BTCUSDT&interval=1m&limit=10")
    assert answer["state"] == "replay" and answer["gaps"] == []


def test_kills_during_a_replay(stack_of, recordings, tmp_path, trades):
    """kill -9 of the collector 30 times: no row lost that no gap declares, none twice, candles those of the rows."""
    stack = stack_of("replay-kills")
    rnd = random.Random(30)
    _, collector = replay(stack, folder_of(recordings, tmp_path, FILES), SYMBOLS, STREAMS, 3)
    wait_until(lambda: stack.one("SELECT count(*) FROM raw_trade") > 100, "the first rows")
    for n in range(30):
        before = stack.one("SELECT sum(next_offset) FROM kafka_offset")
        wait_until(lambda b=before: stack.one("SELECT sum(next_offset) FROM kafka_offset") > b + rnd.randrange(400),
                   f"progress before kill {n}")
        collector.kill()
        collector = stack.start("pricegraph-collector")
    wait_ended(stack)
    truth = read_truth(stack.folder / "truth.txt", sent_only=False)
    gaps = stack.rows("SELECT symbol, stream, from_us, to_us FROM gap")
    stored = {"trade": stack.rows("SELECT symbol, id FROM raw_trade"),
              "miniTicker": stack.rows("SELECT symbol, event_us / 1000 FROM raw_mini_ticker"),
              "kline_1s": stack.rows("SELECT symbol, open_us / 1000 FROM candle_1s WHERE origin = 4")}
    lost = 0
    for stream, key, time in (("trade", lambda e: e["t"], lambda e: e["T"]), ("miniTicker", lambda e: e["E"], lambda e: e["E"]),
                              ("kline_1s", lambda e: e["k"]["t"], lambda e: e["E"])):
        assert len(stored[stream]) == len(set(stored[stream]))
        have = set(stored[stream])
        events = {(e["s"], key(e)): time(e) for _, e in truth[stream]}
        assert have <= set(events)
        for (symbol, k), at_ms in events.items():
            if (symbol, k) in have:
                continue
            lost += 1
            assert any(g[0] == symbol and g[1] == stream and g[2] <= at_ms * 1000 + 999 and at_ms * 1000 <= g[3] + 5_000_000
                       for g in gaps), (stream, symbol, k, at_ms)
    assert gaps and lost
    # The candles are those of the rows that are there.
    klines = {(e["s"], e["k"]["t"]): e["k"] for _, e in truth["kline_1s"]}
    for symbol in SYMBOLS:
        there = [t for t in trades[symbol] if (symbol, t["t"]) in set(stored["trade"])]
        seconds = bars(there, 1000)
        got = {r[0] // 1000: r[1:] for r in stack.rows(
            "SELECT open_us, open, high, low, close, volume, trades, origin FROM candle_1s WHERE symbol = %s", symbol)}
        for t, (o, h, l, c, v, n, origin) in got.items():
            if origin == 4:
                k = klines[symbol, t]
                assert (o, h, l, c, v, n) == tuple(Decimal(k[m]) for m in "ohlcv") + (k["n"],)
            elif origin == 3:
                b = seconds[t]
                assert (o, h, l, c, v, n) == (b.open, b.high, b.low, b.close, b.volume, b.trades)
        assert {t for t in seconds} <= set(got)
    assert collector.stop() == 0


@pytest.mark.parametrize("name,symbols", [
    ("miniticker_XRPETH_20191012-13_from_real_trades.txt.zst", ["XRPETH"]),
    ("miniticker_5sym_20230324_1110-1420_incl_halt.txt.zst", None)])
def test_recorded_mini_tickers_as_they_are(stack_of, recordings, name, symbols):
    frames = subprocess.run(["zstdcat", recordings / name], capture_output=True, text=True, check=True).stdout
    events = [json.loads(line.split(" ", 1)[1])["data"] for line in frames.splitlines()]
    stack = stack_of("replay-tickers")
    symbols = symbols or sorted({e["s"] for e in events})
    replay(stack, recordings / name, symbols, "miniTicker", 2000 if "5sym" in name else 10000)
    wait_ended(stack)
    rows = {(s, us // 1000): tuple(n) for s, us, *n in stack.rows(
        "SELECT symbol, event_us, close, open, high, low, volume, quote FROM raw_mini_ticker")}
    assert rows == {(e["s"], e["E"]): tuple(Decimal(e[k]) for k in "cohlvq") for e in events}
    samples = {}
    for e in sorted(events, key=lambda e: e["E"]):
        samples.setdefault((e["s"], e["E"] // 1000), []).append(Decimal(e["c"]))
    got = {(s, us // 1_000_000): n for s, us, *n in stack.rows(
        "SELECT symbol, open_us, open, high, low, close, volume, origin FROM candle_1s")}
    assert got == {k: [p[0], max(p), min(p), p[-1], None, 1] for k, p in samples.items()}
    # Pauses over a minute are holes of the recording, not silence of the market.
    received = [int(line.split(" ", 1)[0]) for line in frames.splitlines()]
    pauses = [(a, b) for a, b in zip(received, received[1:]) if b - a > 60_000]
    gaps = stack.rows("SELECT from_us / 1000, to_us / 1000 FROM gap WHERE symbol = %s AND cause = 'recording' ORDER BY 1", symbols[0])
    assert pauses and len(gaps) == len(pauses)
    assert [(p, g) for p, g in zip(pauses, gaps) if not p[0] <= g[0] < g[1] <= p[1]] == []
    assert stack.rows("SELECT * FROM quarantine") == []


@pytest.mark.parametrize("name", ["cryptofeed_BINANCE.ws.1.0", "cryptofeed_BINANCE_US.ws.1.0", "cryptofeed_BINANCE_TR.ws.1.0"])
def test_streams_that_we_do_not_know_are_counted(stack_of, recordings, name):
    """Every frame of an unknown stream is counted, none stored, no error."""
    lines = [line for line in (recordings / name).read_text().splitlines()[1:] if line]
    known = sum("@aggTrade" in line for line in lines)
    stack = stack_of("replay-unknown", {"model.unsolicited": "yes", "log.level": "debug"})
    stack.start_exchange(recordings / name, speed=30)
    with urllib.request.urlopen(f"http://127.0.0.1:{stack.values['exchange.port']}/api/v3/exchangeInfo", timeout=10) as answer:
        symbol = json.loads(answer.read())["symbols"][0]["symbol"]
    stack.set({"feed.symbols": symbol, "feed.streams": "miniTicker", "sink.batch_interval": 200})
    collector = stack.start("pricegraph-collector")
    wait_ended(stack)
    assert collector.stop() == 0
    counts = dict(re.findall(r"(\w+)=(\d+)", next(s for s in collector.text().splitlines() if "feed_stopped" in s)))
    assert (counts["unknown"], counts["events"], counts["bad"]) == (str(len(lines) - known), str(known), "0")
    assert stack.one("SELECT count(*) FROM raw_mini_ticker") == 0 and stack.rows("SELECT * FROM quarantine") == []
    assert not re.search(r"\] error ", collector.text())
