"""Caches that cannot be written to: what is there serves, what is missing is said.

The disks are real: file systems of their own in a mount namespace of the child.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from fetchkit.digest import Digest
from tests.flow.scene import BINARY, publish

if TYPE_CHECKING:
    from pathlib import Path

    from tests.flow.scene import Scene
    from tests.origins.nginx import Site

IN_NAMESPACE = ["unshare", "--mount", "--map-root-user", "--"]
READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
FULL = 'mount -t tmpfs -o size=40k none "$0" && exec "$@"'
FULL_WITH_CONTENT = (
    'mkdir "$0.copy" && cp -a "$0/." "$0.copy" && mount -t tmpfs -o size=40k none "$0" '
    '&& cp -a "$0.copy/." "$0" && { cat /dev/zero > "$0/filler" 2>&-; exec "$@"; }'
)


def _has_namespaces() -> bool:
    probe = [*IN_NAMESPACE, "/bin/true"]
    try:
        return subprocess.run(probe, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


needs_namespaces = pytest.mark.skipif(
    not _has_namespaces(),
    reason="DISKS NOT TESTED: this machine allows no mount namespace (unshare)",
)
DISKS = {"read-only": READ_ONLY, "full": FULL_WITH_CONTENT}
each_disk = pytest.mark.parametrize("mount", DISKS.values(), ids=list(DISKS))


def mounted(scene: Scene, mount: str) -> None:
    """From now on the cache lies on such a disk."""
    prefix = [*IN_NAMESPACE, "/bin/sh", "-c", mount, str(scene.cache_dir)]
    scene.program = scene.program.behind(*prefix)


@pytest.fixture
def warm(scene: Scene, nginx: Site) -> Scene:
    """Everything is in the cache, nothing is installed."""
    publish(scene, nginx)
    assert scene.compile().code == 0
    subprocess.run(["rm", "-rf", scene.app_dir], check=True)
    scene.app_dir.mkdir()
    return scene


@needs_namespaces
@each_disk
@pytest.mark.parametrize("options", [(), ("--offline",)], ids=["online", "offline"])
def test_what_is_there_is_installed(
    warm: Scene, mount: str, options: tuple[str, ...]
) -> None:
    mounted(warm, mount)
    ended = warm.compile(*options)
    assert ended.code == 0, ended.said
    assert (warm.app_dir / "vendor/tool/bin/tool").read_bytes() == BINARY


LAST = {
    "read-only": (READ_ONLY, "using what was verified last"),
    # Nothing has to be written to hear that nothing is new.
    "full": (FULL_WITH_CONTENT, "not modified"),
}


@needs_namespaces
@pytest.mark.parametrize(("mount", "said"), LAST.values(), ids=list(LAST))
def test_a_url_that_may_have_changed_gives_what_was_verified_last(
    scene: Scene, nginx: Site, mount: str, said: str
) -> None:
    publish(scene, nginx, version="latest")
    assert scene.compile().code == 0
    subprocess.run(["rm", "-rf", scene.app_dir], check=True)
    scene.app_dir.mkdir()
    mounted(scene, mount)
    ended = scene.compile()
    assert ended.code == 0, ended.said
    assert said in ended.stderr
    assert (scene.app_dir / "vendor/tool/bin/tool").read_bytes() == BINARY


MISSING = {"read-only": (READ_ONLY, 40), "full": (FULL, 43)}


@needs_namespaces
@pytest.mark.parametrize(("mount", "code"), MISSING.values(), ids=list(MISSING))
def test_what_is_missing_is_a_clear_error(
    scene: Scene, nginx: Site, mount: str, code: int
) -> None:
    publish(scene, nginx, data=BINARY * 20)
    scene.cache_dir.mkdir()
    mounted(scene, mount)
    ended = scene.compile()
    assert ended.code == code, ended.said
    assert str(scene.cache_dir) in ended.stderr
    assert "hint:" in ended.stderr
    assert list(scene.app_dir.iterdir()) == []


def test_bit_rot_heals_online(warm: Scene) -> None:
    rot(warm)
    ended = warm.compile()
    assert ended.code == 0, ended.said
    assert "damaged" in ended.stderr
    assert (warm.app_dir / "vendor/tool/bin/tool").read_bytes() == BINARY
    assert len(list((warm.store_dir / "quarantine").iterdir())) == 1


def test_bit_rot_is_a_clear_error_offline(warm: Scene) -> None:
    rot(warm)
    ended = warm.compile("--offline")
    assert ended.code == 22, ended.said
    assert "damaged" in ended.stderr
    assert list(warm.app_dir.iterdir()) == []


PLANTED = {
    "a link to the right bytes": lambda blob, good: blob.symlink_to(good),
    "a directory": lambda blob, _: blob.mkdir(),
}


@pytest.mark.parametrize("plant", PLANTED.values(), ids=list(PLANTED))
def test_what_is_no_file_is_set_aside(warm: Scene, plant: object) -> None:
    good = warm.home / "good"
    good.write_bytes(BINARY)
    blob(warm).unlink()
    plant(blob(warm), good)  # type: ignore[operator]
    ended = warm.compile()
    assert ended.code == 0, ended.said
    assert "damaged" in ended.stderr
    assert blob(warm).read_bytes() == BINARY
    assert not blob(warm).is_symlink()


def test_a_layer_serves_where_the_network_does_not(warm: Scene) -> None:
    layer = warm.cache_dir.rename(warm.home / "layer") / "fetchkit"
    warm.program = warm.program.with_variables(FETCHKIT_CACHE_LAYERS=str(layer))
    ended = warm.compile("--offline")
    assert ended.code == 0, ended.said
    assert blob(warm).read_bytes() == BINARY


@needs_namespaces
def test_a_layer_serves_where_the_cache_cannot_be_written_to(warm: Scene) -> None:
    layer = warm.cache_dir.rename(warm.home / "layer") / "fetchkit"
    warm.cache_dir.mkdir()
    warm.program = warm.program.with_variables(FETCHKIT_CACHE_LAYERS=str(layer))
    mounted(warm, READ_ONLY)
    ended = warm.compile("--offline")
    assert ended.code == 0, ended.said
    assert (warm.app_dir / "vendor/tool/bin/tool").read_bytes() == BINARY


def test_what_came_from_a_layer_needs_it_no_more(warm: Scene) -> None:
    layer = warm.cache_dir.rename(warm.home / "layer") / "fetchkit"
    plain = warm.program
    warm.program = plain.with_variables(FETCHKIT_CACHE_LAYERS=str(layer))
    assert warm.compile("--offline").code == 0
    subprocess.run(["rm", "-rf", warm.app_dir, layer], check=True)
    warm.app_dir.mkdir()
    warm.program = plain
    ended = warm.compile("--offline")
    assert ended.code == 0, ended.said


def test_a_layer_with_bytes_nobody_signed_is_refused(warm: Scene) -> None:
    evil = b"#!/bin/sh\necho evil\n"
    layer = warm.cache_dir.rename(warm.home / "layer") / "fetchkit"
    digest = Digest.of(evil)
    (layer / "v1/blobs/sha256" / digest.hex).write_bytes(evil)
    for note in (layer / "v1/meta").iterdir():
        text = note.read_text().replace(Digest.of(BINARY).hex, digest.hex)
        note.write_text(text)
    for verdict in (layer / "v1/verdicts").iterdir():
        name = verdict.name.replace(Digest.of(BINARY).hex, digest.hex)
        text = verdict.read_text().replace(Digest.of(BINARY).hex, digest.hex)
        (verdict.parent / name).write_text(text)
    warm.program = warm.program.with_variables(FETCHKIT_CACHE_LAYERS=str(layer))
    ended = warm.compile("--offline")
    assert ended.code == 32, ended.said
    assert list(warm.app_dir.iterdir()) == []


def blob(scene: Scene) -> Path:
    return scene.store_dir / "blobs/sha256" / Digest.of(BINARY).hex


def rot(scene: Scene) -> None:
    """Flip one bit of the binary in the cache."""
    path = blob(scene)
    path.chmod(0o644)
    data = bytearray(BINARY)
    data[1000] ^= 1
    path.write_bytes(data)
