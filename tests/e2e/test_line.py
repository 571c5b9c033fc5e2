"""One line from history into live, through the whole stack that `make run` starts: `initial`, then `live` by its cursor,
then `initial` again. The live program is killed in between; nothing is missing, nothing is counted twice."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request

import pytest

from parts import BUILD, ROOT, wait_until

SYMBOL = "BTCUSDT"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Run:
    """`make run`, as a person starts it."""

    def __init__(self, folder, **variables):
        self.folder = folder
        self.port = free_port()
        self.log = open(folder.parent / (folder.name + ".log"), "w+")
        self.process = subprocess.Popen(
            [ROOT / "stack/up.sh"], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT,
            env={**os.environ, "BUILD": str(BUILD.relative_to(ROOT)), "PORT": str(self.port), "DATA": str(folder), **variables})
        wait_until(lambda: self.process.poll() is not None or "Ctrl-C" in self.text(), "the stack is up", 60)
        assert self.process.poll() is None, self.text()

    def text(self):
        return open(self.log.name).read()

    def get(self, path, timeout=40):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=timeout) as answer:
            return json.load(answer)

    def pids(self, name):
        """Processes of this run whose program is `name`."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                command = open(f"/proc/{pid}/cmdline").read().split("\0")
            except OSError:
                continue
            if command[0].endswith("/" + name) and any(str(self.folder) in word for word in command):
                found.append(int(pid))
        return found

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


@pytest.fixture
def run(tmp_path_factory):
    runs = []

    def start(**variables):
        folder = tmp_path_factory.mktemp("run") / "d"
        # Reachable for the unprivileged user that PostgreSQL runs as.
        for parent in (folder.parent, folder.parent.parent, folder.parent.parent.parent):
            parent.chmod(0o755)
        runs.append(Run(folder, **variables))
        return runs[-1]

    yield start
    for r in runs:
        if r.process.poll() is None:
            r.stop()


def initial(run, interval, limit=300):
    return run.get(f"/api/v1/initial?symbol={SYMBOL}&interval={interval}&limit={limit}")


def has_candles(run):
    try:
        return len(initial(run, "1s")["candles"]) >= 5
    except (OSError, ValueError):
        return False


def test_initial_then_live(run):
    stack = run(FEED="synthetic", SPEED="3")  # so that whole minutes pass
    wait_until(lambda: has_candles(stack), "five candles", 30)
    first = initial(stack, "1s")
    cursor, seconds, answers, killed = first["cursor"], {}, 0, False
    began = time.monotonic()
    while time.monotonic() - began < 60:
        try:
            answer = stack.get(f"/api/v1/live?symbols={SYMBOL}&cursor={cursor}&wait=5")
        except OSError:
            continue  # the program was killed and is being started anew; the cursor goes on
        assert answer["recovered"] is True
        cursor, as_of = answer["cursor"], answer["as_of"][SYMBOL]
        for e in answer["events"]:
            if e["type"] == "candle":
                seconds[e["t"]] = e
        answers += 1
        if not killed and time.monotonic() - began > 20:
            for pid in stack.pids("pricegraph-live"):
                os.kill(pid, signal.SIGKILL)
                killed = True
    assert killed and answers > 20
    # Younger seconds may still have been on their way when the last answer came.
    last_t = as_of // 1000 * 1000 - 10_000
    later = wait_until(lambda: (lambda a: a["open"]["from"] > last_t and a)(initial(stack, "1s", 1000)), "all is settled")
    stored = {c[0]: c for c in later["candles"]}
    contiguous = list(range(first["open"]["from"], last_t + 1000, 1000))
    # Every second that was traded came by live, and is what history says now; quiet ones are flat in history and no event.
    for t in contiguous:
        assert t in stored, t
        o, h, l, c, v, q, n, origin = stored[t][1:9]
        if t in seconds:
            e = seconds[t]
            assert [e[k] for k in ("o", "h", "l", "c", "v", "q", "n", "origin")] == [o, h, l, c, v, q, n, origin], t
        else:
            assert n == 0, (t, stored[t])
    # The same folded: what a minute chart has made of it is what history has.
    minutes = {c[0]: c for c in initial(stack, "1m")["candles"]}
    whole = [m for m in minutes if first["open"]["from"] <= m and m + 60_000 <= last_t + 1000]
    assert whole
    for m in whole:
        traded = [seconds[t] for t in range(m, m + 60_000, 1000) if t in seconds and seconds[t]["n"]]
        o, h, l, c = minutes[m][1:5]
        assert (o, c) == (traded[0]["o"], traded[-1]["c"])
        assert float(h) == max(float(e["h"]) for e in traded) and float(l) == min(float(e["l"]) for e in traded)
        assert minutes[m][7] == sum(e["n"] for e in traded)
    assert stack.stop() == 0
    assert not [p for n in ("pricegraph-collector", "pricegraph-live", "pricegraph-chart", "pricegraph-exchange")
                for p in stack.pids(n)]
