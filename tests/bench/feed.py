"""Websocket → Kafka: frames a second from the first byte sent to the last acknowledgement, beside a bare librdkafka producer with
the same keys, values and headers, and beside a collector in Python: websockets and aiokafka, idempotent, not awaiting each
acknowledgement. The sender only writes bytes made before, so all other work is the feed's and Kafka's."""

import os
import pathlib
import random
import re
import subprocess
import sys
import time

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

import market
from measure import Pair, cpu_us, memory_mib, produce, table
from parts import Stack, wait_until
from ws_server import Server

SYMBOLS, FRAMES, ROUNDS = 500, 300_000, int(os.environ.get("ROUNDS", 3))


class Watermarks:
    """How many records a topic has."""

    def __init__(self, topic):
        self.topic = topic
        self.consumer = Consumer({"bootstrap.servers": os.environ["PRICEGRAPH_TEST_KAFKA"], "group.id": "none"})

    def total(self):
        return sum(self.consumer.get_watermark_offsets(TopicPartition(self.topic, i), timeout=20)[1] for i in range(8))


def events(names):
    rnd = random.Random(7)
    return [(s, market.ticker_json(rnd, s, market.T0 + n // len(names) * 1000))
            for n in range(0, FRAMES, len(names)) for s in names]


def blob_of(server, listed):
    frame = server.frame
    return b"".join(frame(1, f'{{"stream":"{s.lower()}@miniTicker","data":{text}}}') for s, text in listed)


def ours(folder, names, listed):
    server = Server()
    stack = Stack(folder, "replay-feed", {
        "sink.enabled": "no", "venue.clock": "ping", "exchange.host": "127.0.0.1", "exchange.port": server.port, "exchange.tls": "no",
        "feed.symbols": ",".join(names), "feed.streams": "miniTicker", "feed.ping": 60, "feed.silence": 60})
    try:
        collector = stack.start("pricegraph-collector")
        connection = server.next()
        topic = f"{stack.prefix}.{stack.venue}.miniTicker"
        wait_until(lambda: sum(len(r["params"]) for r in connection.requests) == len(names), "all symbols are subscribed")
        marks = Watermarks(topic)
        wait_until(lambda: connection.clock(market.T0) or marks.total() >= 8, "the session has begun")
        blob = blob_of(connection, listed)
        pid, before, base = collector.process.pid, cpu_us(collector.process.pid), marks.total()
        began = time.monotonic()
        connection.send_raw(blob)
        wait_until(lambda: marks.total() >= base + len(listed), "all frames are acknowledged", every=0.01)
        seconds = time.monotonic() - began
        cpu, memory = cpu_us(pid) - before, memory_mib(pid)
        if collector.stop() != 0:
            raise AssertionError(collector.text())
        counts = {k: int(v) for k, v in re.findall(r"(\w+)=(\d+)", re.search(r"feed_stopped.*", collector.text()).group())}
        if counts["events"] != len(listed) or counts["unacknowledged"]:
            raise AssertionError(counts)
        return seconds, cpu, memory
    finally:
        stack.close()
        server.close()


def bare(folder, names, listed, number):
    topic = f"bare{number}.{os.getpid()}"
    admin = AdminClient({"bootstrap.servers": os.environ["PRICEGRAPH_TEST_KAFKA"]})
    for done in admin.create_topics([NewTopic(topic + ".miniTicker", 8, 1)]).values():
        done.result(20)
    market.save(folder / "bare", list(market.control("begin", market.T0, ("miniTicker",), names)) +
                [f"miniTicker\t-1\t{s}\t{text}\n" for s, text in listed])
    return produce(topic, folder / "bare")


def python(names, listed, number):
    """The same frames through tests/bench/feed_python.py."""
    server = Server()
    topic = f"python{number}.{os.getpid()}"
    admin = AdminClient({"bootstrap.servers": os.environ["PRICEGRAPH_TEST_KAFKA"]})
    for done in admin.create_topics([NewTopic(topic, 8, 1)]).values():
        done.result(20)
    collector = subprocess.Popen([sys.executable, str(pathlib.Path(__file__).with_name("feed_python.py")), str(server.port),
                                  os.environ["PRICEGRAPH_TEST_KAFKA"], topic], stdin=subprocess.DEVNULL)
    try:
        connection = server.next()
        marks = Watermarks(topic)
        marks.total()
        blob = blob_of(connection, listed)
        before, began = cpu_us(collector.pid), time.monotonic()
        connection.send_raw(blob)
        wait_until(lambda: marks.total() >= len(listed), "all frames are acknowledged", 120, every=0.01)
        return time.monotonic() - began, cpu_us(collector.pid) - before
    finally:
        collector.terminate()
        collector.wait()
        server.close()


def measure(folder):
    names = market.symbols(SYMBOLS)
    listed = events(names)
    size = sum(len(text) for _, text in listed) // len(listed)
    pair = Pair(f"miniTicker, {SYMBOLS} symbols, {size} bytes", "frames/s",
                "pricegraph-collector, websocket → acknowledged by Kafka",
                "librdkafka's idempotent producer, acks=all, same records")
    beside = Pair(pair.name, "frames/s", pair.ours, "websockets and aiokafka, idempotent, acks=all, many records under way")
    for n in range(ROUNDS):
        seconds, cpu, memory = ours(folder, names, listed)
        b = bare(folder, names, listed, n)
        pair.add(len(listed) / seconds, b["records"] * 1e6 / b["us"], ratio_by_CPU=b["cpu_us"] / cpu,
                 CPU_µs_per_frame=cpu / len(listed), CPU_µs_per_record_bare=b["cpu_us"] / b["records"], resident_MiB=memory[0], at_most_MiB=memory[1],
                 load=os.getloadavg()[0])
        python_seconds, python_cpu = python(names, listed, n)
        beside.add(len(listed) / seconds, len(listed) / python_seconds, ratio_by_CPU=python_cpu / cpu, load=os.getloadavg()[0])
    return table("Feed", [pair]) + "\n" + table("Feed beside Python", [beside])
