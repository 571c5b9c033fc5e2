"""Goal: the database of pricegraph-chart, a streaming replica here, may be behind, stop without a word, or die: every request has an answer within
a second, what was answered before is told as stale, and it is back by itself within a second."""

import concurrent.futures
import json
import time

import pytest

import stored
from fcgi_parts import Chart, Replica
from parts import wait_until

KNOWN = "/api/v1/initial?symbol=AAA&interval=1s&limit=50"
NEW = "/api/v1/initial?symbol=BBB&interval=1m&limit={}"
BUSY_S = 0.5  # what a loaded machine may add


@pytest.fixture
def stack(stack_of):
    s = stack_of("replay-away")
    stored.fill(s.db, s.venue, ["AAA", "BBB"], {"1s": 600, "1m": 10})
    return s


@pytest.fixture
def replica(stack, tmp_path):
    r = Replica(tmp_path / "replica")
    stack.set({"postgres.reader": r.conninfo(stack.database, "pricegraph_reader")})
    yield r
    r.close()


@pytest.fixture
def chart(stack, replica):
    replica.has_all_of(stack.db)
    c = Chart(stack)
    yield c
    assert c.close() == 0


def state(client):
    return client.json(KNOWN)["state"]


def in_time(chart, uri):
    """Answers on several connections at once, more than there are workers; all within a second."""
    def ask(_):
        client = chart.client()
        began = time.monotonic()
        answer = client.get(uri)
        return time.monotonic() - began, answer

    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        done = list(pool.map(ask, range(12)))
    assert max(seconds for seconds, _ in done) < 1 + BUSY_S
    return [answer for _, answer in done]


def check_away(chart):
    for status, headers, body in in_time(chart, KNOWN):
        assert status == 200 and json.loads(body)["state"] == "stale" and headers["Cache-Control"] == "no-store"
    for status, headers, _ in in_time(chart, NEW.format(7)):
        assert status == 503 and headers["Retry-After"] == "1"
    assert in_time(chart, "/api/v1/initial?symbol=AAA&interval=1x")[0][0] == 400
    assert in_time(chart, "/healthz")[0][0] == 503
    assert chart.metric("pricegraph_chart_database_up") == 0
    assert chart.metric("pricegraph_chart_told_stale_total") >= 12


def check_back(client, again):
    began = again()
    wait_until(lambda: state(client) == "replay", "it is back", every=0.01)
    assert time.monotonic() - began < 1 + BUSY_S
    status, _, _ = client.get(NEW.format(8))
    assert status == 200


def test_reads_what_the_replica_has(stack, chart, replica):
    client = chart.client()
    first = client.json(KNOWN)
    assert first["candles"][-1][4] != "1.25000000" and first["state"] == "replay"
    with stack.db.transaction():
        stack.db.execute("UPDATE partition SET revision = revision + 1 WHERE venue = %s", (stack.venue,))
        stack.db.execute("UPDATE candle_1s SET close = 1.25, revision = 2 WHERE symbol = 'AAA' AND open_us = %s", (stored.T0 - stored.SECOND,))
    replica.has_all_of(stack.db)
    wait_until(lambda: client.json(KNOWN)["candles"][-1][4] == "1.25000000", "the change is told")
    changed = client.json(f"/api/v1/periodic?symbol=AAA&interval=1s&from={first['from']}&since={first['revision']}")
    assert [row[4] for row in changed["candles"]] == ["1.25000000"]
    assert stack.one("SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND application_name LIKE 'pricegraph-chart%%'",
                     stack.database) == 0


def test_one_that_is_frozen(chart, replica):
    client = chart.client()
    assert state(client) == "replay"
    replica.freeze()
    wait_until(lambda: state(client) == "stale", "it is noticed", 5, every=0.01)
    check_away(chart)

    def thaw():
        replica.thaw()
        return time.monotonic()
    check_back(client, thaw)
    # In the midst of a statement: who waits for it is told soon, not when the statement would end.
    replica.freeze()
    in_time(chart, NEW.format(9))
    check_back(client, thaw)


def test_one_that_dies(chart, replica):
    client = chart.client()
    assert state(client) == "replay"
    replica.kill()
    wait_until(lambda: state(client) == "stale", "it is noticed", 5, every=0.01)
    check_away(chart)

    def start():
        replica.start()
        return time.monotonic()
    check_back(client, start)
