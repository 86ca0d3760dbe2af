"""Which versions of a list fit a constraint (platform-contracts 3.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fetchkit.errors import InvalidValueError
from fetchkit.versions.libbuildpack.loose import parse_constraints
from fetchkit.versions.libbuildpack.semantic import (
    build_of,
    parse_loose,
    parse_strict,
)
from fetchkit.versions.libbuildpack.strict import parse_range

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fetchkit.versions.libbuildpack.semantic import Semantic


class Match(NamedTuple):
    """What fits a constraint, oldest first, as the list spells it."""

    versions: tuple[str, ...]
    skipped: tuple[str, ...] = ()
    """Candidates that are no versions. libbuildpack gives up at the first of them;
    here the rest is still looked at, and the caller warns."""

    @property
    def newest(self) -> str:
        """The last of them: what a build gets."""
        return self.versions[-1]


def match_versions(constraint: str, versions: Sequence[str]) -> Match:
    """The versions that fit; the first engine that finds any decides.

    Of versions that differ in their build alone the higher build is the newer, and
    of equals the one that stands later in the list; Go's sort leaves that open.

    Raises:
        InvalidValueError: nothing fits, or neither engine can read the constraint.

    Example:
        >>> match_versions("17.x", ["17.0.9", "17.0.10", "21.0.1"]).newest
        '17.0.10'
    """
    readable = [each for each in versions if parse_loose(each) is not None]
    skipped = tuple(each for each in versions if parse_loose(each) is None)
    strict = parse_range(constraint)
    if strict is not None and all(parse_strict(each) for each in readable):
        found = _fitting(readable, parse_strict, strict.holds)
        if found:
            return Match(found, skipped)
    loose = parse_constraints(constraint)
    if loose is None:
        raise InvalidValueError(
            f"improper constraint: {constraint[:60]}",
            hint="Write a constraint such as 17.x, 17.0.x, ~1.2.3 or >=1.2.0 <2.0.0.",
        )
    found = _fitting(readable, parse_loose, loose.holds)
    if not found:
        listed = " ".join(versions)
        raise InvalidValueError(
            f"no match found for {constraint[:60]} in [{listed}]",
            hint="Ask for one of these, or add the version to the manifest.",
        )
    return Match(found, skipped)


def _fitting(
    versions: Sequence[str],
    parse: Callable[[str], Semantic | None],
    holds: Callable[[Semantic], bool],
) -> tuple[str, ...]:
    keyed = []
    for position, text in enumerate(versions):
        semantic = parse(text)
        if semantic is not None and holds(semantic):
            keyed.append(((semantic, build_of(text), position), text))
    return tuple(text for _, text in sorted(keyed))
