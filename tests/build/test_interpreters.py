"""Which Pythons a build finds, and which it does not believe."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from fetchkit_build.errors import BuildError
from fetchkit_build.interpreters import (
    Interpreter,
    choose,
    describe,
    find_interpreters,
)

if TYPE_CHECKING:
    from pathlib import Path


def script(directory: Path, name: str, text: str) -> str:
    path = directory / name
    path.write_text(text)
    path.chmod(0o755)
    return str(path)


def interpreter(major: int, minor: int, patch: int) -> Interpreter:
    return Interpreter(
        executable=f"/opt/python{major}.{minor}.{patch}",
        version=(major, minor, patch),
        cache_tag=f"cpython-{major}{minor}",
        magic="00",
    )


def test_a_python_describes_itself() -> None:
    found = describe(sys.executable)
    assert found is not None
    assert found.version == sys.version_info[:3]
    assert found.cache_tag == sys.implementation.cache_tag


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param("exit 1", id="fails"),
        pytest.param("echo hello", id="says something else"),
        pytest.param("echo pypy310 00 3 10 13 final", id="is not CPython"),
        pytest.param("echo cpython-315 00 3 15 0 alpha", id="is not released"),
    ],
)
def test_what_is_no_released_cpython_is_not_taken(answer: str, tmp_path: Path) -> None:
    assert describe(script(tmp_path, "python3", f"#!/bin/sh\n{answer}\n")) is None


def test_a_script_that_chooses_a_python_is_passed_by(tmp_path: Path) -> None:
    shim = script(tmp_path, "python3.99", f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    found = find_interpreters(str(tmp_path), home=str(tmp_path))
    assert shim not in {one.executable for one in found}


def test_each_series_is_found_once_and_oldest_first() -> None:
    found = find_interpreters("", home="/nonexistent")
    assert list(found) == sorted(found, key=lambda one: one.version)
    assert len({one.series for one in found}) == len(found)
    assert all(one.version >= (3, 10) for one in found)


def test_the_wanted_series_are_chosen_in_order() -> None:
    found = [interpreter(3, 9, 1), interpreter(3, 10, 2), interpreter(3, 12, 4)]
    assert choose(found, ["3.12", "3.9", "3.12"]) == [found[0], found[2]]


def test_a_series_that_is_not_there_stops_the_build() -> None:
    with pytest.raises(
        BuildError, match=r"no Python 3\.13 to compile for; there is 3\.10"
    ):
        choose([interpreter(3, 10, 2)], ["3.10", "3.13"])
