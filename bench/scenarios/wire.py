"""200 MB as fast as loopback gives them, against a mere download."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.publisher import MB
from bench.scenarios.download import download

if TYPE_CHECKING:
    from bench.lab import Lab
    from bench.scenarios import Scenario


def scenario(lab: Lab) -> Scenario:
    """One connection is enough here; what counts is what is done with the bytes."""
    return download(
        lab,
        lab.publisher.publish(200 * MB),
        title="200 MB, against a mere download",
        rounds=5,
        target=1.25,
    )
