"""What a collection removes, and why. Pure: entries in, removals out.

The order is what costs least to lose first: leftovers of killed runs, damaged blobs,
notes about blobs that are gone, then blobs, the least recently used first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from fetchkit.store.policy import DAY, PAUSE_SECONDS, QUOTA_GOAL
from fetchkit.values import frozen

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from fetchkit.store.policy import Disk, Policy

STAGED_SECONDS = DAY
"""A staged file this old was left by a run that was killed: no download takes a day."""

DAMAGED_SECONDS = 7 * DAY
"""Time for somebody to ask what happened to the disk."""

LOCK_SECONDS = 7 * DAY
"""A lock file costs an inode; recently used ones are wanted again."""

DOCUMENT_BYTES = 64 * 1024
"""What is smaller is a signature or a key: it frees next to nothing, and without it
what it vouches for is of no use. Such blobs go last."""

Kind: TypeAlias = Literal[
    "staged", "damaged", "blob", "memory", "verdict", "reference", "lock"
]


class Entry(NamedTuple):
    """One file of a cache, as it was when it was looked at."""

    kind: Kind
    path: str
    size: int
    mtime_ns: int
    """When it was written or last used, in nanoseconds."""
    blob: str = ""
    """Hex of the blob it is, or speaks of; empty if there is none."""


class Removal(NamedTuple):
    """An entry that has to go."""

    entry: Entry
    reason: str


@frozen
class Holding:
    """What there is to decide about."""

    entries: tuple[Entry, ...]
    disk: Disk
    collected_at: float | None = None
    """When the last collection ended, in seconds since the epoch."""


@frozen
class Plan:
    """What a collection does."""

    removals: tuple[Removal, ...] = ()
    """In the order they are made."""
    renewals: tuple[tuple[Entry, float], ...] = ()
    """Blobs whose time of use is put right, and to what."""
    kept_bytes: int = 0
    """Size of the blobs that stay."""
    excess_bytes: int = 0
    """By how much that is over the quota: all of it is in use, needed, or young."""

    @property
    def freed_bytes(self) -> int:
        """Size of everything that goes."""
        return sum(removal.entry.size for removal in self.removals)


def plan_gc(
    holding: Holding,
    policy: Policy,
    *,
    now: float,
    needed: Container[str],
    room: int = 0,
) -> Plan:
    """Choose what goes, so that quota, age and free space are as they should be.

    A clock that jumps costs nothing that is of use: a time in the future counts as
    now, and a long time without any collection counts for no blob.

    Args:
        now: seconds since the epoch.
        needed: hex of blobs that stay whatever happens. Asked about one that would
            go, and no other, so that the answer may cost something.
        room: bytes that are about to be written.
    """
    pause = now - holding.collected_at if holding.collected_at is not None else 0.0
    pause = pause if pause > PAUSE_SECONDS else 0.0
    blobs = [entry for entry in holding.entries if entry.kind == "blob"]
    damaged = [entry for entry in holding.entries if entry.kind == "damaged"]
    total = sum(entry.size for entry in (*blobs, *damaged))
    quota = policy.quota(holding.disk)
    surplus = total - int(quota * QUOTA_GOAL) if total > quota else 0
    shortage = policy.shortage(holding.disk, room)
    wanted = max(surplus, shortage)
    pressure = "over the quota" if surplus >= shortage else "the disk is nearly full"

    removals = list(_leftovers(holding.entries, now))
    freed = 0
    for entry in sorted(damaged, key=lambda entry: entry.mtime_ns):
        if _idle(entry, now) > DAMAGED_SECONDS or freed < wanted:
            removals.append(Removal(entry, "damaged"))
            freed += entry.size
    gone: set[str] = set()
    for entry in sorted(blobs, key=_dispensability):
        idle = _idle(entry, now, pause)
        if idle > policy.ttl:
            reason = f"unused for {idle / DAY:.0f} days"
        elif freed < wanted:
            reason = pressure
        else:
            continue
        if idle < policy.young_seconds or entry.blob in needed:
            continue
        removals.append(Removal(entry, reason))
        freed += entry.size
        gone.add(entry.blob)
    kept = [entry for entry in blobs if entry.blob not in gone]
    kept_bytes = sum(entry.size for entry in kept)
    return Plan(
        # Notes come last: they stay with a blob that turns out to be in use.
        removals=(*removals, *_orphans(holding.entries, kept, policy, now)),
        renewals=tuple(_renewals(kept, now, pause)),
        kept_bytes=kept_bytes,
        excess_bytes=max(0, kept_bytes - quota),
    )


def plan_purge(
    holding: Holding, *, keep: Container[str], needed: Container[str]
) -> Plan:
    """Choose everything but the blobs in `keep` and in `needed`, by hex.

    What is known of a kept blob stays too.
    """
    kept = [
        entry
        for entry in holding.entries
        if entry.kind == "blob" and (entry.blob in keep or entry.blob in needed)
    ]
    staying = {entry.blob for entry in kept}
    removals = tuple(
        Removal(entry, "not to be kept")
        for entry in sorted(holding.entries, key=lambda entry: entry.kind != "blob")
        if entry.blob not in staying
    )
    return Plan(removals=removals, kept_bytes=sum(entry.size for entry in kept))


def _idle(entry: Entry, now: float, pause: float = 0.0) -> float:
    """Seconds since the entry was used, a long pause of all collection left out."""
    return max(0.0, now - entry.mtime_ns / 1e9 - pause)


def _dispensability(entry: Entry) -> tuple[bool, int, str]:
    return (entry.size < DOCUMENT_BYTES, entry.mtime_ns, entry.blob)


def _leftovers(entries: Iterable[Entry], now: float) -> Iterator[Removal]:
    for entry in entries:
        if entry.kind == "staged" and _idle(entry, now) > STAGED_SECONDS:
            yield Removal(entry, "left by a run that was killed")
        elif entry.kind == "lock" and _idle(entry, now) > LOCK_SECONDS:
            yield Removal(entry, "an old lock")
        elif entry.kind == "reference":
            yield Removal(entry, "its lock file is gone")


def _orphans(
    entries: Iterable[Entry], kept: Iterable[Entry], policy: Policy, now: float
) -> Iterator[Removal]:
    there = {entry.blob for entry in kept}
    for entry in entries:
        if (
            entry.kind in {"memory", "verdict"}
            and entry.blob not in there
            and _idle(entry, now) >= policy.young_seconds
        ):
            yield Removal(entry, "its blob is gone")


def _renewals(
    kept: Iterable[Entry], now: float, pause: float
) -> Iterator[tuple[Entry, float]]:
    for entry in kept:
        used_at = entry.mtime_ns / 1e9
        if used_at > now + DAY:
            yield entry, now
        elif pause:
            yield entry, min(now, used_at + pause)
