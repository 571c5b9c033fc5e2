"""The real parts for the end-to-end tests: a database of its own in the test's PostgreSQL, topics of
its own in the test's Kafka, and the programs as processes. Waits for conditions, never for times."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time
import uuid

import psycopg
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / os.environ.get("VARIANT", "release")
DATA = pathlib.Path(os.environ.get("PRICEGRAPH_DATA", ROOT.parent / "shared" / "data"))


def wait_until(condition, what, seconds=60, every=0.05):
    """The condition's first true value; fails after `seconds`. `what`: text, or what gives it."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what() if callable(what) else what}")
        time.sleep(every)


def forget_topics(prefix):
    """Deletes what a test has made, without waiting for it: a broker with thousands of partitions answers late. One that is away
    keeps them."""
    admin = AdminClient({"bootstrap.servers": os.environ["PRICEGRAPH_TEST_KAFKA"], "log_level": 0})
    with contextlib.suppress(KafkaException):
        names = [t for t in admin.list_topics(timeout=5).topics if t.startswith(prefix + ".")]
        if names:
            for done in admin.delete_topics(names).values():
                with contextlib.suppress(KafkaException):
                    done.result(5)


def murmur2(data):
    """Kafka's hash: where a symbol's records are."""
    m, h = 0x5BD1E995, 0x9747B28C ^ len(data)
    for i in range(0, len(data) - len(data) % 4, 4):
        k = int.from_bytes(data[i:i + 4], "little") * m & 0xFFFFFFFF
        k = (k ^ k >> 24) * m & 0xFFFFFFFF
        h = (h * m & 0xFFFFFFFF) ^ k
    tail = data[len(data) - len(data) % 4:]
    if tail:
        h = (h ^ int.from_bytes(tail, "little")) * m & 0xFFFFFFFF
    h = (h ^ h >> 13) * m & 0xFFFFFFFF
    return (h ^ h >> 15) & 0x7FFFFFFF


class Program:
    """A running program of ours; its log is in a file."""

    def __init__(self, name, config, log, more=()):
        self.name, self.log = name, log
        self.out = open(log, "ab")
        self.process = subprocess.Popen(
            [str(BUILD / name), "--config", str(config), *more],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.out, text=True)

    def first_line(self):
        return self.process.stdout.readline().strip()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.close()

    def stop(self, seconds=10):
        """SIGTERM; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        finally:
            self.close()

    def close(self):
        self.process.stdout.close()
        self.out.close()

    def running(self):
        return self.process.poll() is None

    def text(self):
        return pathlib.Path(self.log).read_text(errors="replace")


class Stack:
    """Settings, database and topics of one test."""

    def __init__(self, folder, venue, settings=None):
        self.folder = pathlib.Path(folder)
        self.venue = venue
        self.prefix = "t" + uuid.uuid4().hex[:10]
        self.database = "db_" + self.prefix
        self.programs = []
        self.values = {"backfill.enabled": "no"}  # its tests switch it on: the others look at gaps as they are
        self.set(settings or {})
        with psycopg.connect(os.environ["PRICEGRAPH_TEST_PG"], autocommit=True) as c:
            c.execute(f'CREATE DATABASE "{self.database}" TEMPLATE template0 ENCODING UTF8')
        where = f"host={os.environ['PGHOST']} port={os.environ['PGPORT']} dbname={self.database}"
        self.set({
            "venue.name": venue,
            "topics.prefix": self.prefix,
            "kafka.bootstrap.servers": os.environ["PRICEGRAPH_TEST_KAFKA"],
            "postgres.owner": where + " user=postgres",
            "postgres.collector": where + " user=pricegraph_collector",
            "postgres.reader": where + " user=pricegraph_reader",
        })
        self.run("pricegraphctl", "migrate")
        self.where = where + " user=postgres options='-c search_path=pricegraph'"
        self.reconnect()

    def reconnect(self):
        self.db = psycopg.connect(self.where, autocommit=True)

    def set(self, values):
        self.values.update(values)

    def config(self):
        """Writes the settings as they are now; the file's path. A program that is starting reads it whole, the old one or the new one."""
        sections = {}
        for name, value in self.values.items():
            section, key = name.split(".", 1)
            sections.setdefault(section, []).append(f"{key} = {value}")
        text = "".join(f"[{s}]\n" + "\n".join(lines) + "\n" for s, lines in sections.items())
        path = self.folder / "pricegraph.ini"
        new = self.folder / "pricegraph.ini.new"
        new.write_text(text)
        return new.replace(path)

    def run(self, program, *arguments, check=True):
        """Runs a program to its end."""
        done = subprocess.run([str(BUILD / program), "--config", str(self.config()), *arguments],
                              capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)
        if check and done.returncode != 0:
            raise AssertionError(f"{program} {arguments}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def start(self, program, *arguments):
        p = Program(program, self.config(), self.folder / f"{program}.log", arguments)
        self.programs.append(p)
        return p

    def start_exchange(self, source, **settings):
        """The model exchange on a free port; the collector's settings then point at it."""
        truth = self.folder / "truth.txt"
        self.set({"model.source": source, "model.port": 0, "model.truth": truth})
        self.set({f"model.{k}": v for k, v in settings.items()})
        exchange = self.start("pricegraph-exchange")
        word, port = exchange.first_line().split()
        assert word == "listening"
        self.set({"exchange.host": "127.0.0.1", "exchange.port": port, "exchange.rest_host": "127.0.0.1",
                  "exchange.rest_port": port, "exchange.tls": "no", "venue.clock": "ping", "feed.ping": 1})
        return exchange

    def rows(self, sql, *params):
        return self.db.execute(sql, params).fetchall()

    def one(self, sql, *params):
        return self.db.execute(sql, params).fetchone()[0]

    def get(self, path_and_query, **headers):
        """One request to pricegraph-chart as a plain CGI program: status, headers, body."""
        path, _, query = path_and_query.partition("?")
        env = {**os.environ, "REQUEST_METHOD": "GET", "REQUEST_URI": path_and_query, "SCRIPT_NAME": path,
               "QUERY_STRING": query, "GATEWAY_INTERFACE": "CGI/1.1", "SERVER_PROTOCOL": "HTTP/1.1"}
        env.update({"HTTP_" + k.upper(): v for k, v in headers.items()})
        done = subprocess.run([str(BUILD / "pricegraph-chart"), "--config", str(self.config())], env=env,
                              capture_output=True, stdin=subprocess.DEVNULL, timeout=30)
        assert done.returncode == 0 and done.stdout.startswith(b"Status: "), (done.returncode, done.stderr)
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        lines = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        return int(lines.get("Status", "200").split()[0]), lines, body

    def json(self, path_and_query, **headers):
        status, _, body = self.get(path_and_query, **headers)
        assert status == 200, body
        return json.loads(body)

    def close(self):
        self.db.close()
        for p in self.programs:
            if p.running():
                p.kill()
        forget_topics(self.prefix)
        with psycopg.connect(os.environ["PRICEGRAPH_TEST_PG"], autocommit=True) as c:
            c.execute(f'DROP DATABASE IF EXISTS "{self.database}" WITH (FORCE)')
        keep = os.environ.get("PRICEGRAPH_KEEP_LOGS")
        if keep:
            shutil.copytree(self.folder, pathlib.Path(keep) / self.prefix, dirs_exist_ok=True)
