"""A locked ``compile`` of a fresh checkout, with a cache that is filled."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from bench.locked import compile_locked, lock
from bench.measure import Command, Side
from bench.publisher import MB
from bench.scenarios import Scenario

if TYPE_CHECKING:
    from bench.lab import Lab


def scenario(lab: Lab) -> Scenario:
    """The usual build of an app that keeps a lock: nothing is asked for."""
    release = lab.publisher.publish(12 * MB)
    place = lab.lasting_place(release)
    locked = lock(lab, release, place)

    def bash() -> Command:
        return lab.bash(release)

    def compile_afresh() -> Command:
        shutil.rmtree(place / "build")
        return compile_locked(lab, release, place, locked)

    return Scenario(
        title="locked compile, 12 MB from the cache",
        sides=[
            Side(name="bash", prepare=bash),
            Side(name="fetchkit", prepare=compile_afresh),
        ],
        rounds=15,
        target=0.4,
    )
