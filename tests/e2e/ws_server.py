"""A scripted websocket server for the feed: it does what the test says, frame by frame, and keeps what the client sent."""

import base64
import hashlib
import json
import queue
import socket
import ssl
import struct
import subprocess
import threading

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def certificate(folder, host):
    """A throw-away CA and a server certificate for `host`; the paths of CA, certificate and key."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=test CA")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=test server")
    (folder / "names").write_text(f"subjectAltName=DNS:{host}")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", "server.pem",
            "-days", "2", "-extfile", "names")
    return folder / "ca.pem", folder / "server.pem", folder / "server.key"


class Connection:
    """One accepted websocket. Requests are kept in `requests`; PINGs are answered while `answer_pings`, SUBSCRIBE while `acknowledge`."""

    def __init__(self, server, sock):
        self.server, self.socket = server, sock
        self.lock = threading.Lock()
        self.requests, self.request_sizes = [], []
        self.streams = []  # subscribed, as LIST_SUBSCRIPTIONS tells
        self.pings, self.pongs = [], []
        self.head = ""
        self.closed = threading.Event()
        self.close_code = None

    def _read(self, count):
        data = b""
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            if not part:
                raise EOFError
            data += part
        return data

    def upgrade(self):
        head = b""
        while b"\r\n\r\n" not in head:
            head += self._read(1)
        self.head = head.decode()
        if self.server.refuse:
            self.socket.sendall(self.server.refuse)
            return False
        if self.server.never_upgrade:
            self.closed.wait()
            return False
        key = [line.split(": ", 1)[1] for line in self.head.split("\r\n") if line.lower().startswith("sec-websocket-key:")][0]
        accept = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
        self.socket.sendall(f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            f"Sec-WebSocket-Accept: {accept}\r\n\r\n".encode())
        return True

    def frame(self, opcode, payload, final=True):
        if isinstance(payload, str):
            payload = payload.encode()
        head = bytes([(0x80 if final else 0) | opcode])
        if len(payload) < 126:
            head += bytes([len(payload)])
        elif len(payload) < 65536:
            head += bytes([126]) + struct.pack(">H", len(payload))
        else:
            head += bytes([127]) + struct.pack(">Q", len(payload))
        return head + payload

    def send(self, opcode, payload, final=True):
        self.send_raw(self.frame(opcode, payload, final))

    def send_raw(self, data):
        with self.lock:
            self.socket.sendall(data)

    def text(self, payload):
        self.send(TEXT, payload)

    def event(self, stream, data):
        """One combined frame; `data` is the event's JSON text."""
        self.text(f'{{"stream":"{stream}","data":{data}}}')

    def clock(self, ms):
        self.send(PING, str(ms))

    def reset(self):
        """RST: the TCP connection is killed."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def answer(self, request):
        """As the exchange does: whatever is asked for is acknowledged, and what it does not have is not in its list."""
        method, result = request["method"], None
        if method == "SUBSCRIBE":
            self.streams += [n for n in request["params"] if n not in self.streams and n not in self.server.unheard]
        elif method == "UNSUBSCRIBE":
            self.streams = [n for n in self.streams if n not in request["params"]]
        else:
            result = list(self.streams)
        self.text(json.dumps({"result": result, "id": request["id"]}))

    def asked(self, method):
        """The requests of that method, in order."""
        return [r for r in self.requests if r["method"] == method]

    def serve(self):
        try:
            if not self.upgrade():
                return
            self.server.opened.put(self)
            while True:
                self._take(*self._next())
        except (OSError, EOFError, ValueError):
            pass
        finally:
            self.closed.set()
            try:
                self.socket.close()
            except OSError:
                pass

    def _next(self):
        first, length = self._read(2)
        length &= 127
        if length == 126:
            length = struct.unpack(">H", self._read(2))[0]
        elif length == 127:
            length = struct.unpack(">Q", self._read(8))[0]
        mask = self._read(4)
        return first & 15, bytes(b ^ mask[i & 3] for i, b in enumerate(self._read(length)))

    def _take(self, opcode, payload):
        if opcode == PING:
            self.pings.append(payload)
            if self.server.answer_pings:
                self.send(PONG, payload)
        elif opcode == PONG:
            self.pongs.append(payload)
        elif opcode == CLOSE:
            self.close_code = struct.unpack(">H", payload[:2])[0] if len(payload) > 1 else 1005
            self.send(CLOSE, payload)
            raise EOFError
        elif opcode == TEXT:
            request = json.loads(payload)
            self.request_sizes.append(len(payload))
            if self.server.acknowledge:
                self.answer(request)
            self.requests.append(request)


class Server:
    def __init__(self, tls=None):
        self.opened = queue.Queue()
        self.answer_pings = self.acknowledge = True
        self.never_upgrade = False
        self.unheard = set()  # stream names that are acknowledged and not subscribed
        self.refuse = None  # bytes: the whole HTTP answer instead of the upgrade
        self.attempts = 0
        self.connections = []
        self.context = None
        if tls:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*tls)
            self.names = []
            self.context.sni_callback = lambda _s, name, _c: self.names.append(name)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            self.attempts += 1
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            if self.context:
                sock = self.context.wrap_socket(sock, server_side=True)
        except OSError:
            return
        connection = Connection(self, sock)
        self.connections.append(connection)
        connection.serve()

    def next(self, seconds=20):
        """The next connection that was upgraded."""
        return self.opened.get(timeout=seconds)

    def close(self):
        try:
            self.listener.shutdown(socket.SHUT_RDWR)  # wakes the thread in accept
        except OSError:
            pass
        self.listener.close()
        for c in self.connections:
            c.closed.set()
            try:
                c.socket.close()
            except OSError:
                pass
