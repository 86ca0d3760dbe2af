"""Names and paths from outside: what passes can never leave its root."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fetchkit.errors import InvalidValueError
from fetchkit.paths import (
    escaped,
    parse_name,
    parse_rel_path,
    parse_variable,
    parse_version,
    printable,
)


@given(st.text(st.sampled_from("ab./\\-~ \n\0\x85é\ud800"), max_size=12))
def test_path_that_passes_stays_below_its_root(text: str) -> None:
    try:
        path = parse_rel_path(text)
    except InvalidValueError:
        return
    joined = os.path.normpath(os.path.join("/root", path))
    assert joined == f"/root/{path}"
    assert path.isprintable()
    assert parse_rel_path(path) == path


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "..",
        "/",
        "a/..",
        "a/../..",
        "/a",
        "a\\b",
        "a\nb",
        "a\0",
        "a\x1bb",
        "x" * 256,
        "x/" * 600,
        "\ud800",
    ],
)
def test_hostile_path_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError):
        parse_rel_path(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "..",
        "../x",
        "a/b",
        "a\nb",
        "-rf",
        "~",
        "a b",
        "%2e%2e",
        "é",
        "a" * 200,
        "a..b",
        "$(x)",
        "`x`",
        "a;b",
        "a\0",
        ".hidden",
    ],
)
def test_hostile_name_or_version_is_refused(text: str) -> None:
    for parse in (parse_name, parse_version):
        with pytest.raises(InvalidValueError):
            parse(text)


@pytest.mark.parametrize("text", ["1", "1.10", "v1.2.3-rc.1+build_5", "2:1.0~a"[2:]])
def test_usual_versions_pass(text: str) -> None:
    assert parse_version(text) == text


@pytest.mark.parametrize("text", ["", "1A", "A=B", "A;touch x", "A B", "é", "A\n"])
def test_hostile_variable_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError):
        parse_variable(text)


@given(st.text(max_size=300))
def test_shown_text_is_one_line_that_steers_no_terminal(text: str) -> None:
    assert printable(text).isprintable()
    assert escaped(text).isprintable()
