"""The whole way of a range, by the program itself: chosen once, fixed from then on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fetchkit.manifest.lock import parse_lock
from tests.flow.program import Program

if TYPE_CHECKING:
    from pathlib import Path

    from tests.flow.program import Ended

VERSIONS = ["1.0.0", "1.1.0", "1.2.0-rc.1", "2.0.0"]


class Project:
    """A manifest that asks for a range of what lies beside it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._program = Program(
            variables={
                "FETCHKIT_CACHE_DIR": str(directory / "cache"),
                "HOME": str(directory),
            }
        )
        for version in VERSIONS:
            (directory / f"tool-{version}").write_text(f"echo {version}\n")
        self.list(*VERSIONS)
        self.ask_for("1.x")

    def list(self, *versions: str) -> None:
        (self.directory / "versions.txt").write_text("\n".join(versions))

    def ask_for(self, version: str) -> None:
        (self.directory / "fetchkit.toml").write_text(f"""
schema = 1
[artifacts.tool]
version = "{version}"
versions = "versions.txt"
url = "{self.directory.as_uri()}/{{name}}-{{version}}"
trust = "lock"
[artifacts.tool.install]
dir = "bin"
file = "tool"
""")

    def run(self, *arguments: str) -> Ended:
        manifest = self.directory / "fetchkit.toml"
        return self._program.run(*arguments, "--manifest", manifest)

    def install(self) -> Ended:
        target = self.directory / "app"
        target.mkdir(exist_ok=True)
        return self.run("install", str(target), "--platform", "linux-amd64")

    @property
    def installed(self) -> str:
        return (self.directory / "app" / "bin" / "tool").read_text()

    @property
    def locked(self) -> str:
        data = (self.directory / "fetchkit.lock").read_bytes()
        return parse_lock(data, "fetchkit.lock").artifacts["tool"].version


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_a_range_is_not_installed_without_a_lock(project: Project) -> None:
    ended = project.install()
    assert ended.code == 15
    assert "fetchkit lock" in ended.stderr


def test_a_lock_fixes_what_a_range_stands_for(project: Project) -> None:
    assert project.run("lock").code == 0
    assert project.locked == "1.1.0"
    project.list("no such thing any more")
    ended = project.install()
    assert (ended.code, project.installed) == (0, "echo 1.1.0\n")


def test_only_an_update_moves_what_still_fits(project: Project) -> None:
    project.list("1.0.0")
    assert project.run("lock").code == 0
    project.list("1.0.0", "1.1.0")
    assert project.run("lock").code == 0
    assert project.locked == "1.0.0"
    assert project.run("update").code == 0
    assert project.locked == "1.1.0"


def test_another_range_makes_the_lock_unfit(project: Project) -> None:
    assert project.run("lock").code == 0
    project.ask_for("2.x")
    ended = project.install()
    assert ended.code == 12
    assert "artifacts.tool.version: is 1.1.0, the manifest asks for 2.x" in ended.stderr
    assert project.run("lock").code == 0
    assert project.locked == "2.0.0"


def test_a_word_in_the_lock_fits_no_range(project: Project) -> None:
    (project.directory / "tool-stable").write_text("echo stable\n")
    project.ask_for("stable")
    assert project.run("lock").code == 0
    project.ask_for("1.x")
    ended = project.install()
    assert ended.code == 12
    assert "is stable, the manifest asks for 1.x" in ended.stderr


def test_nothing_that_fits_is_an_error_with_a_place(project: Project) -> None:
    project.ask_for("^3")
    ended = project.run("lock")
    assert ended.code == 15
    assert "artifacts.tool.version: no published version fits `^3`" in ended.stderr
    assert "there is 1.0.0, 1.1.0, 1.2.0-rc.1, 2.0.0" in ended.stderr
