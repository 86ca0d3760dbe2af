"""CNB ``detect`` of a buildpack that is not for the app, against an empty Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.measure import Command, Side
from bench.publisher import MB
from bench.scenarios import Scenario

if TYPE_CHECKING:
    from bench.lab import Lab


def scenario(lab: Lab) -> Scenario:
    """A builder asks every buildpack of every group, and most are not meant."""
    release = lab.publisher.publish(1 * MB)

    def detect() -> Command:
        return lab.detect(release, lab.place(), files=["go.mod"])

    return Scenario(
        title="CNB detect, not for this app",
        sides=[
            Side(name="python3 -c pass", prepare=lab.empty_python),
            Side(name="fetchkit", prepare=detect),
        ],
        rounds=20,
        target=3.0,
    )
