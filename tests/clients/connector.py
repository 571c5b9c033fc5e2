"""binance-connector, told only another base URL, and what it makes of the answers, as one JSON object. Arguments: the base URL, from and to in ms."""

import json
import sys

from binance.error import ClientError
from binance.spot import Spot

base, begin, end = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
client = Spot(base_url=base)


def refusal(call):
    try:
        call()
    except ClientError as e:
        return [e.status_code, e.error_code, e.error_message]
    return None


print(json.dumps({
    "ping": client.ping(),
    "time": client.time()["serverTime"],
    "two": [s["symbol"] for s in client.exchange_info(symbols=["BTCUSDT", "SOLUSDT"])["symbols"]],
    "spot": [s["symbol"] for s in client.exchange_info(permissions=["SPOT"])["symbols"]],
    "klines": client.klines("ETHUSDT", "3m", startTime=begin, endTime=end - 1, limit=7),
    "ui_klines": len(client.ui_klines("ETHUSDT", "1m", limit=20)),
    "average": client.avg_price("BTCUSDT"),
    "day": client.ticker_24hr("BTCUSDT"),
    "days": client.ticker_24hr(symbols=["BTCUSDT", "ETHUSDT"], type="MINI"),
    "prices": [t["symbol"] for t in client.ticker_price(symbols=["SOLUSDT", "BTCUSDT"])],
    "interval": refusal(lambda: client.klines("BTCUSDT", "7m")),
    "twice": refusal(lambda: client.ticker_price(symbols=["BTCUSDT", "BTCUSDT"])),
}))
