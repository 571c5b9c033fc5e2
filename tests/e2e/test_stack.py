"""Goal: one command starts everything and says so, copes with what may happen to it, and leaves no process behind."""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import urllib.error
import urllib.request

import pytest
from parts import BUILD, ROOT, wait_until


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def processes(folder):
    """Ids of the living processes that work below the folder."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and os.readlink(entry / "cwd").startswith(str(folder)):
                found.append(int(entry.name))
        except OSError:
            pass
    return found


class Run:
    """One `make run`, without the building."""

    def __init__(self, folder, port=None, **environment):
        self.folder, self.port = folder, port or free_port()
        self.output = folder.parent / f"{folder.name}.{self.port}.out"
        with open(self.output, "w") as out:
            self.process = subprocess.Popen(
                [str(ROOT / "stack" / "up.sh")], stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, cwd=ROOT,
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # ignored by what a script has put into the background
                env={**os.environ, "BUILD": str(BUILD.relative_to(ROOT)), "DATA": str(folder), "PORT": str(self.port),
                     "FEED": "synthetic", **environment})

    def text(self):
        return self.output.read_text()

    def says(self, what):
        wait_until(lambda: what in self.text() or self.process.poll() is not None, what, 90)
        assert what in self.text(), self.text()

    def get(self, path):
        """Status, headers and body of an answer, errors as well."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as e:
            return e.code, e.headers, e.read()

    def leader(self, part):
        return int((self.folder / "pid" / part).read_text())

    def ends(self, seconds=60):
        """The exit code and the lines that were not progress."""
        wait_until(lambda: self.process.poll() is not None,
                   lambda: f"it has not ended: {self.text()}\n{[(p, pathlib.Path(f'/proc/{p}/cmdline').read_bytes()) for p in processes(self.folder)]}", seconds)
        return self.process.returncode, [line for line in self.text().splitlines() if line.startswith("pricegraph: ") and " starting in " not in line]


@pytest.fixture
def run_in(tmp_path_factory):
    # A short path: sockets lie below it.
    folder = tmp_path_factory.mktemp("run")
    made = []

    def start(name="r", **more):
        made.append(Run(folder / name, **more))
        return made[-1]

    yield start
    for run in made:
        if run.process.poll() is None:
            run.process.terminate()
            run.process.wait(60)


def child_of(pid):
    """The only child of a process."""
    return int(pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])


def candles(run):
    _, _, body = run.get("/api/v1/initial?symbol=BTCUSDT&interval=1s&limit=1000")
    return json.loads(body)["candles"]


def test_one_command(run_in):
    run = run_in()
    run.says("first candle on the page")
    assert "NOT live ones" in run.text()
    status, headers, body = run.get("/")
    assert status == 200 and b"<html" in body and "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-cache"
    wait_until(lambda: json.loads(run.get("/api/v1/status")[2]).get("state") == "synthetic", "the sink has committed")
    status, headers, body = run.get("/api/v1/initial?symbol=BTCUSDT")
    assert (status, headers["Content-Type"]) == (400, "application/problem+json")

    # A second one in the same folder, and one in another folder on the same port: one line each.
    code, lines = run_in(port=free_port()).ends()
    assert code == 1 and len(lines) == 1 and "another make run" in lines[0]
    code, lines = run_in("other", port=run.port).ends()
    assert code == 1 and len(lines) == 1 and f"port {run.port} is taken" in lines[0]

    # What dies is reported, and back.
    os.kill(child_of(run.leader("live")), signal.SIGKILL)
    os.kill(run.leader("collector"), signal.SIGKILL)
    run.says("live died and was started anew")
    run.says("collector ended by itself (status 137), started anew")
    wait_until(lambda: run.get("/api/v1/live?symbols=BTCUSDT&wait=0")[0] == 200, "live is back")
    wait_until(lambda: run.get("/healthz")[0] == 200, "the collector is back")
    before = wait_until(lambda: candles(run), "a settled second")

    run.process.send_signal(signal.SIGTERM)
    code, lines = run.ends()
    assert (code, lines) == (0, []), run.text()
    assert processes(run.folder) == []

    # The next run continues: what was there is there.
    again = run_in()
    again.says("first candle on the page")
    assert candles(again)[0] == before[0]


def test_what_a_killed_run_leaves_is_no_obstacle(run_in):
    run = run_in()
    run.says("first candle on the page")
    run.process.kill()
    run.process.wait()
    again = run_in(port=run.port)
    again.says("first candle on the page")
    again.process.send_signal(signal.SIGINT)
    assert again.ends()[0] == 0
    assert processes(run.folder) == []


