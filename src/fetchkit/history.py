"""Earlier receipts of an install root: what a rollback goes back to.

They lie below ``.fetchkit/generations/``, the newest with the highest number. Only
receipts are kept; the bytes they speak of are in the cache, for as long as it keeps
them.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from fetchkit.fs import translated
from fetchkit.paths import RelPath
from fetchkit.receipt import STATE_DIR, render_receipt

if TYPE_CHECKING:
    from fetchkit.receipt import Receipt
    from fetchkit.transaction import Transaction

_NUMBER_DIGITS = 6


def generations(root: str, owner: str) -> tuple[RelPath, ...]:
    """The earlier receipts of `owner` below `root`, oldest first."""
    directory = os.path.join(root, _directory(owner))
    with translated(directory):
        try:
            names = sorted(os.listdir(directory))
        except FileNotFoundError:
            return ()
    return tuple(RelPath(f"{_directory(owner)}/{name}") for name in names)


def keep_generation(changes: Transaction, receipt: Receipt, *, most: int) -> None:
    """Make `receipt` the newest generation, and let the oldest go beyond `most`.

    Part of the transaction: it happens with the installation or not at all.
    """
    there = generations(changes.root, receipt.owner)
    number = int(os.path.basename(there[-1]).partition(".")[0]) + 1 if there else 1
    staged = os.path.join(changes.stage_dir, "generation")
    path = os.path.join(
        staged, _directory(receipt.owner), f"{number:0{_NUMBER_DIGITS}}.json"
    )
    with translated(path):
        os.makedirs(os.path.dirname(path))
        with open(path, "xb") as file:
            file.write(render_receipt(receipt))
    changes.move_in(staged, lambda _: False)
    for old in there[: max(0, len(there) + 1 - most)]:
        changes.take_away(old)


def _directory(owner: str) -> str:
    return f"{STATE_DIR}/generations/{owner}"
