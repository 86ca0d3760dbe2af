"""Several changes below one directory that happen together or not at all.

Everything new is built in a private work directory below the root, so that the
last step is renames only. Each step is written to a journal before it is taken; an
error undoes them in reverse, and after a kill the next run does. The point of no
return is one rename: that of the receipt.

Trees are not synced one file at a time: after a power cut they are rebuilt from the
cache, and every run compares sizes with the receipt (docs/decisions/0005).
"""

from __future__ import annotations

import fcntl
import json
import os
import stat
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TextIO

from fetchkit.digest import Digest
from fetchkit.errors import ConflictError, StorageError
from fetchkit.fs import (
    ensure_dir,
    fsync_dir,
    private_dir,
    remove_tree,
    translated,
    write_atomic,
)
from fetchkit.journal import (
    JOURNAL_NAME,
    UNDO_NAME,
    is_below,
    read_journal,
    undo,
    was_committed,
)
from fetchkit.paths import RelPath, printable
from fetchkit.receipt import STATE_DIR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WORK_PREFIX = "work-"
STAGE = "stage"
_RECEIPT = "receipt"


class Transaction:
    """The changes of one run. Use `transaction`, which also cleans up."""

    def __init__(self, root: str, work_dir: str, journal: TextIO) -> None:
        self.root = root
        self.stage_dir = os.path.join(work_dir, STAGE)
        """Build what shall appear here, laid out as below the root."""
        self._work_dir = work_dir
        self._journal = journal
        self._saved = 0

    def move_in(self, staged: str, owns: Callable[[RelPath], bool]) -> None:
        """Move the tree `staged` into the root, merging directories.

        Args:
            staged: a directory laid out as below the root.
            owns: whether what stands at a path may be replaced.

        Raises:
            ConflictError: something that is not ours is in the way.
        """
        self._merge(staged, "", owns)

    def take_away(self, path: RelPath) -> None:
        """Remove the file or link at `path`; nothing happens if it is gone.

        What is reached through a link is not what was installed there.
        """
        final = os.path.join(self.root, path)
        if os.path.lexists(final) and is_below(self.root, path):
            self._save(path, keep=False)

    def take_away_empty(self, path: RelPath) -> None:
        """Remove the directory at `path` if nothing is left in it."""
        final = os.path.join(self.root, path)
        with suppress(FileNotFoundError, NotADirectoryError), translated(final):
            if os.path.islink(final) or os.listdir(final):
                return
            if is_below(self.root, path):
                mode = stat.S_IMODE(os.stat(final).st_mode)
                self._note("emptied", path, f"{mode:o}")
                os.rmdir(final)

    def commit(self, receipt: str, data: bytes) -> None:
        """Write the receipt, a path below the root: from here on the changes stand.

        Raises:
            StorageError: it could not be written; the block's end undoes the rest.
        """
        final = os.path.join(self.root, receipt)
        staged = os.path.join(self._work_dir, _RECEIPT)
        write_atomic(staged, data)
        self._note("commit", receipt, Digest.of(data).hex)
        with translated(final):
            os.replace(staged, final)
            fsync_dir(os.path.dirname(final))

    def _merge(self, staged: str, below: str, owns: Callable[[RelPath], bool]) -> None:
        with os.scandir(staged) as found:
            entries = sorted(found, key=lambda entry: entry.name)
        for entry in entries:
            path = RelPath(os.path.join(below, entry.name))
            final = os.path.join(self.root, path)
            kind = _kind(final)
            if kind is None:
                self._note("made", path)
                os.rename(entry.path, final)
            elif entry.is_dir(follow_symlinks=False) and kind == "dir":
                self._merge(entry.path, path, owns)
            elif kind == "dir" or entry.is_dir(follow_symlinks=False) or not owns(path):
                raise ConflictError(
                    f"{printable(final)} is in the way: fetchkit did not put it there",
                    hint="Move it away, or install to another directory "
                    "(install.dir in the manifest).",
                )
            else:
                self._save(path, keep=True)
                os.replace(entry.path, final)

    def _save(self, path: RelPath, *, keep: bool) -> None:
        """Put what is at `path` where an undo finds it.

        With `keep` it stays in place too, by a second name, so that a replacement
        leaves no moment without the file.
        """
        self._saved += 1
        saved = os.path.join(self._work_dir, UNDO_NAME, str(self._saved))
        final = os.path.join(self.root, path)
        self._note("saved", path, str(self._saved))
        if keep:
            with suppress(OSError):
                os.link(final, saved, follow_symlinks=False)
                return
        # No hard links here, or no need for one.
        os.rename(final, saved)

    def _note(self, step: str, path: str, saved: str = "") -> None:
        self._journal.write(json.dumps([step, path, saved]) + "\n")
        self._journal.flush()


