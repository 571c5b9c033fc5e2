"""The model exchange's REST: what was traded can be had again, exactly, by id and by time, and it equals what was sent."""

import json
from collections import defaultdict
from decimal import Decimal

import pytest

from exchange_parts import START, exchange_of, subscribe  # noqa: F401 (a fixture)
from parts import wait_until


@pytest.fixture
def traded(exchange_of):
    """An exchange some minutes later, and all events of BTCUSDT by stream as its truth file has them."""
    x = exchange_of(speed=400, history=1)
    with x.connect("/ws/btcusdt@trade") as c:
        while json.loads(c.text())["E"] < START + 180_000:
            pass
    events = defaultdict(list)
    for _, _, name, event in x.truth():
        events[name].append(json.loads(event))
    return x, events


def get_all(x, path, key, first, until, limit=100):
    """Page by page, as a back-fill asks."""
    rows = []
    while first <= until:
        page = x.json(f"/api/v3/{path}{first}&limit={limit}")
        assert page and page[0][key] == first and len(page) <= limit
        rows += page
        first = page[-1][key] + 1
    return [r for r in rows if r[key] <= until]


def test_agg_trades_are_the_orders_of_the_trades(traded):
    x, events = traded
    trades, orders = events["btcusdt@trade"], events["btcusdt@aggTrade"]
    assert [o["a"] for o in orders] == list(range(orders[0]["a"], orders[-1]["a"] + 1))
    assert [i for o in orders for i in range(o["f"], o["l"] + 1)] == [t["t"] for t in trades][:orders[-1]["l"] - trades[0]["t"] + 1]
    assert any(o["l"] > o["f"] for o in orders)
    by_id = {t["t"]: t for t in trades}
    for o in orders:
        fills = [by_id[i] for i in range(o["f"], o["l"] + 1)]
        assert {(f["p"], f["T"], f["m"]) for f in fills} == {(o["p"], o["T"], o["m"])}
        assert sum(Decimal(f["q"]) for f in fills) == Decimal(o["q"])
        assert list(o) == ["e", "E", "s", "a", "p", "q", "f", "l", "T", "m", "M"]
    rows = get_all(x, "aggTrades?symbol=BTCUSDT&fromId=", "a", orders[0]["a"], orders[-1]["a"])
    assert rows == [{k: v for k, v in o.items() if k not in "eEs"} for o in orders]
    assert list(rows[0]) == list("apqflTmM")
    rows = get_all(x, "historicalTrades?symbol=BTCUSDT&fromId=", "id", trades[0]["t"], trades[-1]["t"])
    assert [(r["id"], r["price"], r["qty"], r["time"], r["isBuyerMaker"]) for r in rows] == \
        [(t["t"], t["p"], t["q"], t["T"], t["m"]) for t in trades]
    assert all(Decimal(r["quoteQty"]) == Decimal(r["price"]) * Decimal(r["qty"]) for r in rows)


def test_agg_trades_by_time(traded):
    x, events = traded
    orders = [{k: v for k, v in o.items() if k not in "eEs"} for o in events["btcusdt@aggTrade"]]
    get = lambda more: x.json(f"/api/v3/aggTrades?symbol=BTCUSDT{more}")
    middle, later = orders[50]["T"], orders[80]["T"]
    at = lambda low, high: [o for o in orders if low <= o["T"] <= high]
    assert get(f"&startTime={middle}&endTime={later}") == at(middle, later)
    assert get(f"&startTime={middle}000&endTime={later}000") == at(middle, later)
    assert get(f"&startTime={middle}&limit=7") == at(middle, 1e15)[:7]
    assert get(f"&endTime={middle}&limit=7") == at(0, middle)[-7:]
    assert get(f"&startTime={middle + 10_000_000}") == []
    assert len(get("")) == 500 and len(get("&limit=5000")) == 1000
    newest = get("&limit=3")
    assert [o["a"] for o in newest] == list(range(newest[0]["a"], newest[0]["a"] + 3))
    past = get(f"&startTime={START - 3_600_000}&limit=1000")  # before the market began to be told
    assert past[0]["T"] < START - 3_590_000
    assert x.get("/api/v3/aggTrades?symbol=BTCUSDT&limit=1")[1]["X-MBX-USED-WEIGHT-1M"]
    micro = x.get(f"/api/v3/aggTrades?symbol=BTCUSDT&startTime={middle}&limit=1", {"X-MBX-TIME-UNIT": "MICROSECOND"})[2]
    assert micro[0]["T"] == middle * 1000


