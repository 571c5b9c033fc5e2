"""The exchange's own 1m bars of data/klines in a database, as the sink would have left them: bars, folds, sessions, gaps; and what a
reader of them should see, computed without any of the project's code."""

import csv
import gzip
from decimal import Decimal

from parts import DATA

MINUTE = 60_000
DAY = 86_400_000
VENUE = "replay-bars"
SYMBOLS = ("BTCUSDT", "DOGEUSDT", "ETHUSDT")


def read(symbol):
    """[(t ms, open, high, low, close, volume)]; minutes in which the exchange itself had nothing are not there."""
    with gzip.open(DATA / "klines" / f"{symbol}-1m-20230322-20230326.csv.gz", "rt") as f:
        rows = csv.reader(f)
        next(rows)
        return [(int(r[0]), *(Decimal(x) for x in r[1:6])) for r in rows]


def resample(bars, width, flat=False):
    """Bars of `width` ms. What is empty gives prices only where all of a bar is empty; with `flat` (see load) it is shown then only if all
    of it was listened to."""
    out = {}
    for bar in bars:
        out.setdefault(bar[0] // width * width, []).append(bar)
    whole = []
    for t, parts in sorted(out.items()):
        full = [p for p in parts if p[5] > 0] or parts
        if flat and full[0][5] == 0 and len(parts) * MINUTE < width:
            continue
        whole.append((t, full[0][1], max(p[2] for p in full), min(p[3] for p in full), full[-1][4], sum(p[5] for p in full)))
    return whole


def runs(bars):
    """[from, to) ms of minutes without a break."""
    found = []
    for bar in bars:
        if found and found[-1][1] == bar[0]:
            found[-1][1] += MINUTE
        else:
            found.append([bar[0], bar[0] + MINUTE])
    return found


def load(stack, symbol, bars, flat=False):
    """Stores the bars; with `flat` not those without a volume, so that they are made at reading. The minutes that are absent were
    not listened to."""
    first, last = bars[0][0], bars[-1][0] + MINUTE
    partition = 3
    with stack.db.cursor() as c:
        c.execute("SELECT venue_ensure(%s, 5000000)", [VENUE])
        for table in ("candle_1s", "candle_1m", "candle_1h", "candle_1d"):
            c.execute("SELECT partition_ensure(%s, %s, d) FROM generate_series(%s::bigint, %s, 86400000000) AS d",
                      [VENUE, table, first // DAY * DAY * 1000, last * 1000])
        with c.copy("COPY candle_1m (open_us, symbol, venue, open, high, low, close, volume, quote, trades, origin, revision) FROM STDIN") as copy:
            for t, o, h, l, close, v in bars:
                if v > 0 or not flat:
                    copy.write_row((t * 1000, symbol, VENUE, o, h, l, close, v, v * (o + h + l + close) / 4, int(v > 0), 4, 1))
        for level, width in (("1h", 60 * MINUTE), ("1d", DAY)):
            starts = sorted({t // width * width * 1000 for t, *rest in bars if rest[4] > 0 or not flat})
            c.execute(f"SELECT fold_{level}(%s, array_fill(%s::text, ARRAY[%s]), %s::bigint[], array_fill(1::bigint, ARRAY[%s]))",
                      [VENUE, symbol, len(starts), starts, len(starts)])
        c.execute("INSERT INTO symbol (venue, symbol, i, first_us) VALUES (%s, %s, %s, %s)", [VENUE, symbol, partition, first * 1000])
        for i, (begin, end) in enumerate(runs(bars)):
            session = f"{symbol}-{i}"
            c.execute("INSERT INTO span (venue, stream, i, session, from_us, to_us, ended, clock_us, speed, alive_us) VALUES "
                      "(%s, 'kline_1s', %s, %s, %s, %s, true, %s, 0, %s)", [VENUE, partition, session, begin * 1000, end * 1000, end * 1000, end * 1000])
            c.execute("INSERT INTO subscription (venue, symbol, stream, session, from_us, to_us) VALUES (%s, %s, 'kline_1s', %s, %s, %s)",
                      [VENUE, symbol, session, begin * 1000, None if end == last else end * 1000])
            if end < last:
                c.execute("INSERT INTO gap (venue, symbol, stream, from_us, to_us, cause, revision) VALUES (%s, %s, 'kline_1s', %s, %s, 'recording', 1)",
                          [VENUE, symbol, end * 1000, runs(bars)[i + 1][0] * 1000])
        c.execute("UPDATE partition SET revision = 20 WHERE venue = %s", [VENUE])
