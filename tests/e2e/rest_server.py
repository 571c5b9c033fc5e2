"""A small REST exchange for the tests of back-fill: bars and aggregated trades that follow from their number alone, and answers that a test
puts in front of the queue."""

import json
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LIMIT = 1000


WIDTHS = {"1s": 1000, "1m": 60_000, "1h": 3_600_000, "1d": 86_400_000}


def bar(t, width=1000):
    """The bar that begins at `t` (ms)."""
    n = t // 1000 % 7
    price = f"{100 + t // 1000 % 50}.50000000"
    volume = f"{n}.25000000" if n else "0.00000000"
    return [t, price, price, price, price, volume, t + width - 1, "1.00000000" if n else "0.00000000", n, "0.00000000", "0.00000000", "0"]


def agg_trade(a):
    """Two a second, each of two trades; number 0 was in 2024."""
    t = 1_704_067_200_000 + a * 500
    return {"a": a, "p": "100.00000000", "q": "1.00000000", "f": 2 * a, "l": 2 * a + 1, "T": t, "m": bool(a % 2), "M": True}


class Rest:
    def __init__(self, now_ms):
        self.now_ms = now_ms
        self.requests = []  # (path, query) of klines and aggTrades
        self.scripted = []  # (status, headers, body) for the next of them
        self.missing = set()  # opens of bars that the exchange does not have
        self.hold = threading.Event()  # cleared: they are not answered
        self.hold.set()
        self.weight = 0
        self.limits = [("REQUEST_WEIGHT", "MINUTE", 1, 6000)]  # of exchangeInfo: type, interval, how many of it, limit
        self.infos = 0  # how often that was asked for
        rest = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                path, _, query = self.path.partition("?")
                status, headers, body = rest.answer(path, dict(urllib.parse.parse_qsl(query)))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, path, query):
        if path == "/api/v3/time":
            return 200, {}, json.dumps({"serverTime": self.now_ms}).encode()
        if path == "/api/v3/exchangeInfo":
            self.infos += 1
            names = ("rateLimitType", "interval", "intervalNum", "limit")
            return 200, {}, json.dumps({"rateLimits": [dict(zip(names, limit)) for limit in self.limits], "symbols": []}).encode()
        self.hold.wait(30)
        self.requests.append((path.rsplit("/", 1)[1], query))
        if self.scripted:
            return self.scripted.pop(0)
        if path == "/api/v3/klines":
            self.weight += 2
            width = WIDTHS[query["interval"]]
            first = -(-int(query["startTime"]) // width) * width
            there = [t for t in range(first, min(int(query["endTime"]) + 1, self.now_ms + 1), width) if t not in self.missing]
            rows = [bar(t, width) for t in there[:LIMIT]]
        elif path == "/api/v3/aggTrades":
            self.weight += 4
            first = int(query["fromId"]) if "fromId" in query else max(0, -(-(int(query["startTime"]) - 1_704_067_200_000) // 500))
            last = (self.now_ms - 1_704_067_200_000) // 500
            rows = [agg_trade(a) for a in range(first, min(first + LIMIT, last + 1))]
        else:
            return 404, {}, b"{}"
        return 200, {"X-MBX-USED-WEIGHT-1M": str(self.weight)}, json.dumps(rows).encode()

    def settings(self):
        return {"exchange.rest_host": "127.0.0.1", "exchange.rest_port": self.port, "exchange.tls": "no"}

    def close(self):
        self.hold.set()
        self.server.shutdown()
        self.server.server_close()
