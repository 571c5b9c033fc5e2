"""Goal: nginx's own cache gives what the program allows, whoever asks first and however, and makes nothing older than a second."""

import gzip
import json
import time

import pytest

import stored
from fcgi_parts import Chart, Nginx
from parts import wait_until

INITIAL = "/api/v1/initial?symbol=AAA&interval=1s&limit=300"
PERIODIC = f"/api/v1/periodic?symbol=AAA&interval=1s&from={(stored.T0 - 100 * stored.SECOND) // 1000}&since=1.0"


@pytest.fixture
def stack(stack_of):
    s = stack_of("replay-cache")
    stored.fill(s.db, s.venue, ["AAA", "BBB"], {"1s": 600, "1m": 10})
    return s


@pytest.fixture
def chart(stack):
    c = Chart(stack)
    yield c
    assert c.close() == 0


@pytest.fixture
def nginx(stack, chart):
    n = Nginx(stack.folder)
    yield n
    n.close()


def header(headers, name):
    found = [v for k, v in headers if k.lower() == name.lower()]
    assert len(found) <= 1, (name, found)
    return found[0] if found else None


def asked(chart):
    return chart.metric("pricegraph_chart_requests_total")


def test_a_head_may_come_first(nginx):
    status, headers, body = nginx.get(INITIAL, "HEAD")
    assert (status, body) == (200, b"")
    status, again, whole = nginx.get(INITIAL)
    assert status == 200 and len(json.loads(whole)["candles"]) == 299
    assert header(headers, "Content-Length") == header(again, "Content-Length") == str(len(whole))
    status, headers, body = nginx.get(INITIAL, "HEAD")
    assert (status, body, header(headers, "Content-Length")) == (200, b"", str(len(whole)))
    assert header(headers, "Cache-Control") == "no-cache" and header(headers, "X-Accel-Expires") is None


def test_the_program_is_asked_about_once_a_second(nginx, chart):
    before, began, count = asked(chart), time.monotonic(), 0
    while time.monotonic() - began < 2.5:
        status, headers, _ = nginx.get(INITIAL)
        assert status == 200 and header(headers, "Cache-Control") == "no-cache"
        count += 1
    seconds = time.monotonic() - began
    assert count > 20 and asked(chart) - before - 1 <= 2 * seconds + 2  # an answer made at the end of a second holds for less


def test_nothing_is_older_than_a_second(nginx, stack):
    def close():
        return json.loads(nginx.get(INITIAL)[2])["candles"][-1][4]

    for value in ("1.25000000", "1.50000000", "1.75000000"):
        close()
        with stack.db.transaction():
            revision = stack.one("UPDATE partition SET revision = revision + 1 WHERE venue = %s AND i = 0 RETURNING revision", stack.venue)
            stack.db.execute("UPDATE candle_1s SET close = %s, revision = %s WHERE symbol = 'AAA' AND open_us = %s",
                             (value, revision, stored.T0 - stored.SECOND))
        began = time.monotonic()
        wait_until(lambda: close() == value, "the change is told", every=0.01)
        assert time.monotonic() - began < 2  # a second, a quarter of one in the program, and a busy machine


def test_who_has_it_is_told_so(nginx, stack):
    status, headers, body = nginx.get(PERIODIC)
    tag = header(headers, "ETag")
    assert status == 200 and tag and body
    for _ in range(2):  # kept by nginx or not
        status, headers, body = nginx.get(PERIODIC, If_None_Match=tag)
        assert (status, body, header(headers, "ETag")) == (304, b"", tag)
        time.sleep(0)
    stack.db.execute("UPDATE partition SET revision = revision + 1 WHERE venue = %s", (stack.venue,))
    wait_until(lambda: nginx.get(PERIODIC, If_None_Match=tag)[0] == 200, "another answer has another tag", 5)


def test_compressed_or_not(nginx):
    _, headers, plain = nginx.get(INITIAL)
    assert header(headers, "Vary") == "Accept-Encoding" and header(headers, "Content-Encoding") is None
    _, headers, packed = nginx.get(INITIAL, Accept_Encoding="gzip")
    assert header(headers, "Content-Encoding") == "gzip" and header(headers, "Vary") == "Accept-Encoding"
    assert gzip.decompress(packed) == plain


def test_problems_and_what_is_of_now_are_not_kept(nginx, chart):
    for uri, status in (("/api/v1/initial?symbol=NOSUCH&interval=1s", 400), ("/api/v1/status", 200), ("/healthz", 200), ("/metrics", 200)):
        before = asked(chart)
        for _ in range(5):
            got, headers, _ = nginx.get(uri)
            assert got == status, uri
        assert asked(chart) - before >= 5, uri
    assert nginx.get(INITIAL, "POST")[0] == 405
