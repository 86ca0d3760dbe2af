"""What a transaction wrote down before it did it: read it, and take it back.

One JSON array a line: step, path below the root, and what an undo needs to know.
The root is an app's source, so a journal found in it may be anybody's.
"""

from __future__ import annotations

import json
import os
import re
from contextlib import suppress
from typing import TYPE_CHECKING

from fetchkit.digest import Digest
from fetchkit.errors import FetchkitError, InvalidValueError, StorageError
from fetchkit.fs import ensure_dir, remove_tree
from fetchkit.paths import RelPath, parse_rel_path, printable

if TYPE_CHECKING:
    from typing import TypeAlias

    Step: TypeAlias = tuple[str, RelPath, str]
    """What was done, where, and what an undo needs to know."""

JOURNAL_NAME = "journal"
UNDO_NAME = "undo"

_STEPS = {
    "made": "",
    "emptied": "[0-7]{1,4}",  # the mode it had
    "saved": "[0-9]{1,9}",  # its name below the undo directory
    "commit": "[0-9a-f]{64}",  # digest of the receipt
}
"""Every step there is, and what its third column looks like."""
_MALFORMED = (
    *(ValueError, TypeError, KeyError, AttributeError, RecursionError),
    InvalidValueError,
)


def read_journal(work_dir: str) -> list[Step]:
    """The steps that were written down; what is no step of ours is left out."""
    try:
        with open(os.path.join(work_dir, JOURNAL_NAME), "rb") as journal:
            lines = journal.read().split(b"\n")
    except (FileNotFoundError, NotADirectoryError):
        return []
    steps = []
    for line in lines:
        # The last line of a killed run may be half written: its step was not taken.
        with suppress(*_MALFORMED):
            step, path, saved = json.loads(line)
            if re.fullmatch(_STEPS[step], saved):
                steps.append((step, parse_rel_path(path), saved))
    return steps


def was_committed(root: str, steps: list[Step]) -> bool:
    """Whether the last journalled step was the commit, and its receipt is in place."""
    if not steps or steps[-1][0] != "commit":
        return False
    _, receipt, digest = steps[-1]
    try:
        with open(os.path.join(root, receipt), "rb") as file:
            return Digest.of(file.read()).hex == digest
    except OSError:
        return False


def undo(root: str, work_dir: str, steps: list[Step]) -> None:
    """Take every journalled step back, last first. Doing it twice does no harm."""
    for step, path, saved in reversed(steps):
        final = os.path.join(root, path)
        if not is_below(root, path):
            continue
        try:
            if step == "made":
                remove_tree(final)
            elif step == "emptied":
                ensure_dir(final, int(saved, 8))
            elif step == "saved":
                source = os.path.join(work_dir, UNDO_NAME, saved)
                if os.path.lexists(source):
                    os.replace(source, final)
        except (OSError, FetchkitError) as error:
            raise StorageError(
                f"cannot put {printable(final)} back after a failed run: {error}",
                hint=f"What was there is in {work_dir}/{UNDO_NAME}.",
            ) from error


def is_below(root: str, path: str) -> bool:
    """Whether `path` really lies below `root`: no directory above it is a link."""
    parent = os.path.dirname(path)
    while parent:
        if os.path.islink(os.path.join(root, parent)):
            return False
        parent = os.path.dirname(parent)
    return True
