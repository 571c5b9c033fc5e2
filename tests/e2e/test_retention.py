"""What is too old goes, by whole partitions, the finer levels first; what comes below is not taken, and nothing waits for it."""

import urllib.request

import psycopg
import pytest

from correct_parts import SYMBOL, correct, line, write
from parts import wait_until
from test_operation import free_port
from test_sink import T0, Topics, kline, start, trade

DAY = 86_400_000
NEW = ("5", "6", "4", "5", "1", "5", 2)


@pytest.fixture
def stack(stack_of):
    """Not a recording; its clock is the feed's."""
    return stack_of("synthetic", {"feed.enabled": "no", "sink.batch_interval": 50, "venue.clock": "ping",
                                  "retention.raw_days": 0, "retention.seconds_days": 0})


def fill(stack, days):
    """A trade a minute for an hour of each day; the collector, the topics, the end."""
    collector = start(stack)
    topics = Topics(stack)
    topics.control("begin", T0, symbols=[SYMBOL])
    for day in range(days):
        topics.control("alive", T0 + day * DAY)
        for n in range(60):
            topics.event("trade", SYMBOL, trade(SYMBOL, day * 60 + n + 1, T0 + day * DAY + n * 60_000, str(100 + day)))
        topics.control("alive", T0 + day * DAY + 7_200_000)
    end = T0 + days * DAY
    topics.control("alive", end)
    topics.flush()
    wait_until(lambda: stack.one("SELECT count(*) = 8 AND min(to_us) = %s FROM span", end * 1000), "all is taken")
    assert stack.one("SELECT count(*) FROM raw_trade") == days * 60
    return collector, topics, end


def again(stack, collector, **days):
    """The collector anew with another retention."""
    assert collector.stop() == 0
    stack.set({f"retention.{k}": v for k, v in days.items()})
    before = collector.text().count("sink_started")
    collector = stack.start("pricegraph-collector")
    wait_until(lambda: collector.text().count("sink_started") > before, "it runs")
    return collector


def tables(stack, base):
    return stack.one("SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relname LIKE %s", base + "\\_synthetic$%")


def horizon(end, days):
    day = end - days * DAY
    return day - day % DAY


def horizons(stack):
    return dict(stack.rows("SELECT level, from_us / 1000 FROM horizon"))


def test_partitions_go_and_coarser_candles_stay(stack):
    collector, topics, end = fill(stack, 12)
    minutes, days = stack.rows("SELECT * FROM candle_1m ORDER BY 1"), stack.rows("SELECT * FROM candle_1d ORDER BY 1")
    collector = again(stack, collector, raw_days=3, seconds_days=6)
    wait_until(lambda: horizons(stack) == {"raw": horizon(end, 3), "1s": horizon(end, 6)}, "the horizons move", 20)
    wait_until(lambda: not stack.rows("SELECT * FROM retention_due('synthetic')"), "nothing is left to be dropped", 20)
    assert stack.one("SELECT min(trade_us) >= %s * 1000 AND count(*) = 3 * 60 FROM raw_trade", horizon(end, 3))
    assert stack.one("SELECT min(open_us) >= %s * 1000 AND count(*) = 6 * 60 FROM candle_1s", horizon(end, 6))
    assert stack.rows("SELECT * FROM candle_1m ORDER BY 1") == minutes
    assert stack.rows("SELECT * FROM candle_1d ORDER BY 1") == days
    status = stack.run("pricegraphctl", "status").stdout
    assert "kept: events since 2023-11-2" in status and "1s since 2023-11-" in status and "1m all" in status, status
    # A shorter retention that is made longer again does not bring the horizon back.
    collector = again(stack, collector, raw_days=30, seconds_days=0)
    assert horizons(stack) == {"raw": horizon(end, 3), "1s": horizon(end, 6)}
    assert collector.stop() == 0


