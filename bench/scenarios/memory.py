"""The first ``compile`` of 1 GB: look at the memory, not at the time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.publisher import MB
from bench.scenarios.first_build import first_build

if TYPE_CHECKING:
    from bench.lab import Lab
    from bench.scenarios import Scenario


def scenario(lab: Lab) -> Scenario:
    """Nothing may grow with the size of what passes."""
    return first_build(
        lab,
        lab.publisher.publish(1000 * MB),
        title="first compile, 1 GB",
        rounds=1,
        target=1.0,
    )
