"""The interface is what openapi.json says: schemathesis, which reads it, finds nothing in REQUESTS requests (about 1,500 in `make test`),
right and wrong ones, to pricegraph-chart and pricegraph-live behind nginx, under a prefix, while a market goes on."""

import json
import os
import pathlib
import re
import subprocess
import sys
from collections import Counter

import pytest
from openapi_spec_validator import validate

from parts import Stack, wait_until
from web_parts import Web

REQUESTS = int(os.environ.get("REQUESTS", "1500"))
SYMBOLS = ["BTCUSDT", "ETHUSDT", "WAVESBTC"]
# An address that is too long is refused by nginx.
CONFIG = """
[parameters]
{parameters}
[checks]
negative_data_rejection.expected-statuses = ["400", "406", "414", "429", "503"]
positive_data_acceptance.expected-statuses = ["2xx", "304"]
[[operations]]
include-path = "/api/v1/live"
parameters = {{ {live} }}
"""
# What is collected, and what other answers gave, is in no schema: a wrong symbol is 400, and so is a cursor that was made up.
FREE = {"parameters": "", "live": '"query.wait" = 0'}


@pytest.fixture
def web(servers, tmp_path):
    folder = tmp_path / "s"
    folder.mkdir()
    stack = Stack(folder, "synthetic", {"sink.batch_interval": 100, "feed.symbols": ",".join(SYMBOLS), "feed.streams": "miniTicker,kline_1s,trade"})
    stack.start_exchange("synthetic", seed=7, speed=20, symbols=",".join(SYMBOLS), history=1)
    stack.start("pricegraph-collector")
    web = Web(stack, prefix="/shown/here/", live=True)
    wait_until(lambda: web.status("healthz") == 200, "the data are fresh", 120)
    wait_until(lambda: web.status(f"api/v1/live?symbols={SYMBOLS[0]}&wait=0") == 200, "the cache is warm", 120)
    wait_until(lambda: len(web.json("api/v1/initial?symbol=BTCUSDT&interval=1m")["candles"]) > 3, "some minutes", 120)
    yield web
    web.close()
    stack.close()


def run(web, folder, values, *arguments):
    """How many requests were made, and what was found: nothing."""
    folder.mkdir()
    (folder / "schemathesis.toml").write_text(CONFIG.format(**values))
    command = [str(pathlib.Path(sys.executable).parent / "st"), "--config-file", str(folder / "schemathesis.toml"), "run",
               web.address + "openapi.json", "--no-color", "--continue-on-failure", "--warnings", "off", "--generation-database", "none", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, cwd=folder)
    text = done.stdout + done.stderr
    assert done.returncode == 0, "\n".join(line[:600] for line in text.splitlines())
    return int(re.search(r"(\d+) generated", text).group(1))


def statuses(web):
    """How often nginx answered what."""
    found = Counter()
    for line in (web.folder / "access.log").read_text(errors="replace").splitlines():
        found[re.search(r'" (\d{3}) ', line).group(1)] += 1
    return found


def test_the_description_is_valid(web):
    described = web.json("openapi.json")
    validate(described)
    assert described["servers"] == [{"url": "/shown/here"}]
    assert {"/api/v1/initial", "/api/v1/periodic", "/api/v1/live", "/openapi.json", "/healthz"} <= set(described["paths"])
    for path, methods in described["paths"].items():
        required = [p["name"] for p in methods["get"]["parameters"] if p["required"]]
        status, head, body = web.ask(path[1:])
        assert status == (400 if required else 200), (path, body)
        if required:
            assert head["content-type"] == "application/problem+json" and f"'{required[0]}'" in json.loads(body)["detail"]


def test_nothing_is_found(web, tmp_path):
    made, seed, before = 0, 0, statuses(web)  # until it was warm
    while made < REQUESTS:
        seed += 1
        share = str(max(10, min(200, (REQUESTS - made) // 50)))
        made += run(web, tmp_path / f"free{seed}", FREE, "--seed", str(seed), "--max-examples", share,
                    "--exclude-checks", "positive_data_acceptance")
        # With what is collected every right question has an answer; but not where parameters exclude one another, which no schema says: coverage's
        # `to` is not before `from`, and Binance's and TradingView's endpoints have rules of their own.
        cursor = web.json("api/v1/live?symbols=BTCUSDT&wait=0")["cursor"]
        known = {"parameters": '"query.symbol" = "BTCUSDT"', "live": f'"query.wait" = 0, "query.symbols" = "BTCUSDT,ETHUSDT", "query.cursor" = "{cursor}"'}
        made += run(web, tmp_path / f"known{seed}", known, "--seed", str(seed), "--max-examples", share, "--mode", "positive",
                    "--exclude-path-regex", "^/(api/v1/coverage|api/v3/|udf/)")
    counted = statuses(web) - before
    print(f"{made} requests, {seed} seeds: {dict(sorted(counted.items()))}")
    assert not [s for s in counted if s.startswith("5")]
    assert counted["200"] > made / 10 and counted["400"] > made / 10 and counted["405"] > 0
    for name, levels in (("chart", "error|warn"), ("live", "error")):  # live warns until its topics are there
        log = (web.folder / f"{name}.log").read_text(errors="replace")
        assert not re.search(rf" ({levels}) ", log), log[-3000:]
