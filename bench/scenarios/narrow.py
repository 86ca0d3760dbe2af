"""200 MB over connections that carry 25 MB/s each, against a mere download."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.publisher import MB
from bench.scenarios.download import download

if TYPE_CHECKING:
    from bench.lab import Lab
    from bench.scenarios import Scenario


def scenario(lab: Lab) -> Scenario:
    """More connections count most here."""
    return download(
        lab,
        lab.publisher.publish(200 * MB, bytes_per_second=25 * MB),
        title="200 MB at 25 MB/s per connection, against a mere download",
        rounds=3,
        target=0.35,
    )
