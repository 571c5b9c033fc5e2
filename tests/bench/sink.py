"""Kafka → PostgreSQL: events a second of a sink that catches up, beside COPY of the rows that it stored, sorted, in binary, ready
made, in transactions of as many rows as the sink's batch, into the same tables; and beside a Python sink that stores the raw rows alone. A storm of late events is measured beside the same events in time."""

import json
import os
import time
from decimal import Decimal

import psycopg
from confluent_kafka import Consumer, TopicPartition

import market
from measure import Pair, cpu_us, memory_mib, produce, table
from parts import Stack, wait_until

ROUNDS, BATCH = int(os.environ.get("ROUNDS", 2)), 40_000
WIDE_SYMBOLS, WIDE_SECONDS = 1500, 180
DENSE_SECONDS, DENSE_RATE = 240, 2500
WHOLE_SECONDS, WHOLE_RATE = 60, 8000
STORM_SECONDS, STORM_LATE = 200, 0.1
INSERT_SIZES, INSERT_ROWS = (100, 1000, 5000), 20_000
KEYS = {"raw_mini_ticker": "event_us, symbol", "candle_1s": "symbol, open_us", "raw_trade": "trade_us, symbol, id"}
SIGNATURE_BYTES = 19
TRAILER = b"\xff\xff"


def stored_offsets(stack):
    return stack.one("SELECT coalesce(sum(next_offset), 0)::bigint FROM kafka_offset")


def backend(stack):
    """The process that serves the sink."""
    return stack.one("SELECT pid FROM pg_stat_activity WHERE datname = %s AND application_name = 'pricegraph-sink'", stack.database)


def start_sink(stack):
    collector = stack.start("pricegraph-collector")
    wait_until(lambda: " sink_started " in collector.text(), "the sink starts", every=0.005)
    return collector


def begin(stack, folder, streams, names, lines):
    """The session, its symbols and a first second are stored; the sink is not running. How many records there are."""
    collector = start_sink(stack)
    first = market.save(folder / "begin", [*market.control("begin", market.T0, streams, names), *lines])
    produce(f"{stack.prefix}.{stack.venue}", folder / "begin")
    wait_until(lambda: stored_offsets(stack) == first, "the first second is stored")
    if collector.stop() != 0:
        raise AssertionError(collector.text())
    return first


def catch_up(stack, first, count):
    """Until all but the last batch is committed (that one waits for its age): records, seconds, CPU of sink and server, memory."""
    (stack.folder / "pricegraph-collector.log").unlink()
    collector = start_sink(stack)
    began = time.monotonic()
    pid, server = collector.process.pid, backend(stack)
    before = cpu_us(pid), cpu_us(server)
    stored = wait_until(lambda: (n := stored_offsets(stack)) >= count - BATCH and n, "nearly everything is stored", 300, every=0.005)
    seconds = time.monotonic() - began
    used = cpu_us(pid) - before[0], cpu_us(server) - before[1]
    memory = memory_mib(pid)
    wait_until(lambda: stored_offsets(stack) == count, "everything is stored", 300, every=0.02)
    if collector.stop() != 0:
        raise AssertionError(collector.text())
    return stored - first, seconds, used, memory


def rows_of(c, name):
    """The table's rows for COPY, sorted by its key: the signature, and each row's bytes."""
    with c.cursor().copy(f"COPY (SELECT * FROM {name} ORDER BY {KEYS[name]}) TO STDOUT (FORMAT binary)") as copy:
        rows = [bytes(row) for row in copy]
    signature, rows[0] = rows[0][:SIGNATURE_BYTES], rows[0][SIGNATURE_BYTES:]
    if rows[-1] != TRAILER:
        raise AssertionError("the end of a COPY is not as expected")
    return signature, rows[:-1]


