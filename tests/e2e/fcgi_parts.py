"""pricegraph-chart as a FastCGI program, without a web server before it: what a test asks is what the program answers."""

import json
import os
import re
import socket
import struct
import subprocess

from parts import BUILD, wait_until

BEGIN, END, PARAMS, STDIN, STDOUT = 1, 3, 4, 5, 6


def record(kind, content=b""):
    return struct.pack(">BBHHBB", 1, kind, 1, len(content), 0, 0) + content


def length(n):
    return bytes([n]) if n < 128 else struct.pack(">I", n | 0x80000000)


class Client:
    """One kept connection."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(30)
        self.socket.connect(str(path))
        self.file = self.socket.makefile("rb")

    def send(self, method, uri, headers):
        pairs = {"REQUEST_METHOD": method, "REQUEST_URI": uri, "QUERY_STRING": uri.partition("?")[2],
                 **{"HTTP_" + k.upper(): v for k, v in headers.items()}}
        params = b"".join(length(len(k)) + length(len(v)) + k.encode() + v.encode() for k, v in pairs.items())
        self.socket.sendall(record(BEGIN, b"\0\1\1\0\0\0\0\0") + record(PARAMS, params) + record(PARAMS) + record(STDIN))

    def receive(self):
        out = b""
        while True:
            head = self.file.read(8)
            if len(head) < 8:
                raise EOFError("the program closed the connection")
            _, kind, _, size, padding, _ = struct.unpack(">BBHHBB", head)
            content = self.file.read(size + padding)[:size]
            if kind == END:
                break
            out += content
        head, _, body = out.partition(b"\r\n\r\n")
        lines = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        return int(lines["Status"].split()[0]), lines, body

    def get(self, uri, method="GET", **headers):
        """Status, header lines, body."""
        self.send(method, uri, headers)
        return self.receive()

    def json(self, uri):
        status, _, body = self.get(uri)
        assert status == 200, body
        return json.loads(body)

    def close(self):
        self.file.close()
        self.socket.close()


class Chart:
    """The program with a socket of its own."""

    def __init__(self, stack):
        self.path = stack.folder / "chart.sock"
        self.path.unlink(missing_ok=True)
        self.log = stack.folder / "chart.log"
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening, open(self.log, "ab") as log:
            listening.bind(str(self.path))
            listening.listen(1024)
            self.process = subprocess.Popen([str(BUILD / "pricegraph-chart"), "--config", str(stack.config())], stdin=listening,
                                            stdout=subprocess.DEVNULL, stderr=log, env={**os.environ})
        self.clients = []
        wait_until(lambda: " chart_started " in self.log.read_text(), "the program starts")

    def client(self):
        self.clients.append(Client(self.path))
        return self.clients[-1]

    def metric(self, name):
        """The sum over its labels; 0: nothing was counted yet."""
        c = Client(self.path)
        text = c.get("/metrics")[2].decode()
        c.close()
        return sum(float(v) for v in re.findall(rf"^{name}(?:{{.*}})? (\S+)$", text, re.M))

    def close(self):
        for c in self.clients:
            c.close()
        self.process.terminate()
        return self.process.wait(10)
