"""Candles by the million, made by the database itself through the schema: what a venue holds after a long time."""

T0 = 1_700_006_400_000_000  # µs: 2023-11-15 00:00:00 UTC
SECOND, MINUTE, HOUR, DAY = 1_000_000, 60_000_000, 3_600_000_000, 86_400_000_000
WIDTHS = {"1s": SECOND, "1m": MINUTE, "1h": HOUR, "1d": DAY}
PARTITIONS = 8

BARS = """
INSERT INTO candle_{level} (open_us, symbol, venue, open, high, low, close, volume, quote, trades, taker_volume, taker_quote, origin, revision{columns})
SELECT t.t, s.symbol, %(venue)s, p.p, p.p * 1.001, p.p * 0.999, p.p + 0.01, 12.34567890, 1234567.89012345, 250, 6.12345678, 612345.12345678, 4, 1{values}
FROM generate_series(%(from_us)s::bigint, %(to_us)s::bigint - 1, %(width)s::bigint) AS t
CROSS JOIN (SELECT y.symbol, row_number() OVER (ORDER BY y.symbol) AS n FROM symbol AS y WHERE y.venue = %(venue)s) AS s
CROSS JOIN LATERAL (SELECT (20000 + s.n + (t.t / %(width)s * 7919 + s.n * 31) %% 100000 * 0.01)::numeric(20, 8) AS p) AS p
ORDER BY t.t, s.symbol
"""


def make_venue(db, venue, names, end_us, first_us):
    """The venue, its symbols, and one session of kline_1s that has ended at end_us: all of it is settled."""
    db.execute("SELECT venue_ensure(%s, 5000000)", (venue,))
    for i in range(PARTITIONS):
        db.execute("INSERT INTO span (venue, stream, i, session, from_us, to_us, ended, clock_us, speed, alive_us)"
                   " VALUES (%s, 'kline_1s', %s, 's', %s, %s, true, %s, 0, %s)", (venue, i, first_us, end_us, end_us, end_us))
        db.execute("INSERT INTO kafka_offset (venue, stream, i, next_offset, replay_from) VALUES (%s, 'kline_1s', %s, 1, 1)", (venue, i))
    db.execute("UPDATE partition SET revision = 1 WHERE venue = %s", (venue,))
    with db.cursor() as c:
        c.executemany("INSERT INTO symbol (venue, symbol, i, first_us) VALUES (%s, %s, %s, %s)",
                      [(venue, name, n % PARTITIONS, first_us) for n, name in enumerate(names)])
        c.executemany("INSERT INTO subscription (venue, symbol, stream, session, from_us) VALUES (%s, %s, 'kline_1s', 's', %s)",
                      [(venue, name, first_us) for name in names])


def add_bars(db, venue, level, from_us, to_us):
    """One bar of every symbol for each bucket of [from_us, to_us); the partitions are made. How many."""
    step = DAY if level == "1s" else 365 * DAY
    for at in [*range(from_us, to_us, step), to_us - 1]:
        db.execute("SELECT partition_ensure(%s, %s, %s)", (venue, "candle_" + level, at))
    columns, values = (", closed, stated_us", ", true, t.t") if level == "1s" else ("", "")
    return db.execute(BARS.format(level=level, columns=columns, values=values),
                      {"venue": venue, "from_us": from_us, "to_us": to_us, "width": WIDTHS[level]}).rowcount


def fill(db, venue, names, spans):
    """`spans`: level → how many buckets before T0 are stored of it. All candles."""
    first_us = T0 - max(count * WIDTHS[level] for level, count in spans.items())
    make_venue(db, venue, names, T0, first_us)
    count = sum(add_bars(db, venue, level, T0 - n * WIDTHS[level], T0) for level, n in spans.items())
    db.execute("VACUUM ANALYZE")
    return count
