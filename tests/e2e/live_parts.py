"""pricegraph-live behind a real nginx and spawn-fcgi, and a writer of topics as the feed and the sink write them."""

import asyncio
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import time
import uuid
from decimal import Decimal

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from parts import BUILD, ROOT, murmur2, wait_until

# Every row of the stream table: the collector makes all their topics.
STREAMS = re.findall(r'STREAM_\w+, "(\w+)"', (ROOT / "lib" / "stream.c").read_text())
T0 = 1_700_000_000_000


def partition_of(symbol):
    return murmur2(symbol.encode()) % 8


class Topics:
    """The topics of one venue, but those of the streams `absent`; `symbols` are those of the session."""

    def __init__(self, venue, symbols, streams=("trade",), absent=()):
        self.venue, self.symbols, self.streams = venue, symbols, streams
        self.prefix = "t" + uuid.uuid4().hex[:10]
        self.servers = os.environ["PRICEGRAPH_TEST_KAFKA"]
        self.producer = Producer({"bootstrap.servers": self.servers, "partitioner": "murmur2", "linger.ms": 0,
                                  "enable.idempotence": True})
        self.seq = 0
        self.create([NewTopic(self.name(s), 8, 1) for s in STREAMS if s not in absent] +
                    [NewTopic(self.name("meta"), 1, 1, config={"cleanup.policy": "compact"})])

    def create(self, topics):
        admin = AdminClient({"bootstrap.servers": self.servers})
        for done in admin.create_topics(topics).values():
            done.result(30)

    def name(self, stream):
        return f"{self.prefix}.{self.venue}.{stream}"

    def meta(self, key, value):
        self.producer.produce(self.name("meta"), json.dumps(value), key=key)
        self.flush()

    def control(self, kind, t_ms, symbols=None, session="s1", speed=1):
        """In every partition of every stream; `begin` names the session's symbols."""
        named = self.symbols if kind == "begin" else symbols
        for stream in self.streams:
            for i in range(8):
                self.seq += 1
                record = {"session": session, "collector": "test", "seq": self.seq, "kind": kind, "T": t_ms * 1000,
                          "clock": t_ms * 1000, "speed": speed, "partition": i}
                if named is not None:
                    record["symbols"] = [s for s in named if partition_of(s) == i]
                self.producer.produce(self.name(stream), json.dumps(record), partition=i, headers={"control": "1"})
        self.flush()

    def trade(self, symbol, trade_id, at_ms, price="100", quantity="1", flush=True):
        event = {"e": "trade", "E": at_ms, "s": symbol, "t": trade_id, "p": price, "q": quantity, "T": at_ms,
                 "m": False, "M": True}
        self.raw("trade", symbol, json.dumps(event), flush)

    def raw(self, stream, key, text, flush=True):
        self.producer.produce(self.name(stream), text, key=key, headers={"source": "ws"})
        if flush:
            self.flush()

    def flush(self):
        assert self.producer.flush(30) == 0


