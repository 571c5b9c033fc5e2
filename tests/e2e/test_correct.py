"""Candles corrected and taken away by hand: exactly, with an audit, the bars above them, and nothing else; whatever comes later does not undo
it, and what was done can be undone."""

import json

import pytest

from correct_parts import (END, SYMBOL, assert_stored, correct, d, inverse, line, revision, run_of, seconds_of, settled, visible, wait_stored,
                           write)
from parts import wait_until
from test_sink import T0, kline, ticker, trade

NEW = ("7.1", "9.25", "0.12345678", "8", "1234567.00000001", "9876543.21", 17, "4", "5")


@pytest.fixture
def stack(stack_of):
    return stack_of("replay-correct", {"feed.enabled": "no", "sink.batch_interval": 50})


def test_a_second_is_corrected_exactly_and_once(stack):
    """Old and new in the audit, only the bars above it change; the same file again changes nothing."""
    _, _, events = settled(stack)
    seconds = seconds_of(events)
    t = sorted(seconds)[40]
    old, before = seconds[t], revision(stack)
    path = write(stack, "a.csv", line(t, NEW))

    dry = correct(stack, path, "--dry-run")
    assert "would be o 7.1" in dry.stdout.replace("7.10000000", "7.1") and f"o {old[0]}" in dry.stdout
    assert "1 candles of 1s, 1 of 1m, 1 of 1h, 1 of 1d would change" in dry.stdout
    assert revision(stack) == before and stack.one("SELECT count(*) FROM correction") == 0
    assert_stored(stack, seconds)

    done = correct(stack, path)
    seconds[t] = d(*NEW)
    assert_stored(stack, seconds)
    assert revision(stack) == before + 1
    assert stack.rows("SELECT level, open_us, what, why, revision, (old ->> 'open')::numeric, (new ->> 'open')::numeric, who <> '' "
                      "FROM correction") == [("1s", t * 1000, "correct", "they were wrong", before + 1, old[0], d("7.1")[0], True)]
    assert stack.rows("SELECT origin, closed, revision FROM candle_1s WHERE origin = 5") == [(5, True, before + 1)]
    changed = stack.rows("SELECT '1s', open_us FROM candle_1s WHERE revision > %s UNION ALL SELECT '1m', open_us FROM candle_1m "
                         "WHERE revision > %s ORDER BY 1", before, before)
    assert changed == [("1m", (t - t % 60_000) * 1000), ("1s", t * 1000)]
    assert stack.one("SELECT settled_revision FROM symbol") == before + 1

    again = correct(stack, path)
    assert "0 candles of 1s, 0 of 1m, 0 of 1h, 0 of 1d changed" in again.stdout
    assert revision(stack) == before + 1 and stack.one("SELECT count(*) FROM correction") == 1
    assert run_of(done)


def test_what_comes_late_does_not_change_a_correction(stack):
    """Trades, samples, klines of any version, before and behind it; also after the collector was started anew."""
    collector, topics, events = settled(stack)
    seconds = seconds_of(events)
    t, free = sorted(seconds)[10], sorted(seconds)[100]
    correct(stack, write(stack, "a.csv", line(t, NEW[:7])))
    seconds[t] = d(*NEW[:7], None, None)
    late = [trade(SYMBOL, 900_000 + n, t + n, "99", "1") for n in range(3)]
    for e in late:
        topics.event("trade", SYMBOL, e)
    topics.event("miniTicker", SYMBOL, ticker(SYMBOL, t + 5, "1000"))
    topics.event("kline_1s", SYMBOL, kline(SYMBOL, t, END + 9000))
    other = trade(SYMBOL, 900_009, free, "98", "1")
    topics.event("trade", SYMBOL, other)
    topics.flush()
    seconds[free] = seconds_of([*events, other])[free]
    wait_until(lambda: stack.one("SELECT count(*) FROM raw_trade WHERE id >= 900000") == 4, "they are taken")
    wait_stored(stack, seconds)
    assert stack.rows("SELECT origin FROM candle_1s WHERE open_us = %s", t * 1000) == [(5,)]
    assert collector.stop() == 0
    stack.start("pricegraph-collector")
    topics.event("trade", SYMBOL, trade(SYMBOL, 900_010, t + 7, "97", "1"))
    topics.flush()
    wait_until(lambda: stack.one("SELECT count(*) FROM raw_trade WHERE id = 900010") == 1, "the next one too")
    wait_stored(stack, seconds)
    assert stack.one("SELECT count(*) FROM quarantine") == 0


