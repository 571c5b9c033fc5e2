"""Goal: what HTTP promises, through nginx: HEAD, gzip with Vary, entity tags over both, CORS as it is set, refusals that say what is wrong."""

import gzip
import json

import pytest

import real_bars
from parts import wait_until
from web_parts import Web

INITIAL = "api/v1/initial?symbol=ETHUSDT&interval=1m&limit=500"


@pytest.fixture
def web_of(stack_of):
    if not (real_bars.DATA / "klines").is_dir():
        pytest.skip(f"no klines: {real_bars.DATA} is absent (set PRICEGRAPH_DATA)")
    made = []

    def make(settings=None, **more):
        stack = stack_of(real_bars.VENUE, settings)
        real_bars.load(stack, "ETHUSDT", real_bars.read("ETHUSDT"))
        made.append(Web(stack, **more))
        return made[-1]

    yield make
    for web in made:
        web.close()


def test_head_gzip_tags(web_of):
    web = web_of()
    for path in (INITIAL, INITIAL + "&format=csv", "openapi.json", "api/v1/symbols"):
        status, head, body = web.ask(path)
        bare = web.ask(path, method="HEAD")
        assert status == bare[0] == 200 and bare[2] == b""
        assert {k: v for k, v in bare[1].items() if k != "date"} == {k: v for k, v in head.items() if k != "date"}
        assert int(head["content-length"]) == len(body)
        if "symbols" in path:
            continue
        status, packed, small = web.ask(path, Accept_Encoding="gzip")
        assert packed["content-encoding"] == "gzip" and gzip.decompress(small) == body and len(small) < len(body) / 2
        assert "accept-encoding" in packed["vary"].lower()
        tag = packed.get("etag")
        if not tag:
            continue
        assert tag.startswith('W/"') and tag == head["etag"]
        for method in ("GET", "HEAD"):
            for given in (tag, tag[2:], f'"other", {tag}', "*"):
                status, none, nothing = web.ask(path, method=method, If_None_Match=given, Accept_Encoding="gzip")
                assert status == 304 and nothing == b"" and none["etag"] == tag, (method, given)
        assert web.ask(path, If_None_Match='"other"')[0] == 200


def test_a_closed_window_may_be_kept(web_of):
    web = web_of()
    page = web.json(INITIAL)["candles"][0][0]
    closed = web.json(f"{INITIAL}&end={page}")
    assert closed["closed"] and closed["candles"][-1][0] == page - 60000
    status, head, body = web.ask(f"{INITIAL}&end={page}&revision={closed['window_revision']}")
    assert status == 200 and head["cache-control"] == "public, max-age=31536000, immutable"
    assert json.loads(body)["candles"] == closed["candles"]
    # nginx keeps it as well; a correction makes another address, and the old one never gets another body that may be kept.
    web.stack.db.execute("UPDATE candle_1m SET close = close + 1, revision = 21 WHERE open_us = %s", [(page - 60000) * 1000])
    web.stack.db.execute("UPDATE partition SET revision = revision + 1")
    fresh = wait_until(lambda: (lambda a: a if a["window_revision"] != closed["window_revision"] else None)(web.json(f"{INITIAL}&end={page}")), "the correction", 20)
    again = web.ask(f"{INITIAL}&end={page}&revision={closed['window_revision']}")
    assert again[1]["cache-control"] != "public, max-age=31536000, immutable" or again[2] == body
    status, head, newer = web.ask(f"{INITIAL}&end={page}&revision={fresh['window_revision']}")
    assert head["cache-control"].endswith("immutable") and json.loads(newer)["candles"][-1][4] != closed["candles"][-1][4]


def test_cors_is_off_until_it_is_set(web_of):
    web = web_of()
    for method in ("GET", "HEAD", "OPTIONS"):
        status, head, _ = web.ask(INITIAL, method=method, Origin="https://page.example", Access_Control_Request_Method="GET")
        assert status == (405 if method == "OPTIONS" else 200)
        assert not [h for h in head if h.startswith("access-control")]


def test_cors_for_all(web_of):
    web = web_of({"web.cors": "*"})
    for path, status in ((INITIAL, 200), (INITIAL + "&x=1", 400), ("api/v1/nothing", 404), ("openapi.json", 200)):
        got, head, _ = web.ask(path, Origin="https://page.example")
        assert got == status and head["access-control-allow-origin"] == "*" and "ETag" in head["access-control-expose-headers"]
    tag = web.ask(INITIAL)[1]["etag"]
    status, head, _ = web.ask(INITIAL, Origin="https://page.example", If_None_Match=tag)
    assert status == 304 and head["access-control-allow-origin"] == "*"
    status, head, body = web.ask(INITIAL, method="OPTIONS", Origin="https://page.example", Access_Control_Request_Method="GET",
                                 Access_Control_Request_Headers="if-none-match")
    assert status == 204 and body == b"" and head["access-control-allow-origin"] == "*"
    assert head["access-control-allow-methods"] == "GET, HEAD" and "If-None-Match" in head["access-control-allow-headers"]
    assert web.ask(INITIAL, method="POST", Origin="https://page.example")[0] == 405


def test_cors_for_some(web_of):
    web = web_of({"web.cors": "https://one.example, https://two.example:8443"})
    # Often enough that answers come from every cache there is: none may give one page's header to another.
    for _ in range(3):
        for origin, mine in (("https://one.example", True), ("https://evil.example", False), ("https://two.example:8443", True),
                             ("https://two.example", False), (None, False)):
            for path in (INITIAL, "api/v1/nothing"):
                _, head, _ = web.ask(path, **({"Origin": origin} if origin else {}))
                assert head.get("access-control-allow-origin") == (origin if mine else None), origin
                assert "origin" in head["vary"].lower()
            _, head, _ = web.ask(INITIAL, method="OPTIONS", **({"Origin": origin} if origin else {}))
            assert head.get("access-control-allow-origin") == (origin if mine else None)


def test_a_bad_origin_is_told_at_start(stack_of):
    stack = stack_of("synthetic", {"web.cors": "page.example"})
    for program in ("pricegraph-chart", "pricegraph-live"):
        done = stack.run(program, check=False)
        assert done.returncode != 0 and "'page.example' is no origin" in done.stderr


def test_refusals(web_of):
    web = web_of()
    for path, method, status, code in (("api/v1/initial?symbol=NO&interval=1m", "GET", 400, -1121), ("api/v1/initial?symbol=ETHUSDT&interval=9m", "GET", 400, -1120),
                                       ("api/v1/initial?symbol=ETHUSDT&interval=1m&limit=x", "GET", 400, -1100), ("api/v1/nothing", "GET", 404, -1000),
                                       (INITIAL, "POST", 405, -1000), (INITIAL, "TRACE", 405, -1000), ("index.html", "DELETE", 405, -1000)):
        got, head, body = web.ask(path, method=method)
        problem = json.loads(body)
        assert (got, problem["status"], problem["code"]) == (status, status, code), (path, body)
        assert head["content-type"].startswith("application/problem+json") and problem["msg"] and problem["detail"]
        assert (head.get("allow") == "GET, HEAD") == (status == 405)
    got, _, body = web.ask(INITIAL, Accept="image/png")
    assert got == 406 and json.loads(body)["status"] == 406
