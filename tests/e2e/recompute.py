"""Candles computed anew from trades, in exact decimals and without any of the project's code."""

import gzip
import json
from collections import defaultdict
from decimal import Decimal, getcontext

getcontext().prec = 60


class Bar:
    __slots__ = ("open", "high", "low", "close", "volume", "quote", "trades", "taker_volume", "taker_quote",
                 "first", "last")

    def __init__(self, t):
        self.open = self.high = self.low = self.close = t["p"]
        self.volume = self.quote = self.taker_volume = self.taker_quote = Decimal(0)
        self.trades = 0
        self.first = t["t"]
        self.add(t)

    def add(self, t):
        p, q = t["p"], t["q"]
        self.high, self.low, self.close = max(self.high, p), min(self.low, p), p
        self.volume += q
        self.quote += p * q
        if not t["m"]:
            self.taker_volume += q
            self.taker_quote += p * q
        self.trades += 1
        self.last = t["t"]

    def values(self):
        return (self.open, self.high, self.low, self.close, self.volume, self.quote, self.trades,
                self.taker_volume, self.taker_quote)


def trade_of(event):
    return {"s": event["s"], "t": event["t"], "T": event["T"], "p": Decimal(event["p"]), "q": Decimal(event["q"]),
            "m": event["m"]}


def recorded_trades(*paths):
    """Every trade of the recordings, by symbol in the order of its id."""
    found = defaultdict(dict)
    for path in paths:
        with gzip.open(path, "rt") as lines:
            for line in lines:
                if "@trade" not in line:
                    continue
                event = json.loads(line.split(" ", 1)[1])["data"]
                found[event["s"]][event["t"]] = trade_of(event)
    return {s: [trades[k] for k in sorted(trades)] for s, trades in found.items()}


def bars(trades, width_ms):
    """{start ms: Bar} of one symbol's trades."""
    out = {}
    for t in trades:
        start = t["T"] - t["T"] % width_ms
        if start in out:
            out[start].add(t)
        else:
            out[start] = Bar(t)
    return out


def statistics(trades, event_ms):
    """The 24 h figures as they stood at event_ms: close, open, high, low, volume, quote."""
    inside = [t for t in trades if event_ms - 86_400_000 < t["T"] <= event_ms]
    prices = [t["p"] for t in inside]
    return (prices[-1], prices[0], max(prices), min(prices), sum(t["q"] for t in inside),
            sum(t["p"] * t["q"] for t in inside))
