"""``cache gc`` of a hundred thousand blobs, against ``find -delete``."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from bench.locked import blobs_dir, fill, shell
from bench.measure import Command, Side
from bench.publisher import MB
from bench.scenarios import Scenario
from bench.scenarios.many_blobs import MANY

if TYPE_CHECKING:
    from bench.lab import Lab

_LONG_AGO_SECONDS = 400 * 86400


def scenario(lab: Lab) -> Scenario:
    """Nobody has used any of them for a year: both remove all of them."""
    place = lab.lasting_place(lab.publisher.publish(MB))
    blobs = blobs_dir(place)

    def fill_with_old() -> None:
        fill(blobs, MANY, used_at=time.time() - _LONG_AGO_SECONDS)

    def find() -> Command:
        fill_with_old()
        return shell('find "$1" -type f -mtime +20 -delete', blobs)

    def collect() -> Command:
        fill_with_old()
        cache_dir = str(place / "cache/fetchkit")
        return lab.fetchkit(place, "cache", "gc", "--cache-dir", cache_dir)

    return Scenario(
        title=f"gc of {MANY} blobs",
        sides=[
            Side(name="find -delete", prepare=find),
            Side(name="fetchkit", prepare=collect),
        ],
        rounds=2,
    )
