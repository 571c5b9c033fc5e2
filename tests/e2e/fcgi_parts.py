"""pricegraph-chart as a FastCGI program, without a web server before it: what a test asks is what the program answers."""

import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess

import psycopg

from parts import BUILD, ROOT, wait_until

BEGIN, END, PARAMS, STDIN, STDOUT = 1, 3, 4, 5, 6


def record(kind, content=b""):
    return struct.pack(">BBHHBB", 1, kind, 1, len(content), 0, 0) + content


def length(n):
    return bytes([n]) if n < 128 else struct.pack(">I", n | 0x80000000)


class Client:
    """One kept connection."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(30)
        self.socket.connect(str(path))
        self.file = self.socket.makefile("rb")

    def send(self, method, uri, headers):
        pairs = {"REQUEST_METHOD": method, "REQUEST_URI": uri, "QUERY_STRING": uri.partition("?")[2],
                 **{"HTTP_" + k.upper(): v for k, v in headers.items()}}
        params = b"".join(length(len(k)) + length(len(v)) + k.encode() + v.encode() for k, v in pairs.items())
        self.socket.sendall(record(BEGIN, b"\0\1\1\0\0\0\0\0") + record(PARAMS, params) + record(PARAMS) + record(STDIN))

    def receive(self):
        out = b""
        while True:
            head = self.file.read(8)
            if len(head) < 8:
                raise EOFError("the program closed the connection")
            _, kind, _, size, padding, _ = struct.unpack(">BBHHBB", head)
            content = self.file.read(size + padding)[:size]
            if kind == END:
                break
            out += content
        head, _, body = out.partition(b"\r\n\r\n")
        lines = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        return int(lines["Status"].split()[0]), lines, body

    def get(self, uri, method="GET", **headers):
        """Status, header lines, body."""
        self.send(method, uri, headers)
        return self.receive()

    def json(self, uri):
        status, _, body = self.get(uri)
        assert status == 200, body
        return json.loads(body)

    def close(self):
        self.file.close()
        self.socket.close()


class Chart:
    """The program with a socket of its own."""

    def __init__(self, stack):
        self.path = stack.folder / "chart.sock"
        self.path.unlink(missing_ok=True)
        self.log = stack.folder / "chart.log"
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening, open(self.log, "ab") as log:
            listening.bind(str(self.path))
            listening.listen(1024)
            self.process = subprocess.Popen([str(BUILD / "pricegraph-chart"), "--config", str(stack.config())], stdin=listening,
                                            stdout=subprocess.DEVNULL, stderr=log, env={**os.environ})
        self.clients = []
        wait_until(lambda: " chart_started " in self.log.read_text(), "the program starts")

    def client(self):
        self.clients.append(Client(self.path))
        return self.clients[-1]

    def metric(self, name):
        """The sum over its labels; 0: nothing was counted yet."""
        c = Client(self.path)
        text = c.get("/metrics")[2].decode()
        c.close()
        return sum(float(v) for v in re.findall(rf"^{name}(?:{{.*}})? (\S+)$", text, re.M))

    def close(self):
        for c in self.clients:
            c.close()
        self.process.terminate()
        return self.process.wait(10)


class Replica:
    """A streaming replica of the tests' PostgreSQL; it can be frozen and killed, and nobody else minds."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        primary = pathlib.Path(os.environ["PRICEGRAPH_TEST_PG_DIR"])
        bin_folder = pathlib.Path(os.environ.get("PG_BIN", "/usr/lib/postgresql/15/bin"))
        self.process = None
        self.data, self.socket = self.folder / "data", self.folder / "socket"
        self.socket.mkdir(mode=0o700)
        subprocess.run([str(bin_folder / "pg_basebackup"), "-D", str(self.data), "-R", "-X", "stream", "-c", "fast", "-h", os.environ["PGHOST"],
                        "-U", "postgres"], check=True, stdin=subprocess.DEVNULL)
        if os.getuid() == 0:  # then the servers run as `postgres`, which has to get at the primary's socket
            primary.chmod(0o711)
            for path in (self.data, *self.data.rglob("*"), self.socket):
                shutil.chown(path, "postgres", "postgres")
        self.start()

    def conninfo(self, database, user):
        return f"host={self.socket} port={os.environ['PGPORT']} dbname={database} user={user}"

    def call(self, *arguments):
        subprocess.run([str(ROOT / "stack/postgres.sh"), *arguments], check=True, stdin=subprocess.DEVNULL)

    def start(self):
        self.process = subprocess.Popen([str(ROOT / "stack/postgres.sh"), "run", str(self.folder)], stdin=subprocess.DEVNULL)
        self.call("ready", str(self.folder))

    def pids(self):
        found = [self.process.pid]
        for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                if int(stat.read_text().rpartition(")")[2].split()[1]) == self.process.pid:
                    found.append(int(stat.parent.name))
        return found

    def signal_all(self, number):
        for pid in self.pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def freeze(self):
        self.signal_all(signal.SIGSTOP)

    def thaw(self):
        self.signal_all(signal.SIGCONT)

    def kill(self):
        """Nobody says good-bye."""
        pids = self.pids()
        self.signal_all(signal.SIGKILL)
        self.process.wait()
        wait_until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in pids), "the server is gone", 20)

    def has_all_of(self, db):
        """Waits until what is committed at the primary is there."""
        (lsn,) = db.execute("SELECT pg_current_wal_lsn()::text").fetchone()
        with psycopg.connect(self.conninfo("postgres", "postgres"), autocommit=True) as c:
            wait_until(lambda: c.execute("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", (lsn,)).fetchone()[0], "the replica follows")

    def close(self):
        if self.process.poll() is None:
            self.thaw()
            self.call("stop", str(self.folder))
            self.process.wait(30)


class Nginx:
    """Our nginx before the program of the same folder."""

    def __init__(self, folder, edit=lambda text: text):
        self.folder = pathlib.Path(folder)
        self.port = subprocess.run(["bash", "-c", ". stack/common.sh; free_port"], cwd=ROOT, capture_output=True, text=True,
                                   check=True).stdout.strip()
        subprocess.run([str(ROOT / "stack/nginx.sh"), "configure", str(self.folder), self.port], check=True, stdin=subprocess.DEVNULL)
        for name in ("nginx.conf", "pricegraph-server.conf"):
            path = self.folder / name
            path.write_text(edit(path.read_text()))
        with open(self.folder / "nginx.log", "ab") as log:
            self.process = subprocess.Popen([str(ROOT / "stack/nginx.sh"), "run", str(self.folder)], stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log)
        wait_until(lambda: self.get("/healthz")[0] > 0, "nginx answers")

    def get(self, uri, method="GET", **headers):
        """Status (0: nobody listens), [(name, value)], body."""
        c = http.client.HTTPConnection("127.0.0.1", int(self.port), timeout=10)
        try:
            c.request(method, uri, headers={k.replace("_", "-"): v for k, v in headers.items()})
            a = c.getresponse()
            return a.status, a.getheaders(), a.read()
        except ConnectionRefusedError:
            return 0, [], b""
        finally:
            c.close()

    def close(self):
        self.process.terminate()
        self.process.wait(10)
