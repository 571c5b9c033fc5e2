"""A collector with the role feed alone, whose exchange is a script, and the topics that it writes."""

import json
import os
import re
import uuid

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from parts import Program, forget_topics, wait_until

PARTITIONS = 8
STREAMS = ("miniTicker", "kline_1s", "trade")
T0 = 1_723_161_255_000  # ms


def trade(symbol, number, t=T0):
    return (f'{{"e":"trade","E":{t},"s":"{symbol}","t":{number},"p":"61837.63000000","q":"0.02000000","T":{t - 1},'
            f'"m":true,"M":true}}')


def name(symbol, stream="trade"):
    return f"{symbol.lower()}@{stream}"


class Feed:
    """A collector with the role feed alone, its scripted exchange, and the topics that it writes."""

    def __init__(self, folder, **settings):
        self.folder = folder
        self.prefix = "f" + uuid.uuid4().hex[:10]
        self.values = {"venue.name": "replay-feed", "venue.clock": "ping", "topics.prefix": self.prefix,
                       "kafka.bootstrap.servers": os.environ["PRICEGRAPH_TEST_KAFKA"], "sink.enabled": "no", "backfill.enabled": "no",
                       "exchange.host": "localhost", "exchange.tls": "no", "exchange.rest_host": "127.0.0.1", "exchange.rest_port": 1,
                       "feed.symbols": "BTCUSDT,ETHUSDT",
                       "feed.streams": "trade", "feed.collector": "tester", "log.level": "debug"}
        self.values.update({k.replace("__", "."): v for k, v in settings.items()})
        self.program = None
        self.runs = 0
        self.reader = Consumer({"bootstrap.servers": self.values["kafka.bootstrap.servers"], "group.id": "none",
                                "enable.auto.commit": False, "auto.offset.reset": "error", "fetch.wait.max.ms": 10})

    def write(self, **settings):
        """The settings file as it is to be from now on; its path."""
        self.values.update({k.replace("__", "."): v for k, v in settings.items()})
        path = self.folder / "feed.ini"
        sections = {}
        for key, value in self.values.items():
            section, key = key.split(".", 1)
            sections.setdefault(section, []).append(f"{key} = {value}")
        path.write_text("".join(f"[{s}]\n" + "\n".join(lines) + "\n" for s, lines in sections.items()))
        return path

    def start(self, server=None, **settings):
        if server:
            self.values["exchange.port"] = server.port
        path = self.write(**settings)
        self.runs += 1
        self.program = Program("pricegraph-collector", path, self.folder / f"feed{self.runs}.log")
        return self.program

    def log(self, event):
        """The lines of this event so far."""
        return [line for line in self.program.text().splitlines() if f" {event} " in line]

    def await_log(self, event, count=1, seconds=30):
        return wait_until(lambda: len(self.log(event)) >= count and self.log(event), f"{count} x {event}", seconds)

    def counts(self):
        """The numbers of the last line that a stopped feed writes."""
        return {k: int(v) for k, v in re.findall(r"(\w+)=(\d+)", self.log("feed_stopped")[-1])}

    def records(self, stream="trade"):
        """All records of a topic, by partition."""
        consumer = self.reader
        topic = f"{self.prefix}.{self.values['venue.name']}.{stream}"
        out = {p: [] for p in range(PARTITIONS)}
        ends = {p: self.end_of(p, stream) for p in out}
        consumer.assign([TopicPartition(topic, p, 0) for p in out])
        reached = {p: 0 for p in out}
        while any(reached[p] < ends[p] for p in out):
            for m in consumer.consume(5000, 0.1):
                assert m.error() is None, m.error()
                reached[m.partition()] = m.offset() + 1
                out[m.partition()].append(m)
        consumer.unassign()
        return out

    def end_of(self, partition, stream="trade"):
        """The high watermark. A broker that has just begun may not lead the partition yet."""
        topic = f"{self.prefix}.{self.values['venue.name']}.{stream}"

        def asked():
            try:
                return self.reader.get_watermark_offsets(TopicPartition(topic, partition), timeout=20)
            except KafkaException as e:
                if e.args[0].code() not in (KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE):
                    raise
                return None
        return wait_until(asked, f"the watermarks of {topic}", 20)[1]

    def events(self, stream="trade"):
        return {p: [m for m in ms if not is_control(m)] for p, ms in self.records(stream).items()}

    def control(self, stream="trade"):
        """Control records, parsed, by partition."""
        return {p: [json.loads(m.value()) for m in ms if is_control(m)] for p, ms in self.records(stream).items()}

    def close(self):
        if self.program and self.program.running():
            self.program.kill()
        self.reader.close()
        forget_topics(self.prefix)


def is_control(message):
    return any(k == "control" for k, _ in message.headers() or [])


def begin(feed, server, t=T0, **settings):
    """A feed whose sessions have begun at `t`; the connection."""
    feed.start(server, **settings)
    return go_on(feed, server, t)


def go_on(feed, server, t, sessions=1):
    c = server.next()
    wait_until(lambda: c.asked("LIST_SUBSCRIPTIONS"), "the audit")
    c.clock(t)
    feed.await_log("feed_session_begun", sessions)
    return c


def spans_of(feed, partition):
    """(from, to) of each session in one partition, in µs, in the order of their starts."""
    spans = {}
    for r in feed.control()[partition]:
        first, last = spans.get(r["session"], (r["T"], r["T"]))
        spans[r["session"]] = (first, max(last, r["T"]))
    return [spans[s] for s in sorted(spans)]
