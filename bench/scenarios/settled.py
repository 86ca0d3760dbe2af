"""``compile`` where all is in place, against an interpreter that does nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.measure import Command, Side
from bench.publisher import MB
from bench.scenarios import Scenario

if TYPE_CHECKING:
    from bench.lab import Lab


def scenario(lab: Lab) -> Scenario:
    """A second build of the same app: the receipt fits, nothing has to be done."""
    release = lab.publisher.publish(12 * MB)
    place = lab.lasting_place(release)

    def compile_again() -> Command:
        return lab.compile(release, place)

    return Scenario(
        title="compile with nothing to do",
        sides=[
            Side(name="python3 -c pass", prepare=lab.empty_python),
            Side(name="fetchkit", prepare=compile_again),
        ],
        rounds=15,
        target=4.0,
    )
