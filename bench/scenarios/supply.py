"""``supply`` of ten dependencies of a manifest.yml, with 20 ms to each and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.measure import Side
from bench.scenarios import Scenario
from bench.shelf import Shelf

if TYPE_CHECKING:
    from bench.lab import Lab
    from bench.measure import Command


def scenario(lab: Lab) -> Scenario:
    """Fetched, hashed and unpacked: one after the other, or at one time."""
    shelf = Shelf.stocked(lab)

    def fetchkit() -> Command:
        return shelf.supply(lab, lab.place())

    def bash() -> Command:
        return shelf.bash(lab, lab.place())

    return Scenario(
        title="supply of ten dependencies, 5 MB each, round trips of 20 ms",
        sides=[
            Side(name="curl, sha256sum, tar", prepare=bash),
            Side(name="fetchkit", prepare=fetchkit),
        ],
        rounds=8,
        target=0.5,
    )
