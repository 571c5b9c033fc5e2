"""The frames of the whole exchange, made before they are needed: on two cores a sender that makes them as it goes would be what the
delays are about."""

import marshal
import random
import struct
import zlib

import market

SLICES = 20  # of a second: the frames come spread over it


def second(rnd, names, n):
    """(stream, frame) of one second, in the order in which they come; the klines are those of the second before."""
    start = market.T0 + n * 1000
    events = [("trade", s, text) for s, text in market.trades(names, n)]
    events += [("miniTicker", s, market.ticker_json(rnd, s, start + i * 900 // len(names))) for i, s in enumerate(names)]
    events += [("kline_1s", s, market.kline_json(rnd, s, start - 1000)) for s in names]
    rnd.shuffle(events)
    for stream, symbol, text in events:
        name = f"{symbol.lower()}@{stream}"
        yield name, frame(f'{{"stream":"{name}","data":{text}}}'.encode())


def frame(payload):
    """A text frame of a server; all of them have a length of two bytes."""
    return b"\x81\x7e" + struct.pack(">H", len(payload)) + payload


def make(path, names, seconds):
    """Seconds 0 to `seconds` of the market, slice by slice."""
    rnd = random.Random(5)
    with open(path, "wb") as out:
        for n in range(seconds):
            frames = list(second(rnd, names, n))
            for k in range(SLICES):
                data = zlib.compress(marshal.dumps(frames[k * len(frames) // SLICES:(k + 1) * len(frames) // SLICES]), 1)
                out.write(struct.pack("<I", len(data)) + data)


def read(path):
    """The slices: lists of (stream, frame)."""
    with open(path, "rb") as f:
        while head := f.read(4):
            yield marshal.loads(zlib.decompress(f.read(*struct.unpack("<I", head))))
