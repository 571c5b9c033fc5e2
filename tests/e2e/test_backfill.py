"""What was missed is had again: back-fill fetches from the exchange's REST what gaps lack and hands it over to Kafka between the records that
tell the sink how a repair stands; history also comes by hand (`pricegraphctl backfill`, `import`). From REST to Kafka with a scripted exchange;
then with the model exchange, the feed and the sink: an outage ends repaired."""

import gzip
import json
import time
import zipfile

import pytest
from confluent_kafka import Consumer, TopicPartition

from parts import Program, wait_until
from rest_server import Rest, agg_trade, bar

PARTITIONS = 8
NOW = 1_735_700_000_000  # ms: the scripted exchange's clock
VENUE = "binance"


class History:
    """The history topics of a stack."""

    def __init__(self, stack):
        self.stack = stack

    def records(self, stream):
        """By partition and offset: (key, headers, value)."""
        reader = Consumer({"bootstrap.servers": self.stack.values["kafka.bootstrap.servers"], "group.id": "none",
                           "enable.auto.commit": False, "auto.offset.reset": "earliest", "enable.partition.eof": True})
        topic = f"{self.stack.prefix}.{self.stack.venue}.{stream}.history"
        reader.assign([TopicPartition(topic, p, 0) for p in range(PARTITIONS)])
        records, ended = [], 0
        while ended < PARTITIONS:
            m = reader.poll(10)
            assert m is not None, "Kafka says nothing"
            if m.error():
                ended += m.error().code() == -191  # the end of a partition
                continue
            headers = {k: v.decode() for k, v in m.headers() or []}
            records.append((m.key() and m.key().decode(), headers, json.loads(m.value())))
        reader.close()
        return records

    def rows(self, stream):
        return [(key, headers, value) for key, headers, value in self.records(stream) if "control" not in headers]

    def fills(self, stream):
        return [value for _, headers, value in self.records(stream) if headers.get("control") == "fill"]

    def count(self, stream):
        reader = Consumer({"bootstrap.servers": self.stack.values["kafka.bootstrap.servers"], "group.id": "none"})
        topic = f"{self.stack.prefix}.{self.stack.venue}.{stream}.history"
        try:
            return sum(reader.get_watermark_offsets(TopicPartition(topic, p), timeout=10)[1] for p in range(PARTITIONS))
        finally:
            reader.close()


@pytest.fixture
def rest():
    server = Rest(NOW)
    yield server
    server.close()


@pytest.fixture
def backfill(stack_of, rest):
    """A stack of which only the back-fill runs; gaps are put into the table by the test."""
    stack = stack_of(VENUE, {"feed.enabled": "no", "sink.enabled": "no", "backfill.enabled": "yes", **rest.settings()})
    stack.db.execute("SELECT venue_ensure(%s, 5000000)", (VENUE,))
    stack.history = History(stack)
    return stack


def put_gap(stack, symbol, stream, from_ms, to_ms, cause="feed", state="open"):
    stack.db.execute("INSERT INTO gap (venue, symbol, stream, from_us, to_us, cause, state, revision) VALUES (%s, %s, %s, %s, %s, %s, %s, 1)",
                     (VENUE, symbol, stream, from_ms * 1000, to_ms * 1000, cause, state))


def done(stack, stream, count):
    """Waits until so many gaps were answered; all records that tell of repairs."""
    return wait_until(lambda: (lambda f: sum(x["state"] != "repairing" for x in f) >= count and f)(stack.history.fills(stream)),
                      f"{count} gaps are answered", 30, 0.3)


