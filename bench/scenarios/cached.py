"""``compile`` of a fresh checkout, with a cache that an earlier build has filled."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from bench.measure import Command, Side
from bench.publisher import MB
from bench.scenarios import Scenario

if TYPE_CHECKING:
    from bench.lab import Lab


def scenario(lab: Lab) -> Scenario:
    """What every build after the first looks like on a platform with CACHE_DIR."""
    release = lab.publisher.publish(12 * MB)
    place = lab.lasting_place(release)

    def bash() -> Command:
        return lab.bash(release)

    def compile_afresh() -> Command:
        shutil.rmtree(place / "build")
        return lab.compile(release, place)

    return Scenario(
        title="second compile, 12 MB from the cache",
        sides=[
            Side(name="bash", prepare=bash),
            Side(name="fetchkit", prepare=compile_afresh),
        ],
        rounds=15,
        target=0.5,
    )
