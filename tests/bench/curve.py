"""What one event costs the database, by how many candles are stored already: the sink catches up on the same events behind 10^5, 10^6 and 10^7 candles of the
same symbols on the same day."""

import market
import stored
from measure import produce, rounded
from parts import Stack
from sink import begin, catch_up

SYMBOLS, SECONDS, STORED = 500, 60, (100_000, 1_000_000, 10_000_000)


def run(folder, count):
    names, streams = market.symbols(SYMBOLS), ("miniTicker", "kline_1s")
    stack = Stack(folder, "replay-curve", {"feed.enabled": "no"})
    try:
        first = begin(stack, folder, streams, names, market.wide(names, 1))
        end_us = market.T0 * 1000 // stored.MINUTE * stored.MINUTE - stored.MINUTE
        there = stored.add_bars(stack.db, stack.venue, "1s", end_us - count // SYMBOLS * stored.SECOND, end_us)
        stack.db.execute("VACUUM ANALYZE candle_1s")
        more = market.save(folder / "rest", market.wide(names, SECONDS, 1))
        produce(f"{stack.prefix}.{stack.venue}", folder / "rest")
        records, seconds, (cpu, server_cpu), _ = catch_up(stack, first, first + more)
        if stack.one("SELECT count(*) FROM quarantine"):
            raise AssertionError("quarantine")
        events = 2 * SYMBOLS * SECONDS * records / more
        return there, server_cpu / events, cpu / events, events / seconds
    finally:
        stack.close()


def measure(folder):
    rows = [run(folder, count) for count in STORED]
    text = (f"## Sink, by what is stored\n{SYMBOLS} symbols of miniTicker and kline_1s, {SECONDS} s of the market, caught up on behind that many candles of the same "
            "symbols.\n\n| candles stored before | PostgreSQL µs per event | sink µs per event | events/s |\n|---|---|---|---|\n")
    text += "".join(f"| {there:,} | {rounded(server)} | {rounded(cpu)} | {rate:,.0f} |\n" for there, server, cpu, rate in rows)
    return text + f"| **10^7 : 10^5** | {rounded(rows[-1][1] / rows[0][1])} | {rounded(rows[-1][2] / rows[0][2])} | |\n"
