"""Many builds at once, one cache: one download, right trees, no ghosts."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.flow.program import wait_for
from tests.flow.scene import publish
from tests.flow.test_refusals import assert_nothing_left
from tests.flow.trees import listing

if TYPE_CHECKING:
    from pathlib import Path

    from tests.flow.program import Program
    from tests.flow.scene import Scene
    from tests.origins.nginx import Site

MANY = 50
WITHOUT_LOCKS = (
    *("strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=flock"),
    *("-e", "inject=flock:error=ENOLCK"),
)
BIG = os.urandom(1 << 20) * 8


def build_at_once(scene: Scene, program: Program, count: int) -> None:
    """Run `count` builds, each of its own app, with one cache; all must be right."""
    scene.write_manifest()
    apps = [scene.home / f"app-{number}" for number in range(count)]
    running = []
    for app in apps:
        app.mkdir()
        words = [app if word == scene.app_dir else word for word in scene.arguments()]
        running.append(program.start(*words))
    for ended in map(wait_for, running):
        assert ended.code == 0, ended.said
    trees = [listing(app) for app in apps]
    assert "vendor/tool/bin/tool-1.2.3" in trees[0]
    assert all(tree == trees[0] for tree in trees)


def test_fifty_builds_of_one_artifact_download_it_once(
    scene: Scene, nginx: Site
) -> None:
    publish(scene, nginx, BIG)
    build_at_once(scene, scene.running(), MANY)
    binary = [one for one in nginx.served() if one.path.endswith("/tool-1.2.3")]
    assert len(binary) == 1
    assert_nothing_left(scene)


def test_fifty_builds_without_locks_are_right_all_the_same(
    scene: Scene, nginx: Site
) -> None:
    if shutil.which("strace") is None:
        pytest.skip("STRACE IS MISSING, no lock can be made to fail")
    publish(scene, nginx)
    build_at_once(scene, scene.running().behind(*WITHOUT_LOCKS), MANY)


def test_two_versions_in_one_app_end_in_one_of_them(scene: Scene, nginx: Site) -> None:
    trees = []
    for version in ("1.0.0", "1.2.3"):
        publish(scene, nginx, version.encode() * 1000, version=version)
        scene.write_manifest()
        shutil.copytree(scene.manifest_file.parent, scene.home / version)
        assert scene.compile().code == 0
        trees.append(scene.installed())
        shutil.rmtree(scene.app_dir)
        scene.app_dir.mkdir()
    for _ in range(3):
        running = []
        for version in ("1.0.0", "1.2.3") * 3:
            manifest = scene.home / version / "fetchkit.toml"
            words = [
                manifest if word == scene.manifest_file else word
                for word in scene.arguments()
            ]
            running.append(scene.running().start(*words))
        for ended in map(wait_for, running):
            assert ended.code == 0, ended.said
        # The profile script is written after the lock is given back, and is equal.
        assert scene.installed() in trees


def test_build_without_locks_works_and_says_so(scene: Scene, nginx: Site) -> None:
    if shutil.which("strace") is None:
        pytest.skip("STRACE IS MISSING, no lock can be made to fail")
    publish(scene, nginx)
    scene.write_manifest()
    ended = scene.running().behind(*WITHOUT_LOCKS).run(*scene.arguments())
    assert ended.code == 0, ended.said
    assert "lock" in ended.stderr
    assert "vendor/tool/bin/tool-1.2.3" in scene.installed()


@pytest.fixture
def lock_file(scene: Scene, nginx: Site) -> Path:
    """The lock of the artifact's download, after a build that made it."""
    publish(scene, nginx, version="latest")
    assert scene.compile().code == 0
    locks = (scene.store_dir / "locks").glob("*.lock")
    return next(path for path in locks if "install" not in path.name)


def test_lock_of_a_killed_build_is_free(scene: Scene, lock_file: Path) -> None:
    child = os.fork()
    if child == 0:
        descriptor = os.open(lock_file, os.O_RDWR)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        signal.pause()
    _wait_until_locked(lock_file)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert scene.compile().code == 0


def test_build_waits_for_whoever_holds_the_lock(scene: Scene, lock_file: Path) -> None:
    scene.write_manifest()
    with lock_file.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        waiting = scene.running().start(*scene.arguments())
        with pytest.raises(Exception, match="timed out"):
            waiting.wait(timeout=1)
    assert wait_for(waiting).code == 0


def test_link_in_place_of_a_lock_is_not_followed(
    scene: Scene, lock_file: Path, tmp_path: Path
) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine")
    lock_file.unlink()
    lock_file.symlink_to(precious)
    ended = scene.compile()
    assert ended.code == 44, ended.said
    assert str(lock_file) in ended.stderr
    assert precious.read_text() == "mine"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_build_leaves_nothing_and_the_next_goes_on(
    scene: Scene, lock_file: Path, number: signal.Signals
) -> None:
    before = scene.installed()
    scene.write_manifest()
    with lock_file.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        waiting = scene.running().start(*scene.arguments())
        time.sleep(1)  # until it waits; sooner would test less, not fail
        waiting.send_signal(number)
        ended = wait_for(waiting)
    assert ended.code == 128 + number
    assert ended.stdout == ""
    assert "Traceback" not in ended.stderr
    assert scene.installed() == before
    assert_nothing_left(scene)
    assert scene.compile().code == 0


def _wait_until_locked(path: Path) -> None:
    for _ in range(200):
        with path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
        time.sleep(0.02)
    raise TimeoutError(path)
