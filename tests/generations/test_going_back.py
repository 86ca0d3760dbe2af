"""`rollback` and `uninstall`: back to what was, or away with all of it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.flow.program import Program
from tests.flow.trees import listing

if TYPE_CHECKING:
    from tests.project import Project

FAULTS_DIR = Path(__file__).parents[1] / "flow" / "faults"
FEWEST_STEPS = 8
MOST_STEPS = 80


def _install(project: Project, version: str) -> dict[str, str]:
    """Install one version; what is on disk then, but for the memory of it."""
    project.publish("tool", version)
    project.succeed("install", "app")
    return _visible(project)


def _visible(project: Project) -> dict[str, str]:
    return {
        path: what
        for path, what in listing(project.directory / "app").items()
        if not path.startswith(".fetchkit")
    }


@pytest.fixture
def history(project: Project) -> tuple[Project, list[dict[str, str]]]:
    """Three versions, one after the other; the last is installed."""
    return project, [_install(project, f"{number}.0.0") for number in (1, 2, 3)]


History = tuple["Project", list[dict[str, str]]]


def test_rollback_goes_back_step_by_step(history: History) -> None:
    project, (first, second, third) = history
    assert _visible(project) == third
    said = project.succeed("rollback", "app").stderr
    assert "Back to tool 2.0.0" in said
    assert _visible(project) == second
    project.succeed("rollback", "app")
    assert _visible(project) == first


def test_rollback_beyond_the_first_is_refused(history: History) -> None:
    project, (first, *_) = history
    project.succeed("rollback", "app")
    project.succeed("rollback", "app")
    project.refuse(10, "no earlier generation", by="rollback app")
    assert _visible(project) == first


def test_rollback_asks_nobody(history: History) -> None:
    project, _ = history
    before = len(project.origin.requests)
    project.succeed("rollback", "app", "--offline")
    assert len(project.origin.requests) == before


def test_rolled_back_installation_is_intact(history: History) -> None:
    project, _ = history
    project.succeed("rollback", "app")
    project.succeed("verify", "--installed", "app")
    shown = json.loads(project.succeed("list", "--installed", "app", "--json").stdout)
    assert [each["version"] for each in shown["artifacts"]] == ["2.0.0"]


def test_install_after_a_rollback_goes_forward_again(history: History) -> None:
    project, (_, second, third) = history
    project.succeed("rollback", "app")
    project.succeed("install", "app")
    assert _visible(project) == third
    project.succeed("rollback", "app")
    assert _visible(project) == second


def test_five_generations_are_kept(project: Project) -> None:
    for number in range(8):
        _install(project, f"{number}.0.0")
    kept = list((project.directory / "app/.fetchkit/generations/fetchkit").iterdir())
    assert len(kept) == 5
    for _ in kept:
        project.succeed("rollback", "app")
    project.refuse(10, "no earlier generation", by="rollback app")


def test_installing_the_same_again_makes_no_generation(project: Project) -> None:
    _install(project, "1.0.0")
    project.succeed("install", "app")
    project.refuse(10, "no earlier generation", by="rollback app")


def test_rollback_without_the_bytes_changes_nothing(history: History) -> None:
    project, (*_, third) = history
    shutil.rmtree(project.directory / "cache")
    project.refuse(40, "2.0.0", "no longer in the cache", by="rollback app")
    assert _visible(project) == third


def test_damaged_bytes_are_not_rolled_back_to(history: History) -> None:
    project, (*_, third) = history
    for blob in (project.directory / "cache/v1/blobs/sha256").iterdir():
        blob.chmod(0o644)
        blob.write_bytes(b"evil")
    project.refuse(40, "no longer in the cache", by="rollback app")
    assert _visible(project) == third


def test_file_of_somebody_else_stops_a_rollback(history: History) -> None:
    project, _ = history
    mine = project.directory / "app/vendor/tool-2.0.0-amd64"
    mine.write_text("mine")
    before = _visible(project)
    project.refuse(44, "vendor/tool-2.0.0-amd64", by="rollback app")
    assert _visible(project) == before


@pytest.mark.slow
def test_killed_rollback_leaves_one_generation_whole(history: History) -> None:
    """Killed before each of its changes, and run again: never a mixture."""
    project, (_, second, third) = history
    start = project.directory / "start"
    shutil.copytree(project.directory / "app", start, symlinks=True)
    for number in range(1, MOST_STEPS):
        marker = project.directory / f"struck-{number}"
        program = Program()
        path = f"{FAULTS_DIR}:{program.environ()['PYTHONPATH']}"
        ended = program.with_variables(
            PYTHONPATH=path,
            TEST_FAULT=f"kill {number} {marker}",
            FETCHKIT_CACHE_DIR=str(project.directory / "cache"),
        ).run("rollback", project.directory / "app")
        if not marker.exists():
            assert ended.code == 0, ended.said
            assert number > FEWEST_STEPS
            return
        # Whoever comes next puts it right: what the manifest asks for is back.
        project.succeed("install", "app")
        assert _visible(project) == third
        project.succeed("verify", "--installed", "app")
        project.succeed("rollback", "app")
        assert _visible(project) == second
        shutil.rmtree(project.directory / "app")
        shutil.copytree(start, project.directory / "app", symlinks=True)
    pytest.fail(f"more than {MOST_STEPS} changes")


# ---------------------------------------------------------------- uninstall


def test_uninstall_takes_away_what_was_installed_and_nothing_else(
    project: Project,
) -> None:
    mine = project.directory / "app/vendor/mine"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    before = listing(project.directory / "app")
    _install(project, "1.0.0")
    _install(project, "2.0.0")
    ended = project.succeed("uninstall", "app", "--json")
    assert json.loads(ended.stdout) == {
        "root": str(project.directory / "app"),
        "removed": ["tool"],
    }
    assert listing(project.directory / "app") == before


def test_uninstall_of_nothing_is_an_error(project: Project) -> None:
    (project.directory / "app").mkdir()
    assert project.run("uninstall", "app").code == 10


def test_owner_is_asked_for_where_there_are_several(project: Project) -> None:
    first = _install(project, "1.0.0")
    project.manifest["name"] = "other"
    project.publish("another")
    project.artifact("another")["install"] = {"dir": "elsewhere"}
    del project.manifest["artifacts"]["tool"]
    project.succeed("install", "app")
    project.refuse(2, "fetchkit", "other", "--owner", by="uninstall app")
    project.succeed("uninstall", "app", "--owner", "other")
    assert _visible(project) == first


def test_install_after_uninstall_starts_anew(project: Project) -> None:
    first = _install(project, "1.0.0")
    project.succeed("uninstall", "app")
    project.succeed("install", "app")
    assert _visible(project) == first


# ------------------------------------------------- uninstall, and an app's own work


def test_uninstall_leaves_what_was_changed_unless_it_is_forced(
    project: Project,
) -> None:
    _install(project, "1.0.0")
    binary = project.directory / "app" / "vendor" / "tool-1.0.0-amd64"
    binary.write_bytes(b"mine now")
    project.refuse(44, "vendor/tool-1.0.0-amd64", "--force", by="uninstall app")
    assert binary.read_bytes() == b"mine now"
    project.succeed("uninstall", "app", "--force")
    assert not binary.exists()


def test_uninstall_takes_the_profile_script_and_names_the_procfile(
    project: Project,
) -> None:
    project.publish("tool")
    project.artifact("tool")["install"]["path"] = True
    project.artifact("tool")["process"] = {"wrap": "web"}
    project.write_manifest()
    app = project.directory / "app"
    app.mkdir()
    (app / "Procfile").write_text("web: node server.js\n")
    project.succeed("compile", "app", "cache", "--manifest", "fetchkit.toml")
    assert (app / ".profile.d" / "fetchkit.sh").exists()
    said = project.succeed("uninstall", "app").stderr
    assert "web still runs `tool node server.js`" in said
    assert not (app / ".profile.d").exists()
