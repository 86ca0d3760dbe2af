"""A locked ``compile`` where all is in place, against an empty interpreter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.locked import compile_locked, lock
from bench.measure import Command, Side
from bench.publisher import MB
from bench.scenarios import Scenario

if TYPE_CHECKING:
    from bench.lab import Lab


def scenario(lab: Lab) -> Scenario:
    """What a lock adds to a build that has nothing to do: it has to be read."""
    release = lab.publisher.publish(12 * MB)
    place = lab.lasting_place(release)
    locked = lock(lab, release, place)

    def compile_again() -> Command:
        return compile_locked(lab, release, place, locked)

    return Scenario(
        title="locked compile with nothing to do",
        sides=[
            Side(name="python3 -c pass", prepare=lab.empty_python),
            Side(name="fetchkit", prepare=compile_again),
        ],
        rounds=15,
        target=4.0,
    )
