"""What PostgreSQL needs: bytes a row, and for a symbol a day and a year, of each table with its index, as the real sink has written
it. Bars of 1h and 1d have the shape of those of 1m, of which there are enough to be measured."""

import json
import os
import random

from confluent_kafka import Producer

from parts import Stack, murmur2, wait_until

SYMBOLS, SECONDS = int(os.environ.get("STORAGE_SYMBOLS", 200)), int(os.environ.get("STORAGE_SECONDS", 1800))
T0 = 1_723_161_600_000  # ms: the start of a day
STREAMS = ("miniTicker", "kline_1s", "trade", "aggTrade")
# Rows of a symbol's day; None: as many as are traded.
ROWS = {"raw_mini_ticker": 86_400, "raw_trade": None, "raw_agg_trade": None, "candle_1s": 86_400, "candle_1m": 1440, "candle_1h": 24,
        "candle_1d": 1}
MIB = 1 << 20


def events(rnd, symbol, s, price):
    """One second of a symbol: a sample, a trade and its aggregate, the candle. Numbers as long as the exchange writes them."""
    t, n = T0 + s * 1000, s + 1
    high, quantity = price * 1.0003, rnd.randrange(10**3, 10**8) / 10**5
    p, q = f"{price:.8f}", f"{quantity:.8f}"
    quote = f"{price * quantity:.8f}"
    day = {"o": f"{price * 0.98:.8f}", "h": f"{price * 1.05:.8f}", "l": f"{price * 0.95:.8f}", "v": f"{quantity * 9e4:.8f}",
           "q": f"{price * quantity * 9e4:.8f}"}
    yield "miniTicker", {"e": "24hrMiniTicker", "E": t + 17, "s": symbol, "c": p, **day}
    yield "trade", {"e": "trade", "E": t + 301, "s": symbol, "t": 10**9 + n, "p": p, "q": q, "T": t + 300, "m": n % 2 == 0, "M": True}
    yield "aggTrade", {"e": "aggTrade", "E": t + 301, "s": symbol, "a": 10**8 + n, "p": p, "q": q, "f": 10**9 + n, "l": 10**9 + n,
                       "T": t + 300, "m": n % 2 == 0, "M": True}
    yield "kline_1s", {"e": "kline", "E": t + 1004, "s": symbol, "k": {
        "t": t, "T": t + 999, "s": symbol, "i": "1s", "f": 10**9 + n, "L": 10**9 + n, "o": p, "c": f"{price * 1.0001:.8f}", "h": f"{high:.8f}",
        "l": f"{price * 0.9997:.8f}", "v": q, "n": 1, "x": True, "q": quote, "V": q, "Q": quote, "B": "0"}}


def write(stack, names):
    producer = Producer({"bootstrap.servers": stack.values["kafka.bootstrap.servers"], "partitioner": "murmur2", "linger.ms": 20,
                         "queue.buffering.max.messages": 500_000})
    prefix, rnd = f"{stack.prefix}.{stack.venue}.", random.Random(1)
    prices = {name: rnd.randrange(10**4, 10**9) / 10**6 for name in names}

    def control(kind, t):
        for stream in STREAMS:
            for i in range(8):
                record = {"session": "s", "collector": "bench", "seq": 1, "kind": kind, "T": t * 1000, "clock": t * 1000, "speed": 1,
                          "partition": i, "symbols": [n for n in names if murmur2(n.encode()) % 8 == i]}
                producer.produce(prefix + stream, json.dumps(record), partition=i, headers={"control": "1"})

    control("begin", T0)
    for s in range(SECONDS):
        for name in names:
            prices[name] *= 1 + rnd.gauss(0, 0.0001)
            for stream, e in events(rnd, name, s, prices[name]):
                producer.produce(prefix + stream, json.dumps(e), key=name, headers={"received_us": str((T0 + s * 1000) * 1000)})
        producer.poll(0)
        if s % 60 == 59:
            control("alive", T0 + s * 1000)
            producer.flush()
    control("alive", T0 + SECONDS * 1000 + 10_000)
    producer.flush()


def bytes_a_row(stack, name):
    """Of the table's rows and of its index, page for page."""
    rows = stack.one(f"SELECT count(*) FROM {name}")
    heap, index = stack.rows(
        "SELECT sum(pg_table_size(relid))::bigint, sum(pg_indexes_size(relid))::bigint FROM pg_partition_tree(%s) WHERE isleaf", name)[0]
    return rows, heap / rows, index / rows


def measure(folder):
    names = [f"SYM{i:04}USDT" for i in range(SYMBOLS)]
    stack = Stack(folder, "replay-storage", {"feed.enabled": "no"})
    try:
        collector = stack.start("pricegraph-collector")
        wait_until(lambda: " sink_started " in collector.text(), "the sink starts")
        write(stack, names)
        end = (T0 + SECONDS * 1000 + 10_000) * 1000
        wait_until(lambda: stack.one("SELECT count(*) = 32 AND min(to_us) = %s FROM span", end), "everything is stored", 300)
        for name in ROWS:
            stack.db.execute(f"VACUUM ANALYZE {name}")
        measured = {name: bytes_a_row(stack, name) for name in ROWS if name not in ("candle_1h", "candle_1d")}
        lines = []
        for name, rows_a_day in ROWS.items():
            rows, heap, index = measured.get(name, measured["candle_1m"])
            day = (heap + index) * (rows_a_day or 1_000_000)
            lines.append([f"`{name}`", rows if name in measured else "as 1m", f"{heap:.0f} + {index:.0f}",
                          f"{day / MIB:.3g} MiB" if rows_a_day else f"{day / MIB:.3g} MiB a million trades",
                          f"{day * 365 / MIB:.3g} MiB" if rows_a_day else ""])
        if stack.one("SELECT count(*) FROM quarantine") or collector.stop() != 0:
            raise AssertionError(collector.text())
        head = ["table", "rows measured", "bytes a row: heap + index", "a symbol and day", "a symbol and year"]
        return "## Storage\n\n" + "".join("| " + " | ".join(map(str, row)) + " |\n" for row in [head, ["---"] * len(head), *lines])
    finally:
        stack.close()