def copy_again(stack, names):
    """Empties the tables and copies their rows into them; rows, seconds and the server's processor time."""
    with psycopg.connect(stack.db.info.dsn, options="-c search_path=pricegraph", autocommit=True) as c:
        batches = []
        for name in names:
            signature, rows = rows_of(c, name)
            batches += [(name, len(rows[i:i + BATCH]), signature + b"".join(rows[i:i + BATCH]) + TRAILER)
                        for i in range(0, len(rows), BATCH)]
        c.execute("TRUNCATE " + ", ".join(names))
        before = cpu_us(c.info.backend_pid)
        began = time.monotonic()
        for name, _, data in batches:
            with c.cursor().copy(f"COPY {name} FROM STDIN (FORMAT binary)") as copy:
                copy.write(data)
        seconds = time.monotonic() - began
        return sum(n for _, n, _ in batches), seconds, cpu_us(c.info.backend_pid) - before


def tuples(event, received):
    """The raw row of a miniTicker event, as a Python sink would insert it."""
    return (event["E"] * 1000, event["s"], "replay-sink", *(Decimal(event[k]) for k in "cohlvq"), received)


def python_sink(stack):
    """Rows a second of a sink that stores raw rows alone: confluent-kafka, json, psycopg's executemany; the batch size that is best.
    And of executemany alone, given the rows ready made."""
    with psycopg.connect(stack.db.info.dsn, options="-c search_path=pricegraph", autocommit=True) as c:
        insert = f"INSERT INTO raw_mini_ticker VALUES ({', '.join(['%s'] * 10)}) ON CONFLICT DO NOTHING"
        best, alone = 0, 0
        for size in INSERT_SIZES:
            consumer = Consumer({"bootstrap.servers": os.environ["PRICEGRAPH_TEST_KAFKA"], "group.id": "none", "enable.auto.commit": False})
            consumer.assign([TopicPartition(f"{stack.prefix}.{stack.venue}.miniTicker", i, 0) for i in range(8)])
            c.execute("TRUNCATE raw_mini_ticker")
            rows, stored, inserting, began = [], 0, 0, None
            while stored < INSERT_ROWS:
                for message in consumer.consume(1000, 1):
                    began = began or time.monotonic()
                    if message.key():
                        rows.append(tuples(json.loads(message.value()), 0))
                while len(rows) >= size and stored < INSERT_ROWS:
                    at = time.monotonic()
                    with c.transaction():
                        c.cursor().executemany(insert, rows[:size])
                    inserting += time.monotonic() - at
                    stored += size
                    del rows[:size]
            best, alone = max(best, stored / (time.monotonic() - began)), max(alone, stored / inserting)
            consumer.close()
        return best, alone


def warm(stack):
    """Touches all of PostgreSQL's shared buffers once: whoever comes first in a new cluster would pay for it."""
    stack.db.execute("CREATE TABLE warm AS SELECT repeat('x', 1900) FROM generate_series(1, pg_size_bytes(current_setting('shared_buffers')) / 2048)")
    stack.db.execute("DROP TABLE warm")


def prepared(folder, shape):
    """A stack with everything in Kafka, the sink stopped after the first second; records of that second and of all, events among them."""
    streams, names, first, rest, _ = shape
    stack = Stack(folder, "replay-sink", {"feed.enabled": "no"})
    try:
        warm(stack)
        count = begin(stack, folder, streams, names, first())
        more = market.save(folder / "rest", rest())
        produce(f"{stack.prefix}.{stack.venue}", folder / "rest")
    except BaseException:
        stack.close()
        raise
    with open(folder / "rest") as lines:
        events = sum(1 for line in lines if line.split("\t")[2])
    return stack, count, more, events


