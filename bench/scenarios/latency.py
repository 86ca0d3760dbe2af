"""The first ``compile``, 12 MB, with 20 ms to the publisher and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.publisher import MB
from bench.scenarios.first_build import first_build

if TYPE_CHECKING:
    from bench.lab import Lab
    from bench.scenarios import Scenario


def scenario(lab: Lab) -> Scenario:
    """Round trips count most here: three files at once against one after the other."""
    return first_build(
        lab,
        lab.publisher.publish(12 * MB, delay=0.010),
        title="first compile, 12 MB, round trips of 20 ms",
        rounds=12,
        target=0.6,
    )