class Live:
    """spawn-fcgi → multiwatch → pricegraph-live, with nginx before it."""

    def __init__(self, folder, topics, **settings):
        self.folder = pathlib.Path(folder)
        self.config = self.folder / "live.ini"
        values = {"workers": 2, **settings}
        self.config.write_text(
            f"[venue]\nname = {topics.venue}\n[topics]\nprefix = {topics.prefix}\n"
            f"[kafka]\nbootstrap.servers = {topics.servers}\n"
            "[live]\n" + "".join(f"{k} = {v}\n" for k, v in values.items()))
        self.log = self.folder / "live.log"
        self.processes = []
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        subprocess.run([ROOT / "stack/nginx.sh", "configure", self.folder, str(self.port)], check=True)
        self.watch = self.start(["spawn-fcgi", "-s", str(self.folder / "live.sock"), "-b", "4096", "-M", "0660", "-n", "--",
                                 "/usr/bin/multiwatch", "-f", "1", "-r", "100", "-t", "500", "--",
                                 str(BUILD / "pricegraph-live"), "--config", str(self.config)])
        self.start([str(ROOT / "stack/nginx.sh"), "run", str(self.folder)])
        wait_until(lambda: self.status("/index.html") is not None, "nginx answers")

    def start(self, command):
        with open(self.log, "ab") as log:
            p = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.processes.append(p)
        return p

    def pid(self):
        """The program's process: the watcher's child."""
        def child():
            text = pathlib.Path(f"/proc/{self.watch.pid}/task/{self.watch.pid}/children").read_text().split()
            return int(text[0]) if text else None
        return wait_until(child, "the program runs")

    def kill(self):
        pid = self.pid()
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: self.pid() != pid, "it is started anew", every=0.005)

    def rss_kib(self):
        for line in pathlib.Path(f"/proc/{self.pid()}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1])
        raise AssertionError("no VmRSS")

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid()}/fd"))

    def request(self, path, method="GET", timeout=40, **headers):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            c.request(method, path, headers=headers)
            r = c.getresponse()
            return r.status, dict(r.getheaders()), r.read()
        finally:
            c.close()

    def status(self, path):
        try:
            return self.request(path)[0]
        except OSError:
            return None

    def poll(self, symbols, cursor=None, wait=0, **headers):
        query = f"symbols={symbols}&wait={wait}" + (f"&cursor={cursor}" if cursor else "")
        status, _, body = self.request("/api/v1/live?" + query, **headers)
        assert status == 200, body
        return json.loads(body)

    def ready(self, symbols):
        return wait_until(lambda: self.status(f"/api/v1/live?symbols={symbols}&wait=0") == 200, "the cache is warm") \
            and self.poll(symbols)

    def metrics(self):
        """Ends the program; its counters, from its log."""
        pid = self.pid()
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: "live_stopped" in self.log.read_text(), "it has stopped")
        wait_until(lambda: self.pid() != pid, "the watcher has seen it")  # else close() would wait for one that nobody reaps
        found = {}
        for line in self.log.read_text().splitlines():
            words = line.split()
            if " metric " in line and "=" in words[-1]:
                name, value = words[-1].rsplit("=", 1)
                found[name] = float(value)
        return found

    def close(self):
        # The watcher first and hard: it would start its program anew. A SIGTERM between its fork and exec is lost, so again and again.
        pid = self.pid() if self.watch.poll() is None else None
        self.watch.kill()

        def ended():
            if pid is None or not pathlib.Path(f"/proc/{pid}").exists():
                return True
            os.kill(pid, signal.SIGTERM)
            return False

        wait_until(ended, "the program has ended", every=0.2)
        for p in self.processes:
            p.terminate()
            p.wait(10)


class Waiters:
    """Many long polls at once, on connections of their own."""

    def __init__(self, port, path, count):
        self.port, self.path, self.count = port, path, count
        self.connections = []

    async def open(self):
        for _ in range(self.count):
            self.connections.append(await asyncio.open_connection("127.0.0.1", self.port))

    def send(self):
        for _, writer in self.connections:
            writer.write(f"GET {self.path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())

    @staticmethod
    async def read_one(reader):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(int(line.split(":")[1]) for line in head.split("\r\n") if line.lower().startswith("content-length"))
        return int(head.split()[1]), await reader.readexactly(length), time.monotonic()

    async def answers(self):
        return await asyncio.gather(*(self.read_one(reader) for reader, _ in self.connections))

    def close(self):
        for _, writer in self.connections:
            writer.close()


def fold(trades):
    """What the seconds of these (id, ms, price, quantity) trades are: {second's ms: (o, h, l, c, v, n)}."""
    seconds = {}
    for _, at, price, quantity in sorted(trades):
        t = at // 1000 * 1000
        o, h, l, _, v, n = seconds.get(t, (price, price, price, price, Decimal(0), 0))
        seconds[t] = (o, max(h, price), min(l, price), price, v + quantity, n + 1)
    return seconds
