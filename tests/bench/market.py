"""Made-up events as the exchange would send them, and the control records between them, as lines of tests/bench/produce."""

import json
import random

from test_sink import murmur2

T0 = 1_700_000_000_000  # ms; 20 s into a minute


def symbols(count):
    return [f"COIN{i}USDT" for i in range(count)]


def control(kind, t_ms, streams, named=None):
    """One in every partition of every stream."""
    for stream in streams:
        for i in range(8):
            record = {"session": "s1", "collector": "bench", "seq": t_ms, "kind": kind, "T": t_ms * 1000, "clock": t_ms * 1000,
                      "speed": 1, "partition": i}
            if named is not None:
                record["symbols"] = [s for s in named if murmur2(s.encode()) % 8 == i]
            yield f"{stream}\t{i}\t\t{json.dumps(record)}\n"


def ticker_json(rnd, symbol, t_ms):
    price = rnd.randrange(10**8, 10**9)
    return (f'{{"e":"24hrMiniTicker","E":{t_ms},"s":"{symbol}","c":"{price / 1e4:.8f}","o":"{price / 1.01e4:.8f}",'
            f'"h":"{price / 0.9e4:.8f}","l":"{price / 1.1e4:.8f}","v":"{rnd.random() * 1e5:.8f}","q":"{rnd.random() * 1e9:.8f}"}}')


def kline_json(rnd, symbol, t_ms):
    """The closed kline of the second that begins at t_ms."""
    price, count = rnd.randrange(10**8, 10**9), 10
    first = t_ms // 1000 * count  # no hole in the ids between two seconds
    return (f'{{"e":"kline","E":{t_ms + 1003},"s":"{symbol}","k":{{"t":{t_ms},"T":{t_ms + 999},"s":"{symbol}","i":"1s","f":{first},'
            f'"L":{first + count - 1},"o":"{price / 1e4:.8f}","c":"{price / 1.0001e4:.8f}","h":"{price / 0.999e4:.8f}",'
            f'"l":"{price / 1.001e4:.8f}","v":"{rnd.random() * 10:.8f}","n":{count},"x":true,"q":"{rnd.random() * 1e5:.8f}",'
            f'"V":"{rnd.random():.8f}","Q":"{rnd.random() * 1e4:.8f}","B":"0"}}}}')


def trade_json(rnd, symbol, number, t_ms):
    return (f'{{"e":"trade","E":{t_ms + 1},"s":"{symbol}","t":{number},"p":"{rnd.randrange(10**8, 10**9) / 1e4:.8f}",'
            f'"q":"{rnd.random():.8f}","T":{t_ms},"m":{"true" if rnd.random() < 0.5 else "false"},"M":true}}')


def wide(names, seconds, first=0):
    """Each second a sample and a closed kline of every symbol; lines of seconds [first, first + seconds) of the market."""
    rnd = random.Random(first)
    for n in range(first, first + seconds):
        start = T0 + n * 1000
        for i, symbol in enumerate(names):
            yield f"miniTicker\t-1\t{symbol}\t{ticker_json(rnd, symbol, start + i * 900 // len(names))}\n"
        for symbol in names:
            yield f"kline_1s\t-1\t{symbol}\t{kline_json(rnd, symbol, start)}\n"
        yield from control("alive", start + 1010, ("miniTicker", "kline_1s"))


def dense(names, seconds, rate, first=0):
    """`rate` trades a second of each symbol."""
    rnd = random.Random(first)
    for n in range(first, first + seconds):
        for k in range(rate):
            for symbol in names:
                yield f"trade\t-1\t{symbol}\t{trade_json(rnd, symbol, n * rate + k, T0 + n * 1000 + k * 1000 // rate)}\n"
        yield from control("alive", T0 + n * 1000 + 1000, ("trade",))


TRADED = 500  # of the symbols: each has ten trades a second


def trades(names, n):
    """One second's trades as (symbol, json), in the order of their times; their ids are those that the klines tell."""
    rnd, start = random.Random(n), T0 + n * 1000
    for k in range(10):
        for symbol in names[:TRADED]:
            yield symbol, trade_json(rnd, symbol, start // 1000 * 10 + k, start + k * 100)


def whole(names, seconds, first=0):
    """Each second a sample and a closed kline of every symbol, and 5,000 trades."""
    for n in range(first, first + seconds):
        for symbol, text in trades(names, n):
            yield f"trade\t-1\t{symbol}\t{text}\n"
        yield from wide(names, 1, n)
        yield from control("alive", T0 + n * 1000 + 1010, ("trade",))


def samples(names, seconds, first=0, late=0.0):
    """Each second a sample of every symbol; the share `late` of them is a minute old when it comes."""
    rnd = random.Random(first)
    for n in range(first, first + seconds):
        start = T0 + n * 1000
        for i, symbol in enumerate(names):
            old = 60_000 - 500 if rnd.random() < late else 0
            yield f"miniTicker\t-1\t{symbol}\t{ticker_json(rnd, symbol, start + i * 400 // len(names) - old)}\n"
        yield from control("alive", start + 1010, ("miniTicker",))


def save(path, lines):
    """How many lines it wrote."""
    count = 0
    with open(path, "w") as f:
        for line in lines:
            f.write(line)
            count += 1
    return count
