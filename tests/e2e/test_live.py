"""Kafka → pricegraph-live → nginx → client: no event is lost between a cursor and the next, whatever dies; what can't be
continued says so; a thousand wait at once and cost nothing."""

import asyncio
import json
import os
import pathlib
import random
import subprocess
import threading
import time
from decimal import Decimal

import pytest

from live_parts import Live, T0, Topics, Waiters, fold, partition_of
from parts import BUILD, ROOT, wait_until

SYMBOLS = ["BTCUSDT", "ETHUSDT", "这是测试币456"]
ALL = "BTCUSDT,ETHUSDT"


@pytest.fixture
def live_of(tmp_path):
    made = []

    def make(topics, **settings):
        folder = tmp_path / str(len(made))
        folder.mkdir()
        made.append(Live(folder, topics, **settings))
        return made[-1]

    yield make
    for live in made:
        live.close()


@pytest.fixture
def topics():
    """A venue with an epoch and a session that began at T0."""
    t = Topics("replay-live", SYMBOLS)
    t.meta("epoch", {"epoch": 1, "generation": 1})
    t.control("begin", T0)
    return t


def take(seen, answer):
    for e in answer["events"]:
        assert e["type"] == "candle"
        seen.setdefault(e["symbol"], {})[e["t"]] = e


def candle(e):
    return tuple(Decimal(e[k]) for k in "ohlcv") + (e["n"],)


def test_answers_in_the_agreed_form(topics, live_of):
    live = live_of(topics)
    topics.meta("rev/BTCUSDT", {"revision": "1.81"})
    topics.trade("BTCUSDT", 1, T0 + 1500, "100.5", "0.25")
    first = live.ready("BTCUSDT")
    answer = wait_until(lambda: (a := live.poll("BTCUSDT"))["events"] and a["revision"] and a, "the trade is there")
    assert set(answer) == {"venue", "epoch", "cursor", "recovered", "state", "lag_ms", "as_of", "revision", "events"}
    assert answer["venue"] == "replay-live" and answer["epoch"] == 1 and answer["state"] == "replay"
    assert answer["as_of"] == {"BTCUSDT": T0} and answer["revision"] == {"BTCUSDT": "1.81"}
    assert answer["events"] == [{"type": "candle", "symbol": "BTCUSDT", "t": T0 + 1000, "o": "100.50000000",
                                 "h": "100.50000000", "l": "100.50000000", "c": "100.50000000", "v": "0.25000000",
                                 "q": "25.12500000", "n": 1, "origin": "trade", "closed": False}]
    assert first["cursor"].startswith(f"c1:replay-live:1:{partition_of('BTCUSDT')}.")
    other = live.poll("这是测试币456".encode().hex(" ").upper().replace(" ", "%").join(["%", ""]))
    assert list(other["as_of"]) == ["这是测试币456"]


def test_bad_requests(topics, live_of):
    live = live_of(topics)
    live.ready("BTCUSDT")
    for query, status in [("", 400), ("symbols=NOSUCH", 400), ("symbols=BTCUSDT&wait=61", 400),
                          ("symbols=BTCUSDT&cursor=%00", 400), ("symbols=BTCUSDT&cursor=c2:x", 400),
                          ("symbols=BTCUSDT&symbols=ETHUSDT", 400), ("symbols=BTCUSDT&x=1", 400)]:
        got, headers, body = live.request("/api/v1/live?" + query)
        assert got == status, (query, body)
        assert headers["Content-Type"].startswith("application/problem+json")
        problem = json.loads(body)
        assert problem["status"] == status and problem["code"] < 0 and problem["detail"]
    status, headers, _ = live.request("/api/v1/live?symbols=BTCUSDT", method="POST")
    assert status == 405 and headers["Allow"] == "GET, HEAD"
    status, headers, body = live.request("/api/v1/live?symbols=BTCUSDT&wait=0", method="HEAD")
    assert status == 200 and body == b"" and int(headers["Content-Length"]) > 100