def test_one_fetch_for_several_streams(backfill, rest):
    """Rows lie between `repairing` and `done`; what is there is counted for each gap."""
    t = NOW - 3_600_000
    put_gap(backfill, "BTCUSDT", "kline_1s", t + 300, t + 5_000)
    put_gap(backfill, "BTCUSDT", "miniTicker", t + 2_000, t + 8_500)
    put_gap(backfill, "BTCUSDT", "trade", t + 300, t + 5_000)
    backfill.start("pricegraph-collector")
    done(backfill, "kline_1s", 2)
    done(backfill, "aggTrade", 1)
    assert [r[0] for r in rest.requests] == ["klines", "aggTrades"]
    records = backfill.history.records("kline_1s")
    assert [h.get("control") and v["state"] for _, h, v in records] == ["repairing"] * 2 + [None] * 9 + ["done"] * 2
    assert {v["stream"]: v["rows"] for _, h, v in records if v.get("state") == "done"} == {"kline_1s": 5, "miniTicker": 7}
    for i, (key, headers, value) in enumerate(records[2:11]):
        columns = bar(t + i * 1000)
        assert key == value["s"] == "BTCUSDT" and value["e"] == "kline" and "E" not in value
        assert value["k"]["t"] == columns[0] and value["k"]["x"] is True and value["k"]["i"] == "1s"
        assert [value["k"][m] for m in "ohlcvqnVQ"] == columns[1:6] + columns[7:11]
        assert "f" not in value["k"] and "L" not in value["k"]
        assert headers["source"] == "rest" and headers["stated_us"] == str(NOW * 1000) and int(headers["received_us"]) > 0
    fill = records[-1][2]
    assert (fill["symbol"], fill["cause"], fill["to"]) == ("BTCUSDT", "feed", (t + 8_500) * 1000)
    trades = backfill.history.records("aggTrade")
    (_, _, first), (_, _, last) = trades[0], trades[-1]
    assert first["state"] == "repairing" and last["state"] == "done"
    numbers = [v["a"] for _, _, v in trades[1:-1]]
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    assert agg_trade(numbers[0])["T"] <= t + 300 and agg_trade(numbers[-1])["T"] <= t + 5_000 < agg_trade(numbers[-1] + 1)["T"]
    assert last["rows"] == sum(t + 300 <= agg_trade(a)["T"] <= t + 5_000 for a in numbers) == 10
    assert {"E", "M"}.isdisjoint(trades[1][2]) and trades[1][2]["f"] == 2 * numbers[0]


