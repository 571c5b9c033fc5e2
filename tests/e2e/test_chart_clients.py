"""Public clients of the exchange take pricegraph-chart for it: ccxt (Python, JavaScript), python-binance, binance-connector and
binance-sdk-spot, unmodified, told only another base URL, below a path of a server that already runs. What they get is what the
exchange itself answers, row by row."""

import json
import os
import subprocess
import sys
import urllib.request
from decimal import Decimal

import ccxt
import pytest
from binance import Client
from binance.exceptions import BinanceAPIException
from binance_common.configuration import ConfigurationRestAPI
from binance_sdk_spot.spot import Spot as SdkSpot

from chart_parts import HISTORY_S, Web, fill
from parts import ROOT, Stack

SYMBOLS = ["BTCUSDT", "ETHUSDT", "SOLUSDT"]
NAMES = {"BTC/USDT", "ETH/USDT", "SOL/USDT"}


class Served:
    def __init__(self, folder):
        self.stack = Stack(folder, "synthetic")
        try:
            self.exchange, self.begin, self.end = fill(self.stack, SYMBOLS)
            (folder / "web").mkdir()
            self.web = Web(self.stack, folder / "web")
        except BaseException:
            self.stack.close()
            raise

    def told(self, path):
        """What the exchange itself answers."""
        with urllib.request.urlopen(self.exchange + path, timeout=30) as answer:
            return json.load(answer)

    def close(self):
        self.web.close()
        self.stack.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    s = Served(tmp_path_factory.mktemp("served"))
    yield s
    s.close()


@pytest.mark.parametrize("query", [
    "interval=1s&limit=1000", "interval=1m&limit=1000", "interval=3m", "interval=5m", "interval=15m", "interval=30m", "interval=1h&timeZone=05:45",
    "interval=30m&timeZone=-3:30", "interval=1m&timeZone=8", "interval=1h"])
@pytest.mark.parametrize("symbol", SYMBOLS)
def test_rows_are_the_exchanges(served, symbol, query):
    path = f"/api/v3/klines?symbol={symbol}&{query}" + (f"&endTime={served.end - 1}" if "1s" in query else "")
    # Neither the bars that began before nor those that end after what was loaded.
    ours, theirs = ([r for r in rows if served.begin <= r[0] and r[6] < served.end] for rows in (served.web.json(path), served.told(path)))
    assert len(ours) > 0 and ours == theirs


def test_what_it_cannot_serve_is_told(served):
    """Bars of which only a part was heard; sums that are not known."""
    status, headers, body = served.web.ask(f"/api/v3/klines?symbol=BTCUSDT&interval=1s&startTime=0&endTime={served.end - 1}&limit=5")
    assert status == 200 and headers["X-Pricegraph-State"] == "synthetic" and int(headers["X-Pricegraph-As-Of"]) > served.end
    assert [r[0] for r in json.loads(body)] == [served.begin + i * 1000 for i in range(5)]
    # What nginx has kept of one unit is not given for the other.
    path = f"/api/v3/klines?symbol=BTCUSDT&interval=1s&startTime={served.begin}&limit=1"
    for unit, factor in ((None, 1), ("MICROSECOND", 1000), (None, 1), ("microsecond", 1000)) * 3:
        headers = {"X-MBX-TIME-UNIT": unit} if unit else {}
        assert served.web.json(path, **headers)[0][0] == served.begin * factor
    for path, code in (("klines?symbol=BTCUSDT&interval=7m", -1120), ("klines?symbol=btcusdt&interval=1m", -1121), ("klines?interval=1m", -1102),
                       ("ticker/24hr?type=X", -1139), ("ticker/price?symbol=", -1105), ("time?x=1", -1103)):
        status, headers, body = served.web.ask("/api/v3/" + path)
        assert status == 400 and json.loads(body)["code"] == code
        assert headers["Content-Type"] == "application/problem+json"


def test_rules_are_the_exchanges(served):
    ours, theirs = served.web.json("/api/v3/exchangeInfo"), served.told("/api/v3/exchangeInfo")
    assert ours["symbols"] == theirs["symbols"] and abs(ours["serverTime"] - theirs["serverTime"]) < 5000
    assert served.web.json('/api/v3/exchangeInfo?symbols=["SOLUSDT"]'.replace('"', "%22"))["symbols"] == theirs["symbols"][2:]
    micro = served.web.json("/api/v3/time", **{"X-MBX-TIME-UNIT": "MICROSECOND"})["serverTime"]
    assert abs(micro / 1000 - theirs["serverTime"]) < 5000