def test_exchange_info(exchange_of):
    x = exchange_of(history=2, symbols="BTCUSDT,ETHUSDT,WAVESBTC")
    names = lambda more: [s["symbol"] for s in x.json("/api/v3/exchangeInfo" + more)["symbols"]]
    info = x.json("/api/v3/exchangeInfo")
    assert {"timezone", "serverTime", "rateLimits", "exchangeFilters", "symbols", "sors"} == set(info)
    btc = info["symbols"][0]
    assert (btc["symbol"], btc["status"], btc["baseAsset"], btc["quoteAsset"]) == ("BTCUSDT", "TRADING", "BTC", "USDT")
    assert {f["filterType"] for f in btc["filters"]} >= {"PRICE_FILTER", "LOT_SIZE", "NOTIONAL", "MARKET_LOT_SIZE"}
    assert btc["permissionSets"] == [["SPOT"]]
    assert names("?symbolStatus=TRADING") == names("?permissions=SPOT") == names("") == ["BTCUSDT", "ETHUSDT", "WAVESBTC"]
    assert names("?symbolStatus=BREAK") == names("?permissions=MARGIN") == []
    assert names("?symbols=%5B%22WAVESBTC%22,%22BTCUSDT%22%5D") == ["BTCUSDT", "WAVESBTC"]
    for query, code in (("symbolStatus=OPEN", -1122), ("symbolStatus=TRADING&symbol=BTCUSDT", -1128),
                        ("permissions=SPOT&symbol=BTCUSDT", -1128), ("symbols=%5B%22BTCUSDT%22,%22BTCUSDT%22%5D", -1151),
                        ("symbols=%5B%22NOSUCH%22%5D", -1121), ("symbols=%5B%22BTCUSDT%22,%5D", -1100), ("symbols=%5B%5D", -1100)):
        status, _, body = x.get("/api/v3/exchangeInfo?" + query)
        assert (status, body["code"]) == (400, code), query


def test_tickers(exchange_of):
    x = exchange_of(history=1)  # nobody subscribes, so it stands still
    day = x.json("/api/v3/ticker/24hr?symbol=BTCUSDT")
    trades = get_all(x, "historicalTrades?symbol=BTCUSDT&fromId=", "id", day["firstId"], day["lastId"], 1000)
    assert (day["openPrice"], day["lastPrice"]) == (trades[0]["price"], trades[-1]["price"])
    assert Decimal(day["volume"]) == sum(Decimal(t["qty"]) for t in trades) and day["count"] == len(trades)
    assert Decimal(day["priceChange"]) == Decimal(day["lastPrice"]) - Decimal(day["openPrice"])
    mini = x.json("/api/v3/ticker/24hr?symbol=BTCUSDT&type=MINI")
    assert set(mini) == set(day) - {"priceChange", "priceChangePercent", "weightedAvgPrice", "prevClosePrice", "lastQty",
                                    "bidPrice", "bidQty", "askPrice", "askQty"}
    assert x.json("/api/v3/ticker/price?symbol=BTCUSDT") == {"symbol": "BTCUSDT", "price": day["lastPrice"]}
    assert [p["symbol"] for p in x.json("/api/v3/ticker/price")] == ["BTCUSDT", "ETHUSDT"]
    book = x.json("/api/v3/ticker/bookTicker?symbol=BTCUSDT")
    assert Decimal(book["bidPrice"]) < Decimal(book["askPrice"])
    assert x.json("/api/v3/depth?symbol=BTCUSDT&limit=5")["bids"] == [[book["bidPrice"], book["bidQty"]]]
    average = x.json("/api/v3/avgPrice?symbol=BTCUSDT")
    assert abs(Decimal(average["price"]) / Decimal(day["lastPrice"]) - 1) < Decimal("0.01")
    assert x.get("/api/v3/ticker/24hr?symbol=BTCUSDT&type=HUGE")[2]["code"] == -1139


def test_the_whole_exchange_in_one_stream(exchange_of):
    x = exchange_of(speed=100, symbols="BTCUSDT,ETHUSDT,SOLUSDT,WAVESBTC")
    with x.connect("/stream?streams=!miniTicker@arr") as c:
        arrays = [json.loads(c.text()) for _ in range(60)]
    with x.connect("/ws/!miniTicker@arr?timeUnit=MICROSECOND") as c:
        raw = json.loads(c.text())
    order = ["BTCUSDT", "ETHUSDT", "SOLUSDT", "WAVESBTC"]
    seen = defaultdict(list)
    for a in arrays:
        assert a["stream"] == "!miniTicker@arr"
        symbols = [e["s"] for e in a["data"]]
        assert symbols and symbols == sorted(symbols, key=order.index) and len(set(symbols)) == len(symbols)
        for e in a["data"]:
            seen[e["s"]].append(e)
    assert any(len(a["data"]) < 3 for a in arrays)  # who did not change is not in it
    singles = defaultdict(list)
    for _, _, name, event in x.truth():
        if name.endswith("@miniTicker"):
            singles[json.loads(event)["s"]].append(json.loads(event))
    for symbol, events in seen.items():
        first = singles[symbol].index(events[0])
        assert events == singles[symbol][first:first + len(events)]
    assert all(e["E"] > 1e15 for e in raw) and len(raw) > 0


def test_many_symbols_weigh_more(exchange_of):
    x = exchange_of()
    used = lambda path: int(x.get(path)[1]["X-MBX-USED-WEIGHT-1M"])

    def weight(path):
        before = used("/api/v3/ping")
        after = used(path)
        return after - before if after > before else weight(path)  # a new minute began

    assert weight("/api/v3/ticker/24hr") == 80
    assert weight("/api/v3/ticker/24hr?symbol=BTCUSDT") == 2
    assert weight("/api/v3/ticker/price") == 4
    assert weight("/api/v3/aggTrades?symbol=BTCUSDT") == 4
    assert weight("/api/v3/depth?symbol=BTCUSDT&limit=1000") == 50
    wait_until(lambda: weight("/api/v3/exchangeInfo") == 20, "the weight of exchangeInfo")
