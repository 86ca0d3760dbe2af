"""The first ``compile`` of 200 MB, over connections that carry 100 MB/s each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.publisher import MB
from bench.scenarios.first_build import first_build

if TYPE_CHECKING:
    from bench.lab import Lab
    from bench.scenarios import Scenario


def scenario(lab: Lab) -> Scenario:
    """What is left to wait for after the last byte counts most here."""
    return first_build(
        lab,
        lab.publisher.publish(200 * MB, bytes_per_second=100 * MB),
        title="first compile, 200 MB at 100 MB/s",
        rounds=5,
        target=0.8,
    )
