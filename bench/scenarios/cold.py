"""The first ``compile`` on a fresh machine, 12 MB, nothing between us and nginx."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.publisher import MB
from bench.scenarios.first_build import first_build

if TYPE_CHECKING:
    from bench.lab import Lab
    from bench.scenarios import Scenario


def scenario(lab: Lab) -> Scenario:
    """Start-up and imports count most here."""
    return first_build(
        lab,
        lab.publisher.publish(12 * MB),
        title="first compile, 12 MB",
        rounds=15,
        target=1.2,
    )
