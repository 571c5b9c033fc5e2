"""The stream `ticker`: kept as it was sent, once, whatever comes twice or in disorder; it makes no candle, and what of it was missed
is said for ever, since nobody tells its past."""

import json
from decimal import Decimal

from parts import wait_until
from test_sink import Topics, start, wait_settled

T0 = 1_700_000_000_000
DECIMALS = {"before": "x", "close": "c", "last_quantity": "Q", "bid": "b", "bid_quantity": "B", "ask": "a", "ask_quantity": "A",
            "open": "o", "high": "h", "low": "l", "volume": "v", "quote": "q"}
NUMBERS = {"first_id": "F", "last_id": "L", "trades": "n"}


def ticker(symbol, t_ms, n):
    numbers = {m: f"{n}.{i:02}" for i, m in enumerate(DECIMALS.values())}
    return {"e": "24hrTicker", "E": t_ms, "s": symbol, "p": "-1.5", "P": "-2.501", "w": "3", **numbers,
            "O": t_ms - 86_400_000, "C": t_ms, "F": -1, "L": -1, "n": 0}


def stored(stack):
    rows = stack.rows(f"SELECT symbol, event_us, open_us, close_us, {', '.join([*DECIMALS, *NUMBERS])} FROM raw_ticker")
    return {(r[0], r[1] // 1000): r[2:] for r in rows}


def row_of(e):
    return (e["O"] * 1000, e["C"] * 1000, *(Decimal(e[m]) for m in DECIMALS.values()), *(e[m] for m in NUMBERS.values()))


def test_repeats_and_disorder(stack_of):
    """Also of what another life of the sink has stored already."""
    stack = stack_of("replay-test", {"feed.enabled": "no", "sink.batch_interval": 50})
    topics = Topics(stack)
    events = [ticker("BTCUSDT", T0 + ms, n) for n, ms in enumerate((500, 2500, 1500, 2500, 90_000))]
    events[3] = events[1]
    collector = start(stack)
    topics.control("begin", T0, symbols=["BTCUSDT"], streams=("ticker",))
    for e in events:
        topics.event("ticker", "BTCUSDT", e)
    topics.control("alive", T0 + 95_000, streams=("ticker",))
    topics.flush()
    expected = {("BTCUSDT", e["E"]): row_of(e) for e in events}
    wait_until(lambda: stored(stack) == expected, lambda: stored(stack))
    assert collector.stop() == 0
    start(stack)
    for e in [events[4], ticker("BTCUSDT", T0 + 96_000, 9), events[0]]:
        topics.event("ticker", "BTCUSDT", e)
        expected["BTCUSDT", e["E"]] = row_of(e)
    topics.control("alive", T0 + 99_000, streams=("ticker",))
    topics.flush()
    wait_settled(stack, T0 + 99_000)
    assert stored(stack) == expected
    assert stack.one("SELECT count(*) FROM candle_1s") == 0
    assert stack.one("SELECT count(*) FROM quarantine") == 0
    assert stack.one("SELECT count(*) FROM gap") == 0


def test_all_parts(stack_of):
    """Exchange → websocket → Kafka → PostgreSQL, killed on the way."""
    stack = stack_of("synthetic", {"feed.symbols": "BTCUSDT,ETHUSDT", "feed.streams": "kline_1s,ticker",
                                   "sink.batch_interval": 100, "backfill.enabled": "yes"})
    stack.start_exchange("synthetic", speed=5, seed=3, history=1)
    collector = stack.start("pricegraph-collector")
    wait_until(lambda: stack.one("SELECT count(*) FROM raw_ticker") > 40, "tickers")
    collector.kill()
    truth = stack.folder / "truth.txt"
    unsent = truth.read_text().count("\nunsent ")
    wait_until(lambda: truth.read_text().count("\nunsent ") > unsent + 100, "the market goes on")
    collector = stack.start("pricegraph-collector")
    wait_until(lambda: stack.rows("SELECT DISTINCT stream, state, reason FROM gap ORDER BY stream") == [
        ("kline_1s", "repaired", None), ("ticker", "unrepairable", "the exchange does not tell the past of this stream")],
        lambda: stack.rows("SELECT stream, state, reason FROM gap"), 40)
    assert stack.rows("SELECT DISTINCT cause FROM gap") == [("startup",)]  # nobody was there: it was killed
    rows = stack.one("SELECT count(*) FROM raw_ticker")
    wait_until(lambda: stack.one("SELECT count(*) FROM raw_ticker") > rows + 20, "tickers again")
    assert collector.stop() == 0
    sent = {}
    for line in truth.read_text().splitlines():
        state, _, name, text = (line.split(" ", 3) + [""] * 3)[:4]
        if state in ("sent", "unsent") and name.endswith("@ticker"):
            e = json.loads(text)
            sent[e["s"], e["E"]] = row_of(e)
    rows = stored(stack)
    assert {k: sent[k] for k in rows} == rows
    heard = stack.rows("SELECT s.symbol, p.from_us, p.to_us FROM span AS p JOIN symbol AS s USING (venue, i) WHERE p.stream = 'ticker'")
    assert len(heard) == 4
    for symbol, e_ms in sent:
        if any(s == symbol and from_us < e_ms * 1000 < to_us for s, from_us, to_us in heard):
            assert (symbol, e_ms) in rows
    # The chart misses no candle: the seconds of the outage came from the exchange's klines.
    assert stack.one("SELECT count(*) FROM candle_1s WHERE origin < 4") == 0
    from_us, to_us = stack.rows("SELECT min(from_us), max(to_us) FROM gap")[0]
    answer = stack.json(f"/api/v1/initial?symbol=BTCUSDT&interval=1s&limit=500&end={to_us // 1000 + 1}")
    assert [g for g in answer["gaps"] if g["from"] < to_us // 1000 and g["to"] > from_us // 1000] == []
    gaps = stack.json(f"/api/v1/coverage?symbol=BTCUSDT&from={from_us // 1000 - 1}&to={to_us // 1000 + 1}")["gaps"]
    assert {g["state"] for g in gaps if g["stream"] == "ticker"} == {"unrepairable"}