def test_a_program_that_is_away_is_a_problem_in_json(run_in):
    run = run_in()
    run.says("first candle on the page")
    supervisor = run.leader("chart")
    program = child_of(supervisor)
    os.kill(supervisor, signal.SIGKILL)
    os.kill(program, signal.SIGKILL)
    run.says("chart ended by itself")
    status, headers, body = run.get("/api/v1/status")
    problem = json.loads(body)
    assert (status, problem["status"], problem["code"]) == (502, 502, -1001)
    assert headers["Content-Type"] == "application/problem+json" and headers["Retry-After"] == "1"


@pytest.mark.parametrize("environment, reason", [
    ({"FEED": "/nowhere"}, r"FEED=/nowhere: not auto"),
    ({"PRICEGRAPH_LOG_QUEUE": "many"}, r"log\.queue"),
    ({"SPEED": "fast"}, r"SPEED=fast"),
    ({"PORT": "70000"}, r"PORT=70000"),
    ({"BUILD": "build/nothing"}, r"not built"),
])
def test_a_wrong_word_is_one_line(run_in, environment, reason):
    run = run_in(**environment)
    code, lines = run.ends()
    assert code == 1 and len(lines) == 1 and re.search(reason, lines[0]), run.text()
    assert processes(run.folder) == []


@pytest.mark.parametrize("broken, reason", [
    ("postgres/data/PG_VERSION", r"postgres does not start in .*"),
    ("kafka/data/meta.properties", r"kafka does not start in .*"),
])
def test_a_broken_folder_is_one_line(run_in, broken, reason):
    run = run_in()
    run.says("first candle on the page")
    run.process.send_signal(signal.SIGTERM)
    assert run.ends()[0] == 0
    (run.folder / broken).write_text("7\n")
    again = run_in()
    code, lines = again.ends()
    assert code == 1 and len(lines) == 1 and re.search(reason, lines[0]), again.text()
    assert processes(run.folder) == []


def test_a_folder_that_is_not_ours_is_left_alone(run_in, tmp_path):
    (tmp_path / "letter").write_text("dear\n")
    run = run_in(DATA=str(tmp_path))
    code, lines = run.ends()
    assert code == 1 and len(lines) == 1 and "not empty" in lines[0]
    assert [p.name for p in tmp_path.iterdir()] == ["letter"]


def test_drop_in_below_a_path_of_a_server_that_already_runs(stack_of, tmp_path_factory):
    stack = stack_of("synthetic", {"web.prefix": "/pricegraph/"})
    folder, port = tmp_path_factory.mktemp("web"), free_port()
    nginx = ROOT / "nginx"
    http = (nginx / "pricegraph-http.conf").read_text()
    for old, new in (("/run/pricegraph/", f"{folder}/"), ("/var/cache/pricegraph", f"{folder}/cache"), ("/usr/share/pricegraph/www", f"{ROOT}/www")):
        http = http.replace(old, new)
    (folder / "http.conf").write_text(http)
    user = "user root root;" if os.getuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{user} daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{}}\n"
        f"http {{ include {nginx}/mime.types; access_log off; client_body_temp_path {folder}/body; include {folder}/http.conf;\n"
        f"server {{ listen 127.0.0.1:{port}; location / {{ return 200 theirs; }} location ~ \\.js$ {{ return 403; }}\n"
        f"include {nginx}/pricegraph-server.conf; }} }}\n")
    environment = {**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"}
    started = [
        subprocess.Popen(["spawn-fcgi", "-s", folder / "chart.sock", "-n", "--", BUILD / "pricegraph-chart", "--config", stack.config()]),
        subprocess.Popen(["nginx", "-p", folder, "-e", folder / "error.log", "-c", folder / "nginx.conf"], env=environment),
    ]
    run = Run.__new__(Run)
    run.port = port

    def answer(path):
        try:
            return run.get(path)
        except urllib.error.URLError:
            return 0, {}, b""

    try:
        wait_until(lambda: answer("/pricegraph/healthz")[0] in (200, 503), "nginx and chart answer")
        assert run.get("/")[2] == b"theirs" and run.get("/x.js")[0] == 403
        assert b"<html" in run.get("/pricegraph/")[2] and run.get("/pricegraph/js/page.js")[0] == 200
        status, headers, body = run.get("/pricegraph/api/v1/initial?symbol=BTCUSDT&x=1")
        assert (status, json.loads(body)["code"]) == (400, -1103)
        status, headers, body = run.get("/pricegraph/api/v1/live?symbols=BTCUSDT")
        assert (status, headers["Content-Type"]) == (502, "application/problem+json")
    finally:
        for process in started:
            process.terminate()
            process.wait(20)
