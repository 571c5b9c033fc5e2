"""The past by files: real bars of a minute, across a trading halt, are answered at all intervals as an independent resample makes them; bars of
an hour and of a day beside them; what is wrong is told by file and line. Only the sink runs: nobody listens to any symbol."""

import gzip
import hashlib
import zipfile
from datetime import datetime, timezone
from decimal import Decimal

import pytest

from parts import DATA, wait_until
from test_repair import rest

VENUE = "binance"
SYMBOLS = ("BTCUSDT", "ETHUSDT", "DOGEUSDT")
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
BEGIN, END = 1_679_443_200_000, 1_679_875_200_000  # 2023-03-22, 2023-03-27, ms
HALT = (1_679_661_600_000, 1_679_666_400_000)  # 2023-03-24 12:40 to 14:00
INTERVALS = {"1s": 1000, "1m": MINUTE, "3m": 3 * MINUTE, "5m": 5 * MINUTE, "15m": 15 * MINUTE, "30m": 30 * MINUTE, "1h": HOUR, "2h": 2 * HOUR,
             "4h": 4 * HOUR, "6h": 6 * HOUR, "8h": 8 * HOUR, "12h": 12 * HOUR, "1d": DAY, "3d": 3 * DAY, "1w": 7 * DAY, "1M": None}


@pytest.fixture
def stack(stack_of):
    stack = stack_of(VENUE, {"feed.enabled": "no", "backfill.enabled": "no"})
    stack.start("pricegraph-collector")
    return stack


def taken(stack, stream="kline_1s"):
    return stack.one("SELECT coalesce(sum(next_offset), 0) FROM kafka_offset WHERE stream = %s", stream + ".history")


def records(stack, stream="kline_1s"):
    """How many the topic has."""
    from confluent_kafka import Consumer, TopicPartition
    reader = Consumer({"bootstrap.servers": stack.values["kafka.bootstrap.servers"], "group.id": "none"})
    topic = f"{stack.prefix}.{stack.venue}.{stream}.history"
    try:
        return sum(reader.get_watermark_offsets(TopicPartition(topic, p), timeout=10)[1] for p in range(8))
    finally:
        reader.close()


def load(stack, *files, check=True):
    """Imports, and waits until the sink has all of it."""
    out = stack.run("pricegraphctl", "import", *map(str, files), check=check)
    for stream in ("kline_1s", "trade", "aggTrade"):
        wait_until(lambda s=stream: taken(stack, s) == records(stack, s), lambda s=stream: (s, taken(stack, s), records(stack, s)), 60, 0.2)
    assert stack.one("SELECT count(*) FROM quarantine") == 0
    return out


