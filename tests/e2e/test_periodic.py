"""Goal: whoever follows a symbol by `periodic` has in the end exactly what the database has, whatever several writers do at once.

Four writers commit as the real ones do: the sink's fence (its own statement), and what every other writer does to a partition's row before it
writes. Some take the row first and are long about the rest; some begin long before they take it; some roll back. COMMITS=100000 is the full form."""

import multiprocessing
import os
import random
import time

import psycopg

import stored
from fcgi_parts import Chart
from parts import ROOT

COMMITS = int(os.environ.get("COMMITS", 8000))
WRITERS, SECONDS, SYMBOLS = 4, 300, ("AAA", "BBB")
OWNER = "the sink"
FENCE = (ROOT / "sql/query/sink_fence.sql").read_text()
FENCE = FENCE.replace("%", "%%").replace("$1", "%(venue)s").replace("$2", "%(owner)s").replace("$3", "%(i)s")
OTHERS = "UPDATE partition SET revision = revision + 1 WHERE venue = %(venue)s AND i = ANY(%(i)s) RETURNING i, revision"
PUT = """
INSERT INTO candle_1s AS c (open_us, symbol, venue, open, high, low, close, volume, quote, trades, origin, closed, stated_us, revision)
VALUES (%(t)s, %(symbol)s, %(venue)s, %(p)s, %(p)s, %(p)s, %(p)s, 1, %(p)s, 1, 4, true, %(stated)s, %(revision)s)
ON CONFLICT (open_us, symbol, venue) DO UPDATE SET open = EXCLUDED.open, high = EXCLUDED.high, low = EXCLUDED.low, close = EXCLUDED.close,
	quote = EXCLUDED.quote, stated_us = EXCLUDED.stated_us, revision = EXCLUDED.revision, removed = false
"""
REMOVE = "UPDATE candle_1s SET removed = true, revision = %(revision)s WHERE venue = %(venue)s AND symbol = %(symbol)s AND open_us = %(t)s"


def commit(db, rnd, number, venue):
    """One transaction of writer `number`; whether it was committed."""
    values = {"venue": venue, "owner": OWNER, "i": [0]}
    with db.transaction() as t:
        if rnd.random() < 0.05:  # its transaction is older than others that commit before it
            db.execute("SELECT pg_sleep(%s)", (rnd.random() * 0.02,))
        values["revision"] = db.execute(FENCE if number == 0 else OTHERS, values).fetchone()[1]
        for _ in range(rnd.randint(1, 3)):
            values.update(t=stored.T0 - rnd.randint(1, SECONDS) * stored.SECOND, symbol=rnd.choice(SYMBOLS), stated=time.time_ns() // 1000,
                          p=rnd.randint(1, 10**9))
            db.execute(REMOVE if rnd.random() < 0.1 else PUT, values)
        if rnd.random() < 0.02:  # the row is held while others wait for it
            db.execute("SELECT pg_sleep(%s)", (rnd.random() * 0.02,))
        if rnd.random() < 0.02:
            raise psycopg.Rollback(t)
        return True
    return False


def write(where, number, venue, commits):
    rnd = random.Random(number)
    with psycopg.connect(where, autocommit=True) as db:
        done = 0
        while done < commits:
            done += commit(db, rnd, number, venue)


class Follower:
    """A page that was opened before anything happened."""

    def __init__(self, client, symbol):
        self.client, self.symbol = client, symbol
        first = client.json(f"/api/v1/initial?symbol={symbol}&interval=1s&limit={SECONDS}&end={stored.T0 // 1000}")
        self.from_ms, self.revision = first["from"], first["revision"]
        self.candles = {row[0]: row for row in first["candles"]}
        self.answers = self.changes = 0

    def poll(self):
        a = self.client.json(f"/api/v1/periodic?symbol={self.symbol}&interval=1s&from={self.from_ms}&since={self.revision}")
        assert not a["reload"]
        generation, number = map(int, a["revision"].split("."))
        assert (generation, number) >= tuple(map(int, self.revision.split("."))), "revisions never go back"
        self.candles.update({row[0]: row for row in a["candles"]})
        for t in a["removed"]:
            self.candles.pop(t, None)
        self.answers += 1
        self.changes += len(a["candles"]) + len(a["removed"])
        self.revision = a["revision"]

    def is_at(self, number):
        return int(self.revision.split(".")[1]) == number


def check_same(stack, follower, client):
    """What was followed is what is told now, and what is told now is what is stored."""
    now = client.json(f"/api/v1/initial?symbol={follower.symbol}&interval=1s&limit={SECONDS}&end={stored.T0 // 1000}")
    assert now["revision"] == follower.revision
    assert sorted(follower.candles.values()) == now["candles"]
    traded = {row[0]: row[4] for row in now["candles"] if row[8] is not None}
    assert traded == {t // 1000: f"{close:.8f}" for t, close in stack.rows(
        "SELECT open_us, close FROM candle_1s WHERE symbol = %s AND NOT removed", follower.symbol)}


def follow(stack, commits):
    venue = stack.venue
    for at in (stored.T0 - SECONDS * stored.SECOND, stored.T0):
        stack.db.execute("SELECT venue_ensure(%s, 5000000)", (venue,))
        stack.db.execute("SELECT partition_ensure(%s, 'candle_1s', %s)", (venue, at))
    stored.make_venue(stack.db, venue, SYMBOLS, stored.T0, stored.T0 - SECONDS * stored.SECOND)
    stack.db.execute("UPDATE symbol SET i = 0")
    stack.db.execute("UPDATE partition SET owner = %s", (OWNER,))
    chart = Chart(stack)
    try:
        followers = [Follower(chart.client(), symbol) for symbol in SYMBOLS]
        writers = [multiprocessing.get_context("spawn").Process(target=write, args=(stack.where, n, venue, commits // WRITERS))
                   for n in range(WRITERS)]
        for w in writers:
            w.start()
        while any(w.is_alive() for w in writers):
            for f in followers:
                f.poll()
        assert [w.exitcode for w in writers] == [0] * WRITERS
        last = stack.one("SELECT revision FROM partition WHERE venue = %s AND i = 0", venue)
        assert last == 1 + commits // WRITERS * WRITERS  # each commit has a number of its own, and what was rolled back has none
        for f in followers:
            while not f.is_at(last):
                f.poll()
            check_same(stack, f, chart.client())
            assert f.answers > 10 and f.changes > SECONDS
        return followers
    finally:
        chart.close()


def test_misses_nothing_under_concurrent_writers(stack_of):
    follow(stack_of("replay-follow"), COMMITS)
