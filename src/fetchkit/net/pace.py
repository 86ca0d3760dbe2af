"""How slow an answer may be. Pure but for the clock it is given.

A time-out per read does not bound a transfer: one byte now and then satisfies it
for ever. A `Pace` counts what arrived in the time we spent waiting for it. Time
the caller spends with the bytes is not the server's and is not counted.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from fetchkit.errors import RefusedError, StalledError, TransferCancelledError

if TYPE_CHECKING:
    from collections.abc import Callable

    from fetchkit.net.settings import NetSettings
    from fetchkit.ports import Cancel
    from fetchkit.urls import Url

MAX_HEAD_BYTES = 256 * 1024
"""All that may come before a body: headers, and any number of ``100 Continue``."""

TICK_SECONDS = 0.25
"""How long a read may block before the cancel flag is looked at again."""


class Pace:
    """The patience for one request: first for the head of the answer, then its body."""

    __slots__ = (
        "_cancel", "_deadline", "_floor_bytes", "_floor_seconds", "_head_bytes",
        "_in_body", "_limit", "_monotonic", "_owed", "_url", "_waited",
    )  # fmt: skip

    def __init__(
        self,
        url: Url,
        settings: NetSettings,
        *,
        cancel: Cancel | None = None,
        deadline: float | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start to wait for the head of the answer.

        Args:
            deadline: the moment of `monotonic` at which the whole transfer ends.
        """
        self._url = url
        self._cancel = cancel
        self._deadline = deadline
        self._monotonic = monotonic
        self._floor_bytes = settings.floor_bytes
        self._floor_seconds = settings.floor_seconds
        self._in_body = False
        self._head_bytes = 0
        self._limit = settings.head_timeout
        self._owed = 0
        self._waited = 0.0

    @property
    def in_body(self) -> bool:
        """Whether the head has arrived."""
        return self._in_body

    def begin_body(self) -> None:
        """The head has arrived; from here on a rate is asked for."""
        self._in_body = True
        self._renew()

    def allowance(self) -> float:
        """Seconds the next read may block.

        Raises:
            StalledError: patience is at its end.
            TransferCancelledError: nobody waits for these bytes any more.
            RefusedError: the head of the answer does not end.
        """
        self.check_cancelled()
        if not self._in_body and self._head_bytes > MAX_HEAD_BYTES:
            raise RefusedError(
                f"{self._url}: more than {MAX_HEAD_BYTES} bytes before the body"
            )
        left = self._limit - self._waited
        if left <= 0:
            raise StalledError(f"{self._url}: {self._complaint()}")
        if self._deadline is not None:
            remaining = self._deadline - self._monotonic()
            if remaining <= 0:
                raise StalledError(f"{self._url}: the time for this transfer is over")
            left = min(left, remaining)
        return min(left, TICK_SECONDS)

    def check_cancelled(self) -> None:
        """Stop if nobody waits for these bytes any more.

        Raises:
            TransferCancelledError: the cancel flag is set.
        """
        if self._cancel is not None and self._cancel.is_set():
            raise TransferCancelledError(f"{self._url}: transfer given up")

    def now(self) -> float:
        """The clock that `waited` is measured on."""
        return self._monotonic()

    def record(self, count: int, *, since: float) -> None:
        """A read that began at `since` has ended with `count` bytes, or with none."""
        self._waited += self._monotonic() - since
        if not self._in_body:
            self._head_bytes += count
            return
        self._owed -= count
        if self._owed <= 0:
            self._renew()

    def _renew(self) -> None:
        self._limit = self._floor_seconds
        self._owed = self._floor_bytes
        self._waited = 0.0

    def _complaint(self) -> str:
        if not self._in_body:
            return f"no complete answer within {self._limit:g} s"
        got = self._floor_bytes - self._owed
        return (
            f"too slow: {got} bytes in {self._limit:g} s, at least {self._floor_bytes}"
        )