def test_a_second_that_was_not_there(stack):
    _, _, events = settled(stack)
    seconds = seconds_of(events)
    t = T0 + 3_600_000  # nothing was traded in that hour
    correct(stack, write(stack, "a.csv", line(t, NEW)))
    seconds[t] = d(*NEW)
    assert_stored(stack, seconds)


def test_delete_leaves_tombstones_that_charts_hear_of(stack):
    _, topics, events = settled(stack)
    seconds = seconds_of(events)
    before, first = revision(stack), T0 - T0 % 60_000 + 50_000
    last = first + 80_000  # a whole minute, and a part of the ones around it
    dry = stack.run("pricegraphctl", "delete", SYMBOL, str(first), str(last), "--reason", "a bad stretch", "--dry-run")
    assert "would be removed" in dry.stdout and revision(stack) == before
    stack.run("pricegraphctl", "delete", SYMBOL, str(first), str(last), "--reason", "a bad stretch")
    gone = {t for t in seconds if first <= t < last}
    assert len(gone) > 20
    left = {t: v for t, v in seconds.items() if t not in gone}
    assert_stored(stack, left)
    answer = stack.json(f"/api/v1/periodic?symbol={SYMBOL}&interval=1m&from={first - 50_000}&since=1.{before}")
    assert answer["removed"] == [first + 10_000] and not answer["reload"]
    assert [c[0] for c in answer["candles"] if c[7]] == [first - 50_000, first + 70_000]
    # A late trade does not bring one back.
    t = min(gone)
    topics.event("trade", SYMBOL, trade(SYMBOL, 900_000, t, "99", "1"))
    topics.flush()
    wait_until(lambda: stack.one("SELECT count(*) FROM raw_trade WHERE id = 900000") == 1, "it is taken")
    assert_stored(stack, left)
    assert stack.one("SELECT count(*) FROM correction") == len(gone)
    stack.run("pricegraphctl", "delete", SYMBOL, str(first), str(last), "--reason", "again")
    assert stack.one("SELECT count(*) FROM correction") == len(gone)


BAD = [
    ("x,1,1,1,1,1,1,1", "is no whole number"), ("1700000000500,1,1,1,1,1,1,1", "is not that of a candle of 1s"),
    ("17,1,1,1,1,1,1,1", "no time since July 2017"), ("T,1,2,3,1,1,1,1", "high is below low"), ("T,5,4,1,2,1,1,1", "high is below open"),
    ("T,1,4,2,3,1,1,1", "low is above open"), ("T,1,1,1,1e5,1,1,1", "is no decimal"), ("T,1,1,1,-1,1,1,1", "is negative"),
    ("T,0,1,0,1,1,1,1", "is no price"), ("T,1,1,1,1,0,0,5", "trades without a volume"), ("T,1,1,1,1,5,5,0", "a volume without trades"),
    ("T,1,1,1,1,1,1,", "trades is missing"), ("T,1,1,1,1,1,1,1.5", "is no whole number"), ("T,1,1,1,1,1,1,1,2,1", "above the whole"),
    ("T,1,1,1,1,1,1,1,1,1,1,1", "more than"), ("T", "open is missing"), ("T,NaN,1,1,1,1,1,1", "is no decimal"),
    ("T,1,1000000000000000000,1,1,1,1,1", "is out of range"),
    (f"{END - 4000},1,1,1,1,1,1,1", "not settled yet"), (f"{END + 900_000_000},1,1,1,1,1,1,1", "in the future"),
]


