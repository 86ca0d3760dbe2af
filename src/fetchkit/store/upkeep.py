"""Keeping a cache within its bounds: when to collect, and what was asked for by hand.

Costs a run one look at a time stamp; the collection itself is loaded when it is due.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from fetchkit.errors import LockTimeoutError, NoSpaceError, StorageError
from fetchkit.store.policy import COLLECT_SECONDS, read_disk

if TYPE_CHECKING:
    from collections.abc import Collection

    from fetchkit.digest import Digest
    from fetchkit.ports import Clock
    from fetchkit.store.gc import Collected
    from fetchkit.store.layout import Layout
    from fetchkit.store.policy import Disk, Policy


class Usage(NamedTuple):
    """How full a cache is."""

    blobs: int
    blob_bytes: int
    damaged_bytes: int
    """In quarantine."""
    quota_bytes: int
    disk: Disk


class Upkeep:
    """The bounds of one cache."""

    def __init__(self, layout: Layout, policy: Policy, *, clock: Clock) -> None:
        self._layout = layout
        self._policy = policy
        self._clock = clock
        self._is_exhausted = False

    def quota_bytes(self) -> int:
        """Most bytes of blobs this cache keeps."""
        return self._policy.quota(read_disk(self._layout.root))

    def usage(self) -> Usage:
        """How full the cache is.

        Raises:
            StorageError: the cache cannot be read.
        """
        from fetchkit.store.gc import list_entries

        sizes = [entry.size for entry in list_entries(self._layout, "blob")]
        damaged = [entry.size for entry in list_entries(self._layout, "damaged")]
        disk = read_disk(self._layout.root)
        return Usage(
            blobs=len(sizes),
            blob_bytes=sum(sizes),
            damaged_bytes=sum(damaged),
            quota_bytes=self._policy.quota(disk),
            disk=disk,
        )

    def maintain(self) -> Collected | None:
        """Collect, unless somebody did within the hour. To be called after the work.

        Whatever goes wrong with it is no failure of the run.
        """
        with suppress(StorageError):
            return self._collect() if self._is_due() else None
        return None

    def make_room(self, size: int) -> None:
        """See that `size` bytes fit on the disk and leave it its reserve.

        Raises:
            NoSpaceError: they do not fit at all, whatever is collected.
        """
        disk = read_disk(self._layout.root)
        if not self._policy.shortage(disk, size):
            return
        if not self._is_exhausted:
            with suppress(StorageError):
                collected = self._collect(room=size)
                self._is_exhausted = not (collected and collected.freed_bytes)
            disk = read_disk(self._layout.root)
        if disk.free_bytes < size:
            raise NoSpaceError(
                f"the disk of {self._layout.cache_dir} has {disk.free_bytes} bytes "
                f"free, {size} are needed",
                hint="Free space on that disk, or choose another with --cache-dir.",
            )

    def collect(self, *, dry_run: bool = False) -> Collected:
        """Collect now.

        Raises:
            LockTimeoutError: another process is collecting.
            StorageError: the cache cannot be read or written to.
        """
        return _done(self._collect(dry_run=dry_run))

    def clear(self, *, dry_run: bool = False) -> Collected:
        """Remove everything that no running process uses.

        Raises:
            LockTimeoutError: another process is collecting.
            StorageError: the cache cannot be read or written to.
        """
        from fetchkit.store.gc import purge

        return _done(purge(self._layout, dry_run=dry_run))

    def prune_ci(self, keep: Collection[Digest], *, dry_run: bool = False) -> Collected:
        """Reduce the cache to what is worth saving between builds: `keep`.

        Raises:
            LockTimeoutError: another process is collecting.
            StorageError: the cache cannot be read or written to.
        """
        from fetchkit.store.gc import purge

        hexes = frozenset(digest.hex for digest in keep)
        return _done(purge(self._layout, keep=hexes, dry_run=dry_run))

    def _collect(self, *, room: int = 0, dry_run: bool = False) -> Collected | None:
        from fetchkit.store.gc import collect

        return collect(
            self._layout, self._policy, now=self._clock(), room=room, dry_run=dry_run
        )

    def _is_due(self) -> bool:
        try:
            collected_at = os.stat(self._layout.collector_lock).st_mtime
        except OSError:
            collected_at = 0.0
        # A time in the future is of a clock that was wrong: it says nothing.
        if 0 <= self._clock() - collected_at < COLLECT_SECONDS:
            return False
        return os.access(self._layout.root, os.W_OK)


def _done(collected: Collected | None) -> Collected:
    if collected is None:
        raise LockTimeoutError(
            "another process is collecting in this cache",
            hint="Run it again when that one is done.",
        )
    return collected
