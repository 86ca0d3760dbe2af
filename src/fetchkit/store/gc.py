"""A collection, carried out: look, plan, remove. Decides nothing (see `plan`).

One at a time: who does not get the collector's lock leaves the work to the other.
Each file is looked at again, and locked, before it goes, so that nothing that was
used meanwhile is lost. A collection that is killed has removed some files and no
half of one; the next goes on.
"""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager, suppress
from enum import Enum, auto
from typing import TYPE_CHECKING, get_args

from fetchkit.digest import HEX_LENGTH
from fetchkit.errors import StorageError
from fetchkit.fs import remove_tree, translated
from fetchkit.store.leases import is_held, try_alone, unused
from fetchkit.store.memory import read_document
from fetchkit.store.plan import (
    Entry,
    Holding,
    Kind,
    Plan,
    Removal,
    plan_gc,
    plan_purge,
)
from fetchkit.store.policy import UNLOCKED_SECONDS, read_disk
from fetchkit.store.references import References
from fetchkit.values import frozen, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Container, Iterator

    from fetchkit.store.layout import Layout
    from fetchkit.store.policy import Policy

_HEX_DIGITS = frozenset("0123456789abcdef")


@frozen
class Collected:
    """What a collection did, or would do."""

    removals: tuple[Removal, ...] = ()
    kept_bytes: int = 0
    """Size of the blobs that were to stay."""
    excess_bytes: int = 0
    """By how much that is over the quota."""
    is_dry: bool = False
    """Nothing was removed: it was asked what would be."""

    @property
    def freed_bytes(self) -> int:
        """Size of everything that went."""
        return sum(removal.entry.size for removal in self.removals)


def collect(
    layout: Layout, policy: Policy, *, now: float, room: int = 0, dry_run: bool = False
) -> Collected | None:
    """Bring a cache back to what its policy allows; None if another process does.

    Args:
        now: seconds since the epoch.
        room: bytes that are about to be written.

    Raises:
        StorageError: the cache cannot be read or written to.
    """
    collected_at = collection_time(layout)
    with _taking_turns(layout) as turn:
        if turn is _Turn.TAKEN:
            return None
        if turn is _Turn.UNKNOWN:
            young = max(policy.young_seconds, UNLOCKED_SECONDS)
            policy = replace(policy, young_seconds=young)
        needs = References(layout).find()
        plan = plan_gc(
            look(layout, dead=needs.dead, collected_at=collected_at),
            policy,
            now=now,
            needed=_Needed(layout, needs.blobs),
            room=room,
        )
        if dry_run:
            return _report(plan, plan.removals, is_dry=True)
        for entry, used_at in plan.renewals:
            with suppress(OSError):
                os.utime(entry.path, (used_at, used_at), follow_symlinks=False)
        done = _report(plan, tuple(carry_out(plan, layout)))
        with suppress(OSError):
            os.utime(layout.collector_lock, (now, now))
        return done


def purge(
    layout: Layout, *, keep: Container[str] = frozenset(), dry_run: bool = False
) -> Collected | None:
    """Remove all but what running processes use and the blobs in `keep`, by hex.

    Returns None if another process collects. Where the file system has no locks, what
    is in use is not seen: for a cache that nobody works with.

    Raises:
        StorageError: the cache cannot be read or written to.
    """
    with _taking_turns(layout) as turn:
        if turn is _Turn.TAKEN:
            return None
        needed = _Needed(layout, frozenset())
        holding = look(layout, dead=References(layout).find().dead)
        plan = plan_purge(holding, keep=keep, needed=needed)
        if dry_run:
            return _report(plan, plan.removals, is_dry=True)
        return _report(plan, tuple(carry_out(plan, layout)))


def collection_time(layout: Layout) -> float | None:
    """When the last collection ended (seconds since the epoch), if one did."""
    try:
        return os.stat(layout.collector_lock).st_mtime
    except OSError:
        return None


def look(
    layout: Layout, *, dead: Collection[str] = (), collected_at: float | None = None
) -> Holding:
    """Every file of a cache that may have to go some day.

    Args:
        dead: references whose lock file has gone.

    Raises:
        StorageError: the cache cannot be read.
    """
    entries = [
        entry
        for kind in get_args(Kind)
        for entry in list_entries(layout, kind)
        if kind != "reference" or entry.path in dead
    ]
    return Holding(
        entries=tuple(entries),
        disk=read_disk(layout.root),
        collected_at=collected_at,
    )


