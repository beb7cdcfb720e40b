"""A keep-alive HTTP connection that sends one question before it waits for the answer.

opa-python-client sends and waits in one call. With many documents, what the guard itself does for a request is time that OPA
has nothing to do: here it is a fifth of what an HTTP library does. So it is strict, too: whatever isn't a plain answer loses the
connection, and the document is asked about again through opa-python-client, which finds out what failed.
"""

from __future__ import annotations

import socket
import ssl
import time

_HEADER_BYTES = 64 * 1024
_READ_BYTES = 64 * 1024


class ConnectionLost(Exception):
    """The connection can't be used any more."""


class Connection:
    """Sends bodies to one path of one host; each `send` is followed by one `receive`."""

    def __init__(self, address: tuple[str, int], head: bytes, *, seconds: float, tls: ssl.SSLContext | None) -> None:
        """`head` is the request up to the value of Content-Length; `seconds` bounds connecting, sending and receiving each."""
        self._head = head
        self._seconds = seconds
        self._buffer = bytearray()
        try:
            self._socket = socket.create_connection(address, timeout=seconds)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if tls is not None:
                self._socket = tls.wrap_socket(self._socket, server_hostname=address[0])
        except OSError as exc:
            raise ConnectionLost(str(exc)) from exc

    def close(self) -> None:
        """Close the connection; what is received after that is ConnectionLost."""
        self._socket.close()

    def send(self, body: bytes) -> None:
        """Send a request with this body. Raises ConnectionLost."""
        try:
            self._socket.settimeout(self._seconds)
            self._socket.sendall(b"%b%d\r\n\r\n%b" % (self._head, len(body), body))
        except OSError as exc:
            raise ConnectionLost(str(exc)) from exc

    def receive(self) -> tuple[int, bytes]:
        """Return status and content of the answer, which has come in whole after `seconds`. Raises ConnectionLost."""
        try:
            return self._receive(time.monotonic() + self._seconds)
        except (OSError, ValueError) as exc:
            raise ConnectionLost(str(exc)) from exc

    def _receive(self, deadline: float) -> tuple[int, bytes]:
        head = self._until(b"\r\n\r\n", deadline)
        version, _, rest = head.partition(b" ")
        if version != b"HTTP/1.1":
            raise ConnectionLost("the answer is not HTTP/1.1")
        fields = dict(_field(line) for line in rest.split(b"\r\n")[1:])
        if b"transfer-encoding" in fields:
            content = self._chunks(deadline)
        else:
            content = self._exactly(_length(fields.get(b"content-length", b"unknown"), 10), deadline)
        return int(rest[:3]), content

    def _chunks(self, deadline: float) -> bytes:
        chunks = []
        while size := _length(self._until(b"\r\n", deadline).partition(b";")[0], 16):
            chunks.append(self._exactly(size, deadline))
            self._until(b"\r\n", deadline)
        while self._until(b"\r\n", deadline):
            """A trailer says nothing that is needed."""
        return b"".join(chunks)

    def _until(self, end: bytes, deadline: float) -> bytes:
        while (at := self._buffer.find(end)) < 0:
            if len(self._buffer) > _HEADER_BYTES:
                raise ConnectionLost("the answer's header doesn't end")
            self._read(deadline)
        return self._taken(at, len(end))

    def _exactly(self, length: int, deadline: float) -> bytes:
        while len(self._buffer) < length:
            self._read(deadline)
        return self._taken(length, 0)

    def _taken(self, length: int, skipped: int) -> bytes:
        taken = bytes(self._buffer[:length])
        del self._buffer[: length + skipped]
        return taken

    def _read(self, deadline: float) -> None:
        """Read what has come. The timeout of a socket holds for one read: an answer that trickles in would never end."""
        self._socket.settimeout(max(deadline - time.monotonic(), 0.001))
        part = self._socket.recv(_READ_BYTES)
        if not part:
            raise ConnectionLost("the connection was closed")
        self._buffer += part


def _field(line: bytes) -> tuple[bytes, bytes]:
    name, _, value = line.partition(b":")
    return name.strip().lower(), value.strip()


def _length(digits: bytes, base: int) -> int:
    """Python's own reading of numbers takes signs, spaces and underscores, too."""
    if not digits.isalnum():
        raise ConnectionLost("a length in the answer is not a number")
    return int(digits, base)
