"""The model exchange as a program of its own, for the tests that talk to it alone."""

import json
import urllib.error
import urllib.request

import pytest

from parts import Program
from ws_client import WsClient

START = 1_700_000_040_000  # a full minute


class Exchange:
    def __init__(self, folder, **settings):
        self.truth_path = folder / "truth.txt"
        config = folder / "exchange.ini"
        values = {"port": 0, "truth": self.truth_path, "history": 0, "start": START, "symbols": "BTCUSDT,ETHUSDT", **settings}
        config.write_text("[model]\n" + "".join(f"{k} = {v}\n" for k, v in values.items()))
        self.program = Program("pricegraph-exchange", config, folder / "exchange.log")
        line = self.program.first_line()
        assert line.startswith("listening "), self.program.text()
        self.port = int(line.split()[1])

    def ask(self, path, headers=None, method="GET", body=None):
        """Status, headers, body as bytes."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, headers or {}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def get(self, path, headers=None):
        status, headers, body = self.ask(path, headers)
        return status, headers, json.loads(body)

    def fault(self, kind, **how):
        """Asks for a fault; its id."""
        status, _, body = self.ask("/faults", {"Content-Type": "application/json"}, "POST", {"fault": kind, **how})
        assert status == 200, body
        return json.loads(body)["ids"][0]

    def faults(self):
        return {f["id"]: f for f in self.json("/faults")["faults"]}

    def heal(self, fault=None):
        status, _, body = self.ask("/faults" + (f"?id={fault}" if fault else ""), method="DELETE")
        assert status == 200, body
        return json.loads(body)["ended"]

    def json(self, path):
        status, _, body = self.get(path)
        assert status == 200, body
        return body

    def state(self):
        return self.get("/api/v3/time")[1]["X-Pricegraph-State"]

    def connect(self, path="/stream", **how):
        return WsClient(self.port, path, **how)

    def lines(self):
        """Of the truth file; the last one may still be written."""
        return self.truth_path.read_text().rpartition("\n")[0].splitlines()

    def truth(self):
        """The events: (sent or unsent, market time, stream name, event)."""
        for line in self.lines():
            state, at, name, event = line.split(" ", 3)
            if state in ("sent", "unsent"):
                yield state, int(at), name, event

    def records(self, *words):
        """The lines of the truth file that tell of connections and faults: (word, at, name, object)."""
        for line in self.lines():
            word, at, name, record = line.split(" ", 3)
            if word in words:
                yield word, int(at), name, json.loads(record)

    def stop(self):
        return self.program.stop()


@pytest.fixture
def exchange_of(tmp_path):
    made = []

    def make(**settings):
        folder = tmp_path / f"exchange{len(made)}"
        folder.mkdir()
        made.append(Exchange(folder, **settings))
        return made[-1]

    yield make
    for exchange in made:
        if exchange.program.running():
            exchange.program.kill()


def subscribe(*names, request_id=1):
    return {"method": "SUBSCRIBE", "params": list(names), "id": request_id}
