"""self verify: the pyz is what its builder recorded, and what is published."""

from __future__ import annotations

import json
import shutil
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fetchkit import __version__
from fetchkit.digest import Digest
from tests.product.fixtures import run

if TYPE_CHECKING:
    import subprocess

    from tests.cli.conftest import Cli

pytestmark = pytest.mark.product


@pytest.fixture
def copy(pyz: Path, tmp_path: Path) -> Path:
    """A pyz of one's own, with nothing beside it."""
    return Path(shutil.copy(pyz, tmp_path / "fetchkit.pyz"))


def verify(pyz: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return run([sys.executable, pyz, "self", "verify", *arguments])


def test_what_is_recorded_is_shown(copy: Path) -> None:
    ended = verify(copy, "--json")
    assert ended.returncode == 0
    document = json.loads(ended.stdout)
    assert document["digest"] == str(Digest.of(copy.read_bytes()))
    assert document["version"] == __version__
    assert document["packages"]["fetchkit"] == __version__
    assert document["modules"] > 100
    assert document["published"] is None
    assert document["faults"] == []


def test_the_published_digest_beside_it_is_compared(copy: Path) -> None:
    digest = Digest.of(copy.read_bytes())
    copy.with_name("SHA256SUMS").write_text(f"{digest.hex}  {copy.name}\n")
    assert b"the same as in SHA256SUMS" in verify(copy).stdout
    copy.with_name("SHA256SUMS").write_text(f"{'1' * 64}  {copy.name}\n")
    ended = verify(copy)
    assert ended.returncode == 31
    assert b"SHA256SUMS says sha256:1111" in ended.stdout


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", ["idna/core.py", "fetchkit/planted.py"])
def test_a_module_the_builder_did_not_record_is_found(copy: Path, name: str) -> None:
    with zipfile.ZipFile(copy, "a") as archive:
        archive.writestr(f"site-packages/{name}", "x = 1\n")
    ended = verify(copy)
    assert ended.returncode == 31
    assert f"{name}`".encode() in ended.stdout


def test_from_single_modules_there_is_nothing_to_check(cli: Cli) -> None:
    ended = cli("self", "verify")
    assert ended.code == 10
    assert "runs from single modules" in ended.stderr
