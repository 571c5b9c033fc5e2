"""nginx → pricegraph-chart → PostgreSQL: `initial` of 500 candles, again and again, beside nginx giving the same bytes as a file.
wrk asks on kept connections, without compression."""

import json
import os
import pathlib
import re
import subprocess

import market
from measure import Pair, cpu_us, memory_mib, table
from parts import BUILD, ROOT, Stack, wait_until
from sink import begin, stored_offsets

ROUNDS, SECONDS, CONNECTIONS = 2, 4, (1, 8)
SYMBOLS, MARKET_SECONDS, CANDLES = 50, 700, 500
PATH = f"/api/v1/initial?symbol=COIN0USDT&interval=1s&limit={CANDLES}"
FILE = "/bench/initial.json"


def fill(stack):
    names = market.symbols(SYMBOLS)
    streams = ("miniTicker", "kline_1s")
    ended = market.control("ended", market.T0 + MARKET_SECONDS * 1000, streams)
    count = begin(stack, stack.folder, streams, names, [*market.wide(names, MARKET_SECONDS), *ended])
    if stored_offsets(stack) != count:
        raise AssertionError("the sink did not store everything")


class Web:
    """spawn-fcgi → multiwatch → pricegraph-chart, and nginx before it, which also serves a folder of files."""

    def __init__(self, stack):
        self.folder = stack.folder
        self.port = subprocess.run(["bash", "-c", ". stack/common.sh; free_port"], cwd=ROOT, capture_output=True, text=True,
                                   check=True).stdout.strip()
        subprocess.run([ROOT / "stack/nginx.sh", "configure", self.folder, self.port], check=True)
        conf = self.folder / "nginx.conf"
        marker = "server_name _;"
        conf.write_text(conf.read_text().replace(marker, f"{marker}\n\t\tlocation /bench/ {{ alias {self.folder}/files/; }}"))
        (self.folder / "files").mkdir()
        self.log = open(self.folder / "web.log", "ab")
        self.processes = []
        self.watch = self.start("spawn-fcgi", "-s", str(self.folder / "chart.sock"), "-b", "4096", "-M", "0660", "-n", "--",
                                "/usr/bin/multiwatch", "-f", "1", "--", str(BUILD / "pricegraph-chart"), "--config", str(stack.config()))
        self.start(str(ROOT / "stack/nginx.sh"), "run", str(self.folder))

    def start(self, *command):
        p = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        self.processes.append(p)
        return p

    def get(self, path):
        done = subprocess.run(["curl", "-s", "-f", "-m", "5", f"http://127.0.0.1:{self.port}{path}"], capture_output=True,
                              stdin=subprocess.DEVNULL, check=False)
        return done.stdout

    def pid(self):
        """The program: the watcher's child."""
        return int(pathlib.Path(f"/proc/{self.watch.pid}/task/{self.watch.pid}/children").read_text().split()[0])

    def load(self, path, connections):
        """Requests a second, requests, and the medium time to an answer in ms."""
        done = subprocess.run(["wrk", "-t", "1", "-c", str(connections), "-d", f"{SECONDS}s", "--latency",
                               f"http://127.0.0.1:{self.port}{path}"], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=True)
        text = done.stdout
        if "Non-2xx" in text or "Socket errors" in text:
            raise AssertionError(text)
        number, unit = re.search(r"50%\s+([\d.]+)(us|ms|s)", text).groups()
        return (float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1)), int(re.search(r"(\d+) requests in", text).group(1)),
                float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit])

    def close(self):
        child = self.pid() if self.watch.poll() is None else None
        for p in self.processes:  # the watcher first: it passes the signal on
            p.terminate()
            p.wait(10)
        if child:
            wait_until(lambda: not os.path.exists(f"/proc/{child}"), "the program has ended")
        self.log.close()


def backends_us(stack):
    """Processor time of the database's processes that serve the program; they stay as long as it lives."""
    return sum(cpu_us(row[0]) for row in stack.rows(
        "SELECT pid FROM pg_stat_activity WHERE datname = %s AND application_name = 'pricegraph-chart'", stack.database))


def measure_pair(web, stack, pair, connections):
    pid = web.pid()
    before, server_before = cpu_us(pid), backends_us(stack)
    rate, requests, latency = web.load(PATH, connections)
    cpu, server_cpu, memory = cpu_us(pid) - before, backends_us(stack) - server_before, memory_mib(pid)
    bare_rate, _, bare_latency = web.load(FILE, connections)
    pair.add(rate, bare_rate, median_ms=latency, median_ms_bare=bare_latency, CPU_µs_per_request=cpu / requests,
             PostgreSQL_µs_per_request=server_cpu / requests, resident_MiB=memory[0], at_most_MiB=memory[1])


def measure(folder):
    stack = Stack(folder, "replay-web", {"feed.enabled": "no"})
    web = None
    try:
        fill(stack)
        web = Web(stack)
        body = wait_until(lambda: web.get(PATH), "nginx and the program answer")
        candles = len(json.loads(body)["candles"])
        if candles < CANDLES - 1:
            raise AssertionError(body[-500:])
        (web.folder / "files/initial.json").write_bytes(body)
        if web.get(FILE) != body:
            raise AssertionError("nginx does not serve the file")
        pairs = [Pair(f"initial, {candles} candles, {len(body):,} bytes, {n} connection{'s' * (n > 1)}", "requests/s",
                      "nginx → pricegraph-chart → PostgreSQL, warm", "nginx, the same bytes as a static file") for n in CONNECTIONS]
        for _ in range(ROUNDS):
            for pair, connections in zip(pairs, CONNECTIONS):
                measure_pair(web, stack, pair, connections)
        return table("Web", pairs)
    finally:
        if web:
            web.close()
        stack.close()
