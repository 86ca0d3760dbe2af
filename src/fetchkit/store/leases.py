"""What a running process relies on, kept from the collector by the kernel.

A lease is a shared lock (``flock``) on the file itself; the collector removes a file
only while it holds the same lock alone. Nothing is written, nothing grows stale: the
kernel drops the locks of a process that dies, whichever container it ran in. Why
not files that name processes: docs/decisions/0009.

The only user of `fcntl`.
"""

from __future__ import annotations

import errno
import fcntl
import os
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_LEASES = 256
"""Descriptors for one run, of the 1024 that a process usually may have."""

_NO_DESCRIPTOR = frozenset({errno.EMFILE, errno.ENFILE})


class Leases:
    """The files that one run relies on. Shared by its threads."""

    def __init__(self) -> None:
        self._descriptors: dict[str, int] = {}
        self._guard = threading.Lock()

    def hold(self, path: str) -> bool:
        """Keep the file at `path` from being collected until `release`.

        Returns whether it is there. Waits for nobody but a collector that is about
        to remove this very file. Where the file system has no locks the file counts
        as held all the same: there the collector spares what was used lately. Beyond
        `MOST_LEASES` a file is not locked but touched, which protects it for a while
        (policy.YOUNG_SECONDS).
        """
        if len(self._descriptors) >= MOST_LEASES and path not in self._descriptors:
            return _touch(path)
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError as error:
            return error.errno in _NO_DESCRIPTOR and _touch(path)
        share(descriptor)
        if os.fstat(descriptor).st_nlink == 0:  # removed before the lock was ours
            os.close(descriptor)
            return False
        with self._guard:
            former = self._descriptors.pop(path, None)
            self._descriptors[path] = descriptor
        if former is not None:
            os.close(former)
        return True

    def release(self) -> None:
        """Let go of everything."""
        with self._guard:
            descriptors = list(self._descriptors.values())
            self._descriptors.clear()
        for descriptor in descriptors:
            os.close(descriptor)


def share(descriptor: int) -> None:
    """Mark an open file as in use until it is closed, where locks exist."""
    with suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_SH)


def try_alone(descriptor: int) -> bool:
    """Get an open file for oneself until it is closed; False if others use it.

    Raises:
        OSError: this file system has no such locks. NFS is one: there a file that
            is open for reading alone cannot be locked for oneself (flock(2)).
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


@contextmanager
def unused(path: str) -> Iterator[os.stat_result | None]:
    """Have the file at `path` for oneself while the block runs.

    Yields what it is, or None if it is in use, no regular file, or not there.
    """
    descriptor = None
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    if descriptor is None:
        yield None
        return
    try:
        is_alone = True
        with suppress(OSError):  # no locks: the plan has spared what may be in use
            is_alone = try_alone(descriptor)
        info = os.fstat(descriptor)
        yield info if is_alone and _is_at(path, info) else None
    finally:
        os.close(descriptor)


def is_held(path: str) -> bool:
    """Whether a running process relies on the file at `path`."""
    with unused(path) as info:
        return info is None and os.path.lexists(path)


def _touch(path: str) -> bool:
    with suppress(OSError):
        os.utime(path, follow_symlinks=False)
    return os.path.isfile(path)


def _is_at(path: str, info: os.stat_result) -> bool:
    try:
        return os.path.samestat(os.lstat(path), info)
    except OSError:
        return False
