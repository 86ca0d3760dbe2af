"""Stored -> Installed: put verified bytes where the app finds them.

All artifacts of a run are staged first and moved in together; what an earlier run
installed and this one does not is taken away in the same transaction. The bytes
that are installed are the bytes that were hashed: each blob is opened once.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from fetchkit.artifact import Entry, Installed
from fetchkit.digest import CHUNK_BYTES, Digest, Measure
from fetchkit.errors import (
    ConflictError,
    DigestMismatchError,
    StorageError,
    UnsafeArchiveError,
)
from fetchkit.fs import copy_measured, ensure_dir, translated
from fetchkit.history import keep_generation
from fetchkit.paths import RelPath, printable
from fetchkit.receipt import (
    Inputs,
    Receipt,
    is_reserved,
    item_for,
    parse_receipt,
    receipt_name,
    render_receipt,
)
from fetchkit.resolution import join
from fetchkit.transaction import Transaction, left_behind, transaction

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import BinaryIO

    from fetchkit.artifact import Stored

MAX_RECEIPT_BYTES = 64 * 1024 * 1024
"""A tree of 100,000 files (the archive limit) fits into half of this."""

_EXECUTABLE_MODE = 0o755
_PLAIN_MODE = 0o644


def read_receipt(root: str, owner: str) -> Receipt | None:
    """What the manifest called `owner` installed below `root`, if anything.

    Raises:
        StorageError: there is a receipt that cannot be read.
    """
    path = os.path.join(root, receipt_name(owner))
    with translated(path):
        try:
            with open(path, "rb") as file:
                data = file.read(MAX_RECEIPT_BYTES)
        except FileNotFoundError:
            return None
    return parse_receipt(data, path)


def install(
    stored: Sequence[Stored],
    root: str,
    *,
    owner: str,
    inputs: Inputs,
    generations: int = 0,
) -> tuple[Receipt, tuple[str, ...]]:
    """Make `stored`, and nothing else of `owner`, installed below `root`.

    Appears together or not at all, also across a kill. Needs no lock to be right,
    but two calls for one root at a time must be kept apart by the caller.

    Args:
        generations: most earlier receipts to keep, for `fetchkit.generations`.

    Returns:
        The new receipt, and the names of artifacts that were taken away.

    Raises:
        DigestMismatchError: a blob of the cache is not what its name says.
        ConflictError: a file that fetchkit did not install is in the way.
        UnsafeArchiveError: an archive must not be extracted.
        StorageError: the root cannot be written to.
    """
    with transaction(root) as changes:
        previous = read_receipt(root, owner)
        before = {entry.path: entry for entry in previous.entries} if previous else {}
        installed = tuple(
            _stage(each, os.path.join(changes.stage_dir, str(number)))
            for number, each in enumerate(stored)
        )
        installed = tuple(
            _with_own_directories(each, root, before) for each in installed
        )
        now = _merged(installed)
        take_away(changes, [entry for path, entry in before.items() if path not in now])
        for number, _ in enumerate(installed):
            changes.move_in(
                os.path.join(changes.stage_dir, str(number)),
                lambda path: path in before or _is_same(root, now.get(path)),
            )
        receipt = Receipt(
            owner=owner,
            inputs=inputs,
            items=tuple(item_for(each) for each in installed),
        )
        if generations and previous is not None and previous != receipt:
            keep_generation(changes, previous, most=generations)
        changes.commit(receipt_name(owner), render_receipt(receipt))
    kept = {item.name for item in receipt.items}
    gone = (
        [item.name for item in previous.items if item.name not in kept]
        if previous
        else []
    )
    return receipt, tuple(gone)


def current_receipt(
    root: str, owner: str, inputs: Inputs, *, is_hashed: bool = False
) -> Receipt | None:
    """The receipt below `root`, if it answers `inputs` and all of it is in place.

    A receipt that cannot be read counts as none here; `install` says what is wrong.

    Args:
        is_hashed: look at every byte, not at sizes and modes alone.
    """
    try:
        receipt = read_receipt(root, owner)
        if left_behind(root):
            return None  # a killed run has to be settled first
    except StorageError:
        return None
    if receipt is None or receipt.inputs != inputs:
        return None
    looks_right = _is_same if is_hashed else _looks_intact
    is_right = all(looks_right(root, entry) for entry in receipt.entries)
    return receipt if is_right else None


def _looks_intact(root: str, entry: Entry) -> bool:
    path = os.path.join(root, entry.path)
    try:
        info = os.lstat(path)
        if entry.kind == "link":
            return stat.S_ISLNK(info.st_mode) and os.readlink(path) == entry.target
    except OSError:
        return False
    if entry.kind == "dir":
        return stat.S_ISDIR(info.st_mode)
    return (
        stat.S_ISREG(info.st_mode)
        and info.st_size == entry.size
        and stat.S_IMODE(info.st_mode) == entry.mode
    )


def _merged(installed: Iterable[Installed]) -> dict[RelPath, Entry]:
    """Every entry by its path.

    Raises:
        UnsafeArchiveError: a path lies where fetchkit keeps its own files.
        ConflictError: two artifacts bring the same file.
    """
    found: dict[RelPath, Entry] = {}
    owners: dict[RelPath, str] = {}
    for each in installed:
        name = each.stored.resolved.name
        for entry in each.entries:
            if is_reserved(entry.path):
                raise UnsafeArchiveError(
                    f"`{name}` brings {printable(entry.path)}, which is fetchkit's own",
                    hint="Choose another install.dir, or leave it out by "
                    "install.include.",
                )
            other = owners.setdefault(entry.path, name)
            if other != name and "dir" not in {entry.kind, found[entry.path].kind}:
                raise ConflictError(
                    f"`{other}` and `{name}` would both install "
                    f"{printable(entry.path)}",
                    hint="Give one of them another install.dir.",
                )
            found[entry.path] = entry
    return found


def take_away(changes: Transaction, entries: Iterable[Entry]) -> None:
    """Remove what `entries` name, and the directories this leaves empty."""
    ordered = sorted(entries, key=lambda entry: entry.path, reverse=True)
    for entry in ordered:
        if entry.kind != "dir":
            changes.take_away(entry.path)
    # Deepest first: an emptied directory may leave its parent empty.
    for entry in ordered:
        if entry.kind == "dir":
            changes.take_away_empty(entry.path)


def _stage(stored: Stored, stage_dir: str) -> Installed:
    """Build one artifact below `stage_dir`, laid out as it will be below the root."""
    installation = stored.resolved.installation
    base = os.path.join(stage_dir, installation.dir)
    with translated(stage_dir):
        ensure_dir(base)
        descriptor = os.open(stored.path, os.O_RDONLY | os.O_NOFOLLOW)
    with os.fdopen(descriptor, "rb") as blob:
        if installation.file is None:
            entries = _unpack(stored, blob, base)
        else:
            entries = [_copy(stored, blob, base, installation.file)]
    entries += _link(stored, base, {entry.path for entry in entries})
    placed = [_below(installation.dir, entry) for entry in entries]
    return Installed(stored=stored, entries=(*_directories(placed), *placed))


def _copy(stored: Stored, blob: BinaryIO, base: str, name: RelPath) -> Entry:
    final = os.path.join(base, name)
    mode = _EXECUTABLE_MODE if stored.resolved.installation.executable else _PLAIN_MODE
    with translated(final):
        ensure_dir(os.path.dirname(final))
        with open(final, "xb") as file:
            measure = copy_measured(blob, file)
            os.fchmod(file.fileno(), mode)
    _check(stored, measure)
    return Entry(
        path=name,
        kind="file",
        mode=mode,
        size=measure.size,
        sha256=stored.digest.hex,
    )


def _unpack(stored: Stored, blob: BinaryIO, base: str) -> list[Entry]:
    from fetchkit.archive.extract import extract

    measure = Measure()
    with translated(stored.path):
        while chunk := blob.read(CHUNK_BYTES):
            measure.update(chunk)
        blob.seek(0)
    _check(stored, measure)
    installation = stored.resolved.installation
    entries = extract(
        blob,
        name=stored.resolved.url.last_part or stored.resolved.name,
        into=base,
        strip=installation.strip,
        include=installation.include,
    )
    there = {entry.path for entry in entries}
    for directory in installation.path:
        if directory != "." and directory.rstrip("/") not in there:
            raise UnsafeArchiveError(
                f"`{stored.resolved.name}`: install.path names {directory}, "
                "which is not in the archive",
                hint="Check install.strip and install.include.",
            )
    return list(entries)


def _check(stored: Stored, measure: Measure) -> None:
    actual = measure.digest()
    if actual != stored.digest:
        raise DigestMismatchError(
            f"the cached copy of `{stored.resolved.name}` ({stored.path})",
            expected=stored.digest,
            actual=actual,
            hint="The disk or another program changed it; it is fetched again.",
        )


def _link(stored: Stored, base: str, there: set[RelPath]) -> list[Entry]:
    made = []
    for name, pointed in stored.resolved.installation.links.items():
        final = os.path.join(base, name)
        if pointed not in there:
            raise StorageError(
                f"`{stored.resolved.name}`: the link {name} shall point to {pointed}, "
                "which is not installed",
                hint="Check install.links, install.strip and install.include.",
            )
        target = os.path.relpath(pointed, os.path.dirname(name) or ".")
        with translated(final):
            ensure_dir(os.path.dirname(final))
            os.symlink(target, final)
        made.append(Entry(path=name, kind="link", target=target))
    return made


def _below(directory: RelPath, entry: Entry) -> Entry:
    return Entry(
        path=RelPath(join(directory, entry.path)),
        kind=entry.kind,
        mode=entry.mode,
        size=entry.size,
        sha256=entry.sha256,
        target=entry.target,
    )


def _directories(entries: Iterable[Entry]) -> list[Entry]:
    """The directories that `entries` stand in and that are not among them."""
    listed = {entry.path for entry in entries}
    parents: set[str] = set()
    for path in listed:
        parent = os.path.dirname(path)
        while parent and parent not in parents:
            parents.add(parent)
            parent = os.path.dirname(parent)
    return [Entry(path=RelPath(path), kind="dir") for path in sorted(parents - listed)]


def _with_own_directories(
    installed: Installed, root: str, before: Mapping[RelPath, Entry]
) -> Installed:
    """Leave out directories that were there before us: they are not ours to remove."""
    entries = tuple(
        entry
        for entry in installed.entries
        if entry.kind != "dir"
        or entry.path in before
        or not os.path.isdir(os.path.join(root, entry.path))
    )
    return Installed(stored=installed.stored, entries=entries)


def _is_same(root: str, entry: Entry | None) -> bool:
    """Whether exactly what is to be installed stands there already."""
    if entry is None or not _looks_intact(root, entry):
        return False
    if entry.kind != "file":
        return True
    measure = Measure()
    with open(os.path.join(root, entry.path), "rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            measure.update(chunk)
    return measure.digest() == Digest(entry.sha256)
