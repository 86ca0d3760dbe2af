"""Killed at any step, or without space at any step: old or new, never mixed.

The real program is killed when it is about to make its n-th change to a disk, or
that change fails; n grows until a run comes through (`tests/flow/faults`).
"""

from __future__ import annotations

import copy
import shutil
import signal
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.flow.scene import publish
from tests.flow.test_refusals import assert_nothing_left

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.flow.program import Ended
    from tests.flow.scene import Scene
    from tests.origins.nginx import Site

pytestmark = pytest.mark.slow

FAULTS_DIR = Path(__file__).parent / "faults"
FEWEST_STEPS = 25
"""A build that replaces another makes at least so many changes: the faults strike."""
MOST_STEPS = 150
"""And never so many: the loop comes to an end."""
PROCFILE = "web: node x.js\n"
BINARY = "vendor/tool/bin/tool-latest"


class Update(NamedTuple):
    """An app in which one release is installed, and another is published."""

    scene: Scene
    old: dict[str, str]
    new: dict[str, str]


@pytest.fixture
def update(scene: Scene, nginx: Site) -> Update:
    """1.0.0 is installed; 1.2.3 brings another file name and wraps a process."""
    start_app(scene)
    publish(scene, nginx)
    scene.artifact()["process"] = {"wrap": "web"}
    build(scene)
    new = scene.installed()
    shutil.rmtree(scene.app_dir)
    shutil.rmtree(scene.cache_dir)
    start_app(scene)
    publish(scene, nginx, b"the old one", version="1.0.0")
    build(scene)
    old = scene.installed()
    publish(scene, nginx)
    scene.artifact()["process"] = {"wrap": "web"}
    return Update(scene, old, new)


def test_killed_build_is_whole_again_after_the_next(update: Update) -> None:
    scene = update.scene
    for ended in each_fault(scene, "kill"):
        assert ended.code == -signal.SIGKILL
        build(scene)
        assert scene.installed() == update.new
        assert_only_arriving_left(scene)


def test_killed_build_is_undone_by_a_build_of_the_old_manifest(
    update: Update, nginx: Site
) -> None:
    """As after a deploy that was rolled back."""
    scene = update.scene
    manifest = copy.deepcopy(scene.manifest)
    for _ in each_fault(scene, "kill", stride=3):
        publish(scene, nginx, b"the old one", version="1.0.0")
        build(scene)
        # Once written, the Procfile belongs to the app again.
        assert without(scene.installed(), "Procfile") == without(update.old, "Procfile")
        scene.manifest = copy.deepcopy(manifest)
        scene.write_manifest()


def test_binary_is_there_and_whole_at_every_moment(scene: Scene, nginx: Site) -> None:
    start_app(scene)
    publish(scene, nginx, b"the old one", version="latest")
    build(scene)
    publish(scene, nginx, b"the new one!", version="latest")
    contents = set()
    for _ in each_fault(scene, "kill"):
        contents.add((scene.app_dir / BINARY).read_bytes())
    assert contents == {b"the old one", b"the new one!"}


def test_full_disk_leaves_the_old_or_the_new(update: Update) -> None:
    scene = update.scene
    for ended in each_fault(scene, "ENOSPC"):
        assert "Traceback" not in ended.said
        assert "a bug in fetchkit" not in ended.said
        binaries = {path for path in scene.installed() if "tool-" in path}
        assert len(binaries) == 1
        assert ended.code != 0 or scene.installed() == update.new
        assert_only_arriving_left(scene)


def each_fault(scene: Scene, action: str, *, stride: int = 1) -> Iterator[Ended]:
    """Run the build once for each of its changes, always from the same start.

    Args:
        stride: 3 tries every third change.
    """
    start, marker = scene.home / "start", scene.home / "struck"
    for directory in (scene.app_dir, scene.cache_dir):
        shutil.copytree(directory, start / directory.name, symlinks=True)
    scene.write_manifest()
    for number in range(1, MOST_STEPS, stride):
        program = scene.running()
        path = f"{FAULTS_DIR}:{program.environ()['PYTHONPATH']}"
        fault = f"{action} {number} {marker}"
        program = program.with_variables(PYTHONPATH=path, TEST_FAULT=fault)
        ended = program.run(*scene.arguments())
        if not marker.exists():
            assert ended.code == 0, ended.said
            assert number > FEWEST_STEPS
            return
        marker.unlink()
        yield ended
        for directory in (scene.app_dir, scene.cache_dir):
            shutil.rmtree(directory)
            shutil.copytree(start / directory.name, directory, symlinks=True)
    pytest.fail(f"more than {MOST_STEPS} changes")


def start_app(scene: Scene) -> None:
    scene.app_dir.mkdir(exist_ok=True)
    (scene.app_dir / "Procfile").write_text(PROCFILE)


def build(scene: Scene) -> None:
    ended = scene.compile()
    assert ended.code == 0, ended.said


def without(tree: dict[str, str], name: str) -> dict[str, str]:
    return {path: what for path, what in tree.items() if path != name}


def assert_only_arriving_left(scene: Scene) -> None:
    """What was arriving stays for a day: it may belong to a run that is alive."""
    for name in scene.arriving():
        (scene.store_dir / "ingest" / name).unlink()
    for path in scene.temp_dir.iterdir():
        shutil.rmtree(path)  # of a verifier whose master was killed
    assert_nothing_left(scene)
