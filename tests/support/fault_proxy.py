"""A proxy between a browser and the portal that does what networks do: it loses answers, cuts them
off, lets a log-in page answer, or is not there at all. One connection carries one request."""

import contextlib
import re
import socket
import socketserver
import threading
from dataclasses import dataclass, field

LOG_IN_PAGE = b"<!doctype html><title>Wi-Fi</title><form><input name=password></form>"


def page(status, body=LOG_IN_PAGE, kind="text/html", **headers):
    """An answer of somebody else, as bytes; `headers` with _ for -."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode() + body


@dataclass
class Fault:
    """What happens to a request whose line matches. `answer` instead of the portal; or it is
    forwarded: after `change` of its bytes, its answer cut to the share `let_through`, and `then`
    called before anything of that answer is passed on; `hold` is waited for before all."""

    line: str
    answer: bytes | None = None
    change: object = None
    let_through: float = 1
    then: object = None
    hold: threading.Event | None = None
    times: int = 10_000
    met: int = 0


@dataclass
class Seen:
    lines: list = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0


class FaultProxy:
    """`url` is the portal's address through it. `down`: nobody listens behind it."""

    def __init__(self, port):
        self.port, self.down = port, False
        self.faults, self.seen, self.lock = [], Seen(), threading.Lock()
        proxy = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                with contextlib.suppress(OSError):  # one side has gone, as sides do
                    proxy.carry(self.request)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = allow_reuse_address = True
            request_queue_size = 64

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def fault(self, line, **options):
        """From now on requests like "POST .*/sync/" (a regular expression) meet this."""
        self.faults.append(Fault(line, **options))
        return self.faults[-1]

    def clear(self):
        self.faults = []

    def count(self, line):
        return sum(bool(re.match(line, each)) for each in self.seen.lines)

    def carry(self, client):
        request = read_message(client)
        if not request or self.down:
            return
        line = request.split(b"\r\n", 1)[0].decode("latin-1")
        fault = self.take(line)
        is_sync = line.startswith("POST") and "/sync/" in line
        with self.lock:
            self.seen.lines.append(line)
            self.seen.at_once += is_sync
            self.seen.most_at_once = max(self.seen.most_at_once, self.seen.at_once)
        try:
            self.answer(client, request, fault)
        finally:
            with self.lock:
                self.seen.at_once -= is_sync

    def take(self, line):
        with self.lock:
            for fault in self.faults:
                if re.match(fault.line, line) and fault.met < fault.times:
                    fault.met += 1
                    return fault
        return Fault("")

    def answer(self, client, request, fault):
        if fault.hold:
            fault.hold.wait(timeout=30)
        if fault.answer is not None:
            client.sendall(fault.answer)
            return
        if fault.change:
            request = fault.change(request)
        answer = forward(self.port, request)
        if fault.then:
            fault.then()
        client.sendall(answer[: int(len(answer) * fault.let_through)])


def forward(port, request):
    """The portal's whole answer; the connection to it ends with it."""
    head, _, body = request.partition(b"\r\n\r\n")
    lines = [each for each in head.split(b"\r\n") if not each.lower().startswith(b"connection:")]
    request = b"\r\n".join([*lines, b"Connection: close"]) + b"\r\n\r\n" + body
    with socket.create_connection(("127.0.0.1", port), timeout=30) as server:
        server.sendall(request)
        parts = []
        while part := server.recv(65536):
            parts.append(part)
    return close_it(b"".join(parts))


def close_it(answer):
    """Whatever the portal says of its connection: to the browser it ends."""
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = [each for each in head.split(b"\r\n") if not each.lower().startswith(b"connection:")]
    return b"\r\n".join([*lines, b"Connection: close"]) + b"\r\n\r\n" + body


def read_message(client):
    """A whole request: its head and as much body as it announces."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = client.recv(65536)
        if not part:
            return b""
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    announced = re.search(rb"(?i)content-length: *(\d+)", head)
    while announced and len(body) < int(announced[1]):
        body += client.recv(65536)
    return head + b"\r\n\r\n" + body