def test_all_or_nothing_with_line_numbers(stack):
    _, _, events = settled(stack)
    seconds, before = seconds_of(events), revision(stack)
    t = max(seconds)
    good = line(t, NEW)
    for text, reason in BAD:
        done = correct(stack, write(stack, "a.csv", good, "", "# a note", text.replace("T", str(t + 1000))), check=False)
        assert done.returncode == 1 and "a.csv:4: " in done.stderr and reason in done.stderr, (text, done.stderr)
        assert "nothing was changed" in done.stderr
    done = correct(stack, write(stack, "a.csv", good, line(t + 1000, NEW), good), check=False)
    assert "a.csv:3: the same candle as in line 1" in done.stderr
    for arguments, reason in ((["NOSUCH", "--from", "a", "--reason", "x"], "there is no symbol"), ([SYMBOL, "--from", "a"], "--reason is missing"),
                              ([SYMBOL, "--reason", "x"], "--from FILE or --inverse"), ([SYMBOL, "--from", "/nosuch", "--reason", "x"], "No such"),
                              ([SYMBOL, "--inverse", "99"], "changed nothing"), ([SYMBOL, "--nosuch"], "no option --nosuch")):
        done = stack.run("pricegraphctl", "correct", *arguments, check=False)
        assert done.returncode == 1 and reason in done.stderr, done.stderr
    done = stack.run("pricegraphctl", "delete", SYMBOL, str(T0), str(END), "--reason", "x", check=False)
    assert done.returncode == 1 and "is settled" in done.stderr
    assert_stored(stack, seconds)
    assert revision(stack) == before and stack.one("SELECT count(*) FROM correction") == 0


def test_columns_by_name_microseconds_and_unknown_volumes(stack):
    _, _, events = settled(stack)
    seconds = seconds_of(events)
    a, b = sorted(seconds)[3:5]
    correct(stack, write(stack, "a.csv", "close,open_time,interval,low,high,open", f"3,{a * 1000},1s,1,4,2", f"3, {b} ,,1,4,2"))
    for t in (a, b):
        seconds[t] = d("2", "4", "1", "3", None, None, None, None, None)
    assert_stored(stack, seconds)


