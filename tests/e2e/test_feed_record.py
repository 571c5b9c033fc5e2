"""The recording tee: what the feed heard, replayed by the model exchange, gives the same rows."""

import pytest

from parts import wait_until
from test_recording import wait_ended

COLUMNS = {"trade": ("raw_trade", "symbol, id, trade_us, event_us, price, quantity, buyer_is_maker"),
           "miniTicker": ("raw_mini_ticker", "symbol, event_us, close, open, high, low, volume, quote"),
           "kline_1s": ("candle_1s", "symbol, open_us, open, high, low, close, volume, quote, trades, taker_volume, taker_quote")}


def rows_of(stack, stream):
    table, columns = COLUMNS[stream]
    return sorted(stack.rows(f"SELECT {columns} FROM {table} WHERE " + ("origin = 4" if stream == "kline_1s" else "true")))


@pytest.mark.parametrize("streams", ["trade", "miniTicker,kline_1s"])
def test_recorded_and_replayed(stack_of, tmp_path, streams):
    """Trades are derived from again, other frames go out as they came; several files are one recording."""
    folder = tmp_path / "heard"
    first = stack_of("synthetic", {"feed.record": folder, "feed.record_bytes": 8192, "sink.batch_interval": 100, "venue.settle": 1,
                                   "feed.symbols": "BTCUSDT,ETHUSDT", "feed.streams": streams})
    first.start_exchange("synthetic", seed=5, history=0)
    collector = first.start("pricegraph-collector")
    names = streams.split(",")
    wait_until(lambda: all(len(rows_of(first, s)) >= 12 for s in names) and len(list(folder.iterdir())) >= 2, "some rows and files")
    assert collector.stop() == 0
    heard = collector.text()
    sink = first.start("pricegraph-collector", "--set", "feed.enabled=no")  # what was still in Kafka
    wait_until(lambda: sink.text().count(" collector_started ") == 2, "the sink runs")
    wait_until(lambda: first.one("SELECT bool_and(s.ended) FROM subscription u JOIN span s USING (venue, stream, session) WHERE u.to_us IS NULL"),
               "all is committed")
    assert sink.stop() == 0
    second = stack_of("replay-heard", {"sink.batch_interval": 100, "venue.settle": 1, "feed.symbols": "BTCUSDT,ETHUSDT", "feed.streams": streams})
    second.start_exchange(folder, speed=5)
    second.start("pricegraph-collector")
    wait_ended(second)
    for stream in names:
        assert rows_of(second, stream) == rows_of(first, stream)
        assert rows_of(first, stream)
    assert " feed_record_opened " in heard
