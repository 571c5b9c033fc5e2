"""pricegraph-live that starts among topics: it settles nothing before it knows them all, and does not wait for one that is not there yet."""

import json

from confluent_kafka.admin import NewTopic

from live_parts import T0, Topics
from parts import wait_until
from test_live import live_of  # noqa: F401, a fixture

SYMBOL = "BTCUSDT"


def ticker(topics, t_ms, close):
    event = {"e": "24hrMiniTicker", "E": t_ms, "s": SYMBOL, "c": close, "o": "1", "h": "900", "l": "1", "v": "5", "q": "6"}
    topics.raw("miniTicker", SYMBOL, json.dumps(event), flush=False)


def kline(topics, t_ms):
    k = {"t": t_ms, "T": t_ms + 999, "s": SYMBOL, "i": "1s", "f": t_ms // 1000, "L": t_ms // 1000 + 1, "o": "5", "c": "6", "h": "8", "l": "4",
         "v": "3", "n": 2, "x": True, "q": "7", "V": "1", "Q": "2", "B": "0"}
    topics.raw("kline_1s", SYMBOL, json.dumps({"e": "kline", "E": t_ms + 1004, "s": SYMBOL, "k": k}), flush=False)


def seconds_of(topics, seconds):
    for s in seconds:
        t_ms = T0 + s * 1000
        for n in range(20):  # so many that a topic comes in pieces
            ticker(topics, t_ms + n * 50, str(100 + n))
        kline(topics, t_ms)
        topics.control("alive", t_ms + 1100, symbols=[SYMBOL])


def test_what_came_meanwhile_is_whole(live_of):  # noqa: F811
    """One topic is read to its end before another: seconds that both tell of are those of both, for cursors from before the start too."""
    topics = Topics("replay-live", [SYMBOL], ("miniTicker", "kline_1s"))
    topics.meta("epoch", {"epoch": 1, "generation": 1})
    topics.control("begin", T0)
    live = live_of(topics)
    live.ready(SYMBOL)
    seconds_of(topics, range(1, 5))
    cursor = wait_until(lambda: (a := live.poll(SYMBOL))["as_of"][SYMBOL] == T0 + 5100 and a["cursor"], "all was read")
    seconds_of(topics, range(5, 40))
    live.kill()
    live.ready(SYMBOL)
    answer = live.poll(SYMBOL, cursor)
    assert answer["recovered"]
    assert [(e["t"], e["origin"], e["n"], e["closed"]) for e in answer["events"]] == [
        (T0 + s * 1000, "kline", 2, s < 35) for s in range(5, 40)]
    assert answer["as_of"] == {SYMBOL: T0 + 40_100}


def test_a_topic_that_is_not_there_yet(live_of):  # noqa: F811
    """After an update the collector makes the topic of a new stream later: live answers from the others, and takes it up when it appears."""
    topics = Topics("replay-live", [SYMBOL], absent=("kline_1s", "aggTrade"))
    topics.meta("epoch", {"epoch": 1, "generation": 1})
    topics.control("begin", T0)
    live = live_of(topics)
    cursor = live.ready(SYMBOL)["cursor"]
    topics.trade(SYMBOL, 1, T0 + 1500)
    answer = live.poll(SYMBOL, cursor, wait=20)
    assert answer["recovered"] and [(e["t"], e["origin"]) for e in answer["events"]] == [(T0 + 1000, "trade")]
    # A cursor from a host that has read it already waits, and is none of the past.
    ahead = answer["cursor"].replace(".kline_1s.0", ".kline_1s.1")
    assert ahead != answer["cursor"]
    topics.create([NewTopic(topics.name("kline_1s"), 8, 1)])
    topics.streams = ("kline_1s",)
    topics.control("begin", T0 + 2000, session="s2")
    kline(topics, T0 + 1000)
    topics.flush()
    answer = live.poll(SYMBOL, answer["cursor"], wait=20)
    assert answer["recovered"] and [(e["t"], e["origin"], e["n"]) for e in answer["events"]] == [(T0 + 1000, "kline", 2)]
    topics.trade(SYMBOL, 2, T0 + 2500)
    answer = live.poll(SYMBOL, ahead, wait=20)
    assert answer["recovered"] and {e["t"] for e in answer["events"]} >= {T0 + 1000}
    metrics = live.metrics()
    assert metrics["pricegraph_live_readings_total"] == 1  # it did not begin anew for it
    assert "live_topics_appeared absent=1" in live.log.read_text()
