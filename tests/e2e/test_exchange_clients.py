"""Public clients of the exchange take the model exchange for it: ccxt and python-binance, unmodified, told only another base URL,
by REST and by websocket."""

import asyncio
import json

import ccxt.pro as ccxt
import pytest
from binance import AsyncClient, BinanceSocketManager
from binance.exceptions import BinanceAPIException

from exchange_parts import START, exchange_of  # noqa: F401 (a fixture)
from parts import wait_until


@pytest.fixture
def x(exchange_of):
    return exchange_of(speed=20, history=2, symbols="BTCUSDT,ETHUSDT,SOLUSDT")


def truth_of(x, name):
    return [json.loads(e) for _, _, n, e in x.truth() if n == name]


# --- ccxt ---

def with_ccxt(x, test):
    async def run():
        client = ccxt.binance({"options": {"defaultType": "spot", "fetchMarkets": {"types": ["spot"]}, "fetchMargins": False,
                                           "fetchCurrencies": False}})
        client.urls["api"]["public"] = f"http://127.0.0.1:{x.port}/api/v3"
        client.urls["api"]["ws"]["spot"] = f"ws://127.0.0.1:{x.port}/ws"
        try:
            return await asyncio.wait_for(test(client), 40)
        finally:
            await client.close()
    return asyncio.run(run())


def test_ccxt_rest(x):
    async def test(client):
        markets = await client.load_markets()
        assert {"BTC/USDT", "ETH/USDT", "SOL/USDT"} == set(markets)
        assert markets["BTC/USDT"]["active"] and markets["BTC/USDT"]["precision"]["price"] == 0.01
        assert await client.fetch_time() == x.json("/api/v3/time")["serverTime"]
        candles = await client.fetch_ohlcv("BTC/USDT", "1m", limit=100)
        assert len(candles) == 100 and all(b[0] - a[0] == 60_000 for a, b in zip(candles, candles[1:]))
        seconds = await client.fetch_ohlcv("BTC/USDT", "1s", since=START - 60_000, limit=60)
        assert [c[0] for c in seconds] == list(range(START - 60_000, START, 1000))
        trades = await client.fetch_trades("BTC/USDT", since=START - 60_000, limit=50)
        assert len(trades) == 50 and trades[0]["timestamp"] >= START - 60_000 and trades[0]["side"] in ("buy", "sell")
        ticker = await client.fetch_ticker("BTC/USDT")
        assert ticker["last"] > 0 and ticker["quoteVolume"] > 0 and ticker["bid"] < ticker["ask"]
        assert set(await client.fetch_tickers()) == set(markets)
        book = await client.fetch_order_book("ETH/USDT", 5)
        assert book["bids"][0][0] < book["asks"][0][0]
        with pytest.raises(ccxt.BadSymbol):
            await client.public_get_klines({"symbol": "NOSUCH", "interval": "1m"})
    with_ccxt(x, test)


def test_ccxt_websocket(x):
    async def test(client):
        await client.load_markets()
        trades = []
        while len(trades) < 30:
            trades += await client.watch_trades("BTC/USDT")
        candles = await client.watch_ohlcv("ETH/USDT", "1s")
        tickers = await client.watch_tickers(["BTC/USDT", "ETH/USDT"], {"name": "miniTicker"})
        return trades, candles, tickers
    trades, candles, tickers = with_ccxt(x, test)
    traded = {str(e["t"]): e for e in truth_of(x, "btcusdt@trade")}
    assert all(traded[t["id"]]["p"] == t["info"]["p"] for t in trades)
    assert candles[-1][0] % 1000 == 0 and len(candles[-1]) == 6
    assert tickers and all(t["last"] > 0 for t in tickers.values())


def test_ccxt_obeys_bans(x):
    async def test(client):
        await client.load_markets()
        for status, error in ((429, ccxt.DDoSProtection), (418, ccxt.DDoSProtection), (451, ccxt.ExchangeNotAvailable),
                              (503, ccxt.ExchangeNotAvailable)):
            x.fault("rest_error", status=status, path="/api/v3/time")
            with pytest.raises(error):
                await client.fetch_time()
        assert await client.fetch_time() >= START - 1000
    with_ccxt(x, test)


