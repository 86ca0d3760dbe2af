"""Ranges of versions, in the spellings of npm, Cargo, Ruby, Gradle and Python.

Every spelling comes down to bounds, all of which have to hold: comparisons with one
version, and *series*, which are the versions that start with some numbers.
"""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from fetchkit.errors import InvalidValueError
from fetchkit.paths import printable
from fetchkit.versions.order import Version, without_zeros
from fetchkit.versions.wanted import LATEST, SERIES, WILDCARD

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_RANGE_CHARS = 200

_CLAUSE = re.compile(r"(?P<sign>[<>]=?|==?|~>|[~^])?(?P<version>[^<>=^~].*)")
_WILD_PART = re.compile(r"(?:^|\.)[xX*+](?:\.|$)")
_AFTER_SIGN = re.compile(r"(?<=[<>=^~])\s+")
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
    "=": operator.eq,
}
_HINT = (
    "Write a range such as 17.x, ^1.2, ~1.2, ~> 1.2 or >=1.2 <2, or an exact version."
)


class Comparison(NamedTuple):
    """One version on the right of ``>=``, ``>``, ``<=``, ``<`` or ``=``."""

    sign: str
    version: Version

    def holds(self, version: Version) -> bool:
        """Whether `version` stands in that relation.

        Builds count only where the bound names one. Below a final version means
        below its prereleases, too: nobody who writes ``<2`` wants 2.0.0-rc.1.
        """
        compare = _COMPARISONS[self.sign]
        if self.version.build:
            return compare(version, self.version)
        if self.sign == "<" and not self.version.is_prerelease:
            return version.precedence.numbers < self.version.precedence.numbers
        return compare(version.precedence, self.version.precedence)


class Series(NamedTuple):
    """All versions that start with these numbers, prereleases included."""

    numbers: tuple[int, ...]

    def holds(self, version: Version) -> bool:
        """Whether `version` is one of them; missing numbers are zeros."""
        head = version.numbers[: len(self.numbers)]
        return without_zeros(head) == without_zeros(self.numbers)


@dataclass(frozen=True, slots=True)
class Range:
    """A set of versions, as a manifest writes it. Built by `parse_range`."""

    text: str
    bounds: tuple[Comparison | Series, ...]
    """All of them have to hold; without any, every version is in the range."""

    def matches(self, version: Version) -> bool:
        """Whether `version` is in the range. Says nothing about its maturity."""
        return all(bound.holds(version) for bound in self.bounds)

    def __str__(self) -> str:
        return self.text


def parse_range(text: str) -> Range:
    """Read a range; its parts are separated by spaces or commas.

    Raises:
        InvalidValueError: a part is no bound.

    Example:
        >>> parse_range("~> 1.2").matches(Version.parse("1.9"))
        True
        >>> parse_range(">=1.2, <2").matches(Version.parse("2.0.0-rc.1"))
        False
    """
    if len(text) > MAX_RANGE_CHARS:
        raise InvalidValueError(
            f"a range of {len(text)} characters, at most {MAX_RANGE_CHARS} are read"
        )
    if text == LATEST:
        return Range(text, ())
    parts = re.split(r"\s*,\s*|\s+", _AFTER_SIGN.sub("", text.strip()))
    return Range(text, tuple(bound for part in parts for bound in _bounds(part, text)))


def _bounds(part: str, text: str) -> tuple[Comparison | Series, ...]:
    clause = _CLAUSE.fullmatch(part)
    if clause is None:
        raise InvalidValueError(
            f"not a range of versions: {printable(text)}", hint=_HINT
        )
    sign, name = clause["sign"], clause["version"]
    wildcard = WILDCARD.fullmatch(name)
    if sign is None and wildcard is not None:
        return (Series(_numbers(wildcard[1] or "")),)
    if _WILD_PART.search(name):
        raise InvalidValueError(
            f"{printable(part)} in {printable(text)}: a wildcard stands at the end and "
            "after no sign",
            hint=_HINT,
        )
    series = SERIES.fullmatch(name)
    if sign is None and series is not None:
        return (Series(_numbers(series[1])),)
    try:
        version = Version.parse(name)
    except InvalidValueError as error:
        raise InvalidValueError(
            f"not a range of versions: {printable(text)}: {error.message}", hint=_HINT
        ) from None
    if sign in {"^", "~", "~>"}:
        return Comparison(">=", version), Series(_shared(sign, version.numbers))
    return (Comparison("=" if sign in {None, "=="} else sign, version),)


def _shared(sign: str, numbers: tuple[int, ...]) -> tuple[int, ...]:
    """The numbers that all versions compatible with `numbers` start with."""
    if sign == "~":
        return numbers[:2]
    if sign == "~>":
        return numbers[: max(1, len(numbers) - 1)]
    # ^: up to the first that is not zero, as nothing before 1.0 promises anything.
    zeros = next((index for index, each in enumerate(numbers) if each), len(numbers))
    return numbers[: zeros + 1]


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part)
