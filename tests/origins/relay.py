"""A TCP relay that makes loopback look like a long or a narrow line."""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

_BLOCK_BYTES = 64 * 1024
_MAX_BLOCKS = 1024
"""In flight in one direction of one connection: 64 MiB, 5 Gbit/s at 100 ms."""


class Relay:
    """Relays connections to `target`.

    Args:
        delay: seconds that every byte is on its way, in each direction. The round
            trip takes twice as long.
        bytes_per_second: what each connection gets towards the client; None: all.
    """

    def __init__(
        self,
        target: tuple[str, int],
        *,
        delay: float = 0.0,
        bytes_per_second: float | None = None,
    ) -> None:
        self._target = target
        self._delay = delay
        self._rate = bytes_per_second
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port: int = self._listener.getsockname()[1]
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        for one in (self._listener, *self._sockets):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join(timeout=10)

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            # Its own thread: the handshake with the target must not delay others.
            self._start(self._connect, near)

    def _connect(self, near: socket.socket) -> None:
        self._sockets.append(near)
        try:
            far = socket.create_connection(self._target, timeout=10)
        except OSError:
            near.close()
            return
        far.settimeout(None)
        self._sockets.append(far)
        for end in (near, far):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._join(near, far, rate=None)
        self._join(far, near, rate=self._rate)

    def _join(
        self, source: socket.socket, sink: socket.socket, *, rate: float | None
    ) -> None:
        line: queue.Queue[tuple[float, bytes]] = queue.Queue(_MAX_BLOCKS)
        self._start(_take_in, source, line, self._delay)
        self._start(_let_out, sink, line, rate)


def _take_in(
    source: socket.socket, line: queue.Queue[tuple[float, bytes]], delay: float
) -> None:
    data = b"begin"
    while data:
        try:
            data = source.recv(_BLOCK_BYTES)
        except OSError:
            data = b""
        line.put((time.monotonic() + delay, data))


def _let_out(
    sink: socket.socket, line: queue.Queue[tuple[float, bytes]], rate: float | None
) -> None:
    """Send each block when it is due; an empty one is the end."""
    free_at = 0.0
    while True:
        due, data = line.get()
        moment = max(due, free_at)
        time.sleep(max(0.0, moment - time.monotonic()))
        if not data:
            with contextlib.suppress(OSError):
                sink.shutdown(socket.SHUT_WR)
            return
        try:
            sink.sendall(data)
        except OSError:  # nobody listens any more: let the other end finish
            while line.get()[1]:
                pass
            return
        if rate:
            free_at = moment + len(data) / rate
