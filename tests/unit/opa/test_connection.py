"""The lean HTTP connection: it reads every form that a response may have, and raises ConnectionLost for anything else."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest

from guard.opa.connection import Connection, ConnectionLost

HEAD = b"POST /v1/data HTTP/1.1\r\nHost: opa\r\nContent-Length: "
OK = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture
def peer() -> Iterator[Callable[..., tuple[Connection, socket.socket]]]:
    """Connect, and return both ends."""
    opened: list[socket.socket | Connection] = []

    def make(seconds: float = 5.0) -> tuple[Connection, socket.socket]:
        with socket.create_server(("127.0.0.1", 0)) as server:
            connection = Connection(server.getsockname(), HEAD, seconds=seconds, tls=None)
            other, _ = server.accept()
        opened.extend([connection, other])
        return connection, other

    yield make
    for each in opened:
        each.close()


def test_a_request_has_its_head_its_length_and_its_body(peer) -> None:
    connection, other = peer()
    connection.send(b'{"input":1}')
    assert other.recv(1000) == HEAD + b'11\r\n\r\n{"input":1}'


def test_a_request_is_sent_at_once(peer) -> None:
    connection, _ = peer()
    assert connection._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


ALPHABET = b"abcdefghijklmnopqrstuvwxyz"
LENGTH = OK + b"Content-Length: 5\r\n\r\nhello"
CHUNKS = OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;name=value\r\nllo\r\n0\r\nTrailer: x\r\n\r\n"


@pytest.mark.parametrize(
    ("sent", "status", "content"),
    [
        pytest.param(LENGTH, 200, b"hello", id="length"),
        pytest.param(OK + b"content-length:5\r\n\r\nhello", 200, b"hello", id="lower case, no space"),
        pytest.param(OK + b"Content-Length: 0\r\n\r\n", 200, b"", id="empty"),
        pytest.param(OK + b"Content-Length: 26\r\n\r\n" + ALPHABET, 200, ALPHABET, id="length of two digits"),
        pytest.param(
            OK + b"Transfer-Encoding: chunked\r\n\r\n1a\r\n" + ALPHABET + b"\r\n0\r\n\r\n",
            200,
            ALPHABET,
            id="chunk of two digits",
        ),
        pytest.param(CHUNKS, 200, b"hello", id="chunks with extension and trailer"),
        pytest.param(b"HTTP/1.1 500 Bad\r\nContent-Length: 2\r\n\r\nno", 500, b"no", id="another status"),
        pytest.param(b"HTTP/1.1 204\r\nContent-Length: 0\r\n\r\n", 204, b"", id="no reason"),
        pytest.param(OK + b"Content-Length: 3\r\n\r\n\r\n\r", 200, b"\r\n\r", id="line ends in the body"),
    ],
)
@pytest.mark.parametrize("piece", [1, 7, 10_000])
def test_an_answer_is_read_however_it_is_cut(peer, sent, status, content, piece) -> None:
    """Read two responses, so that no bytes of one are left for the next or taken from it."""
    connection, other = peer()
    stream = sent * 2

    def write() -> None:
        for start in range(0, len(stream), piece):
            other.sendall(stream[start : start + piece])

    writer = threading.Thread(target=write)
    writer.start()
    assert [connection.receive(), connection.receive()] == [(status, content)] * 2
    writer.join()


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(OK, id="half a header"),
        pytest.param(OK + b"Content-Length: 5\r\n\r\nhell", id="half a body"),
        pytest.param(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhel", id="half a chunk"),
        pytest.param(OK + b"\r\nhello", id="until the end"),
        pytest.param(OK + b"Content-Length: five\r\n\r\nhello", id="a length that is not a number"),
        pytest.param(OK + b"Transfer-Encoding: chunked\r\n\r\nx\r\nhello", id="a chunk's that is not a number"),
        pytest.param(OK + b"Content-Length: -1\r\n\r\nhello", id="a negative length"),
        pytest.param(OK + b"Transfer-Encoding: chunked\r\n\r\n-1\r\nhello\r\n", id="a negative chunk"),
        pytest.param(b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", id="HTTP/1.0"),
        pytest.param(b"HTTP/1.1 OK\r\nContent-Length: 5\r\n\r\nhello", id="no status"),
        pytest.param(b"SSH-2.0-OpenSSH\r\n\r\n", id="another protocol"),
    ],
)
def test_an_invalid_answer_loses_the_connection(peer, sent) -> None:
    connection, other = peer()
    other.sendall(sent)
    other.close()
    with pytest.raises(ConnectionLost):
        connection.receive()


def test_a_header_that_is_too_long_loses_the_connection(peer) -> None:
    connection, other = peer()
    writer = threading.Thread(target=lambda: other.sendall(OK + b"X: " + b"x" * 100_000))
    writer.start()
    with pytest.raises(ConnectionLost, match="the answer's header is too long"):
        connection.receive()
    writer.join()


def test_the_time_limit_holds_for_a_whole_answer_that_trickles_in(peer) -> None:
    connection, other = peer(seconds=0.3)
    ended = threading.Event()

    def trickle() -> None:
        other.sendall(OK + b"Content-Length: 100000\r\n\r\n")
        while not ended.wait(0.02):
            other.sendall(b".")

    writer = threading.Thread(target=trickle)
    writer.start()
    started = time.monotonic()
    with pytest.raises(ConnectionLost):
        connection.receive()
    assert time.monotonic() - started < 5
    ended.set()
    writer.join()


def test_nothing_is_received_after_the_close(peer) -> None:
    connection, other = peer()
    other.sendall(LENGTH)
    connection.close()
    with pytest.raises(ConnectionLost):
        connection.receive()


def test_a_request_has_its_whole_time_after_a_slow_answer(peer, monkeypatch) -> None:
    connection, other = peer(seconds=5.0)
    other.sendall(LENGTH)
    times = iter([0.0])
    monkeypatch.setattr("guard.opa.connection.time", SimpleNamespace(monotonic=lambda: next(times, 4.9)))
    connection.receive()
    connection.send(b"x")
    assert connection._socket.gettimeout() == 5.0


def test_a_peer_that_does_not_read_loses_the_connection(peer) -> None:
    connection, _ = peer(seconds=0.2)
    with pytest.raises(ConnectionLost):
        connection.send(b"x" * 50_000_000)


def test_a_port_without_a_listener_is_a_lost_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
    with pytest.raises(ConnectionLost):
        Connection(address, HEAD, seconds=1, tls=None)
