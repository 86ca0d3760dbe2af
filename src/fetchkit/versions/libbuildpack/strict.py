"""The first engine: ranges as blang/semver 3.5.1 reads them.

Spaces mean "and", ``||`` means "or", ``x`` is the only wildcard, an operator stands
right before its version. Known quirks are kept: ``1.x.x`` is the 1.0 line only, a
constraint of one character is none, ``!=1.x`` is never true.
"""

from __future__ import annotations

import operator
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from fetchkit.versions.libbuildpack.semantic import Semantic, parse_strict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "": operator.eq,
    "=": operator.eq,
    "==": operator.eq,
    "!": operator.ne,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_TERM = re.compile(r"(?P<sign>[^0-9]*)(?P<version>[0-9].*)")
_SPACE_BETWEEN = re.compile(r"(?<![<>= ]) +")


class Comparison(NamedTuple):
    """One version and what candidates have to be to it."""

    sign: str
    version: Semantic

    def holds(self, candidate: Semantic) -> bool:
        """Whether `candidate` stands in that relation, prerelease or not."""
        return _COMPARE[self.sign](candidate, self.version)


class Range(NamedTuple):
    """Alternatives, each of comparisons that all have to hold."""

    alternatives: tuple[tuple[Comparison, ...], ...]

    def holds(self, candidate: Semantic) -> bool:
        """Whether `candidate` is in the range."""
        return any(
            all(each.holds(candidate) for each in alternative)
            for alternative in self.alternatives
        )


def parse_range(constraint: str) -> Range | None:
    """Read a constraint; None where this engine cannot."""
    alternatives = []
    for part in constraint.split("||"):
        # Its splitter loses terms of one character.
        terms = [
            term.replace(" ", "")
            for term in _SPACE_BETWEEN.split(part.strip())
            if len(term) > 1
        ]
        comparisons = [found for term in terms for found in _comparisons(term)]
        if not terms or None in comparisons:
            return None
        alternatives.append(tuple(each for each in comparisons if each is not None))
    return Range(tuple(alternatives))


def _comparisons(term: str) -> Iterator[Comparison | None]:
    """What one term comes down to; None for a term this engine refuses."""
    found = _TERM.fullmatch(term)
    if found is None or found["sign"] not in _COMPARE:
        yield None
        return
    for sign, text in _expanded(found["sign"], found["version"]):
        version = parse_strict(text)
        yield None if version is None else Comparison(sign, version)


def _expanded(sign: str, text: str) -> Iterator[tuple[str, str]]:
    """``1.2.x`` as bounds: the last part decides which number is counted up."""
    parts = text.split(".")
    if parts[-1] != "x" or len(parts) not in {2, 3}:
        yield sign, text
        return
    low = [part.replace("x", "0") for part in parts]
    low += ["0"] * (3 - len(low))
    counted = len(parts) - 2
    if not low[counted].isdigit():
        yield sign, text
        return
    high = [*low[:counted], str(int(low[counted]) + 1), "0", "0"][:3]
    lowest, next_line = ".".join(low), ".".join(high)
    if sign in {"", "=", "=="}:
        yield ">=", lowest
        yield "<", next_line
    elif sign in {"!", "!="}:
        yield "<", lowest
        yield ">=", next_line
    else:
        bounds = {">": (">=", next_line), "<=": ("<", next_line)}
        yield bounds.get(sign, (sign, lowest))
