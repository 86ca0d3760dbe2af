"""Bytes under their digest: staged in private, published whole, checked on reading."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO

from fetchkit.digest import CHUNK_BYTES, Digest, Measure
from fetchkit.fs import link_or_rename, translated, write_atomic
from fetchkit.store.layout import CACHEDIR_TAG, EMPTY_INDEX, OCI_LAYOUT, Layout
from fetchkit.store.leases import share
from fetchkit.store.policy import TOUCH_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOB_MODE = 0o444


class Blobs:
    """The content-addressed part of one cache."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._is_ready = False

    def ensure_directories(self) -> None:
        """Make what is missing of the layout; the read path never calls this.

        Raises:
            StorageError: the cache directory cannot be made or written to.
        """
        if self._is_ready:
            return
        layout = self.layout
        with translated(layout.cache_dir):
            os.makedirs(layout.cache_dir, mode=0o700, exist_ok=True)
            os.makedirs(layout.root, mode=0o700, exist_ok=True)
            for directory in layout.directories:
                os.makedirs(directory, mode=0o700, exist_ok=True)
        for path, content in (
            (os.path.join(layout.cache_dir, "CACHEDIR.TAG"), CACHEDIR_TAG),
            (os.path.join(layout.root, "index.json"), EMPTY_INDEX),
            (os.path.join(layout.root, "oci-layout"), OCI_LAYOUT),
            # A cache that was made just now has nothing to collect.
            (layout.collector_lock, b""),
        ):
            if not os.path.lexists(path):
                write_atomic(path, content)
        self._is_ready = True

    def find(self, digest: Digest) -> str | None:
        """The path of a blob, if it is there. Its content is not looked at."""
        path = self.layout.blob(digest)
        return path if os.path.isfile(path) and not os.path.islink(path) else None

    @contextmanager
    def staged(self) -> Iterator[str]:
        """Yield the path of a new, private, empty file in ``ingest/``.

        It is gone when the block ends, unless it was published inside it.

        Raises:
            StorageError: the cache cannot be written to.
        """
        self.ensure_directories()
        path = os.path.join(self.layout.ingest_dir, f"{os.urandom(12).hex()}.part")
        with translated(path):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        # Of a running process, as long as this is open; and so is the blob it becomes.
        share(descriptor)
        try:
            yield path
        finally:
            os.close(descriptor)
            with suppress(OSError):
                os.unlink(path)

    def publish(self, staged: str, digest: Digest) -> str:
        """Make the staged file the blob of `digest`, and return the blob's path.

        The caller has measured the file: this trusts that it is `digest`. The
        bytes are on disk before the name is. An existing blob wins.

        Raises:
            StorageError: the disk is full or read-only; nothing was published.
        """
        final = self.layout.blob(digest)
        with translated(staged), open(staged, "rb") as file:
            os.fchmod(file.fileno(), BLOB_MODE)
            os.fsync(file.fileno())
        link_or_rename(staged, final)
        return final

    def put(self, data: bytes) -> Digest:
        """Publish a small document and return its digest."""
        digest = Digest.of(data)
        if self.find(digest) is None:
            with self.staged() as path:
                with translated(path), open(path, "wb") as file:
                    file.write(data)
                self.publish(path, digest)
        return digest

    def read(self, digest: Digest, *, limit: int) -> bytes | None:
        """A small document, if it is there and is what its name says."""
        try:
            with self.open(digest) as file:
                data = file.read(limit + 1)
        except FileNotFoundError:
            return None
        if Digest.of(data) != digest:
            self.quarantine(digest)
            return None
        return data

    def open(self, digest: Digest) -> BinaryIO:
        """A blob, opened without following a link. Hash what is read from it.

        Raises:
            FileNotFoundError: it is not there.
            StorageError: it is there and cannot be read.
        """
        path = self.layout.blob(digest)
        try:
            return os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb")
        except FileNotFoundError:
            raise
        except OSError:
            with translated(path):
                raise

    def measure(self, digest: Digest) -> Measure | None:
        """Size and digest of what the blob of `digest` really holds; None if absent.

        Something in its place that is no file, such as a link, holds nothing.
        """
        path = self.layout.blob(digest)
        if os.path.lexists(path) and self.find(digest) is None:
            return Measure()
        try:
            file = self.open(digest)
        except FileNotFoundError:
            return None
        measure = Measure()
        with file, translated(path):
            while chunk := file.read(CHUNK_BYTES):
                measure.update(chunk)
        return measure

    def quarantine(self, digest: Digest) -> None:
        """Take a blob that is not what its name says out of service.

        It is kept for whoever wants to know what happened to the disk. On a cache
        that cannot be written to nothing happens: the caller does not use it.
        """
        name = f"{digest.hex}.{time.time_ns()}"
        with suppress(OSError):
            os.makedirs(self.layout.quarantine_dir, mode=0o700, exist_ok=True)
            os.rename(
                self.layout.blob(digest), os.path.join(self.layout.quarantine_dir, name)
            )

    def digests(self) -> Iterator[Digest]:
        """Every published digest, in order."""
        try:
            names = sorted(os.listdir(self.layout.blobs_dir))
        except FileNotFoundError:
            return
        for name in names:
            if len(name) == len(Digest.of(b"").hex) and name.isalnum():
                yield Digest(name)

    def touch(self, digest: Digest, now: float) -> None:
        """Note that a blob was used; at most once a day, so that a hit writes nothing.

        On a cache that cannot be written to nothing happens.
        """
        path = self.layout.blob(digest)
        with suppress(OSError):
            if abs(now - os.lstat(path).st_mtime) > TOUCH_SECONDS:
                os.utime(path, (now, now), follow_symlinks=False)
