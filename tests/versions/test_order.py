"""One total order: SemVer's where a version is semantic, a documented one elsewhere."""

from __future__ import annotations

from itertools import pairwise, permutations

import pytest
import semver
from hypothesis import given
from hypothesis import strategies as st

from fetchkit.errors import InvalidValueError
from fetchkit.versions.order import Version
from tests.versions.page import quoted, rows

PAIRS = [
    pytest.param(*quoted(older), *quoted(newer), id=f"{older} {newer}")
    for older, newer, _ in rows("Which of two is newer")
]

numbers = st.integers(min_value=0, max_value=30)
identifier = st.one_of(numbers.map(str), st.from_regex(r"[a-c-]{1,2}", fullmatch=True))
identifiers = st.lists(identifier, min_size=1, max_size=3).map(".".join)


@st.composite
def semantic(draw: st.DrawFn) -> str:
    """A semantic version; small parts, so that two often share some."""
    text = ".".join(str(draw(numbers)) for _ in range(3))
    if draw(st.booleans()):
        text += f"-{draw(identifiers)}"
    if draw(st.booleans()):
        text += f"+{draw(identifiers)}"
    return text


ODD = st.one_of(
    semantic(),
    st.lists(numbers, min_size=1, max_size=5).map(
        lambda each: ".".join(map(str, each))
    ),
    st.from_regex(r"v?[0-2]([._][0-9]{1,2}){0,4}[a-z._+~-]{0,3}[0-9]?", fullmatch=True),
    st.dates().map(str),
    st.from_regex(r"[0-3](\.[0-3])?\.?(a|rc|Final|M|beta)[0-9]{0,2}", fullmatch=True),
).filter(lambda text: ".." not in text)


def test_the_page_has_examples() -> None:
    assert len(PAIRS) > 20


@pytest.mark.parametrize(("older", "newer"), PAIRS)
def test_documented_pairs(older: str, newer: str) -> None:
    assert Version.parse(older) < Version.parse(newer)
    assert not Version.parse(newer) < Version.parse(older)


def test_the_example_of_semver_itself() -> None:
    chain = [
        *("1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta"),
        *("1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0"),
    ]
    assert [one < other for one, other in pairwise(map(Version.parse, chain))] == (
        [True] * 7
    )


@given(semantic(), semantic())
def test_semantic_versions_are_in_the_order_of_semver(one: str, other: str) -> None:
    difference = semver.Version.parse(one).compare(other)
    ours, theirs = Version.parse(one), Version.parse(other)
    if difference:
        assert (ours < theirs) == (difference < 0)
    else:
        assert ours.precedence == theirs.precedence


@given(ODD, ODD, ODD)
def test_the_order_is_total(first: str, second: str, third: str) -> None:
    versions = map(Version.parse, (first, second, third))
    for a, b, c in permutations(versions):
        assert (a < b) + (a == b) + (a > b) == 1
        assert a <= c or not a <= b <= c


@given(st.lists(ODD, max_size=8))
def test_sorting_does_not_depend_on_where_one_starts(texts: list[str]) -> None:
    versions = sorted(map(Version.parse, texts))
    versions.reverse()
    assert sorted(versions) == sorted(map(Version.parse, texts))
    assert all(one >= other for one, other in pairwise(versions))


@pytest.mark.parametrize(
    "other", ["1.2.0", "v1.2", "1.2.0.0", "01.2", "1.2-", "1.2+", "1_2"]
)
def test_neither_is_newer(other: str) -> None:
    assert Version.parse("1.2") == Version.parse(other)


@pytest.mark.parametrize(
    "text", ["1.0-rc.1", "1.0~rc1", "2.0b1", "6.0.0.M1", "1.2.3-1", "4.0-SNAPSHOT"]
)
def test_prereleases_are_recognised(text: str) -> None:
    assert Version.parse(text).is_prerelease


@pytest.mark.parametrize(
    "text", ["1.1.1a", "4.1.100.Final", "1.8.0_292", "1.0+rc.1", "2024-01-15", "1.0m"]
)
def test_final_versions_are_recognised(text: str) -> None:
    assert not Version.parse(text).is_prerelease


@pytest.mark.parametrize(
    "text",
    [
        "",
        "latest",
        "v",
        "jdk-17",
        "-1",
        "1/2",
        "1..2",
        "1 2",
        "1\n",
        "\uff11.2",
        "9" * 200,
    ],
)
def test_what_has_no_place_in_the_order(text: str) -> None:
    with pytest.raises(InvalidValueError):
        Version.parse(text)


def test_the_text_stays_as_it_is_written() -> None:
    version = Version.parse("v01.2.0")
    assert str(version) == version.text == "v01.2.0"
    assert version.numbers == (1, 2, 0)
