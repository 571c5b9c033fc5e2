"""Goal: `status` and `pricegraphctl status` tell the state, age, lag, rate and gaps of each stage as they are; /metrics of chart and live
please promtool."""

import re
import subprocess

import pytest

from parts import wait_until
from web_parts import Web

STREAMS = ["kline_1s", "miniTicker", "trade"]
SYMBOLS = ["BTCUSDT", "ETHUSDT", "SOLUSDT"]


@pytest.fixture
def web(stack_of):
    stack = stack_of("synthetic", {"sink.batch_interval": 100, "feed.symbols": ",".join(SYMBOLS), "feed.streams": ",".join(STREAMS),
                                   "backfill.enabled": "yes"})
    stack.start_exchange("synthetic", seed=11, speed=5, symbols=",".join(SYMBOLS), history=1)
    web = Web(stack, live=True)
    yield web
    web.close()


def test_every_stage(web):
    stack = web.stack
    assert web.ask("api/v1/status")[0] == 503
    collector = stack.start("pricegraph-collector")
    wait_until(lambda: web.status("api/v1/status") == 200 and len(web.json("api/v1/status")["feed"]) == 3 and
               web.json("api/v1/status")["sink"]["state"] == "ok", "it runs", 120)
    # Twelve seconds of wall time on, the rates are those of what was taken since the first commit.
    first = web.json("api/v1/status")
    wait_until(lambda: web.json("api/v1/status")["sink"]["records"] > first["sink"]["records"] + 2000, "records", 120)
    status = web.json("api/v1/status")
    assert [f["stream"] for f in status["feed"]] == STREAMS
    for feed in status["feed"]:
        assert feed["state"] == "heard" and not feed["ended"] and feed["symbols"] == 3 and feed["sessions"] >= 1
        assert 0 <= feed["alive_age_ms"] < 10000 and feed["records_per_s"] > 1
    sink = status["sink"]
    assert sink["state"] == "ok" and sink["partitions_owned"] == 8 and 0 <= sink["lag_ms"] < 10000 and sink["quarantined"] == 0
    assert abs(sink["records_per_s"] - sum(f["records_per_s"] for f in status["feed"])) < 1 + sink["records_per_s"] / 10
    assert sink["records"] == stack.one("SELECT sum(next_offset) FROM kafka_offset WHERE stream NOT LIKE '%%.history'") or \
        sink["records"] > first["sink"]["records"]
    assert status["backfill"]["running"] is True and status["backfill"]["oldest"] is None

    printed = stack.run("pricegraphctl", "status").stdout
    assert re.search(r"^feed trade: heard, 3 symbols in \d+ sessions, heard to .* UTC, alive \d+\.\d s ago, \d+\.\d records/s, 0 open gaps$", printed, re.M), printed
    assert re.search(r"^sink: ok, \d+\.\d s behind, last commit \d+\.\d s ago, \d+\.\d records/s; 3 symbols, 8 partitions owned", printed, re.M), printed
    assert re.search(r"^back-fill: running, \d+ records taken", printed, re.M) and re.search(r"^gaps: none$", printed, re.M), printed

    # Killed: after ten seconds each stage says so, with its age; somebody who opens a gap meanwhile sees it.
    collector.kill()
    stack.db.execute("INSERT INTO gap (venue, symbol, stream, from_us, to_us, cause, state, revision) VALUES "
                     "('synthetic', 'ETHUSDT', 'trade', 1000000, 3500000, 'ids', 'open', 1), ('synthetic', 'SOLUSDT', 'trade', 9000000, 9250000, 'ids', "
                     "'unrepairable', 1)")
    wait_until(lambda: web.json("api/v1/status")["sink"]["state"] == "silent", "silence is told", 30)
    status = web.json("api/v1/status")
    assert {f["state"] for f in status["feed"]} == {"silent"} and all(f["alive_age_ms"] > 10000 for f in status["feed"])
    assert status["sink"]["lag_ms"] > 10000 and status["sink"]["committed_age_ms"] > 10000 and status["state"] == "stale"
    assert [f["open_gaps"] for f in status["feed"]] == [0, 0, 1]
    wait_until(lambda: web.json("api/v1/status")["backfill"]["running"] is False, "nobody repairs", 30)
    backfill = web.json("api/v1/status")["backfill"]
    assert backfill["gaps"] == {"open": {"count": 1, "ms": 2500}, "unrepairable": {"count": 1, "ms": 250}}
    assert backfill["oldest"] == {"symbol": "ETHUSDT", "stream": "trade", "from": 1000, "to": 3500, "cause": "ids", "state": "open"}
    printed = stack.run("pricegraphctl", "status").stdout
    assert re.search(r"^gaps: 1 open \(2\.5 s\), 1 unrepairable \(0\.2 s\)$", printed, re.M), printed
    assert "\noldest gap: ETHUSDT trade from 1970-01-01 00:00:01.000 UTC, 2.500 s, ids, open\n" in printed
    assert re.search(r"^sink: silent, 1\d\.\d s behind", printed, re.M) and "back-fill: not running" in printed


def test_rates_forget(web):
    """A rate is of the last one to two minutes, not of all time."""
    stack = web.stack
    stack.start("pricegraph-collector")
    wait_until(lambda: web.status("api/v1/status") == 200 and web.json("api/v1/status")["sink"]["records"] > 200, "it runs", 120)
    # As if the marks had been set long ago: with the next commit they move on.
    stack.db.execute("UPDATE kafka_offset SET mark_us = mark_us - 600000000, mark_offset = 0, before_us = mark_us - 1200000000, before_offset = 0")
    low = web.json("api/v1/status")["sink"]["records_per_s"]
    wait_until(lambda: stack.one("SELECT bool_and(committed_us - mark_us < 60000000) FROM kafka_offset WHERE committed_us IS NOT NULL AND stream = 'trade'"), "new marks", 30)
    assert stack.one("SELECT bool_and(before_us < mark_us - 500000000 AND before_offset = 0) FROM kafka_offset WHERE committed_us IS NOT NULL "
                     "AND stream = 'trade'")
    stack.db.execute("UPDATE kafka_offset SET mark_us = mark_us - 60000000, before_us = mark_us - 70000000")
    wait_until(lambda: web.json("api/v1/status")["sink"]["records_per_s"] > 2 * low, "the rate is that of the last minute", 30)


def promtool(text):
    return subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, timeout=60)


def test_metrics_are_clean(web):
    stack = web.stack
    stack.start("pricegraph-collector")
    wait_until(lambda: web.status("api/v1/live?symbols=BTCUSDT&wait=0") == 200, "the cache is warm", 60)
    for path in ("api/v1/symbols", "api/v1/status", "api/v1/initial?symbol=BTCUSDT&interval=1s", "healthz", "api/v1/nothing"):
        web.ask(path)
    for path, counter in (("metrics", b"pricegraph_chart_requests_total"), ("metrics/live", b"pricegraph_live_polls_total")):
        status, head, body = web.ask(path)
        assert status == 200 and head["content-type"].startswith("text/plain; version=0.0.4")
        done = promtool(body)
        assert done.returncode == 0 and done.stdout + done.stderr == b"", done.stdout + done.stderr
        assert int(re.search(rb"^" + counter + rb" (\d+)$", body, re.M).group(1)) >= 1
    assert web.ask("metrics/live", method="POST")[0] == 405 and web.ask("metrics/live?x=1")[0] == 400
    assert web.ask("metrics/live", Accept="text/html")[0] == 406
