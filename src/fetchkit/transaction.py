"""Several changes below one directory that happen together or not at all.

Everything new is built in a private work directory below the root, so that the
last step is renames only. Each step is written to a journal before it is taken; an
error undoes them in reverse, and after a kill the next run does. The point of no
return is one rename: that of the receipt.

Trees are not synced one file at a time: after a power cut they are rebuilt from the
cache, and every run compares sizes with the receipt (docs/decisions/0005).
"""

from __future__ import annotations

import json
import os
import stat
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TextIO

from fetchkit.digest import Digest
from fetchkit.errors import ConflictError, FetchkitError, StorageError
from fetchkit.fs import private_dir, remove_tree, translated, write_atomic
from fetchkit.paths import RelPath, printable
from fetchkit.receipt import STATE_DIR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WORK_PREFIX = "work-"
_JOURNAL = "journal"
_UNDO = "undo"
STAGE = "stage"


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
        """Remove the file or link at `path`; nothing happens if it is gone."""
        final = os.path.join(self.root, path)
        if os.path.lexists(final):
            self._save(path, keep=False)

    def take_away_empty(self, path: RelPath) -> None:
        """Remove the directory at `path` if nothing is left in it."""
        final = os.path.join(self.root, path)
        with suppress(FileNotFoundError, NotADirectoryError), translated(final):
            if os.path.islink(final) or os.listdir(final):
                return
            self._note("emptied", path)
            os.rmdir(final)

    def commit(self, receipt: str, data: bytes) -> None:
        """Write the receipt, a path below the root: from here on the changes stand.

        Raises:
            StorageError: it could not be written; the block's end undoes the rest.
        """
        self._note("commit", receipt, Digest.of(data).hex)
        write_atomic(os.path.join(self.root, receipt), data)

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
        saved = os.path.join(self._work_dir, _UNDO, str(self._saved))
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
        StorageError: the root cannot be written to; nothing was changed.
    """
    state_dir = os.path.join(root, STATE_DIR)
    recover(root)
    is_new = not os.path.isdir(state_dir)
    with translated(state_dir):
        os.makedirs(state_dir, mode=0o755, exist_ok=True)
    try:
        with private_dir(state_dir, WORK_PREFIX) as work_dir:
            yield from _journalled(root, work_dir)
    finally:
        if is_new:
            with suppress(OSError):
                os.rmdir(state_dir)


def _journalled(root: str, work_dir: str) -> Iterator[Transaction]:
    path = os.path.join(work_dir, _JOURNAL)
    with translated(root):
        os.mkdir(os.path.join(work_dir, STAGE))
        os.mkdir(os.path.join(work_dir, _UNDO))
        with open(path, "x", encoding="utf-8") as journal:
            try:
                yield Transaction(root, work_dir, journal)
            except BaseException:
                journal.flush()
                _undo(root, work_dir)
                raise


def recover(root: str) -> bool:
    """Settle what killed runs left below `root`; returns whether there was any.

    A work directory whose journal does not end in a commit is undone. The caller
    holds the right to install below `root`.

    Raises:
        StorageError: something could not be put back; the message says what.
    """
    state_dir = os.path.join(root, STATE_DIR)
    try:
        names = sorted(os.listdir(state_dir))
    except (FileNotFoundError, NotADirectoryError):
        return False
    left = [name for name in names if name.startswith(WORK_PREFIX)]
    for name in left:
        work_dir = os.path.join(state_dir, name)
        if not _was_committed(root, _read_journal(work_dir)):
            _undo(root, work_dir)
        remove_tree(work_dir)
    return bool(left)


def _was_committed(root: str, steps: list[tuple[str, str, str]]) -> bool:
    """Whether the last journalled step was the commit, and its receipt is in place."""
    if not steps or steps[-1][0] != "commit":
        return False
    _, receipt, digest = steps[-1]
    try:
        with open(os.path.join(root, receipt), "rb") as file:
            return Digest.of(file.read()).hex == digest
    except OSError:
        return False


def _undo(root: str, work_dir: str) -> None:
    """Take every journalled step back, last first. Doing it twice does no harm."""
    for step, path, saved in reversed(_read_journal(work_dir)):
        final = os.path.join(root, path)
        try:
            if step == "made":
                remove_tree(final)
            elif step == "emptied":
                os.makedirs(final, exist_ok=True)
            elif step == "saved":
                source = os.path.join(work_dir, _UNDO, saved)
                if os.path.lexists(source):
                    os.replace(source, final)
        except (OSError, FetchkitError) as error:
            raise StorageError(
                f"cannot put {printable(final)} back after a failed run: {error}",
                hint=f"What was there is in {work_dir}/{_UNDO}.",
            ) from error


def _read_journal(work_dir: str) -> list[tuple[str, str, str]]:
    try:
        with open(os.path.join(work_dir, _JOURNAL), encoding="utf-8") as journal:
            lines = journal.read().split("\n")
    except FileNotFoundError:
        return []
    steps = []
    for line in lines:
        # The last line of a killed run may be half written: its step was not taken.
        with suppress(ValueError):
            step, path, saved = json.loads(line)
            steps.append((str(step), str(path), str(saved)))
    return steps


def _kind(path: str) -> str | None:
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return None
    return "dir" if stat.S_ISDIR(mode) else "other"
