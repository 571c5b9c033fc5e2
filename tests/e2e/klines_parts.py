"""A market of minutes, put into the database as the sink stores them."""

import datetime
import random
from decimal import Decimal

MINUTE = 60_000
HOUR, DAY = 60 * MINUTE, 1440 * MINUTE
EPOCH = datetime.datetime(1970, 1, 1)


class Market:
    """Minutes in a database of their own, as the sink stores them; heard in `spans` (ms)."""

    def __init__(self, stack, minutes, spans):
        self.stack, self.minutes = stack, minutes
        db, venue = stack.db, stack.venue
        db.execute("SELECT venue_ensure(%s, 5000000)", (venue,))
        days = sorted({t // DAY for t, *_ in minutes})
        for table in ("candle_1s", "candle_1m", "candle_1h", "candle_1d"):
            wanted = {d if table == "candle_1s" else (EPOCH + datetime.timedelta(days=d)).year: d for d in days}
            for day in wanted.values():
                db.execute("SELECT partition_ensure(%s, %s, %s)", (venue, table, day * DAY * 1000))
        db.execute("INSERT INTO symbol (venue, symbol, i, first_us) VALUES (%s, 'BTCUSDT', 3, %s)", (venue, minutes[0][0] * 1000))
        for n, (begin, end) in enumerate(spans):
            last = n == len(spans) - 1
            db.execute("INSERT INTO span (venue, stream, i, session, from_us, to_us, ended, clock_us, speed, alive_us) VALUES "
                       "(%s, 'kline_1s', 3, %s, %s, %s, true, %s, 0, %s)", (venue, f"s{n}", begin * 1000, end * 1000, end * 1000, end * 1000))
            db.execute("INSERT INTO subscription (venue, symbol, stream, session, from_us, to_us) VALUES (%s, 'BTCUSDT', 'kline_1s', %s, %s, %s)",
                       (venue, f"s{n}", begin * 1000, None if last else end * 1000))
        with db.cursor() as c, c.copy("COPY candle_1m (open_us, symbol, venue, open, high, low, close, volume, quote, trades, taker_volume,"
                                      " taker_quote, origin, revision) FROM STDIN") as copy:
            for t, *values in minutes:
                copy.write_row((t * 1000, "BTCUSDT", venue, *values, 4, 1))
        for level, width in (("1h", HOUR), ("1d", DAY)):
            starts = sorted({t // width * width * 1000 for t, *_ in minutes if t // width * width + width <= spans[-1][1]})
            db.execute(f"SELECT fold_{level}(%s, %s, %s, %s)", (venue, ["BTCUSDT"] * len(starts), starts, [1] * len(starts)))

    def pages(self, query, limit=1000, forward=True):
        """All rows, as a client pages."""
        rows, at = [], 0 if forward else None
        while True:
            bound = f"&startTime={at}" if forward else f"&endTime={at}" if at is not None else ""
            page = self.stack.json(f"/api/v3/klines?symbol=BTCUSDT&limit={limit}&{query}{bound}")
            rows = rows + page if forward else page + rows
            if len(page) < limit:
                return rows
            at = page[-1][0] + 1 if forward else page[0][0] - 1


def made_up(days=75):
    """From December to March, with minutes in which nobody traded and gaps of all lengths, the longest of nine days."""
    r = random.Random(5)
    t, price, minutes, spans, begin = 1_702_900_800_000 + 17 * MINUTE, 5000, [], [], None
    while t < 1_702_900_800_000 + days * DAY:
        begin = t if begin is None else begin
        moves = [price + r.randint(-30, 30) for _ in range(3)]
        n = r.choice((0, 1, 5, 300))
        prices = [price, max(price, *moves), min(price, *moves), moves[2]] if n else [price] * 4
        v = Decimal(r.randint(1, 10**12)) / 10**8 if n else Decimal(0)
        q, tb, tq = (v * price / 100).quantize(Decimal("1e-8")), (v / 3).quantize(Decimal("1e-8")), (v * price / 300).quantize(Decimal("1e-8"))
        minutes.append((t, *(Decimal(p) / 100 for p in prices), v, q, n, tb, tq))
        price = max(1000, prices[3])
        t += MINUTE
        if r.random() < 0.002:
            spans.append((begin, t))
            begin = None
            t += r.choice((1, 3, 50, 700, 3000, 9 * 1440) if r.random() < 0.05 else (1, 2, 61)) * MINUTE
    spans.append((begin, t))
    return minutes, [s for s in spans if s[0] is not None]
