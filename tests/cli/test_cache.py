"""cache: where it is, what is in it, whether that is sound."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from fetchkit.digest import Digest
from tests.cli.conftest import TOOL

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cli, Publisher

BLOB = Digest.of(TOOL)


def blob_path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "v1" / "blobs" / "sha256" / BLOB.hex


@pytest.mark.parametrize("action", ["dir", "info", "list", "verify"])
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
