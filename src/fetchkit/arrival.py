"""A file that is read while it still arrives.

Threads write what the network gives; others follow, for digest and signature. The
bytes wait in the file, not in memory, so a slow reader costs nothing, and the
network never waits for it.

Bytes come in runs. Over one connection there is one run, from the first byte to the
last; over several there is one for each piece. Whoever follows sees a byte when all
before it are there.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from fetchkit.digest import CHUNK_BYTES, Measure
from fetchkit.fs import translated

if TYPE_CHECKING:
    from collections.abc import Iterator


class AbandonedError(Exception):
    """The writers gave up; whoever follows has nothing to judge. Never leaves us."""


class Arrival:
    """A staged file that grows. `begin`, `write`, then `finish` or `abandon`.

    One thread calls these. `write_run` may be called by several, each for its run.
    """

    def __init__(self, path: str) -> None:
        """Open the existing file `path` and wait for bytes.

        Raises:
            StorageError: it cannot be written to.
        """
        self.path = path
        self.measure = Measure()
        with translated(path):
            self._descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW)
        self._changed = threading.Condition()
        self._runs: dict[int, int] = {0: 0}
        """Where each run begins -> where it ends so far."""
        self._floor = 0
        """Where the first run with a gap behind it begins."""
        self._has_begun = False
        self._is_over = False
        self._is_whole = False

    def begin(self, kept: int = 0) -> None:
        """Keep the first `kept` bytes that are in the file, and no other.

        Nobody sees them before: only now it is known that they are to be used.

        Raises:
            StorageError: they cannot be read.
        """
        with translated(self.path):
            os.ftruncate(self._descriptor, kept)
        self._has_begun = True
        self._extend(0, kept)
        self._measure_until(kept)

    def write(self, chunk: bytes) -> None:
        """Append `chunk` to what is there from the first byte on.

        Raises:
            StorageError: the disk is full.
        """
        self.write_run(0, chunk)
        self.measure.update(chunk)

    def write_run(self, begin: int, chunk: bytes) -> None:
        """Append `chunk` to the run that begins at the byte `begin`; not measured.

        Raises:
            StorageError: the disk is full.
        """
        position = self.reached(begin)
        view = memoryview(chunk)
        with translated(self.path):
            while view:
                written = os.pwrite(self._descriptor, view, position)
                view = view[written:]
                position += written
        self._extend(begin, position)

    def reached(self, begin: int = 0) -> int:
        """Where the run that begins at the byte `begin` goes on."""
        return self._runs.get(begin, begin)

    def measure_rest(self) -> None:
        """Measure what `write` did not, until there is no more.

        Raises:
            AbandonedError: the writers gave up.
        """
        for chunk in self.follow(self.measure.size):
            self.measure.update(chunk)

    def finish(self) -> None:
        """Every byte has arrived: followers will come to their end."""
        with self._changed:
            self._is_over = self._is_whole = True
            self._changed.notify_all()

    def abandon(self) -> int | None:
        """No more will come: followers stop with `AbandonedError`.

        Returns:
            How many bytes from the first on are there; None if none was to come yet.
        """
        with self._changed:
            self._is_over = True
            self._changed.notify_all()
            return self.available if self._has_begun else None

    def close(self) -> None:
        """Let go of the file, once nobody writes any more.

        Raises:
            StorageError: the file system reported a late error.
        """
        with translated(self.path):
            os.close(self._descriptor)

    def follow(self, start: int = 0) -> Iterator[bytes]:
        """The bytes from `start` to the last, each as soon as it is there.

        Raises:
            AbandonedError: the writers gave up.
        """
        position = start
        with translated(self.path), open(self.path, "rb", buffering=0) as file:
            file.seek(position)
            while (available := self._wait_beyond(position)) > position:
                while position < available:
                    chunk = file.read(min(CHUNK_BYTES, available - position))
                    if not chunk:
                        raise AbandonedError
                    position += len(chunk)
                    yield chunk

    @property
    def available(self) -> int:
        """How many bytes from the first on are there."""
        return self._runs[self._floor]

    def _extend(self, begin: int, end: int) -> None:
        with self._changed:
            self._runs[begin] = end
            while self.available != self._floor and self.available in self._runs:
                self._floor = self.available
            self._changed.notify_all()

    def _measure_until(self, end: int) -> None:
        with translated(self.path), open(self.path, "rb", buffering=0) as file:
            while self.measure.size < end:
                chunk = file.read(min(CHUNK_BYTES, end - self.measure.size))
                if not chunk:
                    raise AbandonedError
                self.measure.update(chunk)

    def _wait_beyond(self, position: int) -> int:
        with self._changed:
            self._changed.wait_for(lambda: self._is_over or self.available > position)
            if self._is_over and not self._is_whole:
                raise AbandonedError
            return self.available
