"""A semantic version as both engines compare it: builds do not count."""

from __future__ import annotations

import re
from typing import NamedTuple

_PRE = r"(?:-(?P<pre>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
_BUILD = r"(?:\+(?P<build>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
_NUMBER = "(0|[1-9][0-9]*)"
_STRICT = re.compile(rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}{_PRE}{_BUILD}")
_LOOSE = re.compile(rf"v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?{_PRE}{_BUILD}")

_FINAL = ((2,),)
"""Sorts after every identifier of a prerelease."""


class Semantic(NamedTuple):
    """What decides between two versions; compared in this order."""

    major: int
    minor: int
    patch: int
    label: tuple[tuple[int | str, ...], ...] = _FINAL
    """Identifiers of the prerelease: numbers before words, fewer before more."""

    @property
    def is_prerelease(self) -> bool:
        """Whether a final version is still to come."""
        return self.label != _FINAL


def parse_strict(text: str) -> Semantic | None:
    """`text` as SemVer 2.0.0 has it: three numbers, no leading zero, no ``v``."""
    return _semantic(_STRICT.fullmatch(text))


def parse_loose(text: str) -> Semantic | None:
    """`text` with a ``v`` and with missing numbers allowed."""
    return _semantic(_LOOSE.fullmatch(text))


def build_of(text: str) -> tuple[tuple[int, int, str], ...]:
    """The build of a version as a sort key: numbers as numbers, before words."""
    runs = re.findall(r"\d+|[A-Za-z]+", text.partition("+")[2])
    return tuple(
        (0, int(run), "") if run.isdigit() else (1, 0, run.lower()) for run in runs
    )


def _semantic(found: re.Match[str] | None) -> Semantic | None:
    if found is None:
        return None
    major, minor, patch = (int(found[number] or 0) for number in (1, 2, 3))
    label = found["pre"]
    if label is None:
        return Semantic(major, minor, patch)
    identifiers = tuple(
        (0, int(part)) if part.isdigit() else (1, part) for part in label.split(".")
    )
    return Semantic(major, minor, patch, identifiers)
