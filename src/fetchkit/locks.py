"""One download for many processes, by a lock file that filelock holds.

A lock saves work and nothing else: a caller that did not get one goes on, and
what it publishes is still right (blobs appear by link, whole or not at all).
"""

from __future__ import annotations

import errno
import os
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from fetchkit.errors import LockTimeoutError
from fetchkit.fs import translated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from filelock._unix import UnixFileLock

LOCK_TIMEOUT_SECONDS = 300.0
"""Longer than a large download takes; a holder that died frees its lock at once."""

_UNSUPPORTED = frozenset(
    {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EROFS}
)


@contextmanager
def held(path: str, *, timeout: float = LOCK_TIMEOUT_SECONDS) -> Iterator[bool]:
    """Hold the lock file `path` while the block runs.

    Yields whether the lock is really held: False on a file system without locks,
    where several processes may do the same work. The file stays: removing it would
    let two waiters lock two different files of that name. Its time says when it was
    last wanted, so that the collector can remove it after a week of rest.

    Raises:
        LockTimeoutError: another process held it for `timeout` seconds.
    """
    lock_class, timed_out = _filelock()
    lock = lock_class(path, mode=0o600, fallback_to_soft=False)
    with translated(path):
        # Inside: filelock's time-out is an OSError, and would be taken for a disk's.
        try:
            is_held = _acquire(lock, timeout)
        except timed_out:
            raise LockTimeoutError(
                f"another process has held {path} for {timeout:.0f} s",
                hint="Wait for it or end it; if none is running, delete that file.",
            ) from None
    if is_held:
        with suppress(OSError):
            os.utime(path)
    try:
        yield is_held
    finally:
        if is_held:
            lock.release()


def _acquire(lock: UnixFileLock, timeout: float) -> bool:
    try:
        lock.acquire(timeout=timeout)
    except OSError as error:
        # filelock's own Timeout is an OSError too, without a number.
        if error.errno not in _UNSUPPORTED:
            raise
        return False
    return True


def _filelock() -> tuple[type[UnixFileLock], type[Exception]]:
    """The two classes of filelock that are needed, without its package's imports.

    ``import filelock`` brings asyncio and sqlite3 for locks we do not use: 69 ms
    against 11 (docs/decisions/0007). The package is entered into `sys.modules`
    unexecuted, so that its submodules load as they are.
    """
    if "filelock" not in sys.modules:
        from importlib.machinery import ModuleSpec
        from importlib.util import find_spec, module_from_spec

        found = find_spec("filelock")
        if found is not None:
            bare = ModuleSpec("filelock", None, origin=found.origin, is_package=True)
            bare.submodule_search_locations = found.submodule_search_locations
            sys.modules["filelock"] = module_from_spec(bare)
    from filelock._error import Timeout
    from filelock._unix import UnixFileLock

    return UnixFileLock, Timeout
