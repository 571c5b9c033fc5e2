"""Bad settings and bad requests: a clear error that names what is wrong, and nothing else is harmed. Bad frames are in test_feed,
bad records in test_sink."""

import json
import os
import random
import socket
import struct
import subprocess
import time
from urllib.parse import quote

import pytest

from parts import BUILD, Stack, wait_until
from test_sink import Topics, trade

T0 = 1_700_000_000_000
PROGRAMS = ("pricegraph-collector", "pricegraph-exchange", "pricegraph-chart", "pricegraph-live", "pricegraphctl")


# Settings


def run(program, *arguments, **env):
    done = subprocess.run([str(BUILD / program), *arguments], env={**os.environ, **env}, capture_output=True,
                          stdin=subprocess.DEVNULL, timeout=20)
    return done.returncode, done.stdout.decode(), done.stderr.decode(errors="replace")


def refused(program, *arguments, says, log, **env):
    """Ends with 2 and one line that has all of `says`, before anything was started."""
    command = ("status",) if program == "pricegraphctl" else ()
    code, out, err = run(program, *arguments, *command, **env)
    assert (code, out) == (2, ""), (program, arguments, code, out, err)
    assert err.count("\n") == 1 and err.startswith(str(BUILD / program) + ": "), err
    for text in says:
        assert text in err, (text, err)
    assert not log.exists(), "the log was opened: something was started"


