"""``--version`` against an interpreter that does nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.measure import Command, Side
from bench.scenarios import Scenario

if TYPE_CHECKING:
    from bench.lab import Lab


def scenario(lab: Lab) -> Scenario:
    """The price of being started at all, in a home that never saw fetchkit."""

    def version() -> Command:
        return lab.fetchkit(lab.place(), "--version")

    return Scenario(
        title="fetchkit --version",
        sides=[
            Side(name="python3 -c pass", prepare=lab.empty_python),
            Side(name="fetchkit", prepare=version),
        ],
        rounds=20,
        target=2.5,
    )
