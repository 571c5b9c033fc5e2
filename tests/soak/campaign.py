"""One campaign: a synthetic market with a known truth, the collector behind proxies, and what is done to them."""

import contextlib
import json
import re
import urllib.error
import urllib.request

from parts import Stack, wait_until

SYMBOLS = ["BTCUSDT", "ETHUSDT", "DOGEUSDT", "WAVESBTC"]
STREAMS = ["miniTicker", "kline_1s", "trade"]


class Campaign:
    def __init__(self, servers, folder, seed, speed, settings=None):
        self.servers, self.seed, self.speed = servers, seed, speed
        folder.mkdir(parents=True, exist_ok=True)
        self.stack = Stack(folder, "synthetic", {"sink.batch_interval": 100, "feed.symbols": ",".join(SYMBOLS),
                                                 "feed.streams": ",".join(STREAMS), "feed.silence": 3, "backfill.enabled": "yes", **(settings or {})})
        self.name = f"exchange-{self.stack.prefix}"
        self.exchange = self.stack.start_exchange("synthetic", seed=seed, speed=speed, symbols=",".join(SYMBOLS), history=1)
        self.rest_port = int(self.stack.values["exchange.port"])
        proxied = servers.proxies.add(self.name, self.rest_port)
        where = f"host=127.0.0.1 port={servers.postgres_proxy} dbname={self.stack.database} user=pricegraph_collector"
        self.stack.set({"exchange.port": proxied, "exchange.rest_port": proxied, "postgres.collector": where})
        self.collector = self.stack.start("pricegraph-collector")
        self.kills = 0
        self.frames_lost = False  # the exchange was told not to send some, or to spoil them

    def begun(self):
        """Every stream of every symbol is heard, and rows come."""
        wait_until(lambda: self.settled_us() > 0 and self.stack.one("SELECT count(*) FROM raw_trade") > 20, "the first rows", 60)

    def market_us(self):
        """The market's clock, asked for beside the proxy; the exchange's own faults hit this question too."""
        def answer():
            with contextlib.suppress(urllib.error.HTTPError):
                return self.ask_exchange("GET", "/api/v3/time")
        return json.loads(wait_until(answer, "the exchange tells its time"))["serverTime"] * 1000

    def ask_exchange(self, method, path, value=None):
        data = None if value is None else json.dumps(value).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.rest_port}{path}", data, method=method,
                                         headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read()

    def wait_market(self, us, seconds=120):
        wait_until(lambda: self.market_us() >= us, f"the market reaches {us}", seconds)

    def taken(self):
        return self.stack.one("SELECT coalesce(sum(next_offset), 0) FROM kafka_offset")

    def kill(self):
        """kill -9; the successor starts at once."""
        assert self.collector.running(), f"the collector ended by itself: {self.collector.process.returncode}\n{self.tail()}"
        self.collector.kill()
        self.kills += 1
        self.collector = self.stack.start("pricegraph-collector")

    def tail(self):
        return "\n".join(self.collector.text().splitlines()[-15:])

    def settled_us(self):
        """How far every subscribed symbol is settled: the least T over its streams, less what settling takes."""
        row = self.stack.rows(
            "SELECT count(DISTINCT (u.symbol, u.stream)), min(s.to_us) FROM subscription u JOIN symbol y USING (venue, symbol) "
            "JOIN span s ON s.venue = u.venue AND s.stream = u.stream AND s.i = y.i AND s.session = u.session "
            "WHERE u.to_us IS NULL")[0]
        return (row[1] or 0) - 5_000_000 if row[0] >= len(SYMBOLS) * len(STREAMS) else 0

    def open_gaps(self, before_us):
        return self.stack.rows("SELECT symbol, stream, from_us, to_us, cause, state FROM gap "
                               "WHERE state IN ('open', 'repairing') AND from_us < %s ORDER BY from_us", before_us)

    def finish(self, seconds=90):
        """Everything healed: waits until all before now is settled and repaired, stops both; the end of the audited time."""
        end_us = self.market_us()
        wait_until(lambda: self.settled_us() >= end_us, lambda: f"settled up to {end_us}, not {self.settled_us()}\n{self.tail()}",
                   seconds)
        wait_until(lambda: not self.open_gaps(end_us), lambda: f"repaired: {self.open_gaps(end_us)}\n{self.tail()}", seconds)
        code = self.collector.stop()
        assert code == 0, f"exit {code}\n{self.tail()}"
        assert self.exchange.stop() == 0
        broken = re.findall(r".*(?:sink_broken|feed_producer_dead|sink_take ).*", self.collector.text())
        assert not broken, broken
        return end_us

    def close(self):
        self.servers.proxies.remove(self.name)
        self.stack.close()
