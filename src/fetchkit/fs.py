"""Files that appear whole or not at all, and directories that clean up.

The one place that knows how bytes become durable: temporary file beside the target,
fsync, rename, fsync of the directory. Every `OSError` leaves here as a `StorageError`
that names the path and the way out. Decides nothing about content, takes no locks.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO

from fetchkit.digest import CHUNK_BYTES, Measure
from fetchkit.errors import ConflictError, NoSpaceError, StorageError
from fetchkit.paths import printable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

    StrPath: TypeAlias = str | os.PathLike[str]

_RANDOM_BYTES = 8
"""Enough that two processes never choose one temporary name; O_EXCL and mkdir
make a collision an error, not an accident."""

_HINTS = {
    errno.ENOSPC: "Free space or inodes on that disk, or choose another directory.",
    errno.EDQUOT: "Free space within your quota, or choose another disk.",
    errno.EFBIG: "Raise the file size limit (`ulimit -f`), or choose another disk.",
    errno.ENOENT: "Make that directory, or choose one that exists.",
    errno.EROFS: "Choose a directory that can be written to.",
}
_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_IN_THE_WAY = frozenset(
    {errno.EEXIST, errno.EISDIR, errno.ELOOP, errno.ENOTDIR, errno.ENOTEMPTY}
)
_NO_HARD_LINKS = frozenset(
    {errno.EPERM, errno.EMLINK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}
)
"""What `link` says on file systems without hard links (FAT, some network and
overlay ones) and where the kernel forbids them (``fs.protected_hardlinks``)."""


@contextmanager
def translated(path: StrPath) -> Iterator[None]:
    """Turn every `OSError` of the block into our error about `path`.

    Errors of ours pass through unchanged, so blocks nest: the innermost path wins.

    Raises:
        NoSpaceError: the disk, the quota or the process's file size limit is full.
        ConflictError: a file, directory or link of somebody else is in the way.
        StorageError: anything else, such as missing permission.
    """
    try:
        yield
    except OSError as error:
        raise _storage_error(error, os.fspath(path)) from error


def _storage_error(error: OSError, path: str) -> StorageError:
    reason = error.strerror or str(error)
    message = f"cannot use {printable(path, limit=1000)}: {reason}"
    hint = _HINTS.get(error.errno or 0)
    if error.errno in _NO_SPACE:
        return NoSpaceError(message, hint=hint)
    if error.errno in _IN_THE_WAY:
        return ConflictError(message, hint="Move what is there away and run again.")
    if error.errno in {errno.EACCES, errno.EPERM}:
        who = f"user id {os.geteuid()}"
        hint = f"Allow {who} to write there, or choose another directory."
    return StorageError(message, hint=hint)


@contextmanager
def atomic_write(
    path: StrPath,
    *,
    mode: int = 0o644,
    stage_dir: StrPath | None = None,
    is_durable: bool = True,
) -> Iterator[BinaryIO]:
    """Yield a file that appears at `path` whole, or not at all.

    What was at `path` stays until the block ends well, and is replaced even when
    it is a symlink (the link goes, its target is untouched). The mode is exactly
    `mode`, whatever the umask. On return the file survives a power cut.

    Args:
        stage_dir: where the file is while it is written, on the disk of `path`;
            None: beside it. A kill leaves it there.
        is_durable: False for what is checked when it is read and can be made
            again: a power cut may leave it empty, and nobody waits for the disk.

    Raises:
        StorageError: see `translated`; nothing was left behind.
    """
    path = os.fspath(path)
    temporary = _temporary_name(
        os.fspath(stage_dir or os.path.dirname(path)), f".{os.path.basename(path)}."
    )
    with translated(path):
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            # Closing inside the try: a buffered write may only fail there.
            with os.fdopen(descriptor, "wb") as file:
                yield file
                file.flush()
                os.fchmod(descriptor, mode)
                if is_durable:
                    os.fsync(descriptor)
            os.replace(temporary, path)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary)
            raise
        if is_durable:
            fsync_dir(os.path.dirname(path))


def write_atomic(
    path: StrPath,
    data: bytes,
    mode: int = 0o644,
    *,
    stage_dir: StrPath | None = None,
    is_durable: bool = True,
) -> None:
    """Make `data` the content of `path`, whole or not at all; see `atomic_write`.

    Raises:
        StorageError: as `atomic_write`.
    """
    writing = atomic_write(path, mode=mode, stage_dir=stage_dir, is_durable=is_durable)
    with writing as file:
        file.write(data)


@contextmanager
def private_dir(parent: StrPath, prefix: str = ".fetchkit-") -> Iterator[str]:
    """Yield the path of a new directory in `parent` that only this user can enter.

    It is removed when the block ends, however it ends. To keep it, rename it (or
    what was made in it) to its final place inside the block.

    Raises:
        StorageError: the directory cannot be made.
    """
    path = _temporary_name(os.fspath(parent), prefix)
    with translated(parent):
        os.mkdir(path, 0o700)
        os.chmod(path, 0o700)  # a umask may have taken our own bits away
    try:
        yield path
    finally:
        # A leftover costs space, never correctness: it must not hide the reason
        # the block failed for, nor fail a block that went well.
        with suppress(StorageError):
            remove_tree(path)


def ensure_dir(path: StrPath, mode: int = 0o755) -> None:
    """Make the directory `path` and its parents, unless they are there.

    What is made has exactly `mode`, whatever the umask.

    Raises:
        ConflictError: something that is no directory is in the way.
        StorageError: see `translated`.
    """
    path = os.fspath(path)
    missing = []
    while path and not os.path.isdir(path):
        missing.append(path)
        path = os.path.dirname(path)
    for directory in reversed(missing):
        with translated(directory):
            try:
                os.mkdir(directory, mode)
            except FileExistsError:
                if os.path.isdir(directory):  # somebody else was quicker
                    continue
                raise
            os.chmod(directory, mode)


def copy_measured(source: BinaryIO, target: BinaryIO) -> Measure:
    """Copy the rest of `source` to `target` and return what passed.

    `target` must be buffered (as `open` gives it): a raw file may write less than
    it is handed. Errors of both files are left to the caller's `translated`.
    """
    measure = Measure()
    while chunk := source.read(CHUNK_BYTES):
        measure.update(chunk)
        target.write(chunk)
    return measure


def link_or_rename(temporary: StrPath, final: StrPath) -> bool:
    """Publish `temporary` as `final`, and return whether this call did it.

    An existing `final` wins and False is returned; `temporary` is gone either way.
    Without hard links this falls back to a rename, which may replace a `final` that
    another process publishes at the same moment: only for names that fix the
    content, such as digests. Both must be on one file system; the content of
    `temporary` must have been synced.

    Raises:
        StorageError: see `translated`; `temporary` is still there.
    """
    with translated(final):
        try:
            os.link(temporary, final)
        except FileExistsError:
            os.unlink(temporary)
            return False
        except OSError as error:
            if error.errno not in _NO_HARD_LINKS:
                raise
            if os.path.lexists(final):
                os.unlink(temporary)
                return False
            os.replace(temporary, final)
        else:
            os.unlink(temporary)
        fsync_dir(os.path.dirname(os.fspath(final)))
        return True


def fsync_dir(path: StrPath) -> None:
    """Make the names in directory `path` survive a power cut (``""`` is here).

    Raises:
        StorageError: the directory cannot be opened or synced.
    """
    with translated(path):
        descriptor = os.open(path or ".", os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        except OSError as error:
            # Some network and FUSE file systems cannot; nothing is left to do there.
            if error.errno not in {errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP}:
                raise
        finally:
            os.close(descriptor)


def remove_tree(path: StrPath) -> None:
    """Remove `path` and all below it; nothing happens if it does not exist.

    Links are removed, never followed, even when somebody exchanges a directory for
    a link meanwhile (`os.fwalk` works on descriptors). Another process that removes
    the same tree at the same time does no harm.

    Raises:
        StorageError: something could not be removed; the rest may be gone.
    """
    with translated(path), suppress(FileNotFoundError):
        if not stat.S_ISDIR(os.lstat(path).st_mode):
            os.unlink(path)
            return
        for _, directories, files, descriptor in os.fwalk(
            path, topdown=False, onerror=_raise_unless_gone
        ):
            for name in files:
                with suppress(FileNotFoundError):
                    os.unlink(name, dir_fd=descriptor)
            for name in directories:
                _remove_empty(name, descriptor)
        os.rmdir(path)


def _remove_empty(name: str, directory: int) -> None:
    """Remove an emptied directory, or a link that only looks like one to `fwalk`."""
    try:
        os.rmdir(name, dir_fd=directory)
    except FileNotFoundError:
        pass
    except NotADirectoryError:
        os.unlink(name, dir_fd=directory)


def _raise_unless_gone(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error


def _temporary_name(directory: str, prefix: str) -> str:
    return os.path.join(directory, f"{prefix[:64]}{os.urandom(_RANDOM_BYTES).hex()}")
