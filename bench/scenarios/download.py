"""What the scenarios of a mere download have in common: fetchkit does more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.measure import Command, Side
from bench.scenarios import Scenario

if TYPE_CHECKING:
    from bench.lab import Lab
    from bench.publisher import Release


def download(
    lab: Lab, release: Release, *, title: str, rounds: int, target: float
) -> Scenario:
    """A file by curl and by aria2c; ``compile`` also verifies and installs it."""

    def curl() -> Command:
        return lab.curl(release)

    def aria2() -> Command:
        return lab.aria2(release)

    def fetchkit() -> Command:
        return lab.compile(release, lab.place())

    return Scenario(
        title=title,
        sides=[
            Side(name="curl -o", prepare=curl),
            Side(name="aria2c -x8", prepare=aria2),
            Side(name="fetchkit", prepare=fetchkit),
        ],
        rounds=rounds,
        target=target,
    )
