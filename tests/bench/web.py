"""nginx → pricegraph-chart → PostgreSQL at ten million candles: `initial` from memory beside nginx giving the same bytes as a file; from the database
beside FastAPI and asyncpg; the time to an answer that was never made before, by interval; what a hundred pollers cost the database; and how much slower
answers get while the sink stores 10,000 events a second. wrk asks on kept connections, without compression."""

import contextlib
import os
import random
import re
import subprocess
import sys
import threading
import time

import market
import stored
from fcgi_parts import Chart, Nginx
from cluster import Cluster
from measure import Pair, cpu_us, memory_mib, produce, rounded, table
from parts import ROOT, Stack, wait_until
from sink import begin, start_sink, stored_offsets

ROUNDS, SECONDS, CONNECTIONS = 2, 4, (1, 8)
SYMBOLS = 1000
SPANS = {"1s": 4000, "1m": 4000, "1h": 1500, "1d": 600}  # buckets of each symbol: 10,100,000 candles
NAMES = [f"COIN{i}USDT" for i in range(SYMBOLS)]
COLD, POLLERS, POLL_SECONDS = 200, 100, 10
INGEST_RATE, INGEST_SECONDS, ASKED_PER_S = 10_000, 30, 100


def path_of(symbol="COIN0USDT", interval="1s", limit=500):
    return f"/api/v1/initial?symbol={symbol}&interval={interval}&limit={limit}"


def wrk(port, path, connections):
    """Requests a second, requests, and the medium time to an answer in ms."""
    text = subprocess.run(["wrk", "-t", "1", "-c", str(connections), "-d", f"{SECONDS}s", "--latency", f"http://127.0.0.1:{port}{path}"],
                          capture_output=True, text=True, stdin=subprocess.DEVNULL, check=True).stdout
    if "Non-2xx" in text or "Socket errors" in text:
        raise AssertionError(text)
    number, unit = re.search(r"50%\s+([\d.]+)(us|ms|s)", text).groups()
    return (float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1)), int(re.search(r"(\d+) requests in", text).group(1)),
            float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit])


def backends_us(stack):
    """Processor time of the database's processes that serve the program; they stay as long as it lives."""
    return sum(cpu_us(row[0]) for row in stack.rows(
        "SELECT pid FROM pg_stat_activity WHERE datname = %s AND application_name LIKE 'pricegraph-chart%%'", stack.database))


@contextlib.contextmanager
def served(stack, cached, **settings):
    """The program behind nginx, with nginx's cache or without it, and files in /bench/."""
    stack.set({f"chart.{k}": v for k, v in {"keep": 250, **settings}.items()})
    (stack.folder / "files").mkdir(exist_ok=True)

    def edit(text):
        marker = "server_name _;"
        text = text.replace(marker, f"{marker}\n\t\tlocation /bench/ {{ alias {stack.folder}/files/; }}")
        return text if cached else text.replace("fastcgi_cache pricegraph;", "fastcgi_cache off;")

    with contextlib.closing(Chart(stack)) as chart, contextlib.closing(Nginx(stack.folder, edit)) as nginx:
        yield chart, nginx


def check_body(nginx):
    status, _, body = nginx.get(path_of())
    if status != 200 or body.count(b'"kline"') < 499:
        raise AssertionError((status, body[-500:]))
    return body


def measure_warm(stack, pairs, cached):
    with served(stack, cached) as (chart, nginx):
        (stack.folder / "files/initial.json").write_bytes(check_body(nginx))
        pid = chart.process.pid
        for pair, connections in zip(pairs, CONNECTIONS):
            before, server_before = cpu_us(pid), backends_us(stack)
            rate, requests, latency = wrk(nginx.port, path_of(), connections)
            cpu, server_cpu = cpu_us(pid) - before, backends_us(stack) - server_before
            bare_rate, _, bare_latency = wrk(nginx.port, "/bench/initial.json", connections)
            pair.add(rate, bare_rate, median_ms=latency, median_ms_bare=bare_latency, CPU_µs_per_request=cpu / requests,
                     PostgreSQL_µs_per_request=server_cpu / requests, resident_MiB=memory_mib(pid)[0])


def warm(stack):
    ours = "nginx → pricegraph-chart, kept connections"
    bare = "nginx, the same bytes as a static file"
    pairs = {}
    for cached, name in ((False, "from the program"), (True, "with nginx's cache")):
        pairs[cached] = [Pair(f"initial, 500 candles, {name}, {n} connection{'s' * (n > 1)}", "requests/s", ours, bare) for n in CONNECTIONS]
    for _ in range(ROUNDS):
        for cached, some in pairs.items():
            measure_warm(stack, some, cached)
    return table("Web, from memory", pairs[False] + pairs[True])


