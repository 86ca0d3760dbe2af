"""A file that is read while it still arrives.

One thread writes what the network gives; another follows, for the signature. The
bytes wait in the file, not in memory, so a slow reader costs nothing, and the
network never waits for it.
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
    """The writer gave up; whoever follows has nothing to judge. Never leaves us."""


class Arrival:
    """A staged file that grows. `write`, then `finish` or `abandon`, in one thread."""

    def __init__(self, path: str) -> None:
        """Open the existing file `path`, empty it, and wait for bytes.

        Raises:
            StorageError: it cannot be written to.
        """
        self.path = path
        self.measure = Measure()
        with translated(path):
            self._descriptor = os.open(path, os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW)
        self._changed = threading.Condition()
        self._available = 0
        self._is_over = False
        self._is_whole = False

    def write(self, chunk: bytes) -> None:
        """Append `chunk`.

        Raises:
            StorageError: the disk is full.
        """
        with translated(self.path):
            view = memoryview(chunk)
            while view:
                view = view[os.write(self._descriptor, view) :]
        self.measure.update(chunk)
        with self._changed:
            self._available += len(chunk)
            self._changed.notify_all()

    def finish(self) -> None:
        """Every byte has arrived: followers will come to their end.

        Raises:
            StorageError: the file system reported a late error.
        """
        self._end(is_whole=True)

    def abandon(self) -> None:
        """No more will come: followers stop with `AbandonedError`."""
        self._end(is_whole=False)

    def follow(self) -> Iterator[bytes]:
        """The bytes from the first to the last, each as soon as it is there.

        Raises:
            AbandonedError: the writer gave up.
        """
        position = 0
        with translated(self.path), open(self.path, "rb", buffering=0) as file:
            while (available := self._wait_beyond(position)) > position:
                while position < available:
                    chunk = file.read(min(CHUNK_BYTES, available - position))
                    if not chunk:
                        raise AbandonedError
                    position += len(chunk)
                    yield chunk

    def _wait_beyond(self, position: int) -> int:
        with self._changed:
            self._changed.wait_for(lambda: self._is_over or self._available > position)
            if self._is_over and not self._is_whole:
                raise AbandonedError
            return self._available

    def _end(self, *, is_whole: bool) -> None:
        with self._changed:
            if self._is_over:
                return
            self._is_over = True
            self._is_whole = is_whole
            self._changed.notify_all()
        with translated(self.path):
            os.close(self._descriptor)
