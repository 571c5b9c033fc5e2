"""freqtrade's download-data, unmodified, told only another base URL, gets the candles that the exchange itself has. It is told to ask the exchange rather
than the exchange's archive of files. Not a part of `make test`: what it needs is 0.8 GB."""

import json
import os
import subprocess
import urllib.request

import pytest

from chart_parts import Web, fill
from parts import ROOT, Stack

FREQTRADE = ROOT / "build/freqtrade/bin/freqtrade"
PAIRS = {"BTC/USDT": "BTCUSDT", "ETH/USDT": "ETHUSDT"}


@pytest.fixture
def served(tmp_path):
    stack = Stack(tmp_path, "synthetic")
    try:
        exchange, begin, end = fill(stack, list(PAIRS.values()))
        (tmp_path / "web").mkdir()
        web = Web(stack, tmp_path / "web")
        yield exchange, begin, end, web
        web.close()
    finally:
        stack.close()


def test_download_data(served, tmp_path):
    exchange, begin, end, web = served
    config = tmp_path / "freqtrade.json"
    ccxt = {"urls": {"api": {"public": web.base + "/api/v3"}}, "enableRateLimit": False,
            "options": {"defaultType": "spot", "fetchMarkets": {"types": ["spot"]}, "fetchMargins": False, "fetchCurrencies": False}}
    config.write_text(json.dumps({
        "stake_currency": "USDT", "stake_amount": 10, "dry_run": True, "trading_mode": "spot", "max_open_trades": 1,
        "pairlists": [{"method": "StaticPairList"}], "entry_pricing": {"price_side": "other"}, "exit_pricing": {"price_side": "other"},
        "exchange": {"name": "binance", "key": "", "secret": "", "only_from_ccxt": True, "ccxt_config": ccxt, "ccxt_async_config": ccxt,
                     "pair_whitelist": list(PAIRS)}}))
    (tmp_path / "user").mkdir()
    done = subprocess.run([FREQTRADE, "download-data", "--config", config, "--userdir", tmp_path / "user", "--datadir", tmp_path / "data", "-t", "1m", "5m",
                           "--timerange", f"{begin}-{end}", "--data-format-ohlcv", "json"],
                          capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL, env={**os.environ, "NO_PROXY": "127.0.0.1"})
    assert done.returncode == 0, done.stdout + done.stderr
    for pair, symbol in PAIRS.items():
        for interval, width in (("1m", 60_000), ("5m", 300_000)):
            first = -(-begin // width) * width
            rows = json.loads((tmp_path / "data" / f"{pair.replace('/', '_')}-{interval}.json").read_text())
            rows = [r for r in rows if first <= r[0] and r[0] + width <= end]
            with urllib.request.urlopen(f"{exchange}/api/v3/klines?symbol={symbol}&interval={interval}&startTime={first}&endTime={end - width}&limit=1000",
                                        timeout=30) as answer:
                told = json.load(answer)
            assert rows == [[k[0], *(float(x) for x in k[1:6])] for k in told] and len(rows) > 20
