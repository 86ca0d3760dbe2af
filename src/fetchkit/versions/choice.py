"""Which of the published versions a range stands for today."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from fetchkit.errors import InvalidValueError
from fetchkit.versions.order import Version
from fetchkit.versions.ranges import Comparison, parse_range
from fetchkit.versions.wanted import is_range

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fetchkit.artifact import Artifact
    from fetchkit.versions.listing import Candidate
    from fetchkit.versions.ranges import Range

_NEAREST = 10


def choose(
    wanted: Range,
    candidates: Sequence[Candidate],
    *,
    allow_prereleases: bool,
    now: float,
    min_age: int,
) -> Candidate:
    """The newest candidate in the range; of equals, the first of the list.

    Args:
        now: seconds since the epoch.
        min_age: seconds a version has to be public before it is chosen. Where that is
            not zero, a version that was published nobody knows when is not chosen.

    Raises:
        InvalidValueError: there is none; what there is instead is named.
    """
    fitting = [each for each in candidates if wanted.matches(each.version)]
    if not fitting:
        raise InvalidValueError(
            f"no published version fits `{wanted}`; there is "
            f"{_nearest(wanted, candidates)}",
            hint="Change the range, or look whether `versions` lists the right thing.",
        )
    final = [each for each in fitting if allow_prereleases or not each.is_prerelease]
    if not final:
        raise InvalidValueError(
            f"only prereleases fit `{wanted}`: {_nearest(wanted, fitting)}",
            hint="Set prereleases = true to take one.",
        )
    if not min_age:
        return _newest(final)
    dated = [
        (each, each.published_at) for each in final if each.published_at is not None
    ]
    if not dated:
        raise InvalidValueError(
            f"the list does not say when what fits `{wanted}` was published",
            hint="Leave min_release_age out, or use a list with `published_at`.",
        )
    settled = [each for each, published in dated if published <= now - min_age]
    if not settled:
        raise InvalidValueError(
            f"all that fits `{wanted}` is younger than min_release_age: "
            f"{_nearest(wanted, [each for each, _ in dated])}",
            hint="Wait, widen the range, or lower min_release_age.",
        )
    return _newest(settled)


def fits(artifact: Artifact, version: str) -> bool:
    """Whether the version chosen earlier is one that `artifact` still asks for."""
    if artifact.versions is None or not is_range(artifact.version, has_list=True):
        return artifact.version == version
    try:
        chosen = Version.parse(version)
    except InvalidValueError:
        return False
    if chosen.is_prerelease and not artifact.versions.prereleases:
        return False
    return parse_range(artifact.version).matches(chosen)


def _newest(candidates: Sequence[Candidate]) -> Candidate:
    # `max` keeps the first of equals.
    return max(candidates, key=lambda each: each.version)


def _nearest(wanted: Range, candidates: Sequence[Candidate]) -> str:
    """The candidates around the range, oldest first."""
    ordered = sorted(each.version for each in candidates)
    named = [each.version for each in wanted.bounds if isinstance(each, Comparison)]
    middle = bisect_left(ordered, named[0]) if named else len(ordered)
    start = max(0, min(middle - _NEAREST // 2, len(ordered) - _NEAREST))
    shown = [str(version) for version in ordered[start : start + _NEAREST]]
    more = len(ordered) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