def test_the_day_is_the_exchanges(served):
    ours, theirs = served.web.json("/api/v3/ticker/24hr"), served.told("/api/v3/ticker/24hr")
    assert [t["symbol"] for t in ours] == SYMBOLS and [set(t) for t in ours] == [set(t) for t in theirs]
    for mine, its in zip(ours, theirs):  # some seconds lie between
        for member in ("openPrice", "highPrice", "lowPrice", "lastPrice", "volume", "quoteVolume", "weightedAvgPrice"):
            assert Decimal(mine[member]) == pytest.approx(Decimal(its[member]), rel=Decimal("0.02"))
        assert mine["closeTime"] - mine["openTime"] == 86_400_000 and abs(mine["closeTime"] - its["closeTime"]) < 15_000
        assert mine["bidPrice"] == mine["askPrice"] == "0.00000000"


# --- ccxt ---

def ccxt_of(served, base=None):
    client = ccxt.binance({"options": {"defaultType": "spot", "fetchMarkets": {"types": ["spot"]}, "fetchMargins": False,
                                       "fetchCurrencies": False}, "enableRateLimit": False})
    client.urls["api"]["public"] = (base or served.web.base) + "/api/v3"
    return client


def candles_of(served, symbol, interval, start, limit):
    rows = served.told(f"/api/v3/klines?symbol={symbol}&interval={interval}&startTime={start}&limit={limit}")
    return [[r[0], *(float(x) for x in r[1:6])] for r in rows]


def test_ccxt(served):
    client = ccxt_of(served)
    markets = client.load_markets()
    assert set(markets) == NAMES and markets["BTC/USDT"]["active"] and markets["BTC/USDT"]["spot"]
    assert markets["BTC/USDT"]["precision"]["price"] == 0.01
    assert abs(client.fetch_time() - served.told("/api/v3/time")["serverTime"]) < 5000
    rows = []
    while len(rows) < 2_000:
        rows += client.fetch_ohlcv("ETH/USDT", "1s", rows[-1][0] + 1 if rows else served.begin, 700)
    assert rows[:2000] == candles_of(served, "ETHUSDT", "1s", served.begin, 1000) + candles_of(
        served, "ETHUSDT", "1s", served.begin + 1_000_000, 1000)
    newest = client.fetch_ohlcv("BTC/USDT", "1m", limit=10)
    assert len(newest) == 10 and all(b[0] - a[0] == 60_000 for a, b in zip(newest, newest[1:]))
    ticker = client.fetch_ticker("BTC/USDT")
    assert ticker["symbol"] == "BTC/USDT" and ticker["last"] > 0 and ticker["quoteVolume"] > 0 and ticker["high"] >= ticker["low"]
    assert set(client.fetch_tickers()) == NAMES and set(client.fetch_tickers(["BTC/USDT", "SOL/USDT"])) == {"BTC/USDT", "SOL/USDT"}
    assert set(client.fetch_last_prices()) == NAMES
    with pytest.raises(ccxt.BadSymbol):
        client.public_get_klines({"symbol": "NOSUCH", "interval": "1m"})


