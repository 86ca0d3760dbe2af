"""What is measured, one module each: `scenario(lab) -> Scenario`.

A scenario names its sides; the first is what the others are divided by.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.measure import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Several ways to the same result, ready to be run."""

    title: str
    sides: Sequence[Side]
    """The baseline first."""
    rounds: int
    target: float | None = None
    """The ratio the project has set itself; shown, never enforced."""
