"""The newest that fits, is mature and is old enough; or why there is none."""

from __future__ import annotations

import pytest

from fetchkit.artifact import Artifact, InstallSpec, VersionList
from fetchkit.errors import InvalidValueError
from fetchkit.versions.choice import choose, fits
from fetchkit.versions.listing import Candidate
from fetchkit.versions.order import Version
from fetchkit.versions.ranges import parse_range

DAY = 86_400
NOW = 1_000 * DAY


def candidate(
    text: str, *, days: float | None = None, is_early: bool = False
) -> Candidate:
    version = Version.parse(text)
    return Candidate(
        version=version,
        published_at=None if days is None else NOW - days * DAY,
        is_prerelease=is_early or version.is_prerelease,
    )


def chosen(
    wanted: str,
    candidates: list[Candidate],
    *,
    allow_prereleases: bool = False,
    min_days: int = 0,
) -> str:
    return choose(
        parse_range(wanted),
        candidates,
        allow_prereleases=allow_prereleases,
        now=NOW,
        min_age=min_days * DAY,
    ).version.text


def plain(*texts: str) -> list[Candidate]:
    return [candidate(text) for text in texts]


def test_the_newest_is_chosen_wherever_it_stands() -> None:
    assert chosen("17.x", plain("17.0.9", "21.0", "17.0.10", "17.0.2")) == "17.0.10"


def test_latest_is_the_newest_there_is() -> None:
    assert chosen("latest", plain("1.0", "3.0-rc.1", "2.0")) == "2.0"


def test_of_equals_the_first_is_chosen() -> None:
    assert chosen("1.x", plain("1.2.0", "v1.2", "1.2")) == "1.2.0"


def test_builds_break_ties() -> None:
    assert chosen("1.2.3", plain("1.2.3+9", "1.2.3+10", "1.2.3")) == "1.2.3+10"


def test_a_prerelease_has_to_be_allowed() -> None:
    candidates = [*plain("1.0", "1.1-rc.1"), candidate("1.2", is_early=True)]
    assert chosen("1.x", candidates) == "1.0"
    assert chosen("1.x", candidates, allow_prereleases=True) == "1.2"


def test_a_young_version_has_to_wait() -> None:
    candidates = [candidate("1.0", days=30), candidate("1.1", days=3)]
    assert chosen("1.x", candidates, min_days=3) == "1.1"
    assert chosen("1.x", candidates, min_days=4) == "1.0"


def test_a_version_of_unknown_age_is_not_old_enough() -> None:
    candidates = [candidate("1.0", days=30), candidate("1.1")]
    assert chosen("1.x", candidates, min_days=3) == "1.0"
    assert chosen("1.x", candidates) == "1.1"


def test_the_future_is_young() -> None:
    with pytest.raises(InvalidValueError, match=r"younger than min_release_age: 1\.0$"):
        chosen("1.x", [candidate("1.0", days=-10)], min_days=1)


@pytest.mark.parametrize(
    ("wanted", "candidates", "message"),
    [
        ("17.x", plain("21.0", "16.0"), "fits `17.x`; there is 16.0, 21.0$"),
        (
            "1.x",
            plain("1.0-b", "1.0-a", "2"),
            "only prereleases fit `1.x`: 1.0-a, 1.0-b$",
        ),
        ("1.x", plain("1.0"), "does not say when what fits `1.x` was published"),
    ],
    ids=["nothing fits", "all are prereleases", "no dates"],
)
def test_nothing_to_choose_says_what_there_is(
    wanted: str, candidates: list[Candidate], message: str
) -> None:
    with pytest.raises(InvalidValueError, match=message) as caught:
        chosen(wanted, candidates, min_days=1)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("wanted", "shown"),
    [
        ("=50.5", "46, 47, 48, 49, 50, 51, 52, 53, 54, 55 and 90 more"),
        ("=0.5", "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 90 more"),
        (">500", "90, 91, 92, 93, 94, 95, 96, 97, 98, 99 and 90 more"),
        ("200.x", "90, 91, 92, 93, 94, 95, 96, 97, 98, 99 and 90 more"),
    ],
)
def test_of_many_the_nearest_are_named(wanted: str, shown: str) -> None:
    many = plain(*(str(number) for number in range(100)))
    with pytest.raises(InvalidValueError, match=f"there is {shown}$"):
        chosen(wanted, many)


@pytest.mark.parametrize(
    ("wanted", "locked", "is_fine"),
    [
        ("17.x", "17.0.9", True),
        ("17.x", "21.0.1", False),
        ("17.x", "17.0.9-rc.1", False),
        ("latest", "99", True),
        ("1.2.3", "1.2.3", True),
        ("1.2.3", "v1.2.3", False),
        ("^1", "stable", False),
    ],
)
def test_what_was_chosen_earlier_may_still_fit(
    wanted: str,
    locked: str,
    is_fine: bool,  # noqa: FBT001 -- a column
) -> None:
    assert fits(artifact(wanted, VersionList(location="list")), locked) is is_fine


def test_without_a_list_only_the_same_text_fits() -> None:
    assert fits(artifact("latest", None), "latest")
    assert not fits(artifact("latest", None), "1.0")


def artifact(version: str, versions: VersionList | None) -> Artifact:
    return Artifact(
        name="jdk",
        version=version,
        versions=versions,
        url="https://example.com/jdk",
        install=InstallSpec(dir="."),
    )