@contextmanager
def transaction(root: str) -> Iterator[Transaction]:
    """Open a transaction below `root`; it is undone if the block raises.

    The block's last act is `Transaction.commit`. What an earlier, killed run left is
    settled first.

    Raises:
        ConflictError: our own directory below the root is a link or a file.
        StorageError: the root cannot be written to; nothing was changed.
    """
    recover(root)
    state_dir = os.path.join(root, STATE_DIR)
    is_new = not os.path.isdir(state_dir)
    ensure_dir(state_dir)
    work_dir = os.path.join(state_dir, f"{WORK_PREFIX}{os.urandom(8).hex()}")
    try:
        try:
            with _open_journal(work_dir) as journal:
                yield Transaction(root, work_dir, journal)
        except BaseException:
            _settle(root, work_dir)
            raise
        # A leftover costs space, and the next run removes it.
        with suppress(StorageError):
            remove_tree(work_dir)
    finally:
        if is_new:
            with suppress(OSError):
                os.rmdir(state_dir)


@contextmanager
def _open_journal(work_dir: str) -> Iterator[TextIO]:
    with translated(work_dir):
        for directory in (work_dir, f"{work_dir}/{STAGE}", f"{work_dir}/{UNDO_NAME}"):
            os.mkdir(directory, 0o700)
            os.chmod(directory, 0o700)  # a umask may have taken our own bits away
        with (
            _marked_alive(work_dir),
            open(
                os.path.join(work_dir, JOURNAL_NAME), "x", encoding="utf-8"
            ) as journal,
        ):
            yield journal


@contextmanager
def work_dir(root: str) -> Iterator[str]:
    """Yield a private directory on the root's disk that `recover` would clean up.

    Raises:
        StorageError: it cannot be made.
    """
    state_dir = os.path.join(root, STATE_DIR)
    with private_dir(state_dir, WORK_PREFIX) as path, _marked_alive(path):
        yield path


@contextmanager
def _marked_alive(work_dir: str) -> Iterator[None]:
    """Keep others from settling `work_dir` while this process lives.

    Two builds with different caches share no lock, but they share the root.
    """
    with translated(work_dir):
        descriptor = os.open(work_dir, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def _is_alive(work_dir: str) -> bool:
    try:
        descriptor = os.open(work_dir, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # a file system without locks
        return False
    finally:
        os.close(descriptor)
    return False


def recover(root: str) -> None:
    """Settle what killed runs left below `root`.

    The caller holds the right to install below `root`.

    Raises:
        ConflictError: our own directory below the root is a link or a file.
        StorageError: something could not be put back; the message says what.
    """
    for left in left_behind(root):
        _settle(root, left)


def left_behind(root: str) -> list[str]:
    """The work directories of runs that were killed.

    Raises:
        ConflictError: our own directory below the root is a link or a file.
    """
    state_dir = os.path.join(root, STATE_DIR)
    with translated(state_dir):
        if _kind(state_dir) not in {None, "dir"}:
            raise ConflictError(
                f"{printable(state_dir)} is not a directory of fetchkit",
                hint="Remove it; fetchkit keeps there what it installed.",
            )
        try:
            names = sorted(os.listdir(state_dir))
        except FileNotFoundError:
            return []
    found = [
        os.path.join(state_dir, name) for name in names if name.startswith(WORK_PREFIX)
    ]
    return [path for path in found if not _is_alive(path)]


def _settle(root: str, work_dir: str) -> None:
    """Undo what was not committed, then drop what an undo would have needed.

    If the undo fails or is killed the work directory stays: in it is the only copy
    of what was there before.
    """
    steps = read_journal(work_dir)
    if not was_committed(root, steps):
        undo(root, work_dir, steps)
    remove_tree(work_dir)


def _kind(path: str) -> str | None:
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return None
    return "dir" if stat.S_ISDIR(mode) else "other"
