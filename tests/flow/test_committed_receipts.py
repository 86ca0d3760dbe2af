"""A repository may hold a receipt: of another build, or made to deceive one."""

from __future__ import annotations

import hashlib
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.flow.scene import BINARY, publish

if TYPE_CHECKING:
    from tests.flow.scene import Scene
    from tests.origins.nginx import Site

EVIL = BINARY.replace(b"echo", b"evil")
RECEIPT = ".fetchkit/fetchkit.json"
INSTALLED = "vendor/tool/bin/tool-1.2.3"


@pytest.fixture
def built(scene: Scene, nginx: Site) -> Scene:
    """An app after one good build."""
    publish(scene, nginx)
    ended = scene.compile()
    assert ended.code == 0, ended.said
    return scene


def rebuilt(scene: Scene) -> bytes:
    ended = scene.compile()
    assert ended.code == 0, ended.said
    return (scene.app_dir / INSTALLED).read_bytes()


def test_a_binary_of_the_same_size_is_not_taken_for_the_installed_one(
    built: Scene,
) -> None:
    assert len(EVIL) == len(BINARY)
    (built.app_dir / INSTALLED).write_bytes(EVIL)
    assert rebuilt(built) == BINARY


def test_a_receipt_that_tells_of_another_binary_is_not_believed(built: Scene) -> None:
    (built.app_dir / INSTALLED).write_bytes(EVIL)
    path = built.app_dir / RECEIPT
    good, evil = (hashlib.sha256(data).hexdigest() for data in (BINARY, EVIL))
    path.write_text(path.read_text().replace(good, evil))
    assert rebuilt(built) == BINARY


def test_a_true_receipt_means_nothing_to_a_cache_that_did_not_see_it(
    built: Scene,
) -> None:
    shutil.rmtree(built.cache_dir)
    ended = built.compile()
    assert ended.code == 0, ended.said
    assert "Nothing to do" not in ended.stderr


def test_the_same_cache_and_the_same_bytes_leave_nothing_to_do(built: Scene) -> None:
    assert "Nothing to do" in built.compile().stderr
