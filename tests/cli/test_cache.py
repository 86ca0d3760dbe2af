"""cache: where it is, what is in it, whether that is sound."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from fetchkit.digest import Digest
from tests.cli.conftest import TOOL
from tests.origins import misbehaving

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cli, Publisher

BLOB = Digest.of(TOOL)


def blob_path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "v1" / "blobs" / "sha256" / BLOB.hex


@pytest.mark.parametrize("action", ["dir", "info", "list", "verify", "gc", "clear"])
def test_a_cache_that_is_not_there_yet_is_empty_and_stays_unmade(
    cli: Cli, tmp_path: Path, action: str
) -> None:
    ended = cli("cache", action)
    assert ended.code == 0
    assert list(tmp_path.iterdir()) == []


def test_dir_prints_the_path_alone(cli: Cli, tmp_path: Path) -> None:
    assert cli("cache", "dir").stdout == f"{tmp_path}/cache\n"
    assert cli("cache", "dir", "--cache-dir", "x").stdout == f"{tmp_path}/x\n"


@pytest.mark.usefixtures("publisher")
def test_info_counts_what_a_fetch_left(cli: Cli) -> None:
    cli("fetch")
    info = json.loads(cli("cache", "info", "--json").stdout)
    assert info["blobs"] == 2  # the tool and its signature
    assert info["bytes"] > len(TOOL)
    assert info["quarantined"] == 0


def test_list_says_where_a_blob_came_from(cli: Cli, publisher: Publisher) -> None:
    cli("fetch")
    ended = cli("cache", "list")
    assert f"{BLOB}  {len(TOOL)} B" in ended.stdout
    assert publisher.url in ended.stdout


@pytest.mark.usefixtures("publisher")
def test_verify_sets_a_damaged_blob_aside_and_the_next_fetch_mends_it(
    cli: Cli, tmp_path: Path
) -> None:
    cli("fetch")
    assert cli("cache", "verify").code == 0
    blob_path(tmp_path).chmod(0o644)
    blob_path(tmp_path).write_bytes(b"rotten")
    ended = cli("cache", "verify", "--json")
    assert ended.code == 31
    assert json.loads(ended.stdout)["damaged"] == [str(BLOB)]
    assert "1 of 2 blobs were damaged" in ended.stderr
    assert not blob_path(tmp_path).exists()
    assert cli("cache", "verify").code == 0
    assert cli("fetch").code == 0
    assert blob_path(tmp_path).read_bytes() == TOOL


def test_a_cache_others_may_write_to_is_refused(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache").chmod(0o777)
    ended = cli("cache", "info")
    assert ended.code == 40
    assert "everybody may write to it" in ended.stderr


def test_info_says_how_much_may_be_kept(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FETCHKIT_CACHE_QUOTA", "5M")
    info = json.loads(cli("cache", "info", "--json").stdout)
    assert info["quota"] == 5 * 1024**2
    assert info["free"] > 0


@pytest.mark.usefixtures("publisher")
def test_clear_leaves_a_cache_that_works(cli: Cli, tmp_path: Path) -> None:
    cli("fetch")
    dry = cli("cache", "clear", "--dry-run")
    assert BLOB.hex in dry.stdout
    assert blob_path(tmp_path).exists()
    cleared = cli("cache", "clear")
    assert cleared.code == 0
    assert "removed " in cleared.stderr
    assert not blob_path(tmp_path).exists()
    assert cli("fetch").code == 0


@pytest.mark.usefixtures("publisher")
def test_gc_keeps_what_was_used_today(cli: Cli, tmp_path: Path) -> None:
    cli("fetch")
    collected = json.loads(cli("cache", "gc", "--json").stdout)
    assert collected["removed"] == []
    assert blob_path(tmp_path).exists()


@pytest.mark.usefixtures("publisher")
def test_gc_warns_of_a_quota_that_cannot_be_kept(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli("fetch")
    monkeypatch.setenv("FETCHKIT_CACHE_QUOTA", "1")
    ended = cli("cache", "gc")
    assert ended.code == 0
    assert "more than the quota" in ended.stderr


@pytest.mark.usefixtures("publisher")
def test_a_download_larger_than_the_quota_is_said_and_used(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FETCHKIT_CACHE_QUOTA", "1")
    ended = cli("install", "app")
    assert ended.code == 0
    assert "FETCHKIT_CACHE_QUOTA" in ended.stderr
    assert (tmp_path / "app" / "vendor" / "tool").read_bytes() == TOOL


def test_prune_keeps_what_the_manifest_needs(
    cli: Cli, publisher: Publisher, tmp_path: Path
) -> None:
    cli("fetch")
    other = cli("cache", "dir").stdout.strip() + "/v1/blobs/sha256/" + "a" * 64
    with open(other, "wb") as file:
        file.write(b"of another branch")
    assert cli("cache", "prune").code == 2
    pruned = cli("cache", "prune", "--ci", "--json")
    removed = json.loads(pruned.stdout)["removed"]
    assert [each["path"] for each in removed if each["kind"] == "blob"] == [
        "blobs/sha256/" + "a" * 64
    ]
    requests = len(publisher.origin.requests)
    assert cli("install", "app", "--offline").code == 0
    assert len(publisher.origin.requests) == requests


def test_gc_keeps_what_a_lock_names_while_the_lock_is_there(
    cli: Cli, publisher: Publisher, tmp_path: Path
) -> None:
    signature = publisher.keys.sign(TOOL)
    publisher.origin.on("/tool-1.2.3-arm64", misbehaving.answer(TOOL))
    publisher.origin.on("/tool-1.2.3-arm64.asc", misbehaving.answer(signature))
    assert cli("lock").code == 0
    assert cli("fetch", "--locked").code == 0
    for blob in blob_path(tmp_path).parent.iterdir():
        os.utime(blob, (0, 0))
    assert cli("cache", "gc").code == 0
    assert cli("install", "app", "--offline").code == 0
    os.utime(blob_path(tmp_path), (0, 0))
    (tmp_path / "fetchkit.lock").unlink()
    assert cli("cache", "gc").code == 0
    assert not blob_path(tmp_path).exists()
