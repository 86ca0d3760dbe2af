"""The second engine: constraints as Masterminds/semver 1.5.0 reads them.

A comma means "and", ``||`` means "or", spaces mean nothing. Kept as it is: ``17.0`` is
17.0.0 alone, ``^0.2.3`` allows 0.9, ``<=1.2.x`` compares the minor numbers alone, and a
prerelease fits only a constraint that names one.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from fetchkit.versions.libbuildpack.semantic import Semantic, parse_loose

_PART = r"[0-9xX*|]+"
_VERSION = (
    rf"v?(?:{_PART})(?:\.{_PART})?(?:\.{_PART})?"
    r"(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
)
_CONSTRAINT = re.compile(
    r"\s*(?P<sign>!=|>=|=>|<=|=<|~>|[=><~^])?\s*"
    rf"v?(?P<major>{_PART})(?:\.(?P<minor>{_PART}))?(?:\.(?P<patch>{_PART}))?"
    r"(?P<label>-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
    r"(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?\s*"
)
_HYPHEN = re.compile(rf"\s*({_VERSION})\s+-\s+({_VERSION})\s*")
_WILD = frozenset({"x", "X", "*"})
_SPELLED = {None: "=", "=>": ">=", "=<": "<=", "~>": "~"}


class Constraint(NamedTuple):
    """One bound, and which of its numbers were left open."""

    sign: str
    version: Semantic
    is_open: bool = False
    """Some number is a wildcard, or the minor one is missing."""
    is_minor_open: bool = False
    is_patch_open: bool = False

    def holds(self, candidate: Semantic) -> bool:
        """Whether `candidate` is within the bound."""
        if candidate.is_prerelease and not self.version.is_prerelease:
            return False
        return _HOLDS[self.sign](self, candidate)


def _is_equal(bound: Constraint, candidate: Semantic) -> bool:
    return _in_line(bound, candidate) if bound.is_open else candidate == bound.version


def _is_compatible(bound: Constraint, candidate: Semantic) -> bool:
    return candidate >= bound.version and candidate.major == bound.version.major


def _is_above(bound: Constraint, candidate: Semantic) -> bool:
    return candidate > bound.version


def _is_not_below(bound: Constraint, candidate: Semantic) -> bool:
    return candidate >= bound.version


def _in_line(bound: Constraint, candidate: Semantic) -> bool:
    version = bound.version
    if candidate < version:
        return False
    is_zero = (version.major, version.minor, version.patch) == (0, 0, 0)
    if is_zero and not bound.is_minor_open and not bound.is_patch_open:
        return True
    return candidate.major == version.major and (
        candidate.minor == version.minor or bound.is_minor_open
    )


def _is_other(bound: Constraint, candidate: Semantic) -> bool:
    if not bound.is_open:
        return candidate != bound.version
    return candidate.major != bound.version.major or (
        candidate.minor != bound.version.minor and not bound.is_minor_open
    )


def _is_below(bound: Constraint, candidate: Semantic) -> bool:
    version = bound.version
    if not bound.is_open:
        return candidate < version or (bound.sign == "<=" and candidate == version)
    if candidate.major > version.major:
        return False
    return candidate.minor <= version.minor or bound.is_minor_open


_HOLDS = {
    "=": _is_equal,
    "~": _in_line,
    "^": _is_compatible,
    "!=": _is_other,
    ">": _is_above,
    ">=": _is_not_below,
    "<": _is_below,
    "<=": _is_below,
}


class Constraints(NamedTuple):
    """Alternatives, each of constraints that all have to hold."""

    alternatives: tuple[tuple[Constraint, ...], ...]

    def holds(self, candidate: Semantic) -> bool:
        """Whether `candidate` fits."""
        return any(
            all(each.holds(candidate) for each in alternative)
            for alternative in self.alternatives
        )


def parse_constraints(text: str) -> Constraints | None:
    """Read a constraint; None where this engine cannot."""
    alternatives = []
    for part in _HYPHEN.sub(r">= \1, <= \2", text).split("||"):
        found = [_parse_one(term) for term in part.split(",")]
        if None in found:
            return None
        alternatives.append(tuple(each for each in found if each is not None))
    return Constraints(tuple(alternatives))


def _parse_one(term: str) -> Constraint | None:
    found = _CONSTRAINT.fullmatch(term)
    if found is None:
        return None
    major, minor, patch = found["major"], found["minor"], found["patch"]
    label = found["label"] or ""
    is_minor_open = is_patch_open = False
    if major in _WILD:
        text, is_open = "0.0.0", True
    elif minor is None or minor in _WILD:
        text, is_open, is_minor_open = f"{major}.0.0{label}", True, True
    elif patch in _WILD:
        text, is_open, is_patch_open = f"{major}.{minor}.0{label}", True, True
    else:
        text, is_open = f"{major}.{minor}.{patch or 0}{label}", False
    version = parse_loose(text)
    if version is None:
        return None
    sign = _SPELLED.get(found["sign"], found["sign"])
    return Constraint(sign, version, is_open, is_minor_open, is_patch_open)