LONG = 70_000
BAD_FILES = [  # text, line, what the message says too
    (b"[venue]\nnaem = x\n", 2, "naem"),
    (b"\n; a comment\n[feed]\nping = 5s\n", 4, "feed.ping: '5s' is not a whole number"),
    (b"[feed]\nping = 5 5\n", 2, "feed.ping"),
    (b"[feed]\nping = 1.5\n", 2, "feed.ping"),
    (b"[feed]\nping = 0x5\n", 2, "feed.ping"),
    (b"[feed]\nping =\n", 2, "feed.ping"),
    (b"[feed]\nping = 0\n", 2, "'0' is not in 1..60"),
    (b"[feed]\nping = 61\n", 2, "'61' is not in 1..60"),
    (b"[feed]\nping = -1\n", 2, "'-1' is not in 1..60"),
    (b"[feed]\nping = 99999999999999999999\n", 2, "too large"),
    (b"[exchange]\nport = 65536\n", 2, "exchange.port"),
    (b"[model]\nspeed = fast\n", 2, "model.speed"),
    (b"[model]\nspeed = nan\n", 2, "model.speed"),
    (b"[model]\nspeed = 1e999\n", 2, "model.speed"),
    (b"[model]\nspeed = -1\n", 2, "model.speed"),
    (b"[exchange]\ntls = maybe\n", 2, "neither yes nor no"),
    (b"[log]\nlevel = loud\n", 2, "error|warn|info|debug"),
    (b"[venue]\nclock = \n", 2, "host|ping"),
    (b"[venue]\nname = Foo Bar\n", 2, "venue.name"),
    (b'[venue]\nname = x"y\n', 2, "venue.name"),
    (b"[venue]\nname =\n", 2, "venue.name"),
    (b"[venue]\nname = " + b"a" * 91 + b"\n", 2, "venue.name"),
    (b"[topics]\nprefix = a b\n", 2, "topics.prefix"),
    (b"[topics]\nprefix = \xff\n", 2, "topics.prefix"),
    (b"[vneue]\nname = x\n", 2, "[vneue]"),
    (b"name = x\n", 1, "[]"),
    (b"[venue]\nname\n", 2, "neither [section] nor key = value"),
    (b"[venue\nname = x\n", 1, "neither [section] nor key = value"),
    (b"[venue]\nname = a\n\tb\n", 3, "no list"),
    (b"[venue]\nname = " + b"a" * LONG + b"\n", 2, "bytes in a line"),
    (b"[venue]\n\xff\xfe = 1\n", 2, "no setting"),
    (b"[venue]\nsettle = 5\0junk\n[log]\n", 2, "NUL"),
    (b"\x7fELF\x02\x01\x01\0\0\0\0\n", 1, ""),
    (b"[kafka]\nno.such.property = 1\n", 2, "kafka.no.such.property"),
    (b"[kafka]\nlinger.ms = soon\n", 2, "kafka.linger.ms"),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_bad_settings(program, tmp_path):
    log = tmp_path / "log"
    common = ("--set", f"log.file={log}")
    path = tmp_path / "bad.ini"
    for text, line, says in BAD_FILES:
        path.write_bytes(text)
        refused(program, *common, "--config", str(path), says=(f"{path}:{line}: ", says), log=log)
        code, out, err = run(program, "--config", str(path), "--check")
        assert (code, out) == (2, "") and f"{path}:{line}: " in err, (text, err)
    refused(program, *common, "--config", str(tmp_path / "missing.ini"), says=("missing.ini: ", "No such file"), log=log)
    refused(program, *common, "--config", str(tmp_path), says=(str(tmp_path), "is a folder"), log=log)
    refused(program, *common, PRICEGRAPH_CONFIG=str(tmp_path / "missing.ini"), says=("missing.ini: ",), log=log)
    for assignment, says in (("feed.ping=0", "feed.ping"), ("feed.ping=", "feed.ping"), ("feed.nope=1", "nope"),
                             ("nope.ping=1", "[nope]"), ("feed=1", "section.key=value"), ("feed.ping", "section.key=value"),
                             ("=", "section.key=value"), ("", "section.key=value"), (".=", "[]"), ("feed.ping=5 6", "feed.ping"),
                             ("kafka.no.such=1", "kafka.no.such"), ("a" * 5000 + ".b=1", "'aaaa"), ("venue.name=..", "venue.name")):
        refused(program, *common, "--set", assignment, says=(says,), log=log)
    for name, value in (("PRICEGRAPH_FEED_PING", "0"), ("PRICEGRAPH_FEED_PING", "5s"), ("PRICEGRAPH_FEED_PNIG", "1"),
                        ("PRICEGRAPH_LOG_LEVEL", "loud"), ("PRICEGRAPH_EXCHANGE_TLS", ""), ("PRICEGRAPH_KAFKA_NO_SUCH", "1"),
                        ("PRICEGRAPH_VENUE_NAME", "A")):
        refused(program, *common, says=(name,), log=log, **{name: value})


@pytest.mark.parametrize("program", PROGRAMS)
def test_bad_options(program, tmp_path):
    command = ["status"] if program == "pricegraphctl" else []
    for arguments in (["--nope"], ["--config"], ["--set"], ["-x"], *([] if command else [["argument"], ["--", "argument"]])):
        code, out, err = run(program, *arguments)
        assert (code, out) == (2, "") and (arguments[-1].lstrip("-") in err), (arguments, err)
    for more in ([], ["nope"], ["status", "a", "b"], ["empty"]) if command else ():
        code, out, err = run(program, *more)
        assert (code, out) == (2, "") and "usage: " in err
    # Valid, but of no use: found before anything is started.
    if not command:
        code, out, err = run(program, "--set", f"log.file={tmp_path}/nowhere/log")
        assert (code, out) == (2, "") and "nowhere/log" in err, err
    if program == "pricegraph-exchange":
        for assignment in ("model.source=/nowhere", "model.truth=/nowhere/truth", "model.tls_cert=/nowhere/cert"):
            code, out, err = run(program, "--set", "model.port=0", "--set", "model.history=0", "--set", assignment)
            assert (code, out) == (2, "") and ("/nowhere" in err or "tls" in err), (assignment, err)


def test_each_command_says_how_it_is_used():
    """--help of a command touches nothing: no server is needed."""
    listed = [line.split()[0] for line in run("pricegraphctl", "--help")[1].partition("commands:\n")[2].splitlines() if line[2] != " "]
    assert {"migrate", "status", "import", "correct", "rebuild"} <= set(listed)
    for name in listed:
        code, out, err = run("pricegraphctl", name, "--help")
        assert (code, err) == (0, "") and out.startswith("usage: ") and name in out, (name, out, err)
    assert run("pricegraphctl", "nope", "--help")[0] == 2


@pytest.mark.parametrize("program", PROGRAMS)
def test_good_settings_are_checked_and_printed(program, tmp_path):
    path, again = tmp_path / "good.ini", tmp_path / "again.ini"
    path.write_bytes(b"\xef\xbb\xbf; as an editor of another system leaves it\r\n[feed]\r\nping = 7 ; seconds\r\n"
                     b"symbols = BTCUSDT,\r\n  \xe8\xbf\x99\r\n[postgres]\r\nowner = host=h password=hunter2\r\n"
                     b"[kafka]\r\nsasl.password = hunter2\r\nssl.key.password = hunter2\r\nlinger.ms = 3\r\n")
    more = ("--config", str(path), "--set", "postgres.reader=host=h password=hunter2")
    secret = {"PRICEGRAPH_POSTGRES_COLLECTOR": "password=hunter2", "PRICEGRAPH_NOTHING_OF_OURS": "1"}
    code, out, err = run(program, *more, "--check", **secret)
    assert (code, err) == (0, "") and "valid" in out
    code, out, err = run(program, *more, "--print-config", **secret)
    assert (code, err) == (0, "") and "hunter2" not in out
    assert out.count("= ***") == 5
    assert f"ping = 7 ; {path}:3\n" in out and f"linger.ms = 3 ; {path}:11\n" in out
    again.write_text(out)
    assert run(program, "--config", str(again), "--check")[0] == 0


# Requests


class Fcgi:
    """A program of ours that serves a socket as FastCGI, and a client of it: a connection for each request."""

    def __init__(self, name, config, folder):
        self.address = str(folder / f"{name}.sock")
        self.log = folder / f"{name}.log"
        with socket.socket(socket.AF_UNIX) as listening, open(self.log, "ab") as log:
            listening.bind(self.address)
            listening.listen(64)
            self.process = subprocess.Popen([str(BUILD / name), "--config", str(config)], stdin=listening,
                                            stdout=subprocess.DEVNULL, stderr=log)

    def send(self, data):
        """Bytes as they are; all that comes back until the other side is done, or nothing within a second."""
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(1)
            s.connect(self.address)
            answer = b""
            try:
                s.sendall(data)
                s.shutdown(socket.SHUT_WR)
                while chunk := s.recv(65536):
                    answer += chunk
            except OSError:
                pass
            return answer

    def exchange(self, variables, body=b""):
        """One request: what it wrote to stdout."""
        params = b"".join(struct.pack(">II", len(k) | 1 << 31, len(v) | 1 << 31) + k + v for k, v in variables.items())
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(30)
            s.connect(self.address)
            s.sendall(record(1, struct.pack(">HB5x", 1, 0)) + stream(4, params) + stream(5, body))
            f = s.makefile("rb")
            out = b""
            while True:
                _, kind, _, length, padding = struct.unpack(">BBHHBx", f.read(8))
                content = f.read(length + padding)[:length]
                if kind == 3:
                    return out
                if kind == 6:
                    out += content

    def stop(self):
        self.process.terminate()
        assert self.process.wait(10) == 0


def record(kind, content):
    return struct.pack(">BBHHBx", 1, kind, 1, len(content), 0) + content


def stream(kind, data):
    return b"".join(record(kind, data[i:i + 65535]) for i in range(0, len(data), 65535)) + record(kind, b"")


def split(answer):
    """Status, headers, body of a CGI answer."""
    head, end, body = answer.partition(b"\r\n\r\n")
    assert end and head.startswith(b"Status: "), answer[:500]
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
    return int(headers["Status"].split()[0]), headers, body


class Web:
    """One program, asked by FastCGI and, where it is said, as a plain CGI program."""

    def __init__(self, name, stack):
        self.name, self.config = name, stack.config()
        self.fcgi = Fcgi(name, self.config, stack.folder)

    def variables(self, path, query, method, headers):
        path = path.encode("utf-8", "surrogateescape")
        query = query.encode("utf-8", "surrogateescape")
        out = {b"REQUEST_METHOD": method.encode(), b"REQUEST_URI": path + b"?" + query, b"SCRIPT_NAME": path,
               b"QUERY_STRING": query, b"GATEWAY_INTERFACE": b"CGI/1.1", b"SERVER_PROTOCOL": b"HTTP/1.1"}
        out.update({b"HTTP_" + k.upper().encode(): v.encode() for k, v in headers.items()})
        return out

    def get(self, path, query="", method="GET", body=b"", **headers):
        return split(self.fcgi.exchange(self.variables(path, query, method, headers), body))

    def cgi(self, path, query="", method="GET", **headers):
        env = {**os.environb, **self.variables(path, query, method, headers)}
        done = subprocess.run([str(BUILD / self.name), "--config", str(self.config)], env=env, capture_output=True,
                              stdin=subprocess.DEVNULL, timeout=30)
        assert done.returncode == 0, done
        return split(done.stdout)

    def close(self):
        if self.fcgi.process.poll() is None:
            self.fcgi.process.kill()
            self.fcgi.process.wait()


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """A venue whose recording has ended: some trades of BTCUSDT."""
    s = Stack(tmp_path_factory.mktemp("bad"), "replay-bad", {"feed.enabled": "no", "sink.batch_interval": 50})
    try:
        collector = s.start("pricegraph-collector")
        wait_until(lambda: "sink_started" in collector.text(), "the sink starts", 40)
        topics = Topics(s)
        topics.control("begin", T0, symbols=["BTCUSDT"])
        for i in range(200):
            topics.event("trade", "BTCUSDT", trade("BTCUSDT", i, T0 + 1000 * i))
        for i in range(8):  # the clock stands still: the recording is over
            end = {"session": "s1", "collector": "test", "seq": 99 + i, "kind": "ended", "T": (T0 + 200_000) * 1000,
                   "clock": (T0 + 200_000) * 1000, "speed": 0, "partition": i}
            topics.producer.produce(topics.name("trade"), json.dumps(end), partition=i, headers={"control": "1"})
        topics.flush()
        wait_until(lambda: s.one("SELECT count(*) FROM candle_1s") == 200, "candles")
        wait_until(lambda: s.one("SELECT bool_and(ended) FROM span"), "the end in every partition")
        assert collector.stop() == 0
        yield s
    finally:
        s.close()


@pytest.fixture(scope="module")
def chart(stack):
    w = Web("pricegraph-chart", stack)
    yield w
    w.close()


@pytest.fixture(scope="module")
def live(stack):
    w = Web("pricegraph-live", stack)
    try:
        wait_until(lambda: w.get(LIVE, GOOD[LIVE])[0] == 200, "the cache is warm")
        yield w
    finally:
        w.close()


API = "/api/v1/"
LIVE = API + "live"
GOOD = {API + "initial": "symbol=BTCUSDT&interval=1m&limit=2&end=1800000000000&indicators=sma:2&format=json&revision=1.0123456789abcdef",
        API + "periodic": "symbol=BTCUSDT&interval=1m&from=1700000000000&since=1.0",
        API + "coverage": "symbol=BTCUSDT&from=0&to=1800000000000",
        API + "symbols": "", API + "status": "", "/healthz": "", "/metrics": "", "/openapi.json": "",
        LIVE: "symbols=BTCUSDT&wait=0"}
CHART = [path for path in GOOD if path != LIVE]
OPTIONAL = {"limit", "end", "to", "wait", "cursor", "indicators", "format", "revision"} | {(API + "coverage", "from")}
UNKNOWN, REPEATED, MISSING, ILLEGAL, INTERVAL, SYMBOL = -1103, -1101, -1102, -1130, -1120, -1121
NEARER = {-1100, -1105, -1108}  # which of an illegal value's kinds: no digits, empty, overflowed

NO_TEXT = ["%", "%4", "%zz", "%4g", "A%", "%00", "BTCUSDT%00", "%ff%fe", "%C3", "%ED%A0%80", "%F5%80%80%80", "\udcff\udcfe"]
NO_SYMBOL = ["NOSUCH", "A" * 63, "btcusdt%20", "+BTCUSDT", "BTCUSDT%00x", "BTC'USDT;--", "%F0%9F%92%A9", "%22%5C%0A%01", "%%42"]
NO_INTEGER = ["abc", "1.5", "1e3", "+1", "%2B1", "%201", "1%20", "-1", "0x10", "99999999999999999999", "-99999999999999999999",
              "NaN", "", "%D9%A3", "1" * 3000, "7258118400001"]
BAD_VALUES = {
    "symbol": NO_TEXT + NO_SYMBOL + ["A" * 64, "%41" * 64, "A" * LONG],
    "interval": NO_TEXT + ["1x", "60", "1min", "1m%20", "+1m", "1M1M", "1S", "toolonganame", "A" * LONG, "1m,1h"],
    "limit": NO_TEXT + NO_INTEGER + ["0", "1501"],
    "end": NO_TEXT + NO_INTEGER, "from": NO_TEXT + NO_INTEGER, "to": NO_TEXT + NO_INTEGER,
    "since": NO_TEXT + ["111", "1..", "1.x", ".11", "a.b", "1.2.3", "-1.0", "1.-1", "%2B1.0", "%201.0", "1.0%20", "1,0",
                        "99999999999999999999.1", "1.99999999999999999999", "1" * 40],
    "indicators": NO_TEXT + ["sma", "sma:1", "sma:201", "SMA:5", "vwap,", "bollinger:5", "bollinger:5:0", "macd:1:2:3", "sma:2%20", "A" * LONG,
                             ",".join(f"sma:{n}" for n in range(2, 11))],
    "format": NO_TEXT + ["JSON", "xml", "json|csv", "", "A" * LONG],
    "revision": NO_TEXT + ["1", "1.1", "1.0123456789ABCDEF", "1.0123456789abcdef0", ".0123456789abcdef", "A" * LONG],
    "wait": NO_TEXT + NO_INTEGER + ["61"],
    "symbols": NO_TEXT + NO_SYMBOL + ["BTCUSDT,BTCUSDT", "BTCUSDT,", ",", ",BTCUSDT", "BTCUSDT,NOSUCH", "BTCUSDT,%ff", "," * 100,
                                      ",".join(f"S{i}" for i in range(101)), "A" * LONG],
    "cursor": NO_TEXT + ["x", "c1", "c1:", "c2:1", "c1:zzz", "c1:%2C", ",", "c1:replay-bad", "c1:" + "9" * 5000, "A" * LONG],
}


def assert_problem(answer, codes, names, status=400):
    got, headers, body = answer
    assert got == status, (got, body[:500])
    assert headers["Content-Type"] == "application/problem+json"
    assert int(headers["Content-Length"]) == len(body) < 2000
    problem = json.loads(body)
    assert set(problem) == {"type", "title", "status", "detail", "code", "msg"}
    assert problem["status"] == status and problem["code"] in codes | (NEARER if ILLEGAL in codes else set()), problem
    assert problem["type"].startswith("urn:") and all(problem[k] for k in ("title", "detail", "msg"))
    assert names in problem["detail"], (names, problem)


def bad_queries(path):
    """(query, the codes that may be told, what the detail names)"""
    good = [pair.split("=", 1) for pair in GOOD[path].split("&") if pair]

    def joined(pairs):
        return "&".join(f"{k}={v}" for k, v in pairs)

    for name, shown in (("nope", "'nope'"), ("Symbol", "'Symbol'"), ("", "''"), ("%zz", "'%zz'"), ("x%00y", "'x%00y'"),
                        ("%ff", "'\ufffd"), ("\udcff", "'\ufffd"), ("n" * LONG, "'nnn"), ("%22%5C%0A", "'\"\\\n'"),
                        ("symbol[]", "'symbol[]'"), ("callback", "'callback'")):
        yield joined(good + [[name, "1"]]), {UNKNOWN}, shown
        yield joined([[name, "1"]] + good), {UNKNOWN}, shown
    yield "=", {UNKNOWN}, "''"
    yield "?" + joined(good), {UNKNOWN}, "'?"
    yield joined(good) + ";x=1" if not good else joined(good) + "&;", {UNKNOWN}, "';"
    for i, (name, value) in enumerate(good):
        shown = f"'{name}'"
        for again in (name, quote(name), "%" + f"{ord(name[0]):x}" + name[1:]):
            yield joined(good + [[again, value]]), {REPEATED}, shown
        if name not in OPTIONAL and (path, name) not in OPTIONAL:
            rest = joined(good[:i] + good[i + 1:])
            yield rest, {MISSING}, shown
            yield rest + f"&{name}=", {MISSING}, shown
            yield rest + f"&{name}", {MISSING}, shown
        for bad in BAD_VALUES[name]:
            codes = {ILLEGAL} | ({MISSING} if not bad else set())
            if name == "interval":
                codes, shown = {ILLEGAL, INTERVAL}, "'interval'"
            elif name.startswith("symbol"):
                codes, shown = {ILLEGAL, SYMBOL}, "symbol"
            yield joined(good[:i] + [[name, bad]] + good[i + 1:]), codes | ({MISSING} if bad == "" else set()), shown
    if path == API + "coverage":
        yield "symbol=BTCUSDT&from=2&to=1", {ILLEGAL}, "'to'"
    if path == LIVE:
        for bad in BAD_VALUES["cursor"]:
            yield f"symbols=BTCUSDT&wait=0&cursor={bad}", {ILLEGAL}, "'cursor'"


def assert_good(web, path):
    status, headers, body = web.get(path, GOOD[path])
    assert status == 200, body
    if path == "/metrics":
        assert headers["Content-Type"].startswith("text/plain")
    elif path == "/openapi.json":
        assert json.loads(body)["openapi"] == "3.1.0"
    else:
        assert headers["Content-Type"] == "application/json" and json.loads(body)["venue"] == "replay-bad"


def assert_unharmed(web, paths):
    assert web.fcgi.process.poll() is None
    for path in paths:
        assert_good(web, path)
    assert " error " not in web.fcgi.log.read_text(), "a bad request is the client's error, not ours"


def refuse_all(web, path, as_cgi):
    """As FastCGI all, as plain CGI each `as_cgi`-th: the same answer."""
    for i, (query, codes, names) in enumerate(bad_queries(path)):
        answer = web.get(path, query)
        try:
            assert_problem(answer, codes, names)
        except AssertionError as e:
            raise AssertionError(f"{path}?{query[:200]!r}: {e}") from e
        if as_cgi and i % as_cgi == 0:
            assert web.cgi(path, query) == answer
        head = web.get(path, query, "HEAD")
        assert head[:2] == answer[:2] and head[2] == b""


@pytest.mark.parametrize("path", CHART)
def test_bad_queries(chart, path):
    assert_good(chart, path)
    refuse_all(chart, path, 5)
    assert_unharmed(chart, [path])


def test_bad_queries_of_live(live):
    refuse_all(live, LIVE, 0)
    assert_unharmed(live, [LIVE])


def test_bad_queries_of_live_as_cgi(live):
    """What the table refuses is refused before a plain CGI process has read a record."""
    for query, code, names in (("", MISSING, "'symbols'"), ("symbols=", MISSING, "'symbols'"), ("nope=1", UNKNOWN, "'nope'"),
                               ("symbols=A&symbols=A", REPEATED, "'symbols'"), ("symbols=A&wait=x", ILLEGAL, "'wait'"),
                               ("symbols=A&wait=61", ILLEGAL, "'wait'"), ("symbols=%ff", ILLEGAL, "'symbols'"),
                               ("symbols=%zz", ILLEGAL, "'symbols'"), ("symbols=A&cursor=%00", ILLEGAL, "'cursor'"),
                               ("symbols=NOSUCH&wait=0", SYMBOL, "symbol"), ("symbols=BTCUSDT&cursor=x", ILLEGAL, "'cursor'")):
        assert_problem(live.cgi(LIVE, query), {code}, names)
    assert live.cgi(LIVE, GOOD[LIVE])[0] == 200
    assert_problem(live.cgi(LIVE, GOOD[LIVE], accept="text/event-stream"), {-1000}, "json", 406)
    assert_problem(live.cgi(LIVE, GOOD[LIVE], "POST"), {-1000}, "GET", 405)
    assert_problem(live.cgi("/api/v1/nope", GOOD[LIVE]), {-1000}, "", 404)


def test_bad_methods(chart, live):
    for path in GOOD:
        web = live if path == LIVE else chart
        for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "get", "GETX", "", "A" * 5000):
            for query in (GOOD[path], "nope=1"):
                answer = web.get(path, query, method, body=b"x" * (100_000 if method == "POST" else 0))
                assert_problem(answer, {-1000}, "GET and HEAD", 405)
                assert answer[1]["Allow"] == "GET, HEAD"
        if path != LIVE:
            assert web.cgi(path, GOOD[path], "DELETE")[0] == 405
        got, head = web.get(path, GOOD[path]), web.get(path, GOOD[path], "HEAD")
        assert head[0] == got[0] == 200 and head[2] == b"" and list(head[1]) == list(got[1])
        ages = {"Content-Length"} if path in (API + "status", "/metrics", LIVE) else set()
        assert {k: v for k, v in head[1].items() if k not in ages} == {k: v for k, v in got[1].items() if k not in ages}
        assert int(got[1]["Content-Length"]) == len(got[2])


