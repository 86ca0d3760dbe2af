"""CNB ``build`` with its layer restored, against the first one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.measure import Command, Side, run
from bench.publisher import MB
from bench.scenarios import Scenario

if TYPE_CHECKING:
    from bench.lab import Lab


def scenario(lab: Lab) -> Scenario:
    """The first fetches and verifies; the second hashes what it was given back."""
    release = lab.publisher.publish(12 * MB, delay=0.010)
    kept = lab.empty_place()
    run(lab.build(release, kept))

    def first() -> Command:
        return lab.build(release, lab.place())

    def again() -> Command:
        return lab.build(release, kept)

    return Scenario(
        title="CNB build, 12 MB, round trips of 20 ms",
        sides=[
            Side(name="first build", prepare=first),
            Side(name="layer restored", prepare=again),
        ],
        rounds=12,
        target=0.3,
    )
