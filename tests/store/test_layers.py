"""Read-only layers: looked at after the own cache, believed in nothing but bytes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from fetchkit.digest import Digest
from fetchkit.errors import SettingsError
from fetchkit.ports import Validators
from fetchkit.store.cache import Cache
from fetchkit.store.layers import DirectoryLayer, open_layers
from fetchkit.store.memory import Remembered
from fetchkit.urls import Url

if TYPE_CHECKING:
    from pathlib import Path

    from tests.store.shelf import Shelf

DATA = b"a binary"
DIGEST = Digest.of(DATA)
URL = Url.parse("https://example.com/tool")


@pytest.fixture
def layer_dir(tmp_path: Path) -> Path:
    """Another cache, with one blob and what is known of it."""
    other = Cache(str(tmp_path / "layer"))
    other.blobs.put(DATA)
    other.memory.remember(
        URL,
        Remembered(
            digest=DIGEST, size=len(DATA), validators=Validators(etag='"stale"')
        ),
    )
    return tmp_path / "layer"


def test_a_hit_in_a_layer_is_copied_here(shelf: Shelf, layer_dir: Path) -> None:
    before = state(layer_dir)
    copy = shelf.with_layers(DirectoryLayer(str(layer_dir))).find(DIGEST, subject="it")
    assert copy is not None
    assert copy.path == str(shelf.blob(DIGEST))
    assert shelf.blob(DIGEST).read_bytes() == DATA
    assert state(layer_dir) == before


def test_a_plain_image_layout_is_a_layer(shelf: Shelf, tmp_path: Path) -> None:
    blobs = tmp_path / "layout" / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    (blobs / DIGEST.hex).write_bytes(DATA)
    layer = DirectoryLayer(str(tmp_path / "layout"))
    assert shelf.with_layers(layer).find(DIGEST, subject="it")
    assert layer.recall(URL) is None


def test_the_own_copy_goes_first(shelf: Shelf, layer_dir: Path) -> None:
    shelf.put(DATA)
    spoil(layer_dir)
    warnings: list[str] = []
    layer = DirectoryLayer(str(layer_dir))
    assert shelf.with_layers(layer, warnings=warnings).find(DIGEST, subject="it")
    assert warnings == []


def test_a_damaged_copy_is_passed_over_and_said(
    shelf: Shelf, layer_dir: Path, tmp_path: Path
) -> None:
    good = Cache(str(tmp_path / "good"))
    good.blobs.put(DATA)
    spoil(layer_dir)
    before = state(layer_dir)
    warnings: list[str] = []
    cache = shelf.with_layers(
        DirectoryLayer(str(layer_dir)),
        DirectoryLayer(str(tmp_path / "good")),
        warnings=warnings,
    )
    copy = cache.find(DIGEST, subject="the tool")
    assert copy is not None
    assert shelf.blob(DIGEST).read_bytes() == DATA
    (warning,) = warnings
    assert "the tool" in warning
    assert str(layer_dir) in warning
    assert state(layer_dir) == before


def test_a_damaged_own_blob_is_healed_from_a_layer(
    shelf: Shelf, layer_dir: Path
) -> None:
    shelf.put(DATA)
    shelf.blob(DIGEST).unlink()
    shelf.blob(DIGEST).write_bytes(b"rotten")
    warnings: list[str] = []
    layer = DirectoryLayer(str(layer_dir))
    copy = shelf.with_layers(layer, warnings=warnings).find(DIGEST, subject="it")
    assert copy is not None
    assert shelf.blob(DIGEST).read_bytes() == DATA
    assert ["damaged" in warning for warning in warnings] == [True]


PLANTED = {
    "a link": lambda path, target: path.symlink_to(target),
    "a pipe": lambda path, _: os.mkfifo(path),
    "a directory": lambda path, _: path.mkdir(),
}


@pytest.mark.parametrize("plant", PLANTED.values(), ids=list(PLANTED))
def test_what_is_no_file_is_not_followed(
    shelf: Shelf, layer_dir: Path, tmp_path: Path, plant: object
) -> None:
    target = tmp_path / "target"
    target.write_bytes(DATA)
    path = layer_dir / "v1" / "blobs" / "sha256" / DIGEST.hex
    path.unlink()
    plant(path, target)  # type: ignore[operator]
    layer = DirectoryLayer(str(layer_dir))
    assert shelf.with_layers(layer).find(DIGEST, subject="it") is None


def test_a_url_is_a_hint_without_validators(shelf: Shelf, layer_dir: Path) -> None:
    cache = shelf.with_layers(DirectoryLayer(str(layer_dir)))
    assert cache.recall(URL, hints=False) is None
    hint = cache.recall(URL, hints=True)
    assert hint == Remembered(digest=DIGEST, size=len(DATA))


def test_own_memory_goes_before_a_hint(shelf: Shelf, layer_dir: Path) -> None:
    own = Remembered(digest=Digest.of(b"own"), size=3)
    shelf.cache.memory.remember(URL, own)
    cache = shelf.with_layers(DirectoryLayer(str(layer_dir)))
    assert cache.recall(URL, hints=True) == own


def test_a_document_is_read_and_kept(shelf: Shelf, layer_dir: Path) -> None:
    cache = shelf.with_layers(DirectoryLayer(str(layer_dir)))
    assert cache.read(DIGEST, limit=100) == DATA
    assert shelf.digests() == {DIGEST}


def test_a_document_larger_than_its_limit_is_none(
    shelf: Shelf, layer_dir: Path
) -> None:
    cache = shelf.with_layers(DirectoryLayer(str(layer_dir)))
    assert cache.read(DIGEST, limit=3) is None


def test_a_missing_layer_is_said_and_left_out(layer_dir: Path) -> None:
    warnings: list[str] = []
    layers = open_layers(["/no/such/layer", str(layer_dir)], warn=warnings.append)
    assert [layer.name for layer in layers] == [str(layer_dir)]
    assert ["/no/such/layer" in warning for warning in warnings] == [True]


def test_a_layer_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "layer"
    path.write_text("?")
    with pytest.raises(SettingsError, match="no directory"):
        open_layers([str(path)], warn=lambda _: None)


def spoil(layer_dir: Path) -> None:
    path = layer_dir / "v1" / "blobs" / "sha256" / DIGEST.hex
    path.unlink()
    path.write_bytes(b"A binary")


def state(directory: Path) -> dict[str, tuple[int, int, int]]:
    """All that a write, a lock file or a touch would change."""
    return {
        str(path): (info.st_size, info.st_mtime_ns, info.st_mode)
        for path in (directory, *directory.rglob("*"))
        for info in [path.lstat()]
    }