def test_unknown_paths(chart, live):
    for web, known in ((chart, API + "initial"), (live, LIVE)):
        for path in ("/", "", "/api", "/api/v1", known + "/", known + "x", known.upper(), "/" + known, API + "../v1/" + known[8:],
                     known.replace("i", "%69"), known + "%00", "/\udcff\udcfe", "/" + "a" * 5000, "/é\"\\\n", known + ";x", "*",
                     "http://host" + known):
            answer = web.get(path, GOOD[known])
            assert_problem(answer, {-1000}, "", 404)
        assert web.cgi("/nope")[0] == 404
        assert_unharmed(web, [known])


def test_bad_headers(chart, live):
    """Headers are the client's wishes: those that mean nothing are passed over."""
    for text in ('"', "W/", 'W/"', "*", ",", "," * 20_000, '"' * 20_000, "é", "a" * 60_000):
        status, _, _ = chart.get(API + "periodic", GOOD[API + "periodic"], if_none_match=text)
        assert status == (304 if text == "*" else 200), text
    for text in ("wait=", "wait=x", "wait=-1;", "," * 20_000, "wait=0.5", "wait=99999999999999999999x"):
        assert live.get(LIVE, GOOD[LIVE], prefer=text)[0] == 200
    for text, status in (("", 200), ("*/*", 200), ("application/json;q=x", 200), ("text/html", 406), ("a" * 60_000, 406), ("," * 20_000, 200)):
        assert live.get(LIVE, GOOD[LIVE], accept=text)[0] == status, text
        assert chart.get(API + "periodic", GOOD[API + "periodic"], accept=text)[0] == status, text
    assert_problem(live.get(LIVE, GOOD[LIVE], accept="text/event-stream"), {-1000}, "json", 406)