# --- python-binance ---

def with_binance(x, test):
    async def run():
        client = AsyncClient()
        client.API_URL = f"http://127.0.0.1:{x.port}/api"
        manager = BinanceSocketManager(client)
        manager.STREAM_URL = f"ws://127.0.0.1:{x.port}/"
        try:
            return await asyncio.wait_for(test(client, manager), 40)
        finally:
            await client.close_connection()
    return asyncio.run(run())


def test_python_binance_rest(x):
    async def test(client, _):
        assert await client.ping() == {}
        assert await client.get_server_time() == x.json("/api/v3/time")
        info = await client.get_symbol_info("BTCUSDT")
        assert info["status"] == "TRADING" and any(f["filterType"] == "LOT_SIZE" for f in info["filters"])
        klines = await client.get_historical_klines("BTCUSDT", "1s", START - 1_500_000, START - 1)  # in pages
        assert [k[0] for k in klines] == list(range(START - 1_500_000, START, 1000))
        orders = [o async for o in client.aggregate_trade_iter("BTCUSDT", start_str=START - 60_000)]
        assert [o["a"] for o in orders] == list(range(orders[0]["a"], orders[-1]["a"] + 1)) and orders[-1]["T"] < START
        assert len(await client.get_recent_trades(symbol="ETHUSDT")) == 500
        assert len(await client.get_historical_trades(symbol="ETHUSDT", fromId=1, limit=10)) == 10
        tickers = await client.get_ticker()
        assert [t["symbol"] for t in tickers] == ["BTCUSDT", "ETHUSDT", "SOLUSDT"]
        assert float((await client.get_avg_price(symbol="SOLUSDT"))["price"]) > 0
        assert len(await client.get_orderbook_tickers()) == 3
        with pytest.raises(BinanceAPIException) as refused:
            await client.get_klines(symbol="NOSUCH", interval="1m")
        assert refused.value.code == -1121
        x.fault("rest_error", status=418, retry_after=30)
        with pytest.raises(BinanceAPIException) as banned:
            await client.get_server_time()
        assert (banned.value.status_code, banned.value.code) == (418, -1003)
    with_binance(x, test)


def test_python_binance_websocket(x):
    async def read(socket, count):
        async with socket as s:
            return [await s.recv() for _ in range(count)]

    async def test(client, manager):
        return (await read(manager.trade_socket("BTCUSDT"), 30),
                await read(manager.aggtrade_socket("BTCUSDT"), 10),
                await read(manager.symbol_miniticker_socket("ETHUSDT"), 3),
                await read(manager.miniticker_socket(), 3),
                await read(manager.multiplex_socket(["btcusdt@kline_1s", "solusdt@miniTicker"]), 10))
    trades, orders, minis, arrays, several = with_binance(x, test)
    told = lambda name: wait_until(lambda: truth_of(x, name), "the truth file is there", 10)
    assert all(t in told("btcusdt@trade") for t in trades) and [t["t"] for t in trades] == list(
        range(trades[0]["t"], trades[0]["t"] + 30))
    assert all(o in told("btcusdt@aggTrade") for o in orders)
    assert all(m in told("ethusdt@miniTicker") for m in minis)
    assert all(isinstance(a, list) and a[0]["e"] == "24hrMiniTicker" for a in arrays)
    assert {m["stream"] for m in several} == {"btcusdt@kline_1s", "solusdt@miniTicker"}


def test_python_binance_comes_back_after_a_reset(x):
    async def test(client, manager):
        async with manager.trade_socket("BTCUSDT") as s:
            before = (await s.recv())["t"]
            x.fault("reset")
            after = 0
            while after <= before + 5:
                message = await s.recv()
                after = message.get("t", 0)
            return before, after
    before, after = with_binance(x, test)
    assert after > before
    assert len(list(x.records("connect"))) == 2