def test_not_ready_without_an_epoch(live_of):
    t = Topics("replay-live", SYMBOLS)
    t.control("begin", T0)
    live = live_of(t)
    wait_until(lambda: "live_warm" in live.log.read_text(), "warm")
    status, headers, _ = live.request("/api/v1/live?symbols=BTCUSDT&wait=0")
    assert status == 503 and headers["Retry-After"]
    t.meta("epoch", {"epoch": 3, "generation": 1})
    assert live.ready("BTCUSDT")["epoch"] == 3


def test_waits_and_is_woken(topics, live_of):
    live = live_of(topics)
    cursor = live.ready("BTCUSDT")["cursor"]
    began = time.monotonic()
    answer = live.poll("BTCUSDT", cursor, wait=1)
    assert 0.9 < time.monotonic() - began < 5
    assert answer["events"] == [] and answer["recovered"] and answer["cursor"] == cursor
    status, _, body = live.request(f"/api/v1/live?symbols=BTCUSDT&cursor={cursor}", Prefer="wait=1")
    assert status == 200 and json.loads(body)["events"] == []
    got = []
    thread = threading.Thread(target=lambda: got.append((live.poll("BTCUSDT", cursor, wait=30), time.monotonic())))
    thread.start()
    topics.trade("ETHUSDT", 1, T0 + 1500)
    topics.trade("BTCUSDT", 1, T0 + 1500)
    sent = time.monotonic()
    thread.join(30)
    answer, at = got[0]
    assert at - sent < 5
    assert [e["t"] for e in answer["events"]] == [T0 + 1000] and answer["recovered"]
    assert {e["symbol"] for e in answer["events"]} == {"BTCUSDT"}


def test_quiet_seconds_are_news(topics, live_of):
    live = live_of(topics)
    cursor = live.ready("BTCUSDT")["cursor"]
    for t in (3000, 9000):
        topics.control("alive", T0 + t)
        began = time.monotonic()
        answer = live.poll("BTCUSDT", cursor, wait=30)
        assert 0.9 < time.monotonic() - began < 10
        assert answer["as_of"] == {"BTCUSDT": T0 + t} and answer["events"] == [] and answer["recovered"]
        cursor = answer["cursor"]


def test_what_cannot_be_continued_says_so(topics, live_of):
    for n in range(1, 21):
        topics.trade("BTCUSDT", n, T0 + n * 1000)
    live = live_of(topics)
    live.ready("BTCUSDT")
    good = live.poll("BTCUSDT")
    assert not good["recovered"] and [e["t"] for e in good["events"]] == [T0 + n * 1000 for n in range(1, 21)]
    p = partition_of("BTCUSDT")
    for bad in [f"c1:binance:1:{p}.trade.5", f"c1:replay-live:2:{p}.trade.5", f"c1:replay-live:1:{p}.trade.5000"]:
        answer = live.poll("BTCUSDT", bad, wait=10)
        assert answer["recovered"] is False, bad
        assert answer["cursor"] == good["cursor"] and answer["events"] == good["events"], bad
    # From the low watermark: everything is still known.
    answer = live.poll("BTCUSDT", f"c1:replay-live:1:{p}")
    assert answer["recovered"] and answer["events"] == good["events"]
    assert live.poll("BTCUSDT", good["cursor"])["recovered"]
    # As time goes on what is too old for the cache can't be continued any more.
    topics.control("alive", T0 + 1_000_000)
    wait_until(lambda: live.poll("BTCUSDT")["as_of"]["BTCUSDT"] == T0 + 1_000_000, "as_of")
    answer = live.poll("BTCUSDT", f"c1:replay-live:1:{p}.trade.5")
    assert answer["recovered"] is False and answer["events"] == []
    assert live.poll("BTCUSDT", answer["cursor"])["recovered"]