def test_what_comes_below_is_counted_and_blocks_nothing(stack):
    stack.set({"http.port": free_port()})
    collector, topics, end = fill(stack, 12)
    collector = again(stack, collector, raw_days=3, seconds_days=6)
    wait_until(lambda: tables(stack, "raw_trade") < 10 and not stack.rows("SELECT * FROM retention_due('synthetic')"), "they are dropped", 20)
    seconds = stack.rows("SELECT open_us, open, trades, origin FROM candle_1s ORDER BY 1")
    minutes = stack.rows("SELECT * FROM candle_1m ORDER BY 1")
    for n, day in enumerate((1, 7, 8)):  # below both, below raw only (twice)
        topics.event("trade", SYMBOL, trade(SYMBOL, 90_000 + n, T0 + day * DAY + 30_000, "999"))
        topics.event("kline_1s", SYMBOL, kline(SYMBOL, T0 + day * DAY + 45_000, end + 5))
    topics.event("trade", SYMBOL, trade(SYMBOL, 1000, end + 1, "50"))
    topics.control("alive", end + 60_000)
    topics.flush()
    wait_until(lambda: stack.one("SELECT count(*) FROM candle_1s WHERE open = 50") == 1, "what came behind is taken")
    wait_until(lambda: stack.one("SELECT sum(next_offset) FROM kafka_offset WHERE stream = 'kline_1s'") == 3, "the klines, too")
    assert stack.one("SELECT count(*) FROM raw_trade WHERE id >= 90000") == 0
    bars = [((T0 + day * DAY + 45_000) * 1000, 5, 2, 4) for day in (7, 8)]
    assert stack.rows("SELECT open_us, open, trades, origin FROM candle_1s WHERE open <> 50 ORDER BY 1") == sorted(seconds + bars)
    changed = set(stack.rows("SELECT * FROM candle_1m")) - set(minutes)
    assert {r[0] // 60_000_000 for r in changed} >= {(T0 + day * DAY + 45_000) // 60_000 for day in (7, 8)}
    assert not [r for r in changed if r[0] // 1000 < horizon(end, 6)]
    assert stack.one("SELECT count(*) FROM quarantine") == 0
    # Three trades, and one bar below even that of 1s.
    with urllib.request.urlopen(f"http://127.0.0.1:{stack.values['http.port']}/metrics") as answer:
        assert "\npricegraph_sink_below_horizon_total 4\n" in answer.read().decode()
    assert collector.stop() == 0


def test_a_correction_below_is_refused(stack):
    collector, _, end = fill(stack, 12)
    collector = again(stack, collector, raw_days=3, seconds_days=6)
    wait_until(lambda: "1s" in horizons(stack), "the horizon moves", 20)
    t = T0 + DAY
    done = correct(stack, write(stack, "a.csv", line(t, NEW)), check=False)
    assert done.returncode == 1 and "a.csv:1: candles of 1s before 2023-11-" in done.stderr and "not kept" in done.stderr, done.stderr
    done = stack.run("pricegraphctl", "rebuild", SYMBOL, str(t), str(t + 60_000), check=False)
    assert done.returncode == 1 and "raw rows before 2023-11-" in done.stderr
    done = stack.run("pricegraphctl", "delete", SYMBOL, str(t), str(t + 60_000), "--reason", "x", check=False)
    assert done.returncode == 1 and "reaches beyond the stretch" in done.stderr
    # But its minute can be corrected and taken away: the seconds beneath it are gone.
    minute, before = t - t % 60_000, stack.rows("SELECT open, volume FROM candle_1d WHERE open_us = %s", (t - t % DAY) * 1000)
    assert "0 candles of 1s, 1 of 1m, 1 of 1h, 1 of 1d changed" in correct(stack, write(stack, "c.csv", line(minute, NEW)), "--interval", "1m").stdout
    assert stack.rows("SELECT open, volume FROM candle_1d WHERE open_us = %s", (t - t % DAY) * 1000) == [(5, before[0][1] - 2 + 1)]
    stack.run("pricegraphctl", "delete", SYMBOL, str(minute), str(minute + 60_000), "--reason", "x")
    assert stack.rows("SELECT open, volume FROM candle_1d WHERE open_us = %s", (t - t % DAY) * 1000) == [(before[0][0], before[0][1] - 2)]
    correct(stack, write(stack, "d.csv", f"{minute},withdraw"), "--interval=1m")
    assert stack.rows("SELECT open, volume FROM candle_1d WHERE open_us = %s", (t - t % DAY) * 1000) == before
    assert "1 candles of 1s" in correct(stack, write(stack, "b.csv", line(T0 + 7 * DAY, NEW))).stdout
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="not kept"):
        stack.db.execute("SELECT * FROM seconds_change('synthetic', %s, 'correct', 1, 'me', 'x', ARRAY[ROW(%s, false, 1, 1, 1, 1, NULL, NULL, "
                         "NULL, NULL, NULL, NULL, NULL, 5, true, 0)::candle_change])", (SYMBOL, t * 1000))


def test_a_reader_that_takes_long_is_not_disturbed(stack):
    """DETACH waits for it, is tried again, and nobody waits for DETACH."""
    collector, topics, end = fill(stack, 6)
    with psycopg.connect(stack.where) as reader:
        reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        assert reader.execute("SELECT count(*) FROM raw_trade").fetchone() == (360,)
        collector = again(stack, collector, raw_days=2)
        wait_until(lambda: "raw" in horizons(stack), "the horizon moves", 20)
        topics.event("trade", SYMBOL, trade(SYMBOL, 5000, end + 1, "50"))
        topics.control("alive", end + 60_000)
        topics.flush()
        wait_until(lambda: stack.one("SELECT count(*) FROM candle_1s WHERE open = 50") == 1, "the sink goes on", 20)
        assert reader.execute("SELECT count(*) FROM raw_trade").fetchone() == (360,)
    wait_until(lambda: stack.one("SELECT count(*) FROM raw_trade") == 121, "then they are dropped", 20)
    wait_until(lambda: not stack.rows("SELECT * FROM retention_due('synthetic')"), "all of them", 20)
    assert collector.stop() == 0


def test_recordings_have_no_horizon(stack_of):
    stack = stack_of("replay-old", {"feed.enabled": "no", "retention.raw_days": 1, "retention.seconds_days": 1})
    collector, _, _ = fill(stack, 4)
    collector = again(stack, collector)
    assert horizons(stack) == {} and stack.one("SELECT count(*) FROM raw_trade") == 240


def test_two_collectors_and_a_kill_between_the_steps(stack):
    """Whoever has the lock does it; what was detached and not dropped is dropped by the next."""
    collector, _, end = fill(stack, 6)
    stack.db.execute('ALTER TABLE raw_trade_synthetic DETACH PARTITION "raw_trade_synthetic$20231114"')
    collector = again(stack, collector, raw_days=2)
    other = stack.start("pricegraph-collector", "--set", "topics.prefix=" + stack.prefix)
    wait_until(lambda: "raw" in horizons(stack) and not stack.rows("SELECT * FROM retention_due('synthetic')"), "all are dropped", 20)
    assert stack.one("SELECT count(*) FROM pg_class WHERE relname = 'raw_trade_synthetic$20231114'") == 0
    for c in (collector, other):
        c.stop()


def test_what_is_not_kept_is_a_gap_and_no_silence(stack):
    """In answers of seconds; those of minutes are whole still."""
    collector, _, end = fill(stack, 8)
    edge, query = horizon(end, 3), f"/api/v1/initial?symbol={SYMBOL}&limit=1400"
    near = edge + 600_000  # a page over the edge: nothing was traded there, and it was listened to
    before = stack.json(f"{query}&interval=1s&end={near}")
    assert len(before["candles"]) == 1400 and before["gaps"] == []
    minutes = stack.json(f"{query}&interval=1m&end={near}")
    collector = again(stack, collector, raw_days=3, seconds_days=3)
    wait_until(lambda: "1s" in horizons(stack) and not stack.rows("SELECT * FROM retention_due('synthetic')"), "they are dropped", 20)
    after = stack.json(f"{query}&interval=1s&end={near}")
    assert [c[0] for c in after["candles"]] == list(range(edge, near, 1000))
    assert [(g["from"], g["to"], g["cause"], g["state"]) for g in after["gaps"]] == [
        (near - 1_400_000, edge, "retention", "unrepairable")]
    assert stack.json(f"{query}&interval=1m&end={near}")["candles"] == minutes["candles"] != []
