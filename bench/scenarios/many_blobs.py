"""``fetch`` of what is cached: ten blobs in the cache, and a hundred thousand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.locked import blobs_dir, fill, sources
from bench.measure import Command, Side
from bench.publisher import MB
from bench.scenarios import Scenario

if TYPE_CHECKING:
    from bench.lab import Lab

FEW, MANY = 10, 100_000


def scenario(lab: Lab) -> Scenario:
    """A hit asks for one name: it must not matter how many others there are."""
    release = lab.publisher.publish(MB)

    def side(count: int) -> Side:
        place = lab.lasting_place(release)
        fill(blobs_dir(place), count)

        def fetch() -> Command:
            return lab.fetchkit(place, "fetch", *sources(place))

        return Side(name=f"{count} blobs", prepare=fetch)

    return Scenario(
        title="fetch of what is cached",
        sides=[side(FEW), side(MANY)],
        rounds=15,
        target=1.1,
    )
