"""The two sinks that people write first, to show that the campaigns see what they lose and double: rows first and the
offset once a second, or the offset by librdkafka's timer.

Usage: naive.py insert-then-commit|auto-commit BOOTSTRAP TOPIC CONNINFO TABLE (a table of symbol text, id bigint)"""

import json
import sys
import time

import psycopg
from confluent_kafka import Consumer, KafkaException, TopicPartition

mode, bootstrap, topic, conninfo, table = sys.argv[1:]
automatic = mode == "auto-commit"
consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": table, "enable.auto.commit": automatic,
                     "auto.commit.interval.ms": 50, "auto.offset.reset": "earliest"})


def committed_offsets():
    """A broker that has just begun does not coordinate groups yet."""
    end = time.monotonic() + 30
    while True:
        try:
            return consumer.committed([TopicPartition(topic, i) for i in range(8)], timeout=30)
        except KafkaException:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


places = committed_offsets()
consumer.assign([TopicPartition(topic, p.partition, p.offset if p.offset >= 0 else 0) for p in places])
with psycopg.connect(conninfo) as db:
    print("started", flush=True)
    committed = time.monotonic()
    while True:
        batch, end = [], time.monotonic() + 0.2
        while (left := end - time.monotonic()) > 0:
            record = consumer.poll(left)
            if record is not None and not record.error():
                batch.append(record)
        trades = [json.loads(r.value()) for r in batch if r.key() is not None]
        with db.cursor() as cursor:
            cursor.executemany(f"INSERT INTO {table} VALUES (%s, %s)", [(t["s"], t["t"]) for t in trades])
        db.commit()
        if not automatic and time.monotonic() - committed > 1 and batch:
            consumer.commit(asynchronous=False)
            committed = time.monotonic()
