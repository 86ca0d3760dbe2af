"""What the scenarios of a first build have in common: empty homes, no cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.measure import Command, Side
from bench.scenarios import Scenario

if TYPE_CHECKING:
    from bench.lab import Lab
    from bench.publisher import Release


def first_build(
    lab: Lab, release: Release, *, title: str, rounds: int, target: float
) -> Scenario:
    """The baseline script and ``compile``, each in a place that never saw it."""

    def bash() -> Command:
        return lab.bash(release)

    def fetchkit() -> Command:
        return lab.compile(release, lab.place())

    return Scenario(
        title=title,
        sides=[
            Side(name="bash", prepare=bash),
            Side(name="fetchkit", prepare=fetchkit),
        ],
        rounds=rounds,
        target=target,
    )
