"""PostgreSQL and Kafka of the campaigns, each behind toxiproxy, so that they can be killed, frozen, and cut off."""

import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import urllib.request

import psycopg

from parts import ROOT, wait_until

TOXIPROXY = ROOT / "build" / "toxiproxy" / "v2.5.0"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def is_open(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
        return True
    return False


class Proxies:
    """toxiproxy's server; its API is HTTP and JSON."""

    def __init__(self):
        self.port = free_port()
        self.process = subprocess.Popen([str(TOXIPROXY), "-port", str(self.port), "-host", "127.0.0.1"],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: is_open(self.port), "toxiproxy listens", 20)

    def call(self, method, path, value=None):
        data = None if value is None else json.dumps(value).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, method=method,
                                         headers={"User-Agent": "soak", "Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            body = answer.read()
        return json.loads(body) if body else None

    def add(self, name, upstream_port, port=None):
        """The port at which clients reach `upstream_port` through the proxy."""
        port = port or free_port()
        self.call("POST", "/proxies", {"name": name, "listen": f"127.0.0.1:{port}",
                                       "upstream": f"127.0.0.1:{upstream_port}", "enabled": True})
        return port

    def remove(self, name):
        self.call("DELETE", f"/proxies/{name}")

    def enable(self, name, yes):
        self.call("POST", f"/proxies/{name}", {"enabled": yes})

    def poison(self, name, kind, stream="downstream", **attributes):
        self.call("POST", f"/proxies/{name}/toxics", {"type": kind, "name": f"{kind}-{stream}", "stream": stream,
                                                      "attributes": attributes})

    def heal(self, name):
        for toxic in self.call("GET", f"/proxies/{name}/toxics"):
            self.call("DELETE", f"/proxies/{name}/toxics/{toxic['name']}")
        self.enable(name, True)

    def close(self):
        self.process.kill()
        self.process.wait()


def children(pid):
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(stat.read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(stat.parent.name))
    return found


class Server:
    """One of stack/*.sh in the foreground: its process is the server's."""

    def __init__(self, script, folder, options=(), env=None):
        self.script, self.folder, self.options = str(ROOT / "stack" / script), str(folder), options
        self.env = {**os.environ, **(env or {})}
        self.process = None

    def call(self, *arguments):
        subprocess.run([self.script, *arguments], check=True, env=self.env, stdin=subprocess.DEVNULL)

    def start(self):
        self.process = subprocess.Popen([self.script, "run", self.folder, *self.options], env=self.env,
                                        stdin=subprocess.DEVNULL)
        self.call("ready", self.folder)

    def kill(self):
        """kill -9 of the server and of the processes that it made."""
        pids = [self.process.pid, *children(self.process.pid)]
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        wait_until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in pids), "the server is gone", 20)

    def signal_all(self, number):
        for pid in [self.process.pid, *children(self.process.pid)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def freeze(self):
        self.signal_all(signal.SIGSTOP)

    def thaw(self):
        self.signal_all(signal.SIGCONT)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.thaw()
            self.call("stop", self.folder)
            self.process.wait(30)


class Servers:
    def __init__(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="pricegraph-soak.")
        folder = pathlib.Path(self.temporary.name)
        folder.chmod(0o755)
        self.proxies = Proxies()
        try:
            self.start_postgres(folder / "postgres")
            self.start_kafka(folder / "kafka")
        except BaseException:
            self.close()
            raise

    def start_postgres(self, folder):
        port = free_port()
        # What a commit promised is in the kernel's hands when postgres is killed: synchronous, but without waiting for the disk.
        self.postgres = Server("postgres.sh", folder, ("-c", "listen_addresses=127.0.0.1", "-c", "fsync=off",
                                                       "-c", "synchronous_commit=on"), {"PRICEGRAPH_PG_PORT": str(port)})
        self.postgres.call("init", str(folder))
        self.postgres.start()
        self.postgres_proxy = self.proxies.add("postgres", port)
        os.environ.update({"PGHOST": f"{folder}/socket", "PGPORT": str(port), "PGUSER": "postgres", "PGDATABASE": "postgres",
                           "PRICEGRAPH_TEST_PG": f"host={folder}/socket port={port} user=postgres dbname=postgres"})

    def start_kafka(self, folder):
        script = str(ROOT / "stack" / "kafka.sh")
        port, controller = subprocess.run([script, "ports"], check=True, capture_output=True, text=True).stdout.split()
        proxy = self.proxies.add("kafka", int(port))
        self.kafka = Server("kafka.sh", folder, env={"PRICEGRAPH_KAFKA_ADVERTISED": str(proxy)})
        self.kafka.call("init", str(folder), port, controller)
        self.kafka.start()
        os.environ.update({"PRICEGRAPH_TEST_KAFKA": f"127.0.0.1:{proxy}", "PRICEGRAPH_TEST_KAFKA_DIR": str(folder)})

    def restart(self, server):
        """After a kill: postgres may have to wait until the kernel has let go of what it held."""
        def started():
            try:
                server.start()
                return True
            except subprocess.CalledProcessError:
                return False
        wait_until(started, f"{server.script} starts again", 60)

    def close(self):
        for name in ("kafka", "postgres"):
            server = getattr(self, name, None)
            if server:
                server.stop()
        self.proxies.close()
        self.temporary.cleanup()


def connect(database, user="postgres"):
    return psycopg.connect(f"host={os.environ['PGHOST']} port={os.environ['PGPORT']} dbname={database} user={user} "
                           "options='-c search_path=pricegraph'", autocommit=True)
