"""The rest of a large file over several connections, written in place.

A transfer begins with one connection. Where that turns out to be slower than a near
server is, others fetch the pieces that follow, in order; the file is measured and
verified as one stream while they arrive. Where one connection is fast enough there
are no others: they would only cost handshakes.
"""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from fetchkit.arrival import AbandonedError
from fetchkit.errors import NetworkError, PartError
from fetchkit.ports import Span
from fetchkit.retry import plan_retry

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from typing_extensions import Self

    from fetchkit.arrival import Arrival
    from fetchkit.ports import Body, Cancel, Reporter, Source
    from fetchkit.urls import Url

PIECE_BYTES = 4 * 1024 * 1024
"""Large against what a request costs, small against what is left at the end, when
connections have nothing more to do one after the other."""

LARGE_BYTES = 16 * 1024 * 1024
"""Smaller files are there before other connections are at their full speed."""

PROBE_BYTES = 2 * 1024 * 1024
PROBE_SECONDS = 0.1
"""One connection is judged after so much, whichever comes last."""

FAST_BYTES_PER_SECOND = 80e6
"""A connection faster than this fills a gigabit line, or the processor, by itself."""

MAX_EXTRA = 24
"""Most connections beside the first ones, of all transfers of a run together."""


def is_worth_help(size: int, start: int, position: int, seconds: float) -> bool | None:
    """Whether more connections would help; None: too early to tell. Pure.

    Args:
        size: bytes of the whole file.
        start: where this transfer began.
        position: how far it came in `seconds`.
    """
    if position - start < PROBE_BYTES or seconds < PROBE_SECONDS:
        return None
    if size - position < LARGE_BYTES:
        return False
    return (position - start) / seconds < FAST_BYTES_PER_SECOND


class Crew:
    """The connections of one transfer besides its first. Use it as a block.

    All of its threads have ended when the block has.
    """

    def __init__(  # noqa: PLR0913 -- what a transfer is made of
        self,
        source: Source,
        url: Url,
        arrival: Arrival,
        *,
        etag: str | None,
        size: int,
        connections: int,
        spare: threading.Semaphore,
        cancel: Cancel,
        reporter: Reporter,
        received: Callable[[int], None],
    ) -> None:
        """Be ready to help with `url`; nothing is asked for yet.

        Args:
            etag: strong entity tag of the file, if it has one.
            connections: most at one time, the first included.
            spare: connections that all transfers of the run share.
            received: told of bytes that arrived.
        """
        self._source = source
        self._url = url
        self._arrival = arrival
        self._etag = etag
        self._size = size
        self._spare = spare
        self._cancel = cancel
        self._reporter = reporter
        self._received = received
        self._connections = connections
        self._workers = ThreadPoolExecutor(connections, thread_name_prefix="piece")
        self._futures: list[Future[None]] = []
        self._lock = threading.Lock()
        self._next = size
        self._error: BaseException | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        if exception[1] is not None:
            self._fail(AbandonedError())
        self._workers.shutdown(wait=True, cancel_futures=True)

    def is_set(self) -> bool:
        """Whether the pieces have become pointless (`fetchkit.ports.Cancel`)."""
        return self._error is not None or self._cancel.is_set()

    def wait(self, timeout: float) -> bool:
        """Sleep, unless the run is over."""
        return self._cancel.wait(timeout)

    def start(self, position: int) -> int:
        """Let others fetch what follows the piece that begins at `position`.

        Returns:
            Where the first connection has to stop.
        """
        self._next = min(position + PIECE_BYTES, self._size)
        stop = self._next
        for _ in range(self._connections - 1):
            self._add_worker()
        return stop

    def finish(self) -> None:
        """Wait for every piece, and measure the file in order meanwhile.

        Raises:
            NetworkError: a piece could not be had.
            StorageError: the disk is full.
        """
        self._add_worker()  # in place of the first connection
        self._end_if_whole()
        if not self._futures and self._arrival.available < self._size:
            self._work()  # others have all spare connections: one is always allowed
        try:
            self._arrival.measure_rest()
        except AbandonedError:
            if self._error is not None:
                raise self._error from None
            raise

    def _add_worker(self) -> None:
        if self._spare.acquire(blocking=False):
            future = self._workers.submit(self._work)
            future.add_done_callback(lambda _: self._spare.release())
            self._futures.append(future)

    def _work(self) -> None:
        try:
            while (begin := self._claim()) is not None:
                self._fetch(begin, min(begin + PIECE_BYTES, self._size))
                self._end_if_whole()
        except BaseException as error:  # noqa: BLE001 -- raised again by `finish`
            self._fail(error)

    def _claim(self) -> int | None:
        """The first byte of a piece nobody fetches yet, if there is one."""
        with self._lock:
            begin = self._next
            if begin >= self._size or self._error is not None:
                return None
            self._next = begin + PIECE_BYTES
            return begin

    def _fetch(self, begin: int, stop: int) -> None:
        """Fetch one piece, again where that can help: from where it broke off."""
        attempt = 0
        while self._arrival.reached(begin) < stop:
            attempt += 1
            try:
                self._ask(begin, stop)
            except NetworkError as error:
                delay = plan_retry(error, attempt, jitter=os.urandom(1)[0] / 256)
                if delay is None or self.is_set():
                    raise
                self._reporter.retrying(self._url, error, delay)
                self.wait(delay)

    def _ask(self, begin: int, stop: int) -> None:
        start = self._arrival.reached(begin)
        span = Span(start=start, stop=stop, etag=self._etag, size=self._size)
        opened = self._source.open(self._url, limit=self._size, span=span, cancel=self)
        with opened as body:
            self._check(body, start)
            for chunk in body.chunks:
                self._arrival.write_run(begin, chunk)
                self._received(len(chunk))
        if self._arrival.reached(begin) < stop:
            raise NetworkError(f"{self._url}: a part ended before its end")

    def _check(self, body: Body, start: int) -> None:
        if body.start != start or not body.has_parts:
            raise PartError(f"{body.url}: asked for a part, all of it came")

    def _end_if_whole(self) -> None:
        if self._arrival.available == self._size:
            self._arrival.finish()

    def _fail(self, error: BaseException) -> None:
        with self._lock:
            self._error = self._error or error
        self._arrival.abandon()


class Pacemaker:
    """Looks at how fast the first connection is, and calls the crew once."""

    def __init__(self, crew: Crew | None, *, size: int, start: int) -> None:
        """Begin to look; without a crew there is nobody to call.

        Args:
            start: where the first connection began.
        """
        self._crew = crew
        self._size = size
        self._start = start
        self._started = time.monotonic()
        self._is_decided = crew is None

    def stop(self, position: int) -> int | None:
        """Where the first connection has to stop, once others go on from there."""
        if self._is_decided or self._crew is None:
            return None
        seconds = time.monotonic() - self._started
        is_slow = is_worth_help(self._size, self._start, position, seconds)
        if is_slow is None:
            return None
        self._is_decided = True
        return self._crew.start(position) if is_slow else None
