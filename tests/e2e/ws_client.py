"""A websocket client that shows what libraries hide: PINGs and their order among the data, close codes, handshakes."""

import json
import os
import socket
import struct

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


class Refused(Exception):
    """The handshake was answered with this status."""


class WsClient:
    def __init__(self, port, path, answer_pings=True, seconds=20):
        self.answer_pings = answer_pings
        self.closed = None  # (code, reason)
        self.buffer = b""
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=seconds)
        self.socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        head = b""
        while b"\r\n\r\n" not in head:
            part = self.socket.recv(65536)
            if not part:
                raise Refused(0)
            head += part
        head, self.buffer = head.split(b"\r\n\r\n", 1)
        status = int(head.split()[1])
        if status != 101:
            self.socket.close()
            raise Refused(status, head.decode())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send_frame(self, opcode, payload, final=True):
        mask = os.urandom(4)
        head = bytes([(0x80 if final else 0) | opcode])
        if len(payload) < 126:
            head += bytes([0x80 | len(payload)])
        elif len(payload) < 65536:
            head += bytes([0x80 | 126]) + struct.pack(">H", len(payload))
        else:
            head += bytes([0x80 | 127]) + struct.pack(">Q", len(payload))
        key = (mask * (len(payload) // 4 + 1))[:len(payload)]
        masked = (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(len(payload), "big")
        self.socket.sendall(head + mask + masked)

    def send(self, text):
        self.send_frame(TEXT, text.encode())

    def _read(self, count):
        while len(self.buffer) < count:
            part = self.socket.recv(1 << 20)
            if not part:
                raise EOFError
            self.buffer += part
        out, self.buffer = self.buffer[:count], self.buffer[count:]
        return out

    def frame(self):
        """The next frame: opcode and payload; PINGs are answered unless told otherwise."""
        first, length = self._read(2)
        length &= 127
        if length == 126:
            length = struct.unpack(">H", self._read(2))[0]
        elif length == 127:
            length = struct.unpack(">Q", self._read(8))[0]
        payload = self._read(length)
        opcode = first & 15
        self.final = bool(first & 0x80)
        if opcode == PING and self.answer_pings:
            self.send_frame(PONG, payload)
        if opcode == CLOSE:
            self.send_frame(CLOSE, payload[:2])
            self.closed = (struct.unpack(">H", payload[:2])[0], payload[2:].decode()) if payload else (1005, "")
        return opcode, payload

    def text(self):
        """The next text frame."""
        while True:
            opcode, payload = self.frame()
            if opcode == TEXT:
                return payload.decode()
            if opcode == CLOSE:
                raise EOFError(self.closed)

    def ask(self, request):
        """Sends a request; its answer (data frames that come before it are dropped)."""
        self.send(request if isinstance(request, str) else json.dumps(request))
        while True:
            answer = json.loads(self.text())
            if "result" in answer or "error" in answer:
                return answer

    def silent(self, seconds):
        """No text frame comes within `seconds`."""
        self.socket.settimeout(seconds)
        try:
            return not self.text()
        except TimeoutError:
            return True

    def wait_close(self):
        """Reads until the server closes; code and reason."""
        try:
            while True:
                self.frame()
        except (EOFError, ConnectionError):
            return self.closed
