"""A proxy between the guard and a service, which forwards calls or spoils them as networks and services do."""

from __future__ import annotations

import contextlib
import http.client
import socket
import struct
import threading
import urllib.parse
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Spoil = Callable[["Request"], None]
ALWAYS = 10_000
"""The number of times that a permanent fault occurs."""

_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "server", "date"}


class Front:
    """The endpoint that the guard calls; `spoil` sets what happens to the next calls of an operation."""

    def __init__(self, behind: tuple[str, int]) -> None:
        self._behind = behind
        self._spoils: defaultdict[str, deque[Spoil]] = defaultdict(deque)
        self._lock = threading.Lock()
        self.served: Counter[str] = Counter()
        """The number of successful calls of the service, by operation."""
        self.over = threading.Event()
        self._door = _Door(self, 0)
        self.url = f"http://127.0.0.1:{self._door.server_port}"

    def spoil(self, operation: str, how: Spoil, times: int = 1) -> None:
        """Spoil the next calls of the operation, `*` for any, in this way."""
        with self._lock:
            self._spoils[operation].extend([how] * times)

    def shut(self) -> None:
        """Refuse new connections, and drop the open ones."""
        self._door.close()

    def drop(self) -> None:
        """Close the open connections, as a service does with idle ones."""
        self._door.drop()

    def reset(self) -> None:
        """Serve everything again."""
        with self._lock:
            self._spoils.clear()
        self.over.set()
        self.over = threading.Event()
        if self._door.closed:
            self._door = _Door(self, self._door.server_port)

    def close(self) -> None:
        """Stop serving."""
        self.reset()
        self._door.close()

    def fate(self, operation: str) -> Spoil:
        """Return what happens to a call that has just arrived."""
        with self._lock:
            for name in (operation, "*"):
                if self._spoils[name]:
                    return self._spoils[name].popleft()
        return serve

    def forward(self, request: Request) -> tuple[int, list[tuple[str, str]], bytes]:
        """Forward the request to the service and return its response."""
        connection = http.client.HTTPConnection(*self._behind, timeout=60)
        try:
            connection.request(request.command, request.path, request.body, dict(request.headers.items()))
            response = connection.getresponse()
            kept = [(name, value) for name, value in response.getheaders() if name.lower() not in _HOP_BY_HOP]
            if response.status < 300:
                with self._lock:
                    self.served[request.operation] += 1
            return response.status, kept, response.read()
        finally:
            connection.close()


class _Door(ThreadingHTTPServer):
    """A listening socket on loopback, with the connections that it accepted."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, front: Front, port: int) -> None:
        super().__init__(("127.0.0.1", port), Request)
        self.front = front
        self.closed = False
        self._connections: set[socket.socket] = set()
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def process_request(self, request: socket.socket, client_address: object) -> None:  # type: ignore[override]
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket) -> None:  # type: ignore[override]
        self._connections.discard(request)
        super().shutdown_request(request)

    def drop(self) -> None:
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self.shutdown()
            self.server_close()
            self.drop()

    def handle_error(self, *_: object) -> None:
        """Print nothing: lost clients are part of the faults."""


class Request(BaseHTTPRequestHandler):
    """One connection of the guard; its calls are served one after another."""

    server: _Door
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_POST(self) -> None:
        """Receive a call and spoil or serve it as arranged."""
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.operation = _operation(self)
        self.server.front.fate(self.operation)(self)

    do_GET = do_POST  # noqa: N815 - the name is the base class's
    do_PUT = do_POST  # noqa: N815

    def handle_expect_100(self) -> bool:
        """Request the body at once: responses are buffered, and botocore would wait a second for this one."""
        is_accepted = super().handle_expect_100()
        self.wfile.flush()
        return is_accepted

    def forward(self) -> tuple[int, list[tuple[str, str]], bytes]:
        """Forward the call to the service and return its response."""
        return self.server.front.forward(self)

    def answer(self, status: int, headers: list[tuple[str, str]], body: bytes, length: int | None = None) -> None:
        """Send a response; `length` is the value of Content-Length if it isn't the body's length."""
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def leave(self) -> None:
        """Close the connection without sending anything, so that the client sees a reset."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def waits(self, seconds: float) -> bool:
        """Wait, but not beyond the end of the play; return whether the play is still running."""
        return not self.server.front.over.wait(seconds)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


def _operation(request: Request) -> str:
    """Return the operation's name from where each API has it, or else the last part of the path."""
    if target := request.headers.get("X-Amz-Target"):
        return target.rpartition(".")[2]
    if request.body.startswith(b"Action="):
        return urllib.parse.parse_qs(request.body.decode())["Action"][0]
    return "PutObject" if request.command == "PUT" else request.path.partition("?")[0].rpartition("/")[2]


def serve(request: Request) -> None:
    """The call is served."""
    request.answer(*request.forward())


def reset(request: Request) -> None:
    """The connection is lost before the call was served."""
    request.leave()


def refuse_from_now(request: Request) -> None:
    """The connection is lost, and no other is accepted."""
    request.leave()
    request.server.front.shut()


def lose_answer(request: Request) -> None:
    """The call is served, and the connection lost before the response."""
    request.forward()
    request.leave()


def status(code: int, body: bytes = b"") -> Spoil:
    """The service responds with this status and a body that isn't an error of the API."""
    return lambda request: request.answer(code, [("Content-Type", "text/html")], body)


def fail(code: int, error: str) -> Spoil:
    """The service responds with this error and status."""
    as_json = b'{"__type": "%s", "message": "injected fault"}' % error.encode()
    as_xml = b"<Error><Code>%s</Code><Message>injected fault</Message></Error>" % error.encode()

    def refuse(request: Request) -> None:
        if "X-Amz-Target" in request.headers:
            request.answer(code, [("Content-Type", "application/x-amz-json-1.1")], as_json)
        elif request.operation == "PutObject":
            request.answer(code, [("Content-Type", "application/xml")], as_xml)
        elif request.body.startswith(b"Action="):
            whole = b"<ErrorResponse>%s</ErrorResponse>" % as_xml
            request.answer(code, [("Content-Type", "text/xml")], whole)
        else:
            request.answer(code, [("Content-Type", "application/json"), ("x-amzn-ErrorType", error)], as_json)

    return refuse


def respond(body: bytes) -> Spoil:
    """Something responds with status 200 and this JSON."""
    return lambda request: request.answer(200, [("Content-Type", "application/json")], body)


def redirect(path: str) -> Spoil:
    """The call is redirected to another path."""
    return lambda request: request.answer(307, [("Location", path)], b"")


def truncate(request: Request) -> None:
    """Only half of the response arrives."""
    code, headers, body = request.forward()
    request.answer(code, headers, body[: len(body) // 2], length=len(body))
    request.leave()


def not_json(request: Request) -> None:
    """Something other than the service responds, as a captive portal does: with status 200 and a page."""
    request.answer(200, [("Content-Type", "text/html")], b"<html>Sign in</html>")


def slow(seconds: float) -> Spoil:
    """The response takes this long; a call that is still waiting at the end of the play is never served."""

    def wait(request: Request) -> None:
        if request.waits(seconds):
            serve(request)
        else:
            request.leave()

    return wait


def hang(seconds: float) -> Spoil:
    """There is no response for this long, and the call isn't served."""

    def wait(request: Request) -> None:
        request.waits(seconds)
        request.leave()

    return wait