def run(folder, pair, shape, inserts=None, live_rate=0):
    stack, count, more, events = prepared(folder, shape)
    try:
        tables = shape[-1]
        records, seconds, (cpu, server_cpu), memory = catch_up(stack, count, count + more)
        events = events * records / more
        stored = sum(stack.one(f"SELECT count(*) FROM {t}") for t in tables)
        rows, bare_seconds, bare_cpu = copy_again(stack, tables)
        if rows != stored or stack.one("SELECT count(*) FROM quarantine") or stack.one("SELECT count(*) FROM gap"):
            raise AssertionError(f"{rows} rows of {stored}, or quarantine, or gaps")
        notes = {"times_live_speed": events / seconds / live_rate} if live_rate else {}
        pair.add(events / seconds, rows / bare_seconds, ratio_by_CPU=bare_cpu / rows / (cpu + server_cpu) * events,
                 CPU_µs_per_event=cpu / events, PostgreSQL_µs_per_event=server_cpu / events, PostgreSQL_µs_per_row_bare=bare_cpu / rows,
                 resident_MiB=memory[0], at_most_MiB=memory[1], load=os.getloadavg()[0], **notes)
        if inserts:
            rate, alone = python_sink(stack)
            inserts.add(events / seconds, rate, executemany_alone=alone)
    finally:
        stack.close()


def storm(folder, pair, names):
    """The same number of events, some of them late, and none."""
    rates = []
    for late in (STORM_LATE, 0.0):
        shape = (("miniTicker",), names, lambda: market.samples(names, 90),
                 lambda share=late: market.samples(names, STORM_SECONDS, 90, share), None)
        stack, count, more, events = prepared(folder, shape)
        try:
            records, seconds, (cpu, server_cpu), _ = catch_up(stack, count, count + more)
            rates.append((events * records / more / seconds, cpu / events, server_cpu / events))
        finally:
            stack.close()
    stormy, calm = rates
    pair.add(stormy[0], calm[0], CPU_µs_per_event=stormy[1], PostgreSQL_µs_per_event=stormy[2],
             CPU_µs_per_event_in_time=calm[1], PostgreSQL_µs_per_event_in_time=calm[2], load=os.getloadavg()[0])


def measure(folder):
    every = market.symbols(WIDE_SYMBOLS)
    two = ["BTCUSDT", "ETHUSDT"]
    what = "pricegraph-collector, Kafka → committed, catching up with its default batches"
    bare = f"sorted binary COPY of the same rows into the same partitions, {BATCH:,} rows a transaction"
    wide = Pair(f"{WIDE_SYMBOLS:,} symbols, miniTicker and kline_1s, {WIDE_SECONDS} s", "events/s", what, bare)
    dense = Pair(f"trades of 2 symbols, {DENSE_SECONDS * DENSE_RATE * 2:,}", "events/s", what, bare)
    whole = Pair(f"the whole exchange, {WHOLE_SECONDS} s: both, and 5,000 trades/s", "events/s", what, bare)
    inserts = Pair("the same, wide", "events/s", what, "raw rows alone by confluent-kafka, json and psycopg's "
                   f"executemany, best of {INSERT_SIZES} rows a transaction")
    late = Pair(f"{WIDE_SYMBOLS:,} symbols' samples, {STORM_LATE:.0%} of them late", "events/s", what + ", with late events", "the same in time")
    shapes = ((wide, (("miniTicker", "kline_1s"), every, lambda: market.wide(every, 1),
                      lambda: market.wide(every, WIDE_SECONDS, 1), ("raw_mini_ticker", "candle_1s")), inserts, 0),
              (dense, (("trade",), two, lambda: market.dense(two, 1, DENSE_RATE),
                       lambda: market.dense(two, DENSE_SECONDS, DENSE_RATE, 1), ("raw_trade",)), None, 0),
              (whole, (("miniTicker", "kline_1s", "trade"), every, lambda: market.whole(every, 1),
                       lambda: market.whole(every, WHOLE_SECONDS, 1), ("raw_mini_ticker", "candle_1s", "raw_trade")), None, WHOLE_RATE))
    for _ in range(ROUNDS):
        for pair, shape, beside, live_rate in shapes:
            run(folder, pair, shape, beside, live_rate)
        storm(folder, late, every)
    return "\n".join((table("Sink", [wide, dense, whole]), table("Sink beside Python", [inserts]), table("Sink, late events", [late])))