def test_epoch_rise_tells_everybody(topics, live_of):
    live = live_of(topics)
    cursor = live.ready(ALL)["cursor"]
    got = []
    thread = threading.Thread(target=lambda: got.append(live.poll(ALL, cursor, wait=30)))
    thread.start()
    topics.meta("epoch", {"epoch": 2, "generation": 1})
    thread.join(40)
    assert got[0]["epoch"] == 2 and got[0]["recovered"] is False
    assert live.poll(ALL, got[0]["cursor"])["recovered"]


def test_warm_start_in_the_middle(topics, live_of):
    """A program that starts later finds symbols and sessions in the tail, and continues cursors of its forerunner's."""
    live = live_of(topics, tail=2)
    cursor = live.ready(ALL)["cursor"]
    for n in range(1, 40):
        topics.trade("BTCUSDT", n, T0 + n * 100)
        if n % 10 == 0:
            topics.control("alive", T0 + n * 100, symbols=SYMBOLS)
            time.sleep(0.5)  # the tail counts in times of production
    end = wait_until(lambda: (a := live.poll(ALL))["events"][-1]["n"] == 10 and a["cursor"], "all was read")
    live.kill()
    live.ready(ALL)
    answer = live.poll(ALL, end)
    assert answer["recovered"] and answer["events"] == []
    topics.trade("BTCUSDT", 40, T0 + 9000)
    answer = live.poll(ALL, end, wait=10)
    assert answer["recovered"] and [e["t"] for e in answer["events"]] == [T0 + 9000]
    # Whatever is told of older cursors is true: all of it, or not recovered.
    answer = live.poll(ALL, cursor)
    if answer["recovered"]:
        assert [e["t"] for e in answer["events"]] == [T0 + s * 1000 for s in (0, 1, 2, 3, 9)]


class Market(threading.Thread):
    """Trades of two symbols and a session's control records, in market time = T0 + real time."""

    def __init__(self, topics, symbols, seconds):
        super().__init__()
        self.topics, self.symbols, self.seconds = topics, symbols, seconds
        self.trades = {s: [] for s in symbols}
        self.random = random.Random(7)

    def run(self):
        begun = time.monotonic()
        last_alive = ids = 0
        while (now := int((time.monotonic() - begun) * 1000)) < self.seconds * 1000:
            for symbol in self.symbols:
                ids += 1
                # Some come late, though within the time to settle, and some twice.
                at = T0 + max(0, now - self.random.choice([0, 0, 0, 0, 1200, 2500]))
                price, quantity = str(100 + self.random.randrange(1000)), str(self.random.randrange(1, 9))
                for _ in range(self.random.choice([1, 1, 1, 2])):
                    self.topics.trade(symbol, ids, at, price, quantity, flush=False)
                self.trades[symbol].append((ids, at, Decimal(price), Decimal(quantity)))
            if now - last_alive >= 1000:
                last_alive = now
                self.topics.control("alive", T0 + now - 3000 if now > 3000 else T0)
            self.topics.flush()
            time.sleep(0.02)


def test_contiguous_over_kills(topics, live_of):
    """Polls go on by their cursor while the program is killed again and again: each second ends as it was traded."""
    live = live_of(topics)
    answer = live.ready(ALL)
    market = Market(topics, ["BTCUSDT", "ETHUSDT"], 14)
    seen, polls, kills, errors = {}, 0, 0, 0
    take(seen, answer)
    market.start()
    next_kill = time.monotonic() + 2
    while market.is_alive() or any(answer["events"]):
        if market.is_alive() and time.monotonic() > next_kill:
            live.kill()
            kills += 1
            next_kill = time.monotonic() + 2
        try:
            status, _, body = live.request(f"/api/v1/live?symbols={ALL}&cursor={answer['cursor']}&wait=2")
        except OSError:
            status = 0
        if status != 200:
            assert status in (0, 502, 503)
            errors += 1
            time.sleep(0.05)
            continue
        answer = json.loads(body)
        assert answer["recovered"], body
        take(seen, answer)
        polls += 1
    market.join()
    assert kills >= 4
    for symbol, trades in market.trades.items():
        expected = fold(trades)
        assert {t: candle(e) for t, e in seen[symbol].items()} == expected
    print(f"{polls} polls, {kills} kills, {errors} errors, {sum(len(s) for s in seen.values())} seconds")


