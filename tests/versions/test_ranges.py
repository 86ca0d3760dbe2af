"""What is in a range, in every spelling; and what is no range."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fetchkit.errors import InvalidValueError
from fetchkit.versions.order import Version
from fetchkit.versions.ranges import parse_range
from fetchkit.versions.wanted import is_range, parse_wanted
from tests.versions.page import quoted, rows

TABLE = rows("Ranges")
FITTING = [
    pytest.param(text, version, id=f"{text} has {version}")
    for ranges, _, fits, _ in TABLE
    for text in quoted(ranges)
    for version in quoted(fits)
]
FOREIGN = [
    pytest.param(text, version, id=f"{text} has not {version}")
    for ranges, _, _, misses in TABLE
    for text in quoted(ranges)
    for version in quoted(misses)
]
EXACT = ["1.2.3", "v1.2.3", "1.8.0_292", "2024-01-15", "1.2-rc.1", "stable", "1.2~rc1"]


@pytest.mark.parametrize(("text", "version"), FITTING)
def test_documented_versions_fit(text: str, version: str) -> None:
    assert parse_range(text).matches(Version.parse(version))


@pytest.mark.parametrize(("text", "version"), FOREIGN)
def test_documented_versions_do_not_fit(text: str, version: str) -> None:
    assert not parse_range(text).matches(Version.parse(version))


@pytest.mark.parametrize(
    ("text", "version", "is_in"),
    [
        ("17.x", "17.0.0-rc.1", True),
        ("<17", "17.0.0-rc.1", False),
        ("<17.0.0-rc.2", "17.0.0-rc.1", True),
        ("^2.0.0-beta.1", "2.0.0-beta.2", True),
        ("^2.0.0-beta.1", "3.0.0-alpha", False),
        ("^0", "0.9", True),
        ("^0", "1.0", False),
        ("^0.0", "0.0.9", True),
        ("^0.0", "0.1", False),
        ("^0.0.3", "0.0.4", False),
        ("~> 1", "1.9", True),
        ("~> 1", "2.0", False),
        (">=1.1.1k", "1.1.1w", True),
        (">=1.1.1k", "1.1.1a", False),
        ("=1.2.3+b7", "1.2.3+b8", False),
        (">1.2.3", "1.2.3+b8", False),
        ("17.x.x", "17.1.2", True),
        (">= 1.2,<  2", "1.5", True),
        ("~ > 1.2", "1.5", True),
        ("0.x", "0.0.0.1", True),
        ("1.0", "1", True),
    ],
)
def test_corners(text: str, version: str, is_in: bool) -> None:  # noqa: FBT001 -- a column
    assert parse_range(text).matches(Version.parse(version)) is is_in


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", ",", ">=", "==", "~>>1", "1 ||2", "!=1", "1.2 - 2.0", ">=1.x", "^*"),
        *(">=1,,<2", "=>1", "^latest", "x.1", "1.x.2", ">=\uff11", "1.2\n\0"),
        ">=1 " * 100,
    ],
)
def test_what_is_no_range_is_refused_with_a_hint_or_a_limit(text: str) -> None:
    with pytest.raises(InvalidValueError) as caught:
        parse_range(text)
    assert caught.value.hint or "characters" in caught.value.message
    assert "\n" not in caught.value.message


@given(st.text(max_size=40))
def test_any_text_is_a_range_or_an_error_of_ours(text: str) -> None:
    with suppress(InvalidValueError):
        parse_range(text).matches(Version.parse("1.2.3"))


@pytest.mark.parametrize("text", EXACT)
def test_an_exact_version_is_no_range(text: str) -> None:
    assert not is_range(text, has_list=True)
    assert parse_wanted(text) == text


@pytest.mark.parametrize(
    "text", ["17.x", "17.+", "*", "^1.2", "~1.2", ">=1 <2", "=1.2"]
)
def test_some_ranges_cannot_be_the_name_of_a_version(text: str) -> None:
    assert is_range(text, has_list=False)
    assert is_range(text, has_list=True)
    assert parse_wanted(text) == text


@pytest.mark.parametrize("text", ["latest", "17", "1.2", "v1.2"])
def test_others_are_names_where_nothing_is_listed(text: str) -> None:
    assert not is_range(text, has_list=False)
    assert is_range(text, has_list=True)


@pytest.mark.parametrize(
    "text", ["../1", "1/2", " 1.2.3", "1.2.3 ", ">=1/2", "17.x/.."]
)
def test_what_is_neither_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError):
        parse_wanted(text)
