"""Is what was installed still what was installed? Every byte, mode and link of it.

Reads receipts and the files they list, and changes nothing.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Literal

from fetchkit.digest import CHUNK_BYTES, Measure
from fetchkit.errors import InputError
from fetchkit.fs import translated
from fetchkit.installation import read_receipt
from fetchkit.paths import printable
from fetchkit.receipt import STATE_DIR
from fetchkit.values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fetchkit.artifact import Entry
    from fetchkit.receipt import Receipt

_ENDING = ".json"


@frozen
class Difference:
    """One path that is not as its receipt says."""

    path: str
    """Below the install root."""
    state: Literal["changed", "missing", "extra"]
    detail: str = ""
    """What differs: the two values."""


def find_receipts(root: str) -> tuple[Receipt, ...]:
    """The receipts below `root`, by the name of their manifest.

    Raises:
        InputError: fetchkit has installed nothing there.
        StorageError: a receipt cannot be read.
    """
    state_dir = os.path.join(root, STATE_DIR)
    names: list[str] = []
    if os.path.isdir(state_dir):
        with translated(state_dir):
            names = sorted(os.listdir(state_dir))
    found = (
        read_receipt(root, name.removesuffix(_ENDING))
        for name in names
        if name.endswith(_ENDING)
    )
    receipts = tuple(receipt for receipt in found if receipt is not None)
    if not receipts:
        raise InputError(
            f"fetchkit has installed nothing in {printable(root)}",
            hint=f"Name the directory that holds {STATE_DIR}.",
        )
    return receipts


def compare(root: str, receipts: Sequence[Receipt]) -> tuple[Difference, ...]:
    """Everything below `root` that is not as `receipts` say, in order of path.

    What else lies in a directory that an installation made is ``extra``; other
    directories are not looked into.

    Raises:
        StorageError: something cannot be read.
    """
    entries = {
        str(entry.path): entry for receipt in receipts for entry in receipt.entries
    }
    found = [
        difference
        for entry in entries.values()
        if (difference := _compare(root, entry)) is not None
    ]
    for entry in entries.values():
        if entry.kind == "dir":
            found += _extras(root, entry.path, known=entries)
    return tuple(sorted(found, key=lambda difference: difference.path))


def _compare(root: str, entry: Entry) -> Difference | None:
    path = os.path.join(root, entry.path)
    with translated(path):
        try:
            info = os.lstat(path)
        except (FileNotFoundError, NotADirectoryError):
            return Difference(path=entry.path, state="missing")
        kind = _kind(info.st_mode)
        if kind != entry.kind:
            detail = f"is a {kind}, was installed as a {entry.kind}"
        elif kind == "link":
            target = os.readlink(path)
            detail = _unlike("points to", target, entry.target)
        elif kind == "file":
            detail = _compare_file(path, info, entry)
        else:
            detail = ""
    return (
        Difference(path=entry.path, state="changed", detail=detail) if detail else None
    )


def _compare_file(path: str, info: os.stat_result, entry: Entry) -> str:
    mode = f"{stat.S_IMODE(info.st_mode):04o}"
    faults = [
        _unlike("has mode", mode, f"{entry.mode:04o}"),
        _unlike("has size", str(info.st_size), str(entry.size)),
    ]
    if info.st_size == entry.size:
        measure = Measure()
        with open(path, "rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                measure.update(chunk)
        faults.append(_unlike("has sha256", measure.digest().hex, entry.sha256))
    return "; ".join(filter(None, faults))


def _unlike(verb: str, actual: str, expected: str) -> str:
    return "" if actual == expected else f"{verb} {actual}, installed was {expected}"


def _extras(
    root: str, directory: str, *, known: dict[str, Entry]
) -> Iterator[Difference]:
    path = os.path.join(root, directory)
    if os.path.islink(path) or not os.path.isdir(path):
        return
    with translated(path):
        names = os.listdir(path)
    for name in names:
        below = f"{directory}/{name}"
        if below not in known:
            yield Difference(path=below, state="extra")


def _kind(mode: int) -> str:
    if stat.S_ISREG(mode):
        return "file"
    if stat.S_ISDIR(mode):
        return "dir"
    return "link" if stat.S_ISLNK(mode) else "special file"
