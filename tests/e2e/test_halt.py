"""The halt of 2023-03-24, from the exchange's real minutes: last trades 11:27, flat rows without volume until 12:39, then no rows at all until 14:00.
Nobody traded is no gap, with rows or without; not having been there is one, and is repaired to the same, also where there is nothing to be had."""

import gzip
import json
from decimal import Decimal

import pytest

from parts import DATA, wait_until
from test_recording import wait_ended

SYMBOLS = ["BTCUSDT", "DOGEUSDT"]
STREAMS = ("kline_1s", "miniTicker", "trade")
MINUTE = 60_000


def at(hour, minute, second=0):
    """Of that day, ms."""
    return 1_679_616_000_000 + (hour * 3600 + minute * 60 + second) * 1000


FROM, TO, NO_ROWS, AGAIN = at(11, 5), at(14, 4), at(12, 40), at(14, 0)


@pytest.fixture(scope="module")
def minutes():
    """{symbol: {ms: (o, h, l, c, v)}} as the exchange had them."""
    if not (DATA / "klines").is_dir():
        pytest.skip(f"no recordings: {DATA} is absent (set PRICEGRAPH_DATA)")
    out = {}
    for symbol in SYMBOLS:
        with gzip.open(DATA / "klines" / f"{symbol}-1m-20230322-20230326.csv.gz", "rt") as lines:
            next(lines)
            rows = (line.split(",") for line in lines)
            out[symbol] = {int(t): tuple(map(Decimal, values)) for t, *values in rows if FROM <= int(t) < TO}
    return out


def recording(path, minutes):
    """Each minute as four trades; what else came on that connection keeps it going."""
    lines = [(t, symbol, "bookTicker", {"u": t, "s": symbol, "b": "1", "B": "1", "a": "2", "A": "1"})
             for symbol in SYMBOLS for t in range(FROM, TO, 20_000)]
    for symbol, bars in minutes.items():
        number = 1000
        for t, (o, h, l, c, v) in bars.items():
            for ms, price in zip((100, 15_000, 45_000, 59_000), (o, h, l, c)) if v else ():
                number += 1
                lines.append((t + ms, symbol, "trade", {"e": "trade", "E": t + ms, "s": symbol, "t": number, "p": f"{price:.8f}",
                                                        "q": f"{v / 4:.8f}", "T": t + ms, "m": True, "M": True}))
    lines.sort(key=lambda line: line[:3])
    path.write_text("".join(f'{t} {json.dumps({"stream": f"{s.lower()}@{stream}", "data": data})}\n' for t, s, stream, data in lines))
    return path


def assert_minutes(stack, minutes):
    """The candles stored are the exchange's; the chart shows the minutes between as flat, and knows of no gap."""
    begun = -(-stack.one("SELECT max(t) / 1000 FROM (SELECT min(from_us) AS t FROM span GROUP BY stream) AS s") // MINUTE) * MINUTE
    assert begun < at(11, 25)
    for symbol, real in minutes.items():
        stored = {t // 1000: tuple(n) for t, *n in stack.rows(
            "SELECT open_us, open, high, low, close, volume FROM candle_1m WHERE symbol = %s", symbol)}
        whole = [t for t in range(begun, TO, MINUTE) if t < NO_ROWS - MINUTE or t >= AGAIN]
        assert {t: stored.get(t) for t in whole} == {t: real[t] for t in whole}
        assert not [t for t in stored if NO_ROWS <= t < AGAIN]
        assert stack.one("SELECT count(*) FROM candle_1s WHERE symbol = %s AND open_us >= %s AND open_us < %s",
                         symbol, NO_ROWS * 1000, AGAIN * 1000) == 0
        for interval, width, from_ms, to_ms in (("1m", MINUTE, begun, TO), ("1s", 1000, at(12, 39), at(12, 45)), ("1s", 1000, at(13, 55), AGAIN)):
            answer = stack.json(f"/api/v1/initial?symbol={symbol}&interval={interval}&limit={(to_ms - from_ms) // width}&end={to_ms}")
            rows = {row[0]: row[1:] for row in answer["candles"]}
            assert answer["gaps"] == [] and list(rows) == list(range(from_ms, to_ms, width))
            last = format(real[at(11, 27)][3], ".8f")
            for t, (*prices, v, _, n, _, complete) in rows.items():
                assert complete is True
                if at(11, 28) <= t < AGAIN:
                    assert (set(prices), float(v), n) == ({last}, 0, 0), t


