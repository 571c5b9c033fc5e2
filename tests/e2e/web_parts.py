"""pricegraph-chart, and pricegraph-live where it is wanted, behind a real nginx and spawn-fcgi, for a stack of parts.py."""

import gzip
import http.client
import json
import pathlib
import socket
import subprocess

from parts import BUILD, ROOT, wait_until


class Web:
    def __init__(self, stack, prefix="/", live=False):
        self.stack, self.prefix = stack, prefix
        # A socket's path is short, a test's folder may not be.
        self.folder = pathlib.Path(stack.folder) / "w"
        self.folder.mkdir()
        self.processes = []
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        subprocess.run([ROOT / "stack/nginx.sh", "configure", self.folder, str(self.port)], check=True)
        if prefix != "/":
            text = (ROOT / "nginx" / "pricegraph-server.conf").read_text()
            (self.folder / "pricegraph-server.conf").write_text(text.replace("/pricegraph/", prefix))
        stack.set({"web.prefix": prefix})
        for name in ("chart", "live") if live else ("chart",):
            self.start(["spawn-fcgi", "-s", str(self.folder / f"{name}.sock"), "-b", "4096", "-M", "0660", "-n", "--",
                        str(BUILD / f"pricegraph-{name}"), "--config", str(stack.config())], name)
        self.start([str(ROOT / "stack/nginx.sh"), "run", str(self.folder)], "nginx")
        wait_until(lambda: self.status("metrics") == 200, "the chart answers")

    def start(self, command, name):
        with open(self.folder / f"{name}.log", "ab") as log:
            self.processes.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log))

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}{self.prefix}"

    def ask(self, path, method="GET", timeout=30, **headers):
        """Status, headers (names in lower case) and body of one request; `path` below the prefix."""
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            c.request(method, self.prefix + path, headers={k.replace("_", "-"): v for k, v in headers.items()})
            r = c.getresponse()
            return r.status, {k.lower(): v for k, v in r.getheaders()}, r.read()
        finally:
            c.close()

    def status(self, path):
        try:
            return self.ask(path)[0]
        except OSError:
            return None

    def json(self, path, **headers):
        status, head, body = self.ask(path, **headers)
        assert status == 200, (status, body)
        return json.loads(gzip.decompress(body) if head.get("content-encoding") == "gzip" else body)

    def close(self):
        for p in reversed(self.processes):
            p.terminate()
        for p in self.processes:
            p.wait(10)
