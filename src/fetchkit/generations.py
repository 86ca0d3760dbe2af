"""Back to what was installed before, or away with it: `roll_back`, `uninstall`."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from fetchkit.errors import InputError, StorageError
from fetchkit.fs import remove_tree, translated
from fetchkit.history import generations
from fetchkit.installation import MAX_RECEIPT_BYTES, install, read_receipt, take_away
from fetchkit.receipt import STATE_DIR, parse_receipt, receipt_name, render_receipt
from fetchkit.resolution import resolve_again
from fetchkit.target import Target
from fetchkit.transaction import transaction
from fetchkit.values import replace

if TYPE_CHECKING:
    from fetchkit.artifact import Stored
    from fetchkit.receipt import Receipt, ReceiptItem
    from fetchkit.store.cache import Cache


def roll_back(root: str, owner: str, cache: Cache) -> Receipt:
    """Install what was installed below `root` before the last change.

    The bytes come from the cache, and are hashed: they are what the earlier receipt
    says was verified then. That generation is used up by it.

    Raises:
        InputError: there is no earlier generation.
        StorageError: the cache does not hold all of it any more; nothing changed.
        ConflictError: a file of somebody else is in the way.
    """
    earlier = generations(root, owner)
    if not earlier:
        raise InputError(
            f"there is no earlier generation of `{owner}` in {root}",
            hint="`fetchkit install DIR` keeps one whenever it changes something.",
        )
    path = os.path.join(root, earlier[-1])
    with translated(path), open(path, "rb") as file:
        receipt = parse_receipt(file.read(MAX_RECEIPT_BYTES), path)
    target = Target.parse(receipt.inputs.target)
    stored = [_find(item, target, cache) for item in receipt.items]
    install(stored, root, owner=owner, inputs=receipt.inputs)
    with translated(path):
        os.unlink(path)
    return receipt


def uninstall(root: str, owner: str) -> Receipt:
    """Take away everything `owner` installed below `root`; returns what that was.

    Directories that hold anything else stay.

    Raises:
        InputError: it has installed nothing there.
        StorageError: something cannot be removed; everything is as it was.
    """
    with transaction(root) as changes:
        receipt = read_receipt(root, owner)
        if receipt is None:
            raise InputError(f"`{owner}` has installed nothing in {root}")
        take_away(changes, receipt.entries)
        # The point of no return is a receipt of nothing; its file goes after it.
        empty = replace(receipt, items=())
        changes.commit(receipt_name(owner), render_receipt(empty))
    remove_tree(os.path.join(root, STATE_DIR, "generations", owner))
    with translated(root):
        os.unlink(os.path.join(root, receipt_name(owner)))
    for directory in (f"{STATE_DIR}/generations", STATE_DIR):
        with suppress(OSError):
            os.rmdir(os.path.join(root, directory))
    return receipt


def _find(item: ReceiptItem, target: Target, cache: Cache) -> Stored:
    resolved = resolve_again(item, target)
    stored = cache.recorded(resolved, item.digest, item.evidence)
    if stored is None:
        raise StorageError(
            f"`{item.name}` {item.version} ({item.digest}) is no longer in the cache",
            hint="Install that version by its manifest instead.",
        )
    return stored