def fuzzed(rng, path):
    """A query that is partly right."""
    pieces = [p for p in GOOD[path].split("&") if p]
    values = [v for vs in BAD_VALUES.values() for v in vs if len(v) < 100] + ["1m", "BTCUSDT", "1.0", "0", "1", "1M", "1700000000000"]
    names = list(BAD_VALUES) + ["nope"]
    rng.shuffle(pieces)
    for _ in range(rng.choice([0, 0, 1, 1, 2])):
        pieces.insert(rng.randint(0, len(pieces)), f"{rng.choice(names)}={rng.choice(values)}")
    for i in range(len(pieces)):
        if rng.random() < 0.3:
            name = pieces[i].partition("=")[0]
            pieces[i] = f"{name}={rng.choice(BAD_VALUES.get(name, values) + values)}"
    text = "&".join(pieces)
    for _ in range(rng.choice([0, 0, 0, 1, 2])):
        at = rng.randint(0, len(text))
        text = text[:at] + rng.choice(["&", "=", "%", "%25", "+", "\udcc3", "\x01", "%0d%0a", text[:9]]) + text[at + rng.randint(0, 2):]
    return text


def test_random_queries(chart, live):
    """200 of a fixed seed: 200 or 400, whole JSON, and nobody minds."""
    rng = random.Random(20240101)
    seen = {200: 0, 400: 0}
    for i in range(200):
        path = rng.choice(list(GOOD))
        query = fuzzed(rng, path)
        if path == LIVE and "wait=0" not in query:
            query += "&wait=0"
        web = live if path == LIVE else chart
        status, headers, body = answer = web.get(path, query)
        assert status in seen, (path, query, answer)
        seen[status] += 1
        if status == 400:
            assert_problem(answer, {UNKNOWN, REPEATED, MISSING, ILLEGAL, INTERVAL, SYMBOL}, "")
            if web is chart and i % 5 == 0:
                assert web.cgi(path, query) == answer
        elif path != "/metrics":
            json.loads(body)
    assert min(seen.values()) > 20, seen
    assert_unharmed(chart, CHART)
    assert_unharmed(live, [LIVE])


