"""How much a cache may hold, and for how long: numbers and their reasons."""

from __future__ import annotations

import os
from typing import NamedTuple

from fetchkit.values import frozen

HOUR = 3600.0
DAY = 24 * HOUR

DEFAULT_TTL_SECONDS = 90 * DAY
"""A quarter: what no build has asked for since then is fetched again if need be."""

MOST_QUOTA_BYTES = 10 * 1024**3
QUOTA_SHARE = 0.10
"""By default a cache takes a tenth of its disk, 10 GiB at the most."""

QUOTA_GOAL = 0.80
"""A cache over its quota shrinks to this part of it, not to the brim: otherwise
every run would have to collect."""

LEAST_RESERVE_BYTES = 1024**3
RESERVE_SHARE = 0.05
MOST_RESERVE_SHARE = 0.25
"""Kept free for others: 1 GiB or a twentieth of the disk, whichever is more, but
never more than a quarter of a small disk."""

YOUNG_SECONDS = 2 * HOUR
"""Longer than a run lasts: whoever was told a path has had time to use it."""

TOUCH_SECONDS = DAY
"""A blob's time of use is written this seldom, so that a hit writes nothing."""

UNLOCKED_SECONDS = TOUCH_SECONDS + HOUR
"""Where leases cannot be seen, a blob used less than this long ago may be in use: its
time was written when that use began, or less than `TOUCH_SECONDS` before."""

COLLECT_SECONDS = HOUR
"""Runs collect this seldom."""

PAUSE_SECONDS = 30 * DAY
"""A longer time between two collections is a machine that was off or a clock that
was wrong; it says nothing about what is still of use."""


class Disk(NamedTuple):
    """The file system a cache lies on. All zero: it does not say."""

    total_bytes: int
    free_bytes: int
    """What a user without privileges may still write."""


@frozen
class Policy:
    """What may stay in a cache."""

    quota_bytes: int | None = None
    """Most bytes of blobs; None: `QUOTA_SHARE` of the disk."""
    ttl_seconds: float | None = None
    """How long a blob stays that nobody uses; None: `DEFAULT_TTL_SECONDS`."""
    young_seconds: float = YOUNG_SECONDS
    """What was used this lately stays, whatever the rest says."""

    @property
    def ttl(self) -> float:
        """How long a blob stays that nobody uses, in seconds."""
        return DEFAULT_TTL_SECONDS if self.ttl_seconds is None else self.ttl_seconds

    def quota(self, disk: Disk) -> int:
        """Most bytes of blobs on this disk."""
        if self.quota_bytes is not None:
            return self.quota_bytes
        if not disk.total_bytes:
            return MOST_QUOTA_BYTES
        return min(MOST_QUOTA_BYTES, int(disk.total_bytes * QUOTA_SHARE))

    def shortage(self, disk: Disk, room: int = 0) -> int:
        """Bytes to be freed so that `room` bytes fit and the reserve stays free."""
        if not disk.total_bytes:
            return 0
        reserve = min(
            max(LEAST_RESERVE_BYTES, int(disk.total_bytes * RESERVE_SHARE)),
            int(disk.total_bytes * MOST_RESERVE_SHARE),
        )
        return max(0, reserve + room - disk.free_bytes)


def read_disk(path: str) -> Disk:
    """The file system that `path`, or what there is of it, lies on."""
    while path != os.path.dirname(path) and not os.path.isdir(path):
        path = os.path.dirname(path)
    try:
        info = os.statvfs(path)
    except OSError:
        return Disk(0, 0)
    return Disk(info.f_blocks * info.f_frsize, info.f_bavail * info.f_frsize)