def row(t, width, o, h, l, c, v, unit=1):
    """A row of the archive: the columns that the recorded bars lack are made up, with n = 0 exactly where nobody traded."""
    v = Decimal(v)
    n = 0 if v == 0 else int(t // MINUTE % 97) + 1
    close = t + width - 1 if unit == 1 else (t + width) * unit - 1
    return [t * unit, o, h, l, c, f"{v:.8f}", close, f"{v * Decimal(c):.8f}", n, f"{v / 2:.8f}", f"{v * Decimal(c) / 2:.8f}", 0]


def text(rows):
    return "".join(",".join(map(str, r)) + "\n" for r in rows)


def recorded(symbol):
    path = DATA / "klines" / f"{symbol}-1m-20230322-20230326.csv.gz"
    if not path.exists():
        pytest.skip(f"no recorded bars: {path}")
    with gzip.open(path, "rt") as lines:
        return [row(int(t), MINUTE, o, h, l, c, v) for t, o, h, l, c, v in (line.strip().split(",") for line in list(lines)[1:])]


def start_of(t, interval):
    """UTC; a week begins on Monday, a month on its first; three days count from the epoch."""
    if interval == "1M":
        d = datetime.fromtimestamp(t / 1000, timezone.utc)
        return int(datetime(d.year, d.month, 1, tzinfo=timezone.utc).timestamp() * 1000)
    offset = 4 * DAY if interval == "1w" else 0
    return (t - offset) // INTERVALS[interval] * INTERVALS[interval] + offset


def end_of(start, interval):
    if interval == "1M":
        return start_of(start + 32 * DAY, "1M")
    return start + INTERVALS[interval]


def resample(rows, interval):
    """{open: (o, h, l, c, v, q, n, complete)}: first, greatest, least, last of what was traded, the sums; where nobody did, of all."""
    buckets = {}
    for r in rows:
        buckets.setdefault(start_of(r[0], interval), []).append(r)
    out = {}
    for start, parts in buckets.items():
        traded = [p for p in parts if p[8]] or parts
        whole = len(parts) * MINUTE == end_of(start, interval) - start
        out[start] = (Decimal(traded[0][1]), max(Decimal(p[2]) for p in traded), min(Decimal(p[3]) for p in traded), Decimal(traded[-1][4]),
                      sum(Decimal(p[5]) for p in traded), sum(Decimal(p[7]) for p in traded), sum(p[8] for p in traded), whole)
    return out


def answered(stack, symbol, interval):
    """All pages: ({open: the same}, gaps, the newest page)."""
    bars, gaps, end, newest = {}, set(), None, None
    while True:
        page = stack.json(f"/api/v1/initial?symbol={symbol}&interval={interval}&limit=1000" + (f"&end={end}" if end else ""))
        newest = newest or page
        gaps |= {(g["from"], g["to"], g["cause"], g["state"]) for g in page["gaps"]}
        for t, o, h, l, c, v, q, n, origin, complete in page["candles"]:
            assert origin == "kline" and t not in bars
            bars[t] = (*map(Decimal, (o, h, l, c, v, q)), n, complete)
        if not page["candles"] or end == page["from"]:
            return bars, gaps, newest
        end = page["from"]


def test_real_bars_at_all_intervals(stack, tmp_path):
    rows = {s: recorded(s) for s in SYMBOLS}
    assert all(len(r) == 5 * 1440 - 80 for r in rows.values())
    plain = tmp_path / "BTCUSDT-1m-2023-03.csv"
    plain.write_text("open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore\n"
                     + text(rows["BTCUSDT"]))
    with gzip.open(tmp_path / "ETHUSDT-1m-2023-03.csv.gz", "wt") as f:
        f.write(text(rows["ETHUSDT"]))
    with zipfile.ZipFile(tmp_path / "DOGEUSDT-1m-2023-03.zip", "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("DOGEUSDT-1m-2023-03.csv", text(rows["DOGEUSDT"]))
    out = load(stack, plain, tmp_path / "ETHUSDT-1m-2023-03.csv.gz", tmp_path / "DOGEUSDT-1m-2023-03.zip")
    assert out.stdout.count("7120 rows in Kafka, 0 wrong lines") == 3
    for symbol in SYMBOLS:
        quiet = [r for r in rows[symbol] if r[8] == 0]
        assert len(quiet) >= 72  # the halt's rows without a trade, 11:28 to 12:39
        for interval in INTERVALS:
            bars, gaps, newest = answered(stack, symbol, interval)
            assert newest["as_of"] == END
            if interval == "1s":  # what is known of minutes says nothing of seconds
                assert bars == {} and {g[2:] for g in gaps} == {("stopped", "open")}
                continue
            want = resample(rows[symbol], interval)
            open_bar = {t: want.pop(t) for t in list(want) if end_of(t, interval) > END}
            assert bars == want, (symbol, interval)
            assert gaps == {(*HALT, "absent", "unrepairable")}, (symbol, interval)
            base = newest["open"].get("base")
            assert {base[0]: tuple(map(Decimal, base[1:7]))} == {t: b[:6] for t, b in open_bar.items()} if open_bar else base is None
    # A bar that holds a part of the halt is not complete; one within it is not there.
    bars, _, _ = answered(stack, "BTCUSDT", "1h")
    noon = start_of(HALT[0], "1h")
    assert bars[noon][-1] is False and noon + HOUR not in bars and bars[noon + 2 * HOUR][-1] is True
    spans = stack.rows("SELECT symbol, kind, low, high FROM given_span ORDER BY 1, 3")
    assert spans == [(s, "kline_1m", a * 1000, b * 1000) for s in sorted(SYMBOLS) for a, b in ((BEGIN, HALT[0]), (HALT[1], END))]
    # The same again: nothing changes.
    before = stack.rows("SELECT symbol, settled_revision FROM symbol ORDER BY 1"), stack.rows("SELECT * FROM candle_1d ORDER BY symbol, open_us")
    times = stack.rows("SELECT sum(stated_us), sum(revision) FROM candle_1m")
    load(stack, plain)
    assert (stack.rows("SELECT symbol, settled_revision FROM symbol ORDER BY 1"), stack.rows("SELECT * FROM candle_1d ORDER BY symbol, open_us")) == before
    again = stack.rows("SELECT sum(stated_us), sum(revision) FROM candle_1m")
    assert again[0][0] > times[0][0] and again[0][1] == times[0][1]


def made_up(t, width, price, n=3, unit=1):
    """A bar of one price, of n trades."""
    p = f"{price}.00000000"
    v = Decimal(n)
    close = t + width - 1 if unit == 1 else (t + width) * unit - 1
    return [t * unit, p, p, p, p, v, close, v * price, n, v / 2, v * price / 2, 0]


def closes(stack, interval, limit=50, end=END):
    """{bars' number from BEGIN: (close, complete)} of those before `end`."""
    page = stack.json(f"/api/v1/initial?symbol=AUSDT&interval={interval}&limit={limit}&end={end}")
    return {(r[0] - BEGIN) // INTERVALS[interval]: (int(Decimal(r[4])), r[9]) for r in page["candles"]}, page


def test_levels_beside_each_other(stack, tmp_path):
    """Hours and days as the archive has them, with some minutes and seconds below: what is whole, what stands before what, and what nobody gave."""
    hours = tmp_path / "AUSDT-1h-2023-03-22.csv"
    hours.write_text(text(made_up(BEGIN + h * HOUR, HOUR, 100 + h, unit=1000) for h in range(24) if h != 5))  # µs
    load(stack, hours)
    bars, page = closes(stack, "1h")
    assert bars == {h: (100 + h, True) for h in range(24) if h != 5} and page["as_of"] == BEGIN + DAY
    assert [(g["from"], g["to"], g["cause"]) for g in page["gaps"]] == [(BEGIN + 5 * HOUR, BEGIN + 6 * HOUR, "absent")]
    assert closes(stack, "4h")[0] == {i: (103 + 4 * i, i != 1) for i in range(6)}
    assert closes(stack, "1d")[0] == {0: (123, False)}
    bars, page = closes(stack, "1m")
    assert bars == {} and ("stopped", "open") in {(g["cause"], g["state"]) for g in page["gaps"]}
    # Minutes of one of its hours, not all, and all of another, which then is theirs.
    minutes = tmp_path / "AUSDT-1m-2023-03-22.csv"
    minutes.write_text(text(made_up(BEGIN + 2 * HOUR + m * MINUTE, MINUTE, 500 + m) for m in range(150) if m != 70))
    load(stack, minutes)
    bars, page = closes(stack, "1h")
    assert {h: bars[h] for h in (1, 2, 3, 4)} == {1: (101, True), 2: (559, True), 3: (103, True), 4: (104, True)}
    assert stack.rows("SELECT (open_us / 1000 - %s) / 3600000, made, trades FROM candle_1h WHERE made < 3", BEGIN) == [(2, 1, 180)]
    bars, page = closes(stack, "1m", 1500)
    assert {m - 120 for m in bars} == {m for m in range(150) if m != 70} and all(b[1] for b in bars.values())
    assert (BEGIN + 190 * MINUTE, BEGIN + 191 * MINUTE, "absent", "unrepairable") in {(g["from"], g["to"], g["cause"], g["state"]) for g in page["gaps"]}
    assert closes(stack, "5m", 1500)[0][38] == (574, False)
    # The missing hour, restated and given after all: the day is whole, and is the given hours'.
    hours.write_text(text(made_up(BEGIN + h * HOUR, HOUR, 200 + h) for h in range(24)))
    load(stack, hours)
    bars, page = closes(stack, "1h")
    assert bars == {h: (200 + h if h != 2 else 559, True) for h in range(24)} and page["gaps"] == []
    assert closes(stack, "1d")[0] == {0: (223, True)}
    day = tmp_path / "AUSDT-1d-2023.csv"
    day.write_text(text([made_up(BEGIN, DAY, 999), made_up(BEGIN + DAY, DAY, 998), made_up(BEGIN + 3 * DAY, DAY, 997)]))
    load(stack, day)
    bars, page = closes(stack, "1d")
    assert bars == {0: (223, True), 1: (998, True), 3: (997, True)} and [g["cause"] for g in page["gaps"]] == ["absent"]
    # Seconds of one whole minute; a single one of another.
    seconds = tmp_path / "AUSDT-1s-2023-03-22.csv"
    seconds.write_text(text([made_up(BEGIN + 150 * MINUTE + s * 1000, 1000, 700 + s) for s in range(60)]
                            + [made_up(BEGIN + 160 * MINUTE, 1000, 800)]))
    load(stack, seconds)
    bars = closes(stack, "1m", 1500, BEGIN + DAY)[0]
    assert bars[150] == (759, True) and bars[160] == (540, True)
    assert stack.one("SELECT (given).close FROM candle_1m WHERE made = 1") == 530
    assert closes(stack, "1h", 50, BEGIN + DAY)[0][2] == (559, True)


def test_wrong_lines(stack, tmp_path):
    """By file and line, counted; the rest is loaded; nothing is said of what could not be read."""
    bars = tmp_path / "AUSDT-1m-2023-03-22.csv"
    lines = text(made_up(BEGIN + m * MINUTE, MINUTE, 10 + m) for m in range(10)).splitlines()
    lines[3] = lines[3].replace(",", ";", 3)
    lines[6] = ",".join(map(str, made_up(BEGIN + 6 * MINUTE, 5 * MINUTE, 1)))
    lines.insert(8, ",".join(map(str, made_up(BEGIN + 7 * MINUTE + 30_000, MINUTE, 1))))
    bars.write_text("\n".join(["open_time,open,high,low,close,volume,close_time,quote_volume,count,b,q,ignore", *lines]) + "\n")
    out = load(stack, bars, check=False)
    assert out.returncode == 1 and "0 files failed, 3 lines were wrong" in out.stderr
    assert f"{bars}:5: " in out.stderr
    assert f"{bars}:8: close time: the bar is one of 5m, not of 1m" in out.stderr
    assert f"{bars}:10: open time: no bar of 1m begins then" in out.stderr
    assert "8 rows in Kafka, 3 wrong lines" in out.stdout
    got, page = closes(stack, "1m")
    assert got == {m: (10 + m, True) for m in (0, 1, 2, 4, 5, 7, 8, 9)}
    assert [(g["from"], g["to"], g["cause"], g["state"]) for g in page["gaps"]] == [
        (BEGIN + m * MINUTE, BEGIN + (m + 1) * MINUTE, "stopped", "open") for m in (3, 6)]
    # Refused as a whole: other intervals, a bar that is not over, a file that is not what its CHECKSUM says.
    for kind, word in (("3m", "1s, 1m, 1h and 1d are taken"), ("1mo", "1s, 1m, 1h and 1d are taken"), ("depth", "give --symbol and --kind")):
        path = tmp_path / f"AUSDT-{kind}-2023-03-22.csv"
        path.write_text(lines[0] + "\n")
        out = load(stack, path, check=False)
        assert out.returncode == 1 and "1 files failed" in out.stderr and word in out.stderr
    now = int(datetime.now(timezone.utc).timestamp() * 1000) // DAY * DAY
    path = tmp_path / "AUSDT-1d-now.csv"
    path.write_text(text([made_up(now, DAY, 5)]))
    out = load(stack, path, check=False)
    assert out.returncode == 1 and f"{path}:1: its time has not come, or is not over" in out.stderr


def test_checksums(stack, tmp_path):
    path = tmp_path / "AUSDT-1m-2023-03-22.zip"
    with zipfile.ZipFile(path, "w") as z:
        z.writestr("AUSDT-1m-2023-03-22.csv", text(made_up(BEGIN + m * MINUTE, MINUTE, 10 + m) for m in range(10)))
    beside = tmp_path / "AUSDT-1m-2023-03-22.zip.CHECKSUM"
    beside.write_text(hashlib.sha256(b"another").hexdigest() + f"  {path.name}\n")
    out = load(stack, path, check=False)
    assert out.returncode == 1 and "it is not the file that its CHECKSUM tells of" in out.stderr and records(stack) == 0
    beside.write_text(hashlib.sha256(path.read_bytes()).hexdigest() + f"  {path.name}\n")
    assert "10 rows in Kafka, 0 wrong lines, checksum verified" in load(stack, path).stdout
    assert len(closes(stack, "1m")[0]) == 10


def test_trades_of_following_days(stack, tmp_path):
    """Two files whose ids go on: all between the first trade and the last is known, seconds without a trade too."""
    first, second = tmp_path / "AUSDT-trades-2023-03-22.csv", tmp_path / "AUSDT-trades-2023-03-23.csv"
    at = [BEGIN + DAY - 30_000 + i * 7_300 for i in range(10)]
    rows = [f"{i + 50},{100 + i}.0,1.0,{100 + i}.0,{t},True,True\n" for i, t in enumerate(at)]
    second.write_text("".join(rows[4:]))
    load(stack, second)
    first.write_text("".join(rows[:4]))
    load(stack, first)
    assert stack.rows("SELECT kind, low, high, from_us, to_us FROM given_span") == [("trade", 50, 60, at[0] * 1000, at[-1] * 1000)]
    page = stack.json("/api/v1/initial?symbol=AUSDT&interval=1s&limit=100")
    begin, end = -(-(at[0] + 1) // 1000) * 1000, at[-1] // 1000 * 1000
    assert page["as_of"] == at[-1] and [(g["from"], g["to"]) for g in page["gaps"]] == [(at[0], begin)]  # others may lie before the first
    bars = {r[0]: r for r in page["candles"]}
    assert set(range(begin, end, 1000)) <= set(bars) and all(bars[t][9] for t in range(begin, end, 1000))
    assert sum(bars[t][7] for t in range(begin, end, 1000)) == 8  # without those of the first second and the last
    assert bars[begin][4] == "100.00000000" and bars[at[0]][9] is False


def test_what_was_heard_whole_stands(stack_of):
    """Minutes of REST beside live ones: where every second was heard the fold is seen, before that, and where a part was heard, REST's."""
    stack = stack_of("synthetic", {"feed.symbols": "BTCUSDT", "feed.streams": "kline_1s"})
    stack.start_exchange("synthetic", speed=20, seed=5, history=1)
    collector = stack.start("pricegraph-collector")
    wait_until(lambda: stack.one("SELECT count(*) FROM candle_1m WHERE made = 1") >= 4, lambda: stack.rows("SELECT made, trades FROM candle_1m"))
    first, last = stack.rows("SELECT min(open_us) / 1000, max(open_us) / 1000 FROM candle_1m WHERE made = 1")[0]
    last -= MINUTE  # REST's bars are taken 10 s after their end
    begin = first - HOUR
    out = stack.run("pricegraphctl", "backfill", "--interval", "1m", "BTCUSDT", str(begin), str(last + MINUTE))
    assert f"BTCUSDT kline_1m: {(last + MINUTE - begin) // MINUTE} rows in Kafka" in out.stdout
    wait_until(lambda: taken(stack) == records(stack), lambda: (taken(stack), records(stack)))
    want = {r[0]: (*map(Decimal, r[1:6]), r[8]) for r in rest(stack, f"klines?symbol=BTCUSDT&interval=1m&startTime={begin}&endTime={last}")}
    got = stack.rows("SELECT open_us / 1000, open, high, low, close, volume, trades, made, stated_us IS NOT NULL, given IS NOT NULL FROM candle_1m"
                     " WHERE open_us / 1000 <= %s", last)
    assert {r[0]: r[1:7] for r in got} == want
    assert {r[0]: r[7:] for r in got} == {t: (1, True, True) if t >= first else (3, True, False) for t in want}
    page = stack.json(f"/api/v1/initial?symbol=BTCUSDT&interval=1m&end={last + MINUTE}")
    assert [(r[0], r[9]) for r in page["candles"]] == [(t, True) for t in sorted(want)]
    assert collector.stop() == 0
