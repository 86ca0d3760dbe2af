"""Lists as they are published, honest and hostile."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fetchkit.errors import RefusedError
from fetchkit.versions.listing import (
    MAX_LIST_BYTES,
    Candidate,
    kind_of,
    parse_candidates,
)
from fetchkit.versions.wanted import parse_match, parse_path
from tests.versions.page import quoted, rows

GITHUB = [
    {
        "tag_name": "v2.1.0-rc.1",
        "prerelease": True,
        "published_at": "2026-05-01T00:00:00Z",
    },
    {"tag_name": "v2.0.0", "prerelease": False, "published_at": "2026-04-01T10:20:30Z"},
    {"tag_name": "v2.0.1", "draft": True, "published_at": None},
    {"tag_name": "docs-7", "prerelease": False, "published_at": "2026-03-01T00:00:00Z"},
    {"tag_name": "v1.9.0", "prerelease": True, "published_at": "2026-02-01T00:00:00Z"},
]


def read(
    data: bytes, path: str = "", match: str = "", file_name: str = "list"
) -> tuple[Candidate, ...]:
    return parse_candidates(
        data,
        kind_of(data, file_name),
        parse_path(path) if path else (),
        parse_match(match) if match else None,
        subject="the list",
    )


def texts(candidates: tuple[Candidate, ...]) -> list[str]:
    return [each.version.text for each in candidates]


@pytest.mark.parametrize(
    ("text", "path", "match"),
    [
        pytest.param(quoted(text)[0], *quoted(path), *quoted(match), id=text)
        if quoted(match)
        else pytest.param(quoted(text)[0], "".join(quoted(path)), "", id=text)
        for text, path, match in rows("The list")
    ],
)
def test_documented_lists(text: str, path: str, match: str) -> None:
    assert texts(read(text.encode(), path, match)) == ["1.0", "1.1"]


def test_releases_of_github() -> None:
    found = read(json.dumps(GITHUB).encode(), "[].tag_name", "^v(.+)$")
    assert texts(found) == ["2.1.0-rc.1", "2.0.0", "1.9.0"]
    assert [each.is_prerelease for each in found] == [True, False, True]
    assert found[1].published_at == 1775038830.0


def test_plain_text_has_one_version_a_line() -> None:
    assert texts(read(b"# all of them\n1.2\r\n\n  1.3 \n")) == ["1.2", "1.3"]


def test_toml_is_known_by_its_name() -> None:
    data = b'[[releases]]\nversion = "1.2"\ndate = 2026-01-02\n'
    (found,) = read(data, "releases[].version", file_name="releases.toml")
    assert (found.version.text, found.published_at) == ("1.2", 1767312000.0)


@pytest.mark.parametrize(
    ("moment", "seconds"),
    [
        ("1970-01-02", 86400.0),
        ("1970-01-02T00:00:00Z", 86400.0),
        ("1970-01-02T01:00:00+01:00", 86400.0),
        ("yesterday", None),
        ("", None),
        (None, None),
        (86400, None),
        ([], None),
    ],
    ids=str,
)
def test_when_it_was_published(moment: object, seconds: float | None) -> None:
    data = json.dumps([{"version": "1", "date": moment}]).encode()
    assert read(data, "[].version")[0].published_at == seconds


def test_the_first_of_two_equal_names_counts() -> None:
    data = b'[{"v": "1", "date": "1970-01-02"}, {"v": "1", "date": "1970-01-03"}]'
    (found,) = read(data, "[].v")
    assert found.published_at == 86400.0


@pytest.mark.parametrize(
    "name", ["../../1.0", "1.0/..", "1.0\u202e", "1..0", "1.0 ", "", "x" * 300]
)
def test_a_name_that_could_leave_a_path_is_no_version(name: str) -> None:
    assert texts(read(json.dumps([name, "1.0"]).encode())) == ["1.0"]
    assert texts(read(json.dumps([f"v{name}", "v1.0"]).encode(), match="^v(.*)$")) == [
        "1.0"
    ]


HOSTILE = {
    "duplicate keys": (
        b'{"versions": ["1"], "versions": ["2"]}',
        "a key is there twice",
    ),
    "not a number": (b'[NaN, "1"]', "NaN is no JSON"),
    "nested without end": (b"[" * 200_000, "nested too deeply|not JSON"),
    "a number without end": (b"[" + b"9" * 20_000 + b"]", "not JSON|a number"),
    "cut short": (b'["1.0", ', "is not JSON"),
    "no utf-8": (b'["\xff"]', "not UTF-8 at byte 2"),
    "a page for people": (b"<!DOCTYPE html><p>Please log in", "is a web page"),
    "a mark before it": (b'\xef\xbb\xbf["1"]', "lists 1 names and no version"),
    "nothing": (b"", "lists nothing"),
    "nothing in it": (b"[]", "lists nothing"),
    "other names": (
        b'["jq-1.6", "jq-1.7"]',
        r"2 names and no version: `jq-1\.6`, `jq-1",
    ),
    "numbers": (b"[1.10]", "has an array where a version should be"),
    "too large": (b" " * (MAX_LIST_BYTES + 1), "more than 16777216 bytes"),
}


@pytest.mark.parametrize(("data", "message"), HOSTILE.values(), ids=list(HOSTILE))
def test_what_is_no_list_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(RefusedError, match=message) as caught:
        read(data)
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    ("data", "path", "message"),
    [
        (b'{"a": 1}', "a", "a number or flag where a version should be"),
        (b'["1"]', "a", "an array at `a` of versions_path"),
        (b'{"a": "1"}', "a[]", r"a string at `\[\]` of versions_path"),
        (b'{"a": "1"}', "b", "lists nothing"),
    ],
)
def test_a_path_that_leads_elsewhere_is_named(
    data: bytes, path: str, message: str
) -> None:
    with pytest.raises(RefusedError, match=message):
        read(data, path)


def test_damaged_toml_is_refused() -> None:
    with pytest.raises(RefusedError, match="not TOML"):
        read(b"versions = [", file_name="versions.toml")


@given(st.binary(max_size=200), st.sampled_from(["list", "list.toml"]))
def test_any_bytes_are_a_list_or_an_error_of_ours(data: bytes, file_name: str) -> None:
    try:
        found = read(data, file_name=file_name)
    except RefusedError:
        return
    assert all(re.fullmatch(r"[0-9A-Za-z.+_~-]+", text) for text in texts(found))
