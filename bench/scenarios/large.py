"""The first ``compile`` of 200 MB, as fast as loopback gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.publisher import MB
from bench.scenarios.first_build import first_build

if TYPE_CHECKING:
    from bench.lab import Lab
    from bench.scenarios import Scenario


def scenario(lab: Lab) -> Scenario:
    """The processor counts most here: TLS, digest, signature, copy."""
    return first_build(
        lab,
        lab.publisher.publish(200 * MB),
        title="first compile, 200 MB",
        rounds=7,
        target=1.0,
    )