def test_ccxt_javascript(served):
    done = subprocess.run(["node", "ccxt.mjs", served.web.base, "SOL/USDT", str(served.begin), "1500"], cwd=ROOT / "tests/clients",
                          capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert set(told["symbols"]) == set(told["tickers"]) == NAMES and told["market"]["precision"]["price"] > 0
    assert told["candles"] == candles_of(served, "SOLUSDT", "1s", served.begin, 1000) + candles_of(
        served, "SOLUSDT", "1s", served.begin + 1_000_000, 500)
    assert len(told["newest"]) == 10 and told["ticker"]["last"] > 0 and told["refused"] == "BadSymbol"
    assert abs(told["time"] - served.told("/api/v3/time")["serverTime"]) < 10_000


def test_rules_from_names_while_the_exchange_tells_none(served):
    """The collector has never had the exchange's list."""
    served.stack.db.execute("CREATE TABLE saved AS SELECT * FROM symbol_info; DELETE FROM symbol_info")
    try:
        markets = ccxt_of(served).load_markets()
        assert set(markets) == NAMES and all(m["active"] and m["quote"] == "USDT" for m in markets.values())
        assert markets["BTC/USDT"]["precision"]["price"] == 0.01
        with_client(served, lambda c: c.get_exchange_info())
    finally:
        served.stack.db.execute("INSERT INTO symbol_info SELECT * FROM saved; DROP TABLE saved")


# --- python-binance ---

def with_client(served, test):
    client = Client(ping=False)
    client.API_URL = served.web.base + "/api"
    try:
        return test(client)
    finally:
        client.close_connection()


def test_python_binance(served):
    def test(client):
        assert client.ping() == {}
        assert abs(client.get_server_time()["serverTime"] - served.told("/api/v3/time")["serverTime"]) < 5000
        assert [s["symbol"] for s in client.get_exchange_info()["symbols"]] == SYMBOLS
        info = client.get_symbol_info("BTCUSDT")
        assert info["status"] == "TRADING" and any(f["filterType"] == "LOT_SIZE" for f in info["filters"])
        assert client.get_klines(symbol="BTCUSDT", interval="1m", startTime=served.begin, limit=30) == served.told(
            f"/api/v3/klines?symbol=BTCUSDT&interval=1m&startTime={served.begin}&limit=30")
        # In pages, from before there is anything.
        rows = client.get_historical_klines("BTCUSDT", "1s", served.begin - 7_200_000, served.end - 1)
        assert [r[0] for r in rows] == list(range(served.begin, served.end, 1000)) and len(rows) == HISTORY_S
        assert len(list(client.get_historical_klines_generator("SOLUSDT", "5m", served.begin, served.end - 1))) == HISTORY_S // 300
        assert client._get_earliest_valid_timestamp("BTCUSDT", "1s") == served.begin
        assert [t["symbol"] for t in client.get_ticker()] == SYMBOLS and client.get_ticker(symbol="ETHUSDT")["symbol"] == "ETHUSDT"
        assert [t["symbol"] for t in client.get_all_tickers()] == SYMBOLS and float(client.get_symbol_ticker(symbol="BTCUSDT")["price"]) > 0
        average = client.get_avg_price(symbol="SOLUSDT")
        assert average["mins"] == 5 and float(average["price"]) > 0 and average["closeTime"] > served.end
        with pytest.raises(BinanceAPIException) as refused:
            client.get_klines(symbol="NOSUCH", interval="1m")
        assert (refused.value.status_code, refused.value.code, refused.value.message) == (400, -1121, "Invalid symbol.")
    with_client(served, test)


# --- the exchange's own ---

def test_binance_connector(served):
    done = subprocess.run([sys.executable, "tests/clients/connector.py", served.web.base, str(served.begin), str(served.end)], cwd=ROOT, text=True,
                          env={**os.environ, "PYTHONPATH": str(ROOT / "build/clients")}, capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["ping"] == {} and told["time"] > served.end
    assert told["two"] == told["prices"] == ["BTCUSDT", "SOLUSDT"] and told["spot"] == SYMBOLS
    assert told["klines"] == served.told(f"/api/v3/klines?symbol=ETHUSDT&interval=3m&startTime={served.begin}&endTime={served.end - 1}&limit=7")
    assert told["ui_klines"] == 20 and told["average"]["mins"] == 5
    assert told["day"]["symbol"] == "BTCUSDT" and [set(t) for t in told["days"]] == [set(told["days"][0])] * 2
    assert told["interval"] == [400, -1120, "Invalid interval."] and told["twice"][:2] == [400, -1151]


def test_binance_sdk_spot(served):
    """Its answers are typed: what is not of the exchange's types is an error."""
    api = SdkSpot(config_rest_api=ConfigurationRestAPI(base_path=served.web.base, retries=0)).rest_api
    assert api.time().data().server_time > served.end
    info = api.exchange_info(symbol="BTCUSDT").data()
    assert info.symbols[0].symbol == "BTCUSDT" and info.symbols[0].filters
    rows = api.klines("BTCUSDT", "1m", start_time=served.begin, limit=5).data()
    assert [r[0] for r in rows] == [served.begin + i * 60_000 for i in range(5)]
    assert len(api.ui_klines("BTCUSDT", "1m", limit=5, time_zone="8").data()) == 5
    assert api.avg_price("BTCUSDT").data().mins == 5
    day = api.ticker24hr(symbol="BTCUSDT").data().actual_instance
    assert day.symbol == "BTCUSDT" and float(day.last_price) > 0
    assert len(api.ticker24hr().data().actual_instance) == 3
    assert api.ticker_price(symbol="SOLUSDT").data().actual_instance.symbol == "SOLUSDT"


def test_at_the_root_of_a_server(served, tmp_path):
    web = Web(served.stack, tmp_path, "/")
    try:
        assert set(ccxt_of(served, web.base).load_markets()) == NAMES
    finally:
        web.close()