def start(stack, venue_of=None):
    """`venue_of`: the stack whose exchange it shares."""
    if venue_of:
        stack.set({k: v for k, v in venue_of.values.items() if k.startswith("exchange.") or k in ("venue.clock", "feed.ping")})
    stack.set({"feed.symbols": ",".join(SYMBOLS), "feed.streams": ",".join(STREAMS), "sink.batch_interval": 200})
    return stack.start("pricegraph-collector")


def heard(stack):
    """Up to where all streams were heard, ms."""
    return (stack.one("SELECT min(t) FROM (SELECT max(to_us) AS t FROM span GROUP BY stream, i HAVING count(*) > 0) AS s") or 0) // 1000


def test_the_halt(stack_of, tmp_path, minutes):
    faults = tmp_path / "faults"
    faults.write_text(json.dumps({"fault": "halt", "at": (at(12, 39, 20) - FROM) / 1000, "seconds": (AGAIN - at(12, 39, 20)) // 1000 - 1,
                                  "rows": 0}) + "\n")
    there = stack_of("replay-halt")
    there.start_exchange(recording(tmp_path / "halt.txt", minutes), speed=250, faults=faults)
    away = stack_of("replay-halt")
    collectors = [start(there), start(away, there)]
    wait_until(lambda: heard(there) > at(12, 10), lambda: f"the halt, not {heard(there)}", 90)
    collectors[1].kill()
    wait_until(lambda: heard(there) > at(12, 50), lambda: f"no rows, not {heard(there)}", 90)
    collectors[1] = away.start("pricegraph-collector")
    wait_ended(there)
    wait_ended(away)
    # Who was there has heard that nobody traded.
    assert there.rows("SELECT * FROM gap") == []
    assert_minutes(there, minutes)
    # Who was not has a gap for each stream: not a word of what was then, as no one knows it.
    gaps = away.rows("SELECT symbol, stream, cause, state, from_us / 1000, to_us / 1000 FROM gap ORDER BY 1, 2")
    assert [g[:4] for g in gaps] == [(symbol, stream, "startup", "open") for symbol in SYMBOLS for stream in STREAMS]
    assert all(at(12, 0) < g[4] < at(12, 39) and at(12, 50) < g[5] < AGAIN for g in gaps)
    from_ms, to_ms = min(g[4] for g in gaps), max(g[5] for g in gaps)
    for symbol in SYMBOLS:
        answer = away.json(f"/api/v1/initial?symbol={symbol}&interval=1m&limit=200&end={TO}")
        shown = {row[0]: row[9] for row in answer["candles"]}
        within = {t: complete for t, complete in shown.items() if from_ms - MINUTE < t < to_ms}
        # What came behind the last word of the lost session is there, and called incomplete.
        assert set(within.values()) <= {False} and not [t for t in within if at(12, 35) < t < to_ms - MINUTE]
        assert shown[at(12, 0)] and shown[at(13, 58)]
        assert answer["gaps"] and all(g["state"] == "open" for g in answer["gaps"])
    # Repaired, it is as if it had been there: with rows where the exchange has some, and flat where it has none.
    assert collectors[1].stop() == 0
    away.set({"backfill.enabled": "yes"})
    collectors[1] = away.start("pricegraph-collector")
    wait_until(lambda: away.one("SELECT bool_and(state = 'repaired') FROM gap"), lambda: away.rows("SELECT * FROM gap"), 60)
    wait_until(lambda: away.one("SELECT count(*) FROM candle_1s WHERE symbol = 'BTCUSDT' AND open_us >= %s AND open_us < %s", from_ms * 1000,
                                at(12, 39) * 1000) == (at(12, 39) - from_ms) // 1000, "the rows of the gap")
    assert_minutes(away, minutes)
    assert there.one("SELECT count(*) FROM quarantine") == away.one("SELECT count(*) FROM quarantine") == 0