def test_many_seconds_while_the_sink_writes(stack):
    """Corrections in chunks beside a sink at full speed: everything is there afterwards, and no batch was refused."""
    collector, topics, events = settled(stack, seconds=900)
    seconds = seconds_of(events)
    corrected = {T0 // 1000 * 1000 + k * 1000: d(*NEW) for k in range(2500)}
    path = write(stack, "a.csv", *(line(t, NEW) for t in sorted(corrected, reverse=True)))
    more = [trade(SYMBOL, 500_000 + n, END + n * 3, "55", "1", False) for n in range(40_000)]
    late = [trade(SYMBOL, 800_000 + n, T0 + n * 71 % 2_500_000, "55", "1") for n in range(2000)]
    for n, e in enumerate(more):
        topics.event("trade", SYMBOL, e)
        if n % 20 == 0:
            topics.event("trade", SYMBOL, late[n // 20])
        if n % 2000 == 0:
            topics.control("alive", e["T"])
    done = correct(stack, path)
    assert "2500 candles of 1s" in done.stdout
    end = END + 2 * 86_400_000
    topics.control("alive", end)
    topics.flush()
    wait_until(lambda: stack.one("SELECT count(*) FROM raw_trade") == len(events) + len(more) + len(late), "all is taken", 120)
    wait_until(lambda: stack.one("SELECT min(to_us) FROM span") >= end * 1000, "all is settled")
    wait_stored(stack, {**seconds_of([*more]), **{t: v for t, v in seconds.items() if t not in corrected}, **corrected})
    assert stack.one("SELECT count(*) FROM quarantine") == 0
    assert collector.stop() == 0


def test_live_and_periodic_hear_of_it(stack, tmp_path):
    """The revision is in the meta topic within a second or so, also when no record comes; live gives it, periodic the candles."""
    from live_parts import Live

    class Of:
        venue, prefix, servers = stack.venue, stack.prefix, stack.values["kafka.bootstrap.servers"]

    _, topics, events = settled(stack)
    live = Live(tmp_path, Of)
    try:
        first = live.ready(SYMBOL)
        assert SYMBOL not in first["revision"]  # nothing of the past has changed yet
        old = f"1.{revision(stack)}"
        t = sorted(seconds_of(events))[7]
        correct(stack, write(stack, "a.csv", line(t, NEW)))
        now = wait_until(lambda: (lambda a: SYMBOL in a["revision"] and a)(live.poll(SYMBOL)), "live tells of it", 10)
        assert now["revision"][SYMBOL] == f"1.{revision(stack)}"
        for interval, start in (("1m", t - t % 60_000), ("3m", t - t % 180_000)):
            answer = stack.json(f"/api/v1/periodic?symbol={SYMBOL}&interval={interval}&from={t - t % 180_000}&since={old}")
            assert [c[0] for c in answer["candles"] if c[7]] == [start], interval
            assert not answer["reload"] and answer["removed"] == []
            assert answer["revision"] == now["revision"][SYMBOL]
        assert json.dumps(stack.json(f"/api/v1/initial?symbol={SYMBOL}&interval=1s&limit=1&end={t + 1000}")["candles"][0][:9]) == json.dumps(
            [t, "7.10000000", "9.25000000", "0.12345678", "8.00000000", "1234567.00000001", "9876543.21000000", 17, "correction"])
    finally:
        live.close()


def test_an_inverse_of_a_correction_of_a_correction(stack):
    """Undone one by one, the first correction comes back."""
    _, _, events = settled(stack)
    seconds = seconds_of(events)
    t = sorted(seconds)[5]
    correct(stack, write(stack, "a.csv", line(t, NEW[:7])))
    second = correct(stack, write(stack, "b.csv", line(t, ("1", "1", "1", "1", "", "", ""))))
    assert visible(stack, "candle_1s")[t][0] == 1
    correct(stack, inverse(stack, second))
    seconds[t] = d(*NEW[:7], None, None)
    assert_stored(stack, seconds)


def test_an_inverse_gives_back_what_is_known(stack):
    """Of corrections, removals and of a second that was not there; late data of meanwhile included; the same again changes nothing."""
    _, topics, events = settled(stack)
    seconds = seconds_of(events)
    times = sorted(seconds)
    lines = [line(times[1], NEW), f"{times[2]},remove", line(T0 + 3_600_000, NEW), f"{times[4]},remove"]
    done = correct(stack, write(stack, "a.csv", *lines))
    deleted = stack.run("pricegraphctl", "delete", SYMBOL, str(times[10]), str(times[20]), "--reason", "x")
    late = [trade(SYMBOL, 900_000, times[1], "99", "1"), trade(SYMBOL, 900_001, times[12], "99", "1")]
    for e in late:
        topics.event("trade", SYMBOL, e)
    topics.event("kline_1s", SYMBOL, kline(SYMBOL, times[30], END + 9000))
    topics.flush()
    wait_until(lambda: stack.one("SELECT count(*) FROM candle_1s WHERE origin = 4") == 1, "the kline is taken")
    wait_until(lambda: stack.one("SELECT count(*) FROM raw_trade WHERE id >= 900000") == 2, "the trades too")
    correct(stack, write(stack, "b.csv", line(times[30], NEW)))
    last = correct(stack, write(stack, "c.csv", line(times[30], NEW[:7])))
    seconds = seconds_of([*events, *late])
    seconds[times[30]] = d("5", "8", "4", "6", "3", "7", 2, "1", "2")
    for run in (last, deleted, done):
        path = inverse(stack, run)
        dry = correct(stack, path, "--dry-run")
        assert " 0 candles of 1s" not in dry.stdout
        correct(stack, path)
    assert stack.rows("SELECT open_us / 1000 FROM candle_1s WHERE origin = 5") == [(times[30],)]  # the first of the two stands
    correct(stack, write(stack, "d.csv", f"{times[30]},withdraw"))
    assert_stored(stack, seconds)
    assert stack.rows("SELECT origin, closed, stated_us FROM candle_1s WHERE open_us = %s", times[30] * 1000) == [(4, True, (END + 9000) * 1000)]
    before = revision(stack)
    correct(stack, inverse(stack, done))
    assert revision(stack) == before
    # What is withdrawn is no correction any more: late data change it again.
    e = trade(SYMBOL, 900_005, times[2], "98", "1")
    topics.event("trade", SYMBOL, e)
    topics.event("trade", SYMBOL, trade(SYMBOL, 900_006, T0 + 3_600_000, "97", "1"))
    topics.flush()
    wait_stored(stack, {**seconds, **{t: seconds_of([*events, *late, e])[t] for t in [times[2]]},
                        T0 + 3_600_000: d("97", "97", "97", "97", "1", "97", 1, "0", "0")})


def test_a_kline_waits_beneath_a_correction(stack):
    """What the exchange states of a corrected or removed second meanwhile is what is known of it, in whatever order it came, when that is withdrawn."""
    _, topics, events = settled(stack)
    seconds = seconds_of(events)
    times = sorted(seconds)
    corrected, removed, known, new = times[3], times[4], times[5], T0 + 3_600_000
    topics.event("kline_1s", SYMBOL, kline(SYMBOL, known, END + 9500))
    topics.flush()
    wait_until(lambda: stack.one("SELECT count(*) FROM candle_1s WHERE origin = 4") == 1, "a kline is known")
    correct(stack, write(stack, "a.csv", line(corrected, NEW), f"{removed},remove", line(known, NEW), line(new, NEW)))
    now = dict(visible(stack, "candle_1s"))
    for stated in (END + 9000, END + 9001, END + 8000):
        for t in (corrected, removed, known, new):
            topics.event("kline_1s", SYMBOL, kline(SYMBOL, t, stated))
    topics.flush()
    versions = "SELECT open_us / 1000, closed, stated_us FROM kline_beneath ORDER BY 1"
    want = [(t, True, (END + 9001) * 1000) for t in sorted((corrected, removed, known, new))]
    wait_until(lambda: stack.rows(versions) == want, lambda: stack.rows(versions))
    assert dict(visible(stack, "candle_1s")) == now
    correct(stack, write(stack, "b.csv", *(f"{t},withdraw" for t in (corrected, removed, known, new))))
    bar = d("5", "8", "4", "6", "3", "7", 2, "1", "2")
    assert_stored(stack, {**seconds, corrected: bar, removed: bar, known: bar, new: bar})
    assert stack.rows("SELECT open_us / 1000, closed, stated_us FROM candle_1s WHERE origin = 4 ORDER BY 1") == [
        (t, True, (END + (9500 if t == known else 9001)) * 1000) for t in sorted((corrected, removed, known, new))]
    assert stack.one("SELECT count(*) FROM quarantine") == 0


def give(stack, t, close, stated=5):
    """A bar of 1m given at its level, as an import does."""
    stack.db.execute("SELECT * FROM give_1m(%s, ARRAY[%s], ARRAY[%s::bigint], ARRAY[1::numeric], ARRAY[9::numeric], ARRAY[1::numeric], "
                     "ARRAY[%s::numeric], ARRAY[1::numeric], ARRAY[1::numeric], ARRAY[1::bigint], ARRAY[1::numeric], ARRAY[1::numeric], "
                     "ARRAY[%s::bigint], ARRAY[1::bigint])", (stack.venue, SYMBOL, t * 1000, close, stated))


def fold_above(stack, t):
    for level, width in (("1h", 3_600_000), ("1d", 86_400_000)):
        stack.db.execute(f"SELECT fold_{level}(%s, ARRAY[%s], ARRAY[%s::bigint], ARRAY[1::bigint])", (stack.venue, SYMBOL, (t - t % width) * 1000))


def bar(stack, t):
    return stack.rows("SELECT close, origin, made, removed FROM candle_1m WHERE open_us = %s", t * 1000)[0]


def test_bars_that_are_given(stack):
    """They are corrected and taken away at their level; newer ones wait; what has finer candles beneath it is refused."""
    _, _, events = settled(stack)
    t = T0 - T0 % 60_000 + 3_600_000  # an hour without a second
    for n in range(3):
        give(stack, t + n * 60_000, 2 + n)
    fold_above(stack, t)
    whole = visible(stack, "candle_1d")
    path = write(stack, "a.csv", "interval,open_time,open,high,low,close", f"1m,{t},3,8,2,7")
    done = correct(stack, path)
    assert "0 candles of 1s, 1 of 1m, 1 of 1h, 1 of 1d changed" in done.stdout and bar(stack, t) == (7, 5, 4, False)
    before = revision(stack)
    correct(stack, path)
    assert revision(stack) == before
    give(stack, t, 5, stated=9)
    fold_above(stack, t)
    stack.db.execute("SELECT fold_1m(%s, ARRAY[%s], ARRAY[%s::bigint], ARRAY[1::bigint])", (stack.venue, SYMBOL, t * 1000))
    assert bar(stack, t) == (7, 5, 4, False)
    correct(stack, inverse(stack, done))
    assert bar(stack, t) == (5, 4, 3, False)  # the newer one
    # A part of a bar can't be taken away, whole ones can.
    failed = stack.run("pricegraphctl", "delete", SYMBOL, str(t + 30_000), str(t + 120_000), "--reason", "x", check=False)
    assert failed.returncode == 1 and "reaches beyond the stretch" in failed.stderr
    deleted = stack.run("pricegraphctl", "delete", SYMBOL, str(t), str(t + 120_000), "--reason", "x")
    assert [bar(stack, t + n * 60_000)[3] for n in range(3)] == [True, True, False]
    give(stack, t, 6, stated=11)
    assert bar(stack, t)[3]
    correct(stack, inverse(stack, deleted))
    assert [bar(stack, t + n * 60_000) for n in range(3)] == [(6, 4, 3, False), (3, 4, 3, False), (4, 4, 3, False)]
    minute = min(seconds_of(events)) // 60_000 * 60_000
    for interval, at in (("1m", minute), ("1h", minute - minute % 3_600_000), ("1d", minute - minute % 86_400_000)):
        failed = correct(stack, write(stack, "b.csv", "# one", f"{at},1,1,1,1,1,1,1"), "--interval", interval, check=False)
        assert failed.returncode == 1 and "b.csv:2: there are finer candles beneath it" in failed.stderr
    assert whole.keys() == visible(stack, "candle_1d").keys()


def test_a_given_bar_comes_back(stack):
    """A corrected second stands before the bar that was given; withdrawn, nothing is known of the second, and the bar stands again."""
    settled(stack)
    t = T0 - T0 % 60_000 + 3_600_000
    give(stack, t, 2)
    done = correct(stack, write(stack, "a.csv", line(t + 5000, NEW)))
    assert bar(stack, t) == (8, 5, 2, False)
    correct(stack, inverse(stack, done))
    assert bar(stack, t) == (2, 4, 3, False)
    done = stack.run("pricegraphctl", "delete", SYMBOL, str(t), str(t + 60_000), "--reason", "x")
    assert bar(stack, t)[3]