def test_broken_connections(chart, live):
    """What is no FastCGI, or ends in the middle, costs its own connection and no other."""
    rng = random.Random(3)
    for web, path in ((chart, API + "initial"), (live, LIVE)):
        pairs = web.variables(path, GOOD[path], "GET", {})
        params = b"".join(struct.pack(">II", len(k) | 1 << 31, len(v) | 1 << 31) + k + v for k, v in pairs.items())
        whole = record(1, struct.pack(">HB5x", 1, 0)) + stream(4, params) + stream(5, b"")
        broken = [whole[:rng.randrange(len(whole))] for _ in range(10)] + [rng.randbytes(rng.randrange(1, 400)) for _ in range(10)]
        broken += [b"GET / HTTP/1.0\r\n\r\n", b"\xff" * 100_000, record(1, struct.pack(">HB5x", 7, 0)) + stream(4, params),
                   record(1, struct.pack(">HB5x", 1, 0)) + stream(4, b"\xff\xff\xff\xff\xff\xff\xff\xff" + params) + stream(5, b"")]
        began = time.monotonic()
        for data in broken:
            web.fcgi.send(data)
        assert time.monotonic() - began < 10, "a broken connection is left open"
        assert_unharmed(web, [path])


def test_clean_end(chart, live):
    """The last test: after all that, both stop as they should."""
    for web in (chart, live):
        web.fcgi.stop()
