"""What has arrived of a file so far, kept for whoever goes on with it.

A part is ``ingest/<hash of the url>.part`` with a note beside it: where its bytes
came from, of which version. It is used under the lock of its url alone. Nothing in it
is trusted: what is made of it is hashed from the first byte on.
"""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from fetchkit.errors import NetworkError, StorageError
from fetchkit.fs import translated
from fetchkit.ports import Span
from fetchkit.store.leases import share
from fetchkit.store.memory import read_document, write_document
from fetchkit.values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator

KEPT_BYTES = 1024 * 1024
"""A part smaller than that is fetched again sooner than it is looked at."""


@frozen
class Origin:
    """Where the bytes of a part came from."""

    source: str
    """Hash of the url that was asked."""
    etag: str | None = None
    """Strong entity tag they had there."""
    size: int | None = None
    """What all of the file has."""


class Part:
    """A private file for what arrives, perhaps with what arrived before."""

    def __init__(self, path: str, note_file: str | None) -> None:
        """Use the file `path`; without a note it is of no use to the next run."""
        self.path = path
        self.origin: Origin | None = None
        """Whose bytes are in it; None: it is as good as empty."""
        self.kept = 0
        """How many bytes from the first on may be used."""
        self.is_joined = False
        """What arrives did not all come in one answer."""
        self.is_distrusted = False
        """What was joined turned out to be wrong: from now on take whole files."""
        self._note_file = note_file
        if note_file is not None:
            self._recall(note_file)

    def plan_span(self, source: str, *, is_pinned: bool) -> Span | None:
        """How to go on with what is there; None: not at all.

        Bytes of another source, or of a source without a strong entity tag, may only
        be joined where the digest of the whole is known beforehand.

        Args:
            source: hash of the url that will be asked.
            is_pinned: whether it is.
        """
        if self.origin is None or not self.kept or self.is_distrusted:
            return None
        size = self.origin.size
        # Asking for a byte that is there already, where there may be no other.
        start = self.kept if size is None else min(self.kept, size - 1)
        if self.origin.source == source and self.origin.etag is not None:
            return Span(start=start, etag=self.origin.etag, size=size)
        return Span(start=start, size=size) if is_pinned else None

    def begin(self, origin: Origin, start: int) -> None:
        """Bytes of `origin` are about to arrive, behind the first `start` bytes.

        Raises:
            StorageError: that could not be written down.
        """
        self.origin, self.kept, self.is_joined = origin, start, start > 0
        self._note(None)

    def mark_shared(self, kept: int) -> None:
        """From here on bytes arrive out of order, behind the first `kept`.

        Raises:
            StorageError: that could not be written down.
        """
        self.is_joined = True
        self._note(kept)

    def hold(self, kept: int | None) -> None:
        """A transfer ended early; the first `kept` bytes are there, or as before."""
        if kept is None:
            return
        self.kept = kept if self.origin is not None else 0
        with suppress(OSError):
            os.truncate(self.path, self.kept)

    def distrust(self) -> None:
        """What is in it does not belong together: begin anew, with whole files."""
        self.clear()
        self.is_distrusted = True

    def clear(self) -> None:
        """Begin anew."""
        self.origin, self.kept = None, 0
        if self._note_file is not None:
            with suppress(OSError):
                os.unlink(self._note_file)

    def is_worth_keeping(self) -> bool:
        """Whether the next run would save something."""
        return self._note_file is not None and self.kept >= KEPT_BYTES

    def settle(self) -> None:
        """Write down what the next run finds."""
        with suppress(StorageError):
            self._note(self.kept)

    def _note(self, kept: int | None) -> None:
        """Write down what is there: `kept` bytes, or None for all in the file."""
        origin = self.origin
        if origin is None or self._note_file is None:
            return
        if origin.size is not None and origin.size < KEPT_BYTES:
            return
        document: dict[str, Any] = {
            "source": origin.source,
            "etag": origin.etag,
            "size": origin.size,
            "kept": kept,
        }
        write_document(self._note_file, document)

    def _recall(self, note_file: str) -> None:
        document = read_document(note_file)
        source, kept = document.get("source"), document.get("kept")
        etag, size = document.get("etag"), document.get("size")
        there = os.stat(self.path).st_size
        usable = there if kept is None else kept
        if (
            isinstance(source, str)
            and isinstance(usable, int)
            and isinstance(etag, str | None)
            and isinstance(size, int | None)
            and KEPT_BYTES <= usable <= there
        ):
            self.origin = Origin(source=source, etag=etag, size=size)
            self.kept = usable


@contextmanager
def opened_part(path: str) -> Iterator[Part]:
    """The part at `path`; kept where the network failed, and where we are ended.

    To be used by one process at a time.

    Raises:
        StorageError: there can be none.
    """
    note_file = f"{path}.json"
    with translated(path):
        descriptor = _open_own(path)
    share(descriptor)
    is_kept = False
    try:
        with translated(path):
            part = Part(path, note_file)
        try:
            yield part
        except BaseException as error:
            # What is no `Exception` is somebody who ends us.
            is_broken_off = isinstance(error, NetworkError)
            is_ended = not isinstance(error, Exception)
            is_kept = (is_broken_off or is_ended) and part.is_worth_keeping()
            if is_kept:
                part.settle()
            raise
    finally:
        os.close(descriptor)
        if not is_kept:
            for name in (path, note_file):
                with suppress(OSError):
                    os.unlink(name)


def _open_own(path: str) -> int:
    """Open the file at `path`, or a new one in place of what is not ours alone.

    A file with a second name is a blob that was about to be published.
    """
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
        found = os.fstat(descriptor)
        if (
            stat.S_ISREG(found.st_mode)
            and found.st_uid == os.geteuid()
            and found.st_nlink == 1
            and not found.st_mode & 0o022
        ):
            os.fchmod(descriptor, 0o600)
            return descriptor
        os.close(descriptor)
    with suppress(FileNotFoundError):
        os.unlink(path)
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
