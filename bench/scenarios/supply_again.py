"""The second staging: the same ten dependencies, with what the first one left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.measure import Side, run
from bench.scenarios import Scenario
from bench.shelf import Shelf

if TYPE_CHECKING:
    from bench.lab import Lab
    from bench.measure import Command


def scenario(lab: Lab) -> Scenario:
    """The app's cache is there; its DEPS_DIR is new, as every staging's is."""
    shelf = Shelf.stocked(lab)
    kept = lab.empty_place()
    run(shelf.supply(lab, kept))

    def fetchkit() -> Command:
        return shelf.supply(lab, lab.place(), cache=kept / "cache")

    def bash() -> Command:
        return shelf.bash(lab, lab.place())

    return Scenario(
        title="the same again, with the app's cache",
        sides=[
            Side(name="curl, sha256sum, tar", prepare=bash),
            Side(name="fetchkit", prepare=fetchkit),
        ],
        rounds=8,
        target=0.3,
    )
