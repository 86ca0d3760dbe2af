"""Facts for people, in columns. What comes from outside is made printable first."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """`rows` with their columns aligned, two spaces apart."""
    if not rows:
        return []
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]


def facts(title: str, pairs: Iterable[tuple[str, str | None]]) -> list[str]:
    """A line of title, and one for each pair that has a value."""
    rows = [(f"  {name}", value) for name, value in pairs if value]
    return [title, *(table(rows) if rows else ())]


def moment(seconds: int) -> str:
    """A time since the epoch for people, in UTC.

    Example:
        >>> moment(0)
        '1970-01-01 00:00:00 UTC'
    """
    try:
        return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds))
    except (OverflowError, ValueError, OSError):
        return f"{seconds} s after 1970"
