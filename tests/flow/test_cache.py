"""A cache is worth what its digests prove: damaged, foreign, full, or far too big."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.flow.scene import BINARY, publish
from tests.flow.test_refusals import assert_nothing_left, assert_refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.flow.scene import Scene
    from tests.origins.nginx import Site

ROOT_ONLY = pytest.mark.skipif(
    os.geteuid() != 0, reason="NOT RUN AS ROOT, no disk can be mounted"
)


@pytest.fixture
def cached(scene: Scene, nginx: Site) -> Scene:
    """The binary is in the cache, and the app is empty again."""
    publish(scene, nginx)
    assert scene.compile().code == 0
    subprocess.run(["rm", "-r", str(scene.app_dir)], check=True)
    scene.app_dir.mkdir()
    return scene


def blob_of(scene: Scene, data: bytes) -> Path:
    blobs = scene.store_dir / "blobs/sha256"
    return next(path for path in blobs.iterdir() if path.read_bytes() == data)


@pytest.mark.parametrize("damage", ["changed", "truncated", "empty", "grown", "link"])
def test_damaged_blob_is_set_aside_and_fetched_again(
    cached: Scene, nginx: Site, damage: str
) -> None:
    blob = blob_of(cached, BINARY)
    blob.chmod(0o644)
    if damage == "changed":
        blob.write_bytes(BINARY[:-1] + b"\1")
    elif damage == "truncated":
        os.truncate(blob, 100)
    elif damage == "empty":
        os.truncate(blob, 0)
    elif damage == "grown":
        blob.write_bytes(BINARY + b"x")
    else:
        blob.symlink_to(blob.rename(cached.home / "elsewhere"))
    before = len(nginx.served())
    ended = cached.compile()
    assert ended.code == 0, ended.said
    assert len(nginx.served()) > before
    installed = cached.app_dir / "vendor/tool/bin/tool-1.2.3"
    assert installed.read_bytes() == BINARY
    assert not blob.is_symlink()


def test_damaged_blob_is_an_error_offline(cached: Scene) -> None:
    blob = blob_of(cached, BINARY)
    blob.chmod(0o644)
    blob.write_bytes(b"evil")
    before = cached.installed()
    ended = cached.compile("--offline")
    assert ended.code == 22, ended.said
    assert cached.installed() == before


def test_bytes_signed_for_one_product_are_judged_anew_for_another(
    cached: Scene,
) -> None:
    """The same url and digest, and a verdict in the cache, but another pinned key."""
    cached.trust("second")
    cached.artifact()["signed_by"] = ["second"]
    assert_refused(cached.compile(), 33, "`tool`")


@pytest.mark.parametrize("name", ["meta", "verdicts"])
@pytest.mark.parametrize("text", ["", "{", "null", "[]", '{"digest": 7}'])
def test_what_is_remembered_may_be_rubbish(cached: Scene, name: str, text: str) -> None:
    for path in (cached.store_dir / name).iterdir():
        path.chmod(0o600)
        path.write_text(text)
    assert cached.compile().code == 0


def test_verdict_of_another_file_does_not_count(cached: Scene, nginx: Site) -> None:
    """Planted under the name of a binary that was never signed."""
    nginx.add("tool-1.2.3", b"evil")
    (cached.store_dir / "verdicts").rename(cached.home / "verdicts")
    evil = cached.store_dir / "verdicts"
    evil.mkdir()
    for path in (cached.home / "verdicts").iterdir():
        (evil / path.name).write_text(path.read_text())
    for path in (cached.store_dir / "meta").iterdir():
        path.unlink()
    assert_refused(cached.compile(), 32, "`tool`")


@pytest.mark.parametrize(
    ("make", "code", "reason"),
    [
        pytest.param("mkdir -m 0777", 40, "everybody may write", id="open to all"),
        pytest.param("touch", 40, "not a directory", id="a file"),
        pytest.param("ln -s /proc", 40, "", id="a link elsewhere"),
    ],
)
def test_cache_that_others_could_change_is_refused(
    scene: Scene, nginx: Site, make: str, code: int, reason: str
) -> None:
    publish(scene, nginx)
    cache_dir = scene.home / "shared"
    subprocess.run([*make.split(), str(cache_dir)], check=True)
    before = scene.installed()
    ended = scene.compile("--cache-dir", str(cache_dir))
    assert_refused(ended, code, reason)
    assert scene.installed() == before


# ------------------------------------------------------------------- real disks


@pytest.fixture
def mounted(scene: Scene) -> Iterator[list[Path]]:
    """Directories to be unmounted in the end."""
    found: list[Path] = []
    yield found
    for path in found:
        subprocess.run(["umount", str(path)], check=False)


def mount(path: Path, mounted: list[Path], options: str) -> None:
    path.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", options, "none", str(path)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("NO RIGHT TO MOUNT, real full disks are not tested")
    mounted.append(path)


@ROOT_ONLY
@pytest.mark.parametrize("full", ["app_dir", "cache_dir"])
def test_full_disk_leaves_nothing(
    scene: Scene, nginx: Site, mounted: list[Path], full: str
) -> None:
    publish(scene, nginx, os.urandom(1 << 20))
    mount(getattr(scene, full), mounted, "size=256k")
    before = scene.installed()
    ended = scene.compile()
    assert_refused(ended, 43, "[Nn]o space|bytes free")
    assert scene.installed() == before
    assert_nothing_left(scene)


@ROOT_ONLY
def test_full_temporary_directory_is_not_called_a_bad_key(
    scene: Scene, nginx: Site, mounted: list[Path]
) -> None:
    publish(scene, nginx)
    mount(scene.temp_dir, mounted, "size=4k,nr_inodes=2")
    ended = scene.compile()
    assert_refused(ended, 43, "[Nn]o space")


@ROOT_ONLY
def test_read_only_app_is_refused(
    scene: Scene, nginx: Site, mounted: list[Path]
) -> None:
    publish(scene, nginx)
    mount(scene.app_dir, mounted, "size=1m")
    subprocess.run(["mount", "-o", "remount,ro", str(scene.app_dir)], check=True)
    assert_refused(scene.compile(), 40, "Read-only")


@ROOT_ONLY
def test_cache_and_app_may_be_on_different_disks(
    scene: Scene, nginx: Site, mounted: list[Path]
) -> None:
    publish(scene, nginx)
    mount(scene.app_dir, mounted, "size=1m")
    ended = scene.compile()
    assert ended.code == 0, ended.said


# ----------------------------------------------------------------------- memory

BIG_BYTES = 1 << 30
MOST_MEMORY_KIB = 64 * 1024


SHOW_PEAK = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""
"""A small process between us and the program: a child counts as its own what its
parent had when it was forked, and this one has a whole test suite."""


@pytest.mark.slow
def test_memory_stays_flat_for_a_gigabyte(scene: Scene, nginx: Site) -> None:
    """Pinned by digest: signing a gigabyte here would take longer than the test."""
    name = "big-1.0"
    nginx.add(name, b"")
    os.truncate(nginx.root / name, BIG_BYTES)
    digest = subprocess.run(
        ["sha256sum", str(nginx.root / name)], capture_output=True, check=True
    ).stdout[:64]
    artifact = {
        "version": "1.0",
        "url": nginx.url(name),
        "sha256": digest.decode(),
        "install": {"dir": "vendor"},
    }
    scene.manifest = {"schema": 1, "artifacts": {"big": artifact}}
    scene.write_manifest()
    watched = scene.running().behind(sys.executable, "-c", SHOW_PEAK)
    ended = watched.run(*scene.arguments())
    assert ended.code == 0, ended.said
    assert (scene.app_dir / "vendor" / name).stat().st_size == BIG_BYTES
    assert int(ended.stdout) < MOST_MEMORY_KIB
