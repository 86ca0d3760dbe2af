"""Which Python starts fetchkit, on stacks that have none (H-30, H-32)."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from fetchkit.buildpack.layout import lay_out
from tests.cloudfoundry.buildpacks import write_script

if TYPE_CHECKING:
    from pathlib import Path

PYTHON = """\
#!/bin/sh
# Answers what is asked of a Python, and says who it is.
case $1 in -c) exit {code} ;; esac
echo "{name} $3"
"""


@pytest.fixture
def buildpack(tmp_path: Path) -> Path:
    """The scripts of a buildpack, at a path with a space."""
    home = tmp_path / "my buildpack"
    files = lay_out(descriptor=b"", manifest=b"", lock=None, keys={}, program=b"")
    for name, file in files.items():
        write_script(home / name, file.data.decode())
    return home


@pytest.fixture
def shell_only(tmp_path: Path) -> Path:
    """A PATH with a shell's tools and no Python."""
    directory = tmp_path / "bin"
    directory.mkdir()
    for name in ("sh", "dirname"):
        os.symlink(f"/bin/{name}", directory / name)
    return directory


def supply(
    buildpack: Path, search: Path, deps: Path
) -> subprocess.CompletedProcess[str]:
    """A supply, as the platform calls it."""
    return subprocess.run(
        [buildpack / "bin/supply", "build", "cache", deps, "1"],
        env={"PATH": str(search)},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


def add_python(path: Path, name: str, *, is_new: bool = True) -> None:
    write_script(path, PYTHON.format(name=name, code=0 if is_new else 1))


def test_the_first_that_is_new_enough_is_taken(
    buildpack: Path, shell_only: Path, tmp_path: Path
) -> None:
    deps = tmp_path / "the deps"
    add_python(buildpack / "vendor/python/bin/python3", "vendored")
    assert supply(buildpack, shell_only, deps).stdout == "vendored supply\n"
    add_python(deps / "0/bin/python3", "supplied")
    assert supply(buildpack, shell_only, deps).stdout == "supplied supply\n"
    add_python(shell_only / "python3", "old", is_new=False)
    assert supply(buildpack, shell_only, deps).stdout == "supplied supply\n"
    add_python(shell_only / "python3.12", "installed")
    assert supply(buildpack, shell_only, deps).stdout == "installed supply\n"


def test_without_any_three_ways_out_are_named(
    buildpack: Path, shell_only: Path, tmp_path: Path
) -> None:
    ended = supply(buildpack, shell_only, tmp_path / "deps")
    assert ended.returncode == 1
    assert ended.stdout == ""
    for way in ("heroku-22", "a buildpack in front of this one", "vendor/python"):
        assert way in ended.stderr