def list_entries(layout: Layout, kind: Kind) -> Iterator[Entry]:
    """The files of one kind.

    Raises:
        StorageError: the directory cannot be read.
    """
    directory, blob_of = _places(layout)[kind]
    with translated(directory):
        try:
            found = os.scandir(directory)
        except FileNotFoundError:
            return
        with found:
            for each in found:
                if kind == "blob" and not _is_hex(each.name):
                    continue
                with suppress(FileNotFoundError):
                    info = each.stat(follow_symlinks=False)
                    # Anything may be damaged; what is no file elsewhere is not ours.
                    if kind == "damaged" or stat.S_ISREG(info.st_mode):
                        size, mtime_ns = info.st_size, info.st_mtime_ns
                        yield Entry(kind, each.path, size, mtime_ns, blob_of(each))


def _places(
    layout: Layout,
) -> dict[Kind, tuple[str, Callable[[os.DirEntry[str]], str]]]:
    """Where the files of a kind lie, and how to tell which blob one speaks of."""
    return {
        "staged": (layout.ingest_dir, _nothing),
        "damaged": (layout.quarantine_dir, _nothing),
        "blob": (layout.blobs_dir, _own_name),
        "memory": (layout.memory_dir, _remembered_blob),
        "verdict": (layout.verdicts_dir, _named_blob),
        "reference": (layout.references_dir, _nothing),
        "lock": (layout.locks_dir, _nothing),
    }


class _Needed:
    """The blobs that lock files name, and those that running processes hold."""

    def __init__(self, layout: Layout, referenced: frozenset[str]) -> None:
        self._blobs_dir = layout.blobs_dir
        self._referenced = referenced

    def __contains__(self, blob: object) -> bool:
        return blob in self._referenced or is_held(f"{self._blobs_dir}/{blob}")


class _Turn(Enum):
    OURS = auto()
    TAKEN = auto()
    """Another process collects."""
    UNKNOWN = auto()
    """This file system has no locks: neither collectors nor leases are seen."""


@contextmanager
def _taking_turns(layout: Layout) -> Iterator[_Turn]:
    """Be the only collector while the block runs, if that can be had."""
    descriptor = _open_lock(layout.collector_lock)
    if descriptor is None:  # there is no cache yet
        yield _Turn.UNKNOWN
        return
    try:
        turn = _Turn.UNKNOWN
        with suppress(OSError):
            turn = _Turn.OURS if try_alone(descriptor) else _Turn.TAKEN
        yield turn
    finally:
        os.close(descriptor)


def _open_lock(path: str) -> int | None:
    with translated(path), suppress(FileNotFoundError):
        # For reading alone, as blobs are: what cannot be locked here cannot there.
        return os.open(path, os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    return None


def carry_out(plan: Plan, layout: Layout) -> Iterator[Removal]:
    """Remove what is still as it was planned, and yield it."""
    for removal in plan.removals:
        entry = removal.entry
        if entry.kind == "damaged":
            with suppress(StorageError):
                remove_tree(entry.path)
                yield removal
            continue
        is_note = entry.kind in {"memory", "verdict"}
        if is_note and entry.blob and os.path.lexists(_blob_path(layout, entry)):
            continue
        with unused(entry.path) as info:
            if info is not None and info.st_mtime_ns == entry.mtime_ns:
                with suppress(OSError):
                    os.unlink(entry.path)
                    yield removal


def _blob_path(layout: Layout, entry: Entry) -> str:
    return os.path.join(layout.blobs_dir, entry.blob)


def _report(
    plan: Plan, removals: tuple[Removal, ...], *, is_dry: bool = False
) -> Collected:
    return Collected(
        removals=removals,
        kept_bytes=plan.kept_bytes,
        excess_bytes=plan.excess_bytes,
        is_dry=is_dry,
    )


def _nothing(_: os.DirEntry[str]) -> str:
    return ""


def _own_name(file: os.DirEntry[str]) -> str:
    return file.name


def _named_blob(file: os.DirEntry[str]) -> str:
    return file.name.partition("-")[0]


def _remembered_blob(file: os.DirEntry[str]) -> str:
    digest = read_document(file.path).get("digest")
    return digest.removeprefix("sha256:") if isinstance(digest, str) else ""


def _is_hex(name: str) -> bool:
    return len(name) == HEX_LENGTH and _HEX_DIGITS.issuperset(name)
