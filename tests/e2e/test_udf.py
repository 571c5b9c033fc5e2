"""TradingView's Charting Library at udf/: a client that asks as its own UDF datafeed does finds a symbol, and scrolls back over every gap to
the first bar without losing or repeating one."""

import json

import pytest

from klines_parts import Market, made_up

PAGE = 329  # bars that the library asks for at once


class Datafeed:
    """What the library's adapter sends, and how it reads the answers: the body alone, whatever the status."""

    def __init__(self, stack):
        self.stack = stack
        self.requests = 0
        self.configuration = self.ask("config")
        assert self.configuration["supports_search"] or self.configuration["supports_group_request"]

    def ask(self, path, **params):
        self.requests += 1
        query = "&".join(f"{k}={v}" for k, v in params.items())
        return json.loads(self.stack.get(f"/udf/{path}" + (f"?{query}" if query else ""))[2])

    def search(self, text, kind="", exchange=""):
        found = self.ask("search", limit=30, query=text.upper(), type=kind, exchange=exchange)
        assert "s" not in found
        return found

    def resolve(self, name):
        answer = self.ask("symbols", symbol=name)
        if "s" in answer:
            raise LookupError(answer["errmsg"])
        return answer

    def bars(self, symbol, resolution, begin, end, countback=None):
        """Bars (time in ms, o, h, l, c, v) and what the library is told of what lies before."""
        params = {"symbol": symbol["ticker"], "resolution": resolution, "from": begin, "to": end}
        if countback is not None:
            params["countback"] = countback
        answer = self.ask("history", **params)
        if answer["s"] == "no_data":
            return [], {"noData": True, "nextTime": answer.get("nextTime")}
        if answer["s"] != "ok":
            raise LookupError(answer["errmsg"])
        assert all(len(answer[k]) == len(answer["t"]) for k in "ohlcv")
        assert all(isinstance(x, (int, float)) for k in "tohlcv" for x in answer[k])
        return list(zip((t * 1000 for t in answer["t"]), *(answer[k] for k in "ohlcv"))), {"noData": False}

    def scroll(self, symbol, resolution, width, end, countback):
        """From `end` back to the beginning, by countback or by ranges alone."""
        rows = []
        while True:
            page, meta = self.bars(symbol, resolution, end - PAGE * width, end, PAGE if countback else None)
            assert all(a[0] < b[0] for a, b in zip(page, page[1:])) and all(row[0] < end * 1000 for row in page)
            rows = page + rows
            if page:
                end = page[0][0] // 1000
            elif meta["nextTime"] is None:
                return rows
            else:
                assert meta["nextTime"] < end
                end = meta["nextTime"] + 1  # a bar may open there


@pytest.fixture(scope="module")
def market_rows():
    return made_up(30)


@pytest.mark.parametrize("countback", [True, False])
def test_scrolls_to_the_first_bar(stack_of, market_rows, countback):
    minutes, spans = market_rows
    stack = stack_of("replay-udf")
    market = Market(stack, minutes, spans)
    feed = Datafeed(stack)
    assert {"1S", "1", "60", "1D", "1W", "1M"} <= set(feed.configuration["supported_resolutions"])
    found, = feed.search("btc", feed.configuration["symbols_types"][1]["value"], feed.configuration["exchanges"][1]["value"])
    symbol = feed.resolve(found["full_name"])
    assert symbol["ticker"] == "BTCUSDT" and symbol["has_intraday"] and symbol["session"] == "24x7" and symbol["pricescale"] == 100
    end = spans[-1][1] // 1000
    assert int(stack.get("/udf/time")[2]) == end
    for resolution, interval, width in (("60", "1h", 3600), ("240", "4h", 14_400), ("1D", "1d", 86_400), ("1W", "1w", 604_800)):
        rows = feed.scroll(symbol, resolution, width, end, countback)
        klines = market.pages(f"interval={interval}")
        assert rows == [(k[0], *(float(x) for x in k[1:6])) for k in klines if k[0] < end * 1000]
    if countback:
        last = market.stack.json(f"/api/v3/klines?symbol=BTCUSDT&interval=1m&limit=1000&endTime={end * 1000 - 1}")
        rows, _ = feed.bars(symbol, "1", 0, end, 1000)
        assert rows == [(k[0], *(float(x) for x in k[1:6])) for k in last]


def test_errors_are_in_the_body(stack_of, market_rows):
    minutes, spans = market_rows
    stack = stack_of("replay-udf")
    Market(stack, minutes[:100], [(minutes[0][0], minutes[99][0] + 60_000)])
    feed = Datafeed(stack)
    for call in (lambda: feed.resolve("NOSUCH"), lambda: feed.bars({"ticker": "NOSUCH"}, "1", 0, 1), lambda: feed.resolve("other:BTCUSDT"),
                 lambda: feed.bars({"ticker": "BTCUSDT"}, "7", 0, 1), lambda: feed.bars({"ticker": "BTCUSDT"}, "1", "x", 1)):
        with pytest.raises(LookupError) as error:
            call()
        assert str(error.value)
    assert feed.bars({"ticker": "BTCUSDT"}, "1", 0, 1) == ([], {"noData": True, "nextTime": None})
    assert feed.search("doge") == []
