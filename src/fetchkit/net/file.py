"""Local files as a source: ``file:`` urls, for mirrors on a disk and air gaps."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from fetchkit.digest import CHUNK_BYTES
from fetchkit.errors import (
    NetworkError,
    RefusedError,
    TooLargeError,
    TransferCancelledError,
)
from fetchkit.net import answers
from fetchkit.ports import Body, Validators

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fetchkit.ports import Cancel, Span
    from fetchkit.urls import Url


class FileSource:
    """Reads regular files. Symlinks are followed: a mirror may be made of them."""

    @contextmanager
    def open(
        self,
        url: Url,
        *,
        limit: int,
        validators: Validators | None = None,
        span: Span | None = None,
        cancel: Cancel | None = None,
    ) -> Iterator[Body]:
        """Start to read the file `url` names; see `fetchkit.ports.Source`.

        Raises:
            RefusedError: there is no such file, or it cannot be read.
            TooLargeError: it is larger than `limit`.
            NetworkError: while the chunks are read: it changed under the reader.
        """
        with _open_regular(url) as file:
            status = os.fstat(file.fileno())
            answers.check_size(status.st_size, limit, url)
            current = _build_validators(status)
            unchanged = validators is not None and validators.etag == current.etag
            start = _find_start(span, status.st_size, current)
            file.seek(start)
            chunks = _read(file, url, status, cancel, start)
            yield Body(
                url=url,
                chunks=iter(()) if unchanged else chunks,
                size=status.st_size,
                start=start,
                validators=current,
                not_modified=unchanged,
            )


def _open_regular(url: Url) -> BinaryIO:
    try:
        # Not blocking: opening a FIFO nobody writes to would never return.
        descriptor = os.open(url.file_path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        raise RefusedError(f"{url}: {reason.lower()}") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise RefusedError(f"{url}: not a regular file")
    return os.fdopen(descriptor, "rb", buffering=0)


def _find_start(span: Span | None, size: int, current: Validators) -> int:
    """Where to begin: as asked, if the file is still the one that was asked for."""
    if span is None or not 0 <= span.start < size:
        return 0
    is_same = span.etag in {None, current.etag} and span.size in {None, size}
    return span.start if is_same else 0


def _read(
    file: BinaryIO, url: Url, status: os.stat_result, cancel: Cancel | None, start: int
) -> Iterator[bytes]:
    received = start
    while chunk := _read_chunk(file, url):
        if cancel is not None and cancel.is_set():
            raise TransferCancelledError(f"{url}: transfer given up")
        received += len(chunk)
        if received > status.st_size:
            raise TooLargeError(f"{url}: the file grew while it was read")
        yield chunk
    if received < status.st_size:
        raise NetworkError(f"{url}: got {received} of {status.st_size} bytes")


def _read_chunk(file: BinaryIO, url: Url) -> bytes:
    try:
        return file.read(CHUNK_BYTES)
    except OSError as error:
        raise NetworkError(
            f"{url}: {(error.strerror or 'unreadable').lower()}"
        ) from None


def _build_validators(status: os.stat_result) -> Validators:
    mark = f"{status.st_ino:x}-{status.st_size:x}-{status.st_mtime_ns:x}"
    return Validators(etag=f'"{mark}"')
