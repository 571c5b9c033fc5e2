"""Two questions of the documentation, answered by measurement on the model exchange: does re-using a request's id matter, and what
does one connection for many streams cost in latency against one connection for each stream.

Run it by itself: build/venv/bin/python tests/bench/connections.py [seconds]
"""

import json
import os
import pathlib
import re
import selectors
import statistics
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]

from parts import Program  # noqa: E402
from ws_client import PING, PONG, TEXT, WsClient  # noqa: E402

SYMBOLS = [f"S{i:03}USDT" for i in range(200)]
EVENT_TIME = re.compile(rb'"E":(\d+)')


def exchange(folder):
    config = folder / "model.ini"
    config.write_text("[model]\nport = 0\nsource = synthetic\nhistory = 1\nsymbols = " + ",".join(SYMBOLS) + "\n")
    program = Program("pricegraph-exchange", config, folder / "exchange.log")
    return program, int(program.first_line().split()[1])


class Ear(WsClient):
    """One connection that notes when each event was received."""

    def __init__(self, port, streams):
        super().__init__(port, "/stream")
        for i in range(0, len(streams), 150):
            self.ask({"method": "SUBSCRIBE", "params": streams[i:i + 150], "id": i})

    def take(self, heard):
        """What the socket holds, as (event, its time) → when it was received."""
        now = time.perf_counter()
        self.buffer += self.socket.recv(1 << 20)
        while len(self.buffer) >= 2:
            length, start = self.buffer[1] & 127, 2
            if length == 126:
                length, start = int.from_bytes(self.buffer[2:4], "big"), 4
            if len(self.buffer) < start + length:
                return
            opcode, payload = self.buffer[0] & 15, self.buffer[start:start + length]
            self.buffer = self.buffer[start + length:]
            if opcode == PING:
                self.send_frame(PONG, payload)
            elif opcode == TEXT and (found := EVENT_TIME.search(payload)):
                heard[payload, found.group(1)] = now


def listen(ears, heard, seconds):
    """All ears in one loop of one thread, so that both arrangements are served alike."""
    selector = selectors.DefaultSelector()
    for ear, into in zip(ears, heard):
        selector.register(ear.socket, selectors.EVENT_READ, (ear, into))
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        for key, _ in selector.select(0.1):
            ear, into = key.data
            ear.take(into)


def busy_s():
    """What all cores have worked so far."""
    first = pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    return (sum(map(int, first)) - int(first[3]) - int(first[4])) / os.sysconf("SC_CLK_TCK")


def quantiles(values):
    cuts = statistics.quantiles(values, n=100)
    return f"p50 {cuts[49]:.2f}, p90 {cuts[89]:.2f}, p99 {cuts[98]:.2f}, max {max(values):.2f}"


def hear(arrangements, seconds):
    """Listens with all arrangements at once; what each heard, and how much else was going on."""
    ears = [(ear, into) for connections, into in arrangements for ear in connections]
    listen(*zip(*ears), 2)  # the first second is that of the subscriptions
    for _, into in arrangements:
        into.clear()
    others = busy_s() - time.process_time()
    listen(*zip(*ears), seconds)
    return (busy_s() - time.process_time() - others) / seconds


def compare_connections(port, seconds):
    """200 kline_1s streams, which all speak in the first milliseconds of each second: on one connection, and on 200 with one each;
    first one arrangement after the other, then both at once, where the same events are compared. The exchange's E has whole
    milliseconds, so latency is told against the earliest of the run (receipt - E)."""
    streams = [f"{s.lower()}@kline_1s" for s in SYMBOLS]
    ways = {"one connection": lambda: [Ear(port, streams)], "one for each": lambda: [Ear(port, [s]) for s in streams]}

    def late(heard):
        ages = [at * 1000 - int(e) for (_, e), at in heard.items()]
        return quantiles([a - min(ages) for a in ages])

    print(f"200 streams, receipt after E in ms (0 = the earliest), {seconds:g} s each; busy: cores of {os.cpu_count()} with the exchange and all else")
    for name, make in ways.items():
        heard, ears = {}, make()
        busy = hear([(ears, heard)], seconds)
        print(f"  {name:14} alone: {late(heard)} ({len(heard)} events, busy {busy:.1f})")
        for ear in ears:
            ear.socket.close()
    one, each = {}, {}
    arrangements = [(ways["one for each"](), each), (ways["one connection"](), one)]
    busy = hear(arrangements, seconds)
    both = [k for k in one if k in each]
    print(f"  both at once, one connection behind one for each: {quantiles([(one[k] - each[k]) * 1000 for k in both])} "
          f"({len(both)} events, busy {busy:.1f})")
    for ears, _ in arrangements:
        for ear in ears:
            ear.socket.close()


def reuse_ids(port):
    """The same id again behind its answer, and twice at once."""
    with WsClient(port, "/stream") as c:
        names = [f"{s.lower()}@trade" for s in SYMBOLS[:4]]
        answers = [c.ask({"method": "SUBSCRIBE", "params": [names[0]], "id": 1}), c.ask({"method": "SUBSCRIBE", "params": [names[1]], "id": 1})]
        c.send(json.dumps({"method": "SUBSCRIBE", "params": [names[2]], "id": 7}))
        answers.append(c.ask({"method": "SUBSCRIBE", "params": [names[3]], "id": 7}))
        while len(answers) < 4:
            frame = json.loads(c.text())
            if "result" in frame:
                answers.append(frame)
        listed = c.ask({"method": "LIST_SUBSCRIPTIONS", "id": 1})["result"]
    print(f"an id used again: answers {json.dumps(answers)}; subscribed {len(listed)} of 4: "
          + ("it is only echoed" if sorted(listed) == names else "IT MATTERS"))


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 20
    with tempfile.TemporaryDirectory() as folder:
        program, port = exchange(pathlib.Path(folder))
        try:
            reuse_ids(port)
            compare_connections(port, seconds)
        finally:
            program.stop()


if __name__ == "__main__":
    main()
