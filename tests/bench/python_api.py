"""`initial` as people write it: FastAPI and asyncpg, one statement for the head and one for the candles, an answer as a model of lists. It reads by the same
function as pricegraph-chart, and tells neither gaps nor spans. Run by uvicorn; the database by PYTHON_API_DSN."""

import os
from contextlib import asynccontextmanager

import asyncpg
from fastapi import FastAPI, HTTPException

WIDTHS = {"1s": 1_000_000, "1m": 60_000_000, "1h": 3_600_000_000, "1d": 86_400_000_000}
VENUE = os.environ.get("PYTHON_API_VENUE", "")
HEAD = """SELECT s.i, p.revision, max(sp.to_us) AS as_of FROM symbol AS s JOIN partition AS p USING (venue, i) JOIN span AS sp USING (venue, i)
WHERE s.venue = $1 AND s.symbol = $2 GROUP BY s.i, p.revision"""
BARS = "SELECT open_us, open, high, low, close, volume, quote, trades, origin FROM candle_{} WHERE venue = $1 AND symbol = $2 AND open_us >= $3 AND open_us < $4 ORDER BY open_us"


@asynccontextmanager
async def lifespan(app):
    app.state.pool = await asyncpg.create_pool(os.environ["PYTHON_API_DSN"], min_size=4, max_size=4,
                                               server_settings={"search_path": "pricegraph", "plan_cache_mode": "force_custom_plan", "jit": "off"})
    yield
    await app.state.pool.close()


app = FastAPI(lifespan=lifespan)


@app.get("/api/v1/initial")
async def initial(symbol: str, interval: str, limit: int = 500):
    if interval not in WIDTHS:
        raise HTTPException(400, "no such interval")
    async with app.state.pool.acquire() as c:
        head = await c.fetchrow(HEAD, VENUE, symbol)
        if head is None:
            raise HTTPException(400, "no such symbol")
        rows = await c.fetch(BARS.format(interval), VENUE, symbol, head["as_of"] - limit * WIDTHS[interval], head["as_of"])
    return {"venue": VENUE, "symbol": symbol, "interval": interval, "as_of": head["as_of"] // 1000, "revision": f"1.{head['revision']}",
            "candles": [[r["open_us"] // 1000, str(r["open"]), str(r["high"]), str(r["low"]), str(r["close"]), str(r["volume"]),
                         str(r["quote"]), r["trades"], r["origin"], True] for r in rows]}
