"""An origin that speaks HTTP/1.1 on 127.0.0.1 and can break every rule of it.

Real sockets, one thread a connection. What a path answers is a *behaviour*: a
function that is given the wire and the request, writes what it likes, and returns
whether the connection may be used again. The usual ones are made below.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    from typing_extensions import Self

    Behaviour: TypeAlias = Callable[["Wire", "Request"], bool]

_MAX_HEAD_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """What a client sent. Header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""


class Wire:
    """The server's end of one connection."""

    def __init__(self, connection: socket.socket, closing: threading.Event) -> None:
        self._connection = connection
        self._closing = closing
        self._buffer = b""

    def send(self, data: bytes) -> None:
        self._connection.sendall(data)

    def wait(self, seconds: float) -> bool:
        """Do nothing for a while. False if the origin is being closed."""
        return not self._closing.wait(seconds)

    def reset(self) -> None:
        """Break the connection so that the client sees an error, not an end."""
        linger = struct.pack("ii", 1, 0)
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

    def read_request(self) -> Request | None:
        """The next request, or None when the client is done."""
        while b"\r\n\r\n" not in self._buffer:
            if not self._fill():
                return None
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        start, *lines = head.decode("latin-1").split("\r\n")
        method, path, _ = start.split(" ", 2)
        pairs = (line.partition(":") for line in lines)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        length = int(headers.get("content-length", "0"))
        while len(self._buffer) < length:
            if not self._fill():
                return None
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        return Request(method, path, headers, body)

    def join(self, port: int) -> None:
        """Pass bytes to and from a port of this machine until either end closes."""
        with socket.create_connection(("127.0.0.1", port)) as far:
            back = threading.Thread(
                target=_pass_on, args=(far, self._connection), daemon=True
            )
            back.start()
            _pass_on(self._connection, far)
            back.join(timeout=10)

    def _fill(self) -> bool:
        data = self._connection.recv(_MAX_HEAD_BYTES)
        self._buffer += data
        return bool(data)


class Origin:
    """Listens from `__enter__` to `__exit__`; paths nobody set answer 404."""

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[Request] = []
        """Every request that arrived, in order."""
        self.connection_count = 0
        self._tls = tls
        self._behaviours: dict[str, Behaviour] = {}
        self._closing = threading.Event()
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._listener.getsockname()[1]
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(timeout=10)

    def on(self, path: str, behaviour: Behaviour) -> str:
        """Let `path` answer by `behaviour`; returns its url."""
        self._behaviours[path.partition("?")[0]] = behaviour
        return self.url(path)

    def url(self, path: str, *, scheme: str | None = None, user: str = "") -> str:
        scheme = scheme or ("https" if self._tls else "http")
        return f"{scheme}://{user}{'@' if user else ''}127.0.0.1:{self.port}{path}"

    @property
    def paths(self) -> list[str]:
        """The paths that were asked for, in order."""
        return [request.path for request in self.requests]

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connection_count += 1
            with self._lock:
                self._connections.add(connection)
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        raw = connection
        try:
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
                with self._lock:
                    self._connections.discard(raw)
                    self._connections.add(connection)
            self._converse(Wire(connection, self._closing))
        except OSError:
            pass  # the client hung up, which is what most tests are about
        finally:
            with self._lock:
                self._connections.discard(connection)
            raw.close()
            connection.close()

    def _converse(self, wire: Wire) -> None:
        while request := wire.read_request():
            self.requests.append(request)
            path = request.path.partition("?")[0]
            if not self._behaviours.get(path, answer(status=404))(wire, request):
                return


# ------------------------------------------------------------------ behaviours


def render_head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} Whatever\r\n{lines}\r\n".encode("latin-1")


def answer(
    body: bytes = b"", *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Behaviour:
    """A correct answer. A header given here wins over the one it would have had."""
    length = {} if status in {204, 304} else {"Content-Length": str(len(body))}
    head = render_head(status, {**length, **(headers or {})})
    return raw(head + body, keep=True)


def raw(data: bytes, *, keep: bool = False) -> Behaviour:
    """These bytes; then the connection is closed unless `keep`."""

    def behave(wire: Wire, request: Request) -> bool:
        wire.send(data)
        return keep

    return behave


def redirect(location: str, *, status: int = 302) -> Behaviour:
    return answer(status=status, headers={"Location": location})


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """One after the other with each request; the last one for all that follow."""
    left = list(behaviours)

    def behave(wire: Wire, request: Request) -> bool:
        return (left.pop(0) if len(left) > 1 else left[0])(wire, request)

    return behave


def echoing_validators(body: bytes, *, etag: str) -> Behaviour:
    """304 to a request that already knows `etag`, else `body` with it."""
    full = answer(body, headers={"ETag": etag})
    unchanged = answer(status=304, headers={"ETag": etag})

    def behave(wire: Wire, request: Request) -> bool:
        known = request.headers.get("if-none-match") == etag
        return (unchanged if known else full)(wire, request)

    return behave


def stalling(data: bytes) -> Behaviour:
    """These bytes, then silence until the client or the origin gives up."""

    def behave(wire: Wire, request: Request) -> bool:
        wire.send(data)
        while wire.wait(0.05):
            pass
        return False

    return behave


def resetting(data: bytes) -> Behaviour:
    """These bytes, then the connection breaks."""

    def behave(wire: Wire, request: Request) -> bool:
        wire.send(data)
        wire.wait(0.1)  # or the reset would overtake the data
        wire.reset()
        return False

    return behave


def dripping(start: bytes, drop: bytes, *, every: float) -> Behaviour:
    """`start`, then one `drop` every so many seconds, for ever."""

    def behave(wire: Wire, request: Request) -> bool:
        wire.send(start)
        while wire.wait(every):
            wire.send(drop)
        return False

    return behave


def tunnel(port: int, *, authorization: str | None = None) -> Behaviour:
    """A proxy's answer to CONNECT: a way to `port`, or 407 without credentials."""

    def behave(wire: Wire, request: Request) -> bool:
        if request.headers.get("proxy-authorization") != authorization:
            return answer(status=407)(wire, request)
        wire.send(b"HTTP/1.1 200 Connected\r\n\r\n")
        wire.join(port)
        return False

    return behave


def endless(start: bytes, block: bytes) -> Behaviour:
    """`start`, then `block` after `block` as fast as the client reads."""

    def behave(wire: Wire, request: Request) -> bool:
        wire.send(start)
        while wire.wait(0):
            wire.send(block)
        return False

    return behave


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(_MAX_HEAD_BYTES):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
