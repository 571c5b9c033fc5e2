"""pricegraph-chart behind a real nginx, below a path of a server that already runs, and the market that its database is filled from."""

import json
import os
import subprocess
import urllib.error
import urllib.request

from parts import BUILD, ROOT, wait_until

HISTORY_S = 8100


class Web:
    """spawn-fcgi → pricegraph-chart, and nginx with the drop-in files as they are."""

    def __init__(self, stack, folder, prefix="/pricegraph/"):
        stack.set({"web.prefix": prefix})
        self.folder = folder
        port = subprocess.run(["bash", "-c", ". stack/common.sh; free_port"], cwd=ROOT, capture_output=True, text=True, check=True)
        self.port = int(port.stdout)
        self.base = f"http://127.0.0.1:{self.port}{prefix.rstrip('/')}"
        http = (ROOT / "nginx/pricegraph-http.conf").read_text()
        server = (ROOT / "nginx/pricegraph-server.conf").read_text().replace("/pricegraph/", prefix)
        for old, new in (("/run/pricegraph/", f"{folder}/"), ("/var/cache/pricegraph", f"{folder}/cache"), ("/usr/share/pricegraph/www", f"{ROOT}/www")):
            http = http.replace(old, new)
        (folder / "http.conf").write_text(http)
        (folder / "server.conf").write_text(server)
        user = "user root root;" if os.getuid() == 0 else ""
        (folder / "nginx.conf").write_text(
            f"{user} daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{}}\n"
            f"http {{ access_log off; client_body_temp_path {folder}/body; include {folder}/http.conf;\n"
            f"server {{ listen 127.0.0.1:{self.port}; include {folder}/server.conf; }} }}\n")
        self.log = open(folder / "web.log", "ab")
        environment = {**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"}
        self.processes = [subprocess.Popen(c, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, env=environment) for c in (
            ["spawn-fcgi", "-s", folder / "chart.sock", "-n", "--", BUILD / "pricegraph-chart", "--config", stack.config()],
            ["nginx", "-p", folder, "-e", folder / "error.log", "-c", folder / "nginx.conf"])]
        wait_until(lambda: self.ask("/api/v3/ping")[0] == 200, "nginx and chart answer")

    def ask(self, path, **headers):
        """Status, headers, body."""
        try:
            with urllib.request.urlopen(urllib.request.Request(self.base + path, headers=headers), timeout=30) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()
        except (urllib.error.URLError, ConnectionError):
            return 0, {}, b""

    def json(self, path, **headers):
        status, _, body = self.ask(path, **headers)
        assert status == 200, body
        return json.loads(body)

    def close(self):
        for process in self.processes:
            process.terminate()
            process.wait(20)
        self.log.close()


def settled_up_to(stack):
    """ms: everything before it is in the database, settled, of all symbols."""
    row = stack.rows("SELECT min(t.to_us) FROM (SELECT max(to_us) AS to_us FROM span GROUP BY stream, i) AS t")[0][0]
    return 0 if row is None else (row - 6_000_000) // 1_000_000 * 1000


def fill(stack, symbols=("BTCUSDT", "ETHUSDT", "SOLUSDT")):
    """A synthetic market, live through the collector, and its last hour loaded from REST; (exchange's URL, from, to) in ms."""
    stack.set({"feed.symbols": ",".join(symbols)})
    stack.start_exchange("synthetic", symbols=",".join(symbols), history=26, speed=1)
    exchange = f"http://127.0.0.1:{stack.values['exchange.port']}"
    stack.start("pricegraph-collector")
    wait_until(lambda: stack.one("SELECT count(*) FROM symbol_info") == len(symbols), "the rules of the symbols are stored")
    wait_until(lambda: stack.one("SELECT count(*) FROM symbol") == len(symbols), "the symbols are there")
    begin = wait_until(lambda: stack.one("SELECT min(from_us) FROM span"), "a session has begun") // 60_000_000 * 60_000
    wait_until(lambda: settled_up_to(stack) >= begin + 6_000, "the market has gone on, so that REST's bars up to there are taken")
    for symbol in symbols:
        stack.run("pricegraphctl", "backfill", symbol, str(begin - HISTORY_S * 1000), str(begin + 1000))
    wait_until(lambda: stack.one("SELECT count(*) FROM candle_1s WHERE open_us >= %s AND open_us < %s", (begin - HISTORY_S * 1000) * 1000,
                                 begin * 1000) == HISTORY_S * len(symbols), "what was loaded is stored")
    return exchange, begin - HISTORY_S * 1000, begin