def test_a_thousand_waiters(topics, live_of):
    """All of them get the one event; memory stays where it is, and who leaves is forgotten."""
    count = 1000
    live = live_of(topics)
    cursor = live.ready("BTCUSDT")["cursor"]
    rss, spread, held = [], [], 0

    async def rounds():
        nonlocal cursor, held
        for n in range(1, 7):
            waiters = Waiters(live.port, f"/api/v1/live?symbols=BTCUSDT&cursor={cursor}&wait=60", count)
            await waiters.open()
            waiters.send()
            answers = asyncio.ensure_future(waiters.answers())
            done, _ = await asyncio.wait([answers], timeout=2)
            assert not done
            rss.append(live.rss_kib())
            sent = time.monotonic()
            topics.trade("BTCUSDT", n, T0 + n * 1000)
            got = await asyncio.wait_for(answers, 30)
            assert len({body for _, body, _ in got}) <= 3  # lag_ms may tick
            for status, body, _ in got:
                answer = json.loads(body)
                assert status == 200 and answer["recovered"]
                assert [e["t"] for e in answer["events"]] == [T0 + n * 1000]
            times = sorted(at - sent for _, _, at in got)
            spread.append((times[count // 2], times[count * 99 // 100]))
            cursor = answer["cursor"]
            if n == 6:  # ...and a thousand that go away without a word
                waiters.path = f"/api/v1/live?symbols=BTCUSDT&cursor={cursor}&wait=60"
                waiters.send()
                await asyncio.sleep(1)
                held = live.descriptors()
            waiters.close()

    asyncio.run(rounds())
    print("p50/p99 ms:", [(round(a * 1000), round(b * 1000)) for a, b in spread], "rss KiB:", rss)
    assert rss[-1] - rss[1] < 2048
    wait_until(lambda: live.descriptors() <= held - count, "those who left are forgotten")
    metrics = live.metrics()
    assert metrics["pricegraph_fcgi_parked_max"] >= count
    assert metrics["pricegraph_fcgi_left_total"] == count
    assert metrics["pricegraph_fcgi_parked"] == 0


def test_too_many_waiters(topics, live_of):
    live = live_of(topics, waiters_max=10)
    cursor = live.ready("BTCUSDT")["cursor"]

    async def run():
        waiters = Waiters(live.port, f"/api/v1/live?symbols=BTCUSDT&cursor={cursor}&wait=3", 30)
        await waiters.open()
        waiters.send()
        got = await asyncio.wait_for(waiters.answers(), 30)
        waiters.close()
        return [status for status, _, _ in got]

    statuses = asyncio.run(run())
    assert sorted(set(statuses)) == [200, 429] and statuses.count(200) == 10


def test_bad_records_harm_nothing_else(topics, live_of):
    live = live_of(topics)
    cursor = live.ready("BTCUSDT")["cursor"]
    for bad in ["junk", "{}", json.dumps({"e": "trade", "s": "BTCUSDT"}), b"\xff\xfe", ""]:
        topics.raw("trade", "BTCUSDT", bad)
    topics.producer.produce(topics.name("trade"), "no json", partition=partition_of("BTCUSDT"), headers={"control": "1"})
    topics.producer.produce(topics.name("meta"), "no json", key="epoch")
    topics.trade("BTCUSDT", 1, T0 + 1000)
    topics.trade("BTCUSDT", 1, T0 + 1000)
    answer = live.poll("BTCUSDT", cursor, wait=20)
    assert answer["recovered"] and [e["n"] for e in answer["events"]] == [1]
    wait_until(lambda: live.poll("BTCUSDT", answer["cursor"])["cursor"] == live.poll("BTCUSDT")["cursor"], "all was read")
    metrics = wait_until(lambda: live.metrics(), "counters")
    assert metrics["pricegraph_live_bad_total"] == 7
    assert metrics["pricegraph_live_events_total"] == 2
    assert metrics["pricegraph_live_repeats_total"] == 1
    # What was read is what was written: 8 partitions' control, 5 + 1 + 1 bad, the epoch, 2 trades.
    assert metrics["pricegraph_live_records_total"] == 8 + 7 + 1 + 2


def test_kafka_away(topics, live_of):
    """The broker goes and comes back: the poll that waited all the time gets what was written afterwards."""
    live = live_of(topics)
    cursor = live.ready("BTCUSDT")["cursor"]
    folder = os.environ["PRICEGRAPH_TEST_KAFKA_DIR"]
    kafka = str(ROOT / "stack/kafka.sh")
    got = []
    thread = threading.Thread(target=lambda: got.append(live.poll("BTCUSDT", cursor, wait=60)))
    subprocess.run([kafka, "stop", folder], check=True)
    try:
        wait_until(lambda: "live_kafka" in live.log.read_text(), "it is noticed")
        assert live.poll("BTCUSDT", cursor)["recovered"]
        thread.start()
    finally:
        subprocess.run([kafka, "start", folder], check=True)
        subprocess.run([kafka, "ready", folder], check=True)
    topics.trade("BTCUSDT", 1, T0 + 1000)
    thread.join(60)
    assert got[0]["recovered"] and [e["t"] for e in got[0]["events"]] == [T0 + 1000]


def test_ended_recording(topics, live_of):
    topics.trade("BTCUSDT", 1, T0 + 1000)
    topics.control("ended", T0 + 2000, speed=0)
    live = live_of(topics)
    answer = live.ready("BTCUSDT")
    assert answer["state"] == "replay" and answer["ended"] is True and answer["lag_ms"] == 0
    assert [e["t"] for e in answer["events"]] == [T0 + 1000]


def test_plain_cgi(topics, live_of):
    topics.trade("BTCUSDT", 1, T0 + 1000)
    live = live_of(topics)
    live.ready("BTCUSDT")
    env = {**os.environ, "REQUEST_METHOD": "GET", "SCRIPT_NAME": "/api/v1/live", "QUERY_STRING": "symbols=BTCUSDT",
           "GATEWAY_INTERFACE": "CGI/1.1"}
    began = time.monotonic()
    done = subprocess.run([str(BUILD / "pricegraph-live"), "--config", str(live.config)], env=env, capture_output=True,
                          stdin=subprocess.DEVNULL, timeout=30)
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    assert done.returncode == 0 and head.startswith(b"Status: 200 OK"), done
    assert time.monotonic() - began < 8  # as soon as its cache is warm, not at the end of its wait
    assert [e["t"] for e in json.loads(body)["events"]] == [T0 + 1000]


def test_stops_in_time(topics, live_of):
    """SIGTERM: who waits is answered, the program ends by itself."""
    live = live_of(topics)
    cursor = live.ready("BTCUSDT")["cursor"]
    got = []
    thread = threading.Thread(target=lambda: got.append(live.poll("BTCUSDT", cursor, wait=60)))
    thread.start()
    pid = live.pid()
    time.sleep(0.5)  # it is parked by then; if not, it is answered all the same
    began = time.monotonic()
    os.kill(pid, 15)
    thread.join(20)
    wait_until(lambda: not pathlib.Path(f"/proc/{pid}").exists(), "it has ended", 10)
    assert time.monotonic() - began < 5
    assert got[0]["events"] == [] and got[0]["recovered"]