def test_newest_first_paced_and_patient(backfill, rest):
    """The newest gap first, interior ones too; a gap of minutes comes in pages; 429 is obeyed, 5xx and nonsense are tried again."""
    for hours in (9, 1, 5):
        put_gap(backfill, "ETHUSDT", "kline_1s", NOW - hours * 3_600_000, NOW - hours * 3_600_000 + 1_500_000)
    rest.scripted = [(200, {}, b"[]")]  # the newest: a halt, the exchange has no rows
    rest.scripted += [(429, {"Retry-After": "2"}, b'{"code":-1003,"msg":"Too many requests."}'), (503, {}, b"")]
    began = time.monotonic()
    backfill.start("pricegraph-collector")
    fills = done(backfill, "kline_1s", 3)
    assert time.monotonic() - began > 2
    assert [(NOW - f["from"] // 1000) // 3_600_000 for f in fills if f["state"] == "done"] == [1, 5, 9]
    assert [f["rows"] for f in fills if f["state"] == "done"] == [0, 1500, 1500]
    starts = [(NOW - int(q["startTime"])) / 3_600_000 for _, q in rest.requests]
    assert [int(s * 1000) for s in starts] == [1000, 5000, 5000, 5000, 4722, 9000, 8722]
    assert len(backfill.history.rows("kline_1s")) == 3000


def test_what_can_not_be_had(backfill, rest):
    """Unrepairable with its reason: the exchange refuses, or it is a pause of a recording, for which nobody is asked."""
    put_gap(backfill, "NONSENSE", "kline_1s", NOW - 500_000, NOW - 400_000)
    put_gap(backfill, "BTCUSDT", "kline_1s", NOW - 900_000, NOW - 800_000, cause="recording")
    rest.scripted = [(400, {}, b'{"code":-1121,"msg":"Invalid symbol."}')]
    backfill.start("pricegraph-collector")
    fills = {f["symbol"]: f for f in done(backfill, "kline_1s", 2) if f["state"] != "repairing"}
    assert fills["NONSENSE"]["state"] == fills["BTCUSDT"]["state"] == "unrepairable"
    assert fills["NONSENSE"]["reason"] == "the exchange refused: HTTP status 400: Invalid symbol."
    assert fills["BTCUSDT"]["reason"] == "the recording holds nothing here"
    assert len(rest.requests) == 1


def test_young_gaps_wait(backfill, rest):
    put_gap(backfill, "BTCUSDT", "kline_1s", NOW - 20_000, NOW - 5_000)
    put_gap(backfill, "ETHUSDT", "kline_1s", NOW - 20_000, NOW - 15_000)
    backfill.start("pricegraph-collector")
    assert [f["symbol"] for f in done(backfill, "kline_1s", 1)] == ["ETHUSDT", "ETHUSDT"]
    rest.now_ms += 6_000
    fills = done(backfill, "kline_1s", 2)
    assert [f["rows"] for f in fills if f["symbol"] == "BTCUSDT" and f["state"] == "done"] == [15]


def test_killed_and_gone_on(backfill, rest):
    """Killed in the middle of a gap: it is begun anew, since the table still says so. Once answered, it is left alone."""
    put_gap(backfill, "BTCUSDT", "kline_1s", NOW - 3_600_000, NOW - 1_200_000)
    rest.hold.clear()
    collector = backfill.start("pricegraph-collector")
    wait_until(lambda: "repairing" in [f["state"] for f in backfill.history.fills("kline_1s")], "the repair was told")
    collector.kill()
    rest.hold.set()
    backfill.db.execute("UPDATE gap SET state = 'repairing'")  # as the sink has read it
    collector = backfill.start("pricegraph-collector")
    fills = done(backfill, "kline_1s", 1)
    assert fills[-1]["rows"] == 2400
    times = {v["k"]["t"] for _, _, v in backfill.history.rows("kline_1s")}
    assert times == set(range(NOW - 3_600_000, NOW - 1_200_000, 1000))
    asked = len(rest.requests)
    put_gap(backfill, "ETHUSDT", "kline_1s", NOW - 700_000, NOW - 600_000)
    done(backfill, "kline_1s", 2)
    assert len(rest.requests) == asked + 1
    assert collector.stop() == 0


def test_never_far_ahead(backfill, rest):
    """Nobody takes the rows: 100,000 are the bound; when they are taken it goes on."""
    put_gap(backfill, "BTCUSDT", "kline_1s", NOW - 103_000_000, NOW - 1_000_000)
    backfill.start("pricegraph-collector")
    wait_until(lambda: len(rest.requests) >= 97, "the bound", 60)
    wait_until(lambda: (lambda a, b: a == b)(backfill.history.count("kline_1s"), time.sleep(1) or backfill.history.count("kline_1s")),
               "it stands")
    there = backfill.history.count("kline_1s")
    assert 97_000 <= there <= 100_000
    assert "done" not in [f["state"] for f in backfill.history.fills("kline_1s")]
    partition = partition_of(backfill, "kline_1s")
    backfill.db.execute("INSERT INTO kafka_offset (venue, stream, i, next_offset, replay_from) VALUES (%s, 'kline_1s.history', %s, %s, 0)",
                        (VENUE, *partition))
    assert done(backfill, "kline_1s", 1)[-1]["rows"] == 102_000


def partition_of(stack, stream):
    """(partition, high watermark) of the only one that holds anything."""
    reader = Consumer({"bootstrap.servers": stack.values["kafka.bootstrap.servers"], "group.id": "none"})
    topic = f"{stack.prefix}.{stack.venue}.{stream}.history"
    found = [(p, reader.get_watermark_offsets(TopicPartition(topic, p), timeout=10)[1]) for p in range(PARTITIONS)]
    reader.close()
    return next((p for p in found if p[1]), None)


def test_one_back_fill_a_venue(backfill, rest):
    """Two collectors, one of which stands by until the other has gone."""
    first = backfill.start("pricegraph-collector")
    wait_until(lambda: "backfill_ready" in first.text(), "ready")
    log = backfill.folder / "second.log"
    second = Program("pricegraph-collector", backfill.config(), log)
    backfill.programs.append(second)
    put_gap(backfill, "BTCUSDT", "kline_1s", NOW - 500_000, NOW - 400_000)
    done(backfill, "kline_1s", 1)
    assert len(rest.requests) == 1 and "backfill_ready" not in second.text()
    first.kill()
    put_gap(backfill, "BTCUSDT", "kline_1s", NOW - 300_000, NOW - 200_000)
    done(backfill, "kline_1s", 2)
    assert "backfill_ready" in second.text()


def loads(stack):
    return stack.rows("SELECT what, done FROM history_load")


def test_backfill_by_hand(backfill, rest):
    """`pricegraphctl backfill`: progress, the exchange's wish to wait, an interruption, and the same again."""
    begin = "2024-12-31T00:00:00"
    from_ms = 1_735_603_200_000
    rest.scripted = [(200, {}, json.dumps([bar(from_ms + i * 1000) for i in range(1000)]).encode()),
                     (429, {"Retry-After": "1"}, b"{}")]
    out = backfill.run("pricegraphctl", "backfill", "BTCUSDT", begin, str(from_ms + 7_500_000))
    assert "BTCUSDT kline_1s: 7500 rows in Kafka" in out.stdout
    assert "waits 1 s" in out.stderr and " rows/s" in out.stderr and " s left" in out.stderr
    assert loads(backfill) == []
    times = [v["k"]["t"] for _, _, v in backfill.history.rows("kline_1s")]
    assert times == list(range(from_ms, from_ms + 7_500_000, 1000))
    # interrupted: it goes on behind what Kafka has
    rest.scripted = [(200, {}, json.dumps([bar(from_ms + p * 1_000_000 + i * 1000) for i in range(1000)]).encode()) for p in range(6)]
    rest.scripted += [(400, {}, b'{"code":-1100,"msg":"Illegal characters."}')]
    out = backfill.run("pricegraphctl", "backfill", "BTCUSDT", begin, str(from_ms + 7_500_000), check=False)
    assert out.returncode == 1 and "Illegal characters" in out.stderr
    assert [d for _, d in loads(backfill)] == [(from_ms + 5_000_000) * 1000]
    asked = len(rest.requests)
    out = backfill.run("pricegraphctl", "backfill", "BTCUSDT", begin, str(from_ms + 7_500_000))
    assert "goes on" in out.stdout and "2500 rows" in out.stdout and loads(backfill) == []
    assert int(rest.requests[asked][1]["startTime"]) == from_ms + 5_000_000
    # trades, and what can't be asked for
    out = backfill.run("pricegraphctl", "backfill", "BTCUSDT", str(from_ms), str(from_ms + 600_000), "aggTrades")
    assert "BTCUSDT aggTrade: 1201 rows in Kafka" in out.stdout
    for wrong in (["BTCUSDT", "yesterday", begin], ["BTCUSDT", begin, begin], ["BTCUSDT", begin, "2024-12-31T01:00", "ticker"],
                  ["", begin, "2024-12-31T01:00"], ["BTCUSDT", "2034-01-01", "2034-01-02"]):
        assert backfill.run("pricegraphctl", "backfill", *wrong, check=False).returncode == 1


def test_bars_above_the_second_by_hand(backfill, rest):
    """`--interval`: bars of a minute, an hour, a day as they are; which stretch they make up, and what the exchange does not have in it."""
    day = 1_735_603_200_000  # 2024-12-31
    rest.missing = {day + 760 * 60_000, day + 761 * 60_000}
    out = backfill.run("pricegraphctl", "backfill", "--interval", "1m", "BTCUSDT", "2024-12-31", "2024-12-31T20:00")
    assert "BTCUSDT kline_1m: 1198 rows in Kafka" in out.stdout and loads(backfill) == []
    assert [(q["interval"], int(q["startTime"]) - day) for _, q in rest.requests] == [("1m", 0), ("1m", 1002 * 60_000)]
    rows = backfill.history.rows("kline_1s")
    assert {v["k"]["i"] for _, _, v in rows} == {"1m"} and len({h["stated_us"] for _, h, _ in rows}) == 1
    assert [v["k"]["t"] for _, _, v in rows] == [t for t in range(day, day + 1200 * 60_000, 60_000) if t not in rest.missing]
    records = backfill.history.records("kline_1s")
    given = [(i, v["given"], (v["from"] - day * 1000) // 60_000_000, (v["to"] - day * 1000) // 60_000_000, v["reason"])
             for i, (_, h, v) in enumerate(records) if h.get("control") == "given"]
    assert given == [(760, "kline_1m", 0, 760, ""), (761, "kline_1m", 760, 762, "the exchange has no bars here"), (1200, "kline_1m", 762, 1200, "")]
    # A bar that is not over is left out, and the beginning is that of its bar.
    now = NOW // 3_600_000 * 3_600_000
    out = backfill.run("pricegraphctl", "backfill", "ETHUSDT", str(now - 7_000_000), str(NOW), "klines", "--interval=1h")
    assert "ETHUSDT kline_1h: 2 rows in Kafka" in out.stdout
    assert [v["k"]["t"] for _, _, v in backfill.history.rows("kline_1s")[-2:]] == [now - 7_200_000, now - 3_600_000]
    out = backfill.run("pricegraphctl", "backfill", "ETHUSDT", "2024-12-01", "2024-12-31", "--interval", "1d")
    assert "ETHUSDT kline_1d: 30 rows in Kafka" in out.stdout
    for wrong, word in ((["--interval", "3m"], "1s, 1m, 1h and 1d are"), (["aggTrades", "--interval", "1m"], "--interval is for klines"),
                        (["klines", "--interval"], "--interval needs"), (["klines", "more"], "what is 'more'?")):
        out = backfill.run("pricegraphctl", "backfill", "ETHUSDT", "2024-12-01", "2024-12-31", *wrong, check=False)
        assert out.returncode == 1 and word in out.stderr


def test_the_exchange_says_how_much_it_grants(backfill, rest):
    """exchangeInfo's weight for a minute, half of which is ours, goes before a setting that is higher."""
    rest.limits = [("ORDERS", "SECOND", 10, 1), ("REQUEST_WEIGHT", "MINUTE", 1, 60)]
    put_gap(backfill, "BTCUSDT", "kline_1s", NOW - 36_000_000, NOW - 1_000_000)
    collector = backfill.start("pricegraph-collector")
    wait_until(lambda: "rest_weight_granted per_minute=60" in collector.text(), "it is known")
    # exchangeInfo took 20, the clock 1, a page takes 2: four pages and no more before the minute is over.
    wait_until(lambda: "backfill_postponed" in collector.text(), "the share is spent")
    assert len(rest.requests) == 4 and rest.infos == 1
    assert collector.stop() == 0


def csv(columns):
    return ",".join(str(c) for c in columns) + "\n"


def test_import(backfill, tmp_path):
    """Files of the archive: each kind, each packing; wrong lines by file and line; what is refused, and why."""
    t = 1_735_603_200_000
    bars = tmp_path / "BTCUSDT-1s-2024-12-31.zip"
    with zipfile.ZipFile(bars, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("BTCUSDT-1s-2024-12-31.csv", "".join(csv(bar(t + i * 1000)) for i in range(12_000)))
    trades = tmp_path / "ETHUSDT-trades-2025-01-01.csv.gz"  # µs, with a header
    with gzip.open(trades, "wt") as f:
        f.write("id,price,qty,quoteQty,time,isBuyerMaker,isBestMatch\n")
        f.writelines(f"{i},1.50000000,2.0,3.0,{1_735_689_600_000_000 + i * 1000},False,True\n" for i in range(3))
    aggs = tmp_path / "somewhere.csv"
    aggs.write_text("".join(f"{i},1.5,2.0,{i},{i},{t + i},True,True\n" for i in range(3)) + "3,1.5,2.0,x,3,1,True,True\n\n4,1.5\n")
    out = backfill.run("pricegraphctl", "import", str(bars), str(trades))
    assert "1s of BTCUSDT, 12000 rows in Kafka, 0 wrong lines" in out.stdout
    assert "trades of ETHUSDT, 3 rows in Kafka, 0 wrong lines" in out.stdout
    out = backfill.run("pricegraphctl", "import", "--symbol", "SOLUSDT", str(aggs), "--kind=aggTrades", check=False)
    assert out.returncode == 1 and "1 lines were wrong" not in out.stderr and "2 lines were wrong" in out.stderr
    assert f"{aggs}:4: first trade id: 'x' is no whole number" in out.stderr
    assert f"{aggs}:6: 2 columns, 7 are due" in out.stderr
    rows = backfill.history.rows("kline_1s")
    assert [v["k"]["t"] for _, _, v in rows] == list(range(t, t + 12_000_000, 1000))
    assert {h["source"] for _, h, _ in rows} == {"import"} and len({h["stated_us"] for _, h, _ in rows}) == 1
    assert [v["t"] for _, _, v in backfill.history.rows("trade")] == [0, 1, 2]
    assert backfill.history.rows("trade")[2][2]["T"] == 1_735_689_600_002_000
    assert [(k, v["a"]) for k, _, v in backfill.history.rows("aggTrade")] == [("SOLUSDT", 0), ("SOLUSDT", 1), ("SOLUSDT", 2)]
    assert loads(backfill) == []
    minutes = tmp_path / "BTCUSDT-3m-2024-12-31.csv"
    minutes.write_text(csv(bar(t)))
    nowhere = tmp_path / "BTCUSDT-trades-1.csv"
    out = backfill.run("pricegraphctl", "import", str(aggs), str(minutes), str(nowhere), check=False)
    assert out.returncode == 1 and "3 files failed" in out.stderr
    assert "give --symbol and --kind" in out.stderr and "bars of 3m are not stored, they are made of others: 1s, 1m, 1h and 1d are taken" in out.stderr and "No such file" in out.stderr


def test_import_interrupted(backfill, tmp_path):
    """Killed while it loads: the next one goes on behind what Kafka had, and brings the same version."""
    t = 1_735_603_200_000
    bars = tmp_path / "BTCUSDT-1s-2024-12-31.csv"
    count = 80_000
    bars.write_text("".join(csv(bar(t + i * 1000)) for i in range(count)))
    load = backfill.start("pricegraphctl", "import", str(bars))
    wait_until(lambda: loads(backfill), "something is saved", 30, 0.005)
    load.kill()
    ((_, saved),) = loads(backfill)
    assert 0 < saved < count
    out = backfill.run("pricegraphctl", "import", str(bars))
    assert "goes on behind line" in out.stdout and loads(backfill) == []
    rows = backfill.history.rows("kline_1s")
    times = [v["k"]["t"] for _, _, v in rows]
    assert sorted(set(times)) == list(range(t, t + count * 1000, 1000))
    assert len(times) < count + 20_000
    assert len({h["stated_us"] for _, h, _ in rows}) == 1