@contextlib.contextmanager
def python_api(stack, port):
    """As many workers as there are cores; the database through the same socket."""
    dsn = f"postgresql://pricegraph_reader@/{stack.database}?host={os.environ['PGHOST']}&port={os.environ['PGPORT']}"
    with open(stack.folder / "python.log", "ab") as log:
        p = subprocess.Popen([sys.executable, "-m", "uvicorn", "python_api:app", "--port", str(port), "--workers", str(os.cpu_count()), "--no-access-log"],
                             cwd=ROOT / "tests/bench", env={**os.environ, "PYTHON_API_DSN": dsn, "PYTHON_API_VENUE": stack.venue},
                             stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        wait_until(lambda: subprocess.run(["curl", "-s", "-f", "-o", "/dev/null", f"http://127.0.0.1:{port}{path_of()}"], check=False,
                                          stdin=subprocess.DEVNULL).returncode == 0, "FastAPI answers")
        yield
    finally:
        p.terminate()
        p.wait(20)


def beside_python(stack):
    what = "nginx → pricegraph-chart → PostgreSQL for each request"
    bare = "uvicorn, FastAPI and asyncpg, without nginx, reading by the same function"
    pairs = [Pair(f"initial, 500 candles of {i}, {n} connections, both querying", "requests/s", what, bare) for i, n in (("1s", 8), ("1h", 8))]
    kept = Pair("initial, 500 candles of 1s, 8 connections, ours from memory", "requests/s", what, bare)
    port = subprocess.run(["bash", "-c", ". stack/common.sh; free_port"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    with python_api(stack, port):
        for _ in range(ROUNDS):
            with served(stack, False, keep=0) as (_, nginx):
                for pair, interval in zip(pairs, ("1s", "1h")):
                    pair.add(wrk(nginx.port, path_of(interval=interval), 8)[0], wrk(port, path_of(interval=interval), 8)[0])
            with served(stack, False) as (_, nginx):
                kept.add(wrk(nginx.port, path_of(), 8)[0], wrk(port, path_of(), 8)[0])
    return table("Web beside Python", [*pairs, kept])


def times_ms(client, paths):
    out = []
    for path in paths:
        began = time.perf_counter()
        status, _, body = client.get(path)
        out.append((time.perf_counter() - began) * 1000)
        if status != 200:
            raise AssertionError(body)
    return sorted(out)


def cold(stack, count):
    """Each answer of another symbol, made from the database: straight from the program."""
    stack.set({"chart.keep": 0})
    text = (f"## Web, from the database\n`initial` of 500 candles among {count:,} stored ones of {SYMBOLS:,} symbols, a random symbol each time, one after the other, "
            "nothing kept; straight from the program by FastCGI.\n\n| interval | p50 ms | p90 ms | p99 ms | wanted p50 | PostgreSQL µs | program µs |\n|---|---|---|---|---|---|---|\n")
    rnd = random.Random(3)
    with contextlib.closing(Chart(stack)) as chart:
        client = chart.client()
        for interval in ("1s", "1m", "1h", "1d", "5m", "15m", "4h", "12h", "1w"):
            paths = [path_of(rnd.choice(NAMES), interval) for _ in range(COLD)]
            times_ms(client, paths[:20])
            before = backends_us(stack), cpu_us(chart.process.pid)
            ms = times_ms(client, paths)
            used = backends_us(stack) - before[0], cpu_us(chart.process.pid) - before[1]
            text += (f"| {interval} | {ms[COLD // 2]:.2f} | {ms[COLD * 9 // 10]:.2f} | {ms[COLD * 99 // 100]:.2f} | {3 if interval in SPANS else 30} | "
                     f"{used[0] / COLD:,.0f} | {used[1] / COLD:,.0f} |\n")
    return text


def calls(stack, word):
    return stack.one("SELECT coalesce(sum(calls), 0)::bigint FROM public.pg_stat_statements WHERE query LIKE %s", f"%{word}%")


def poll(chart, path, stop, counts):
    client, tag, asked, changed = chart.client(), "", 0, 0
    while not stop.is_set():
        status, headers, _ = client.get(path, if_none_match=tag)
        asked += 1
        changed += status == 200
        tag = headers["ETag"]
        stop.wait(0.2)
    counts.append((asked, changed))


def pollers(stack):
    """A hundred ask for the same every 200 ms, a commit comes each second."""
    stack.set({"chart.keep": 250})
    stack.db.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements SCHEMA public")
    path = f"/api/v1/periodic?symbol=COIN0USDT&interval=1s&from={(stored.T0 - 500 * stored.SECOND) // 1000}&since=1.1"
    stop, counts, commits = threading.Event(), [], 0
    with contextlib.closing(Chart(stack)) as chart:
        before = calls(stack, "the least T over the streams that the symbol"), calls(stack, "whether anything was committed")
        threads = [threading.Thread(target=poll, args=(chart, path, stop, counts)) for _ in range(POLLERS)]
        for t in threads:
            t.start()
        end = time.monotonic() + POLL_SECONDS
        while time.monotonic() < end:
            stack.db.execute("UPDATE partition SET revision = revision + 1 WHERE venue = %s", (stack.venue,))
            commits += 1
            time.sleep(1)
        stop.set()
        for t in threads:
            t.join()
        made = calls(stack, "the least T over the streams that the symbol") - before[0]
        beats = calls(stack, "whether anything was committed") - before[1]
    asked, changed = (sum(c[i] for c in counts) for i in (0, 1))
    return (f"## Web, a hundred pollers\n{POLLERS} clients ask for the same `periodic` every 200 ms for {POLL_SECONDS} s; a commit each second.\n\n| | |\n|---|---|\n"
            f"| requests | {asked:,} |\n| answers with a body | {changed:,} |\n| commits | {commits} |\n| answers made from the database | {made} |\n"
            f"| **made per commit** (wanted: 1) | {made / commits:.2f} |\n| beats of the pulse | {beats} |\n")


def paced(client, names, seconds):
    """Times to answers in ms, ASKED_PER_S a second, whatever they take, each of one of the names."""
    out, began, rnd = [], time.monotonic(), random.Random(5)
    for n in range(int(seconds * ASKED_PER_S)):
        time.sleep(max(0, began + n / ASKED_PER_S - time.monotonic()))
        out += times_ms(client, [path_of(rnd.choice(names))])
    return sorted(out)


def beside_the_sink(folder, kept):
    """Answers of one symbol, or (nothing kept) of all; while nothing is stored, and while tests/bench/produce writes INGEST_RATE events a second to Kafka:
    times to both, records stored a second, and symbols."""
    names = market.symbols(INGEST_RATE // 2)
    streams = ("miniTicker", "kline_1s")
    stack = Stack(folder, "replay-ingest", {"feed.enabled": "no", "chart.keep": 250 if kept else 0})
    try:
        begin(stack, folder, streams, names, market.wide(names, 10))
        market.save(folder / "rest", market.wide(names, INGEST_SECONDS, 10))
        sink = start_sink(stack)
        with contextlib.closing(Chart(stack)) as chart:
            client, asked = chart.client(), names[:1] if kept else names
            paced(client, asked, 1)
            idle = paced(client, asked, INGEST_SECONDS)
            before = stored_offsets(stack)
            writer = threading.Thread(target=produce, args=(f"{stack.prefix}.{stack.venue}", folder / "rest", INGEST_RATE))
            writer.start()
            busy = paced(client, asked, INGEST_SECONDS)
            writer.join()
            rate = (stored_offsets(stack) - before) / INGEST_SECONDS
        sink.stop()
    finally:
        stack.close()
    return idle, busy, rate, len(names)


def under_ingest(folder):
    text = ""
    for kept, what in ((True, "one symbol"), (False, "a random symbol each time, nothing kept")):
        here = folder / ("kept" if kept else "not_kept")
        here.mkdir(parents=True)
        idle, busy, rate, symbols = beside_the_sink(here, kept)

        def of(ms):
            return [ms[int(len(ms) * share)] for share in (0.5, 0.9, 0.99)]
        text += "".join(f"| {what}, {name} | {a:.2f} | {b:.2f} | {c:.2f} |\n" for name, (a, b, c) in (("idle", of(idle)), ("storing", of(busy))))
        text += "| **ratio** | " + " | ".join(rounded(b / a) for a, b in zip(of(idle), of(busy))) + " |\n"
    return (f"## Web, while events are stored\n`initial` of 500 candles, {ASKED_PER_S} a second from the program; the sink stores {rate:,.0f} records a second of "
            f"{symbols:,} symbols. Wanted at p99: 1.5\n\n| | p50 ms | p90 ms | p99 ms |\n|---|---|---|---|\n{text}")


def measure(folder):
    cluster = Cluster(folder / "pg")
    stack = None
    parts = []
    try:
        stack = Stack(folder, "replay-web")
        began = time.monotonic()
        count = stored.fill(stack.db, stack.venue, NAMES, SPANS)
        print(f"   {count:,} candles in {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
        for part in (warm, beside_python, lambda s: cold(s, count), pollers):
            parts.append(part(stack))
            print(parts[-1], file=sys.stderr, flush=True)
        (folder / "ingest").mkdir()
        parts.append(under_ingest(folder / "ingest"))
        return "\n".join(parts)
    finally:
        if stack:
            stack.close()
        cluster.close()
