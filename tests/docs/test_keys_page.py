"""docs/keys.md: its commands are run, from top to bottom, and print what it shows."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import tomli_w

from fetchkit.manifest import parse_manifest
from tests.flow.program import PATH, SRC
from tests.keys import packets

if TYPE_CHECKING:
    from tests.signing import TestKeys

PAGE = (Path(__file__).parents[2] / "docs" / "keys.md").read_text()
BINARY = b"#!/bin/sh\necho jq\n"


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def calls() -> list[tuple[str, list[str]]]:
    """Every command of the page with the lines it is said to print."""
    found: list[tuple[str, list[str]]] = []
    for line in "".join(blocks("console")).splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    return found


@pytest.fixture
def directory(tmp_path: Path, keys: TestKeys) -> Path:
    """Where the page is followed: a program, a publisher's files, a manifest."""
    shim = tmp_path / "bin" / "fetchkit"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\nexec {sys.executable} -m fetchkit "$@"\n')
    shim.chmod(0o755)
    work = tmp_path / "work"
    work.mkdir()
    (work / "jq.asc").write_bytes(keys.good.public_armor)
    (work / "release.asc").write_bytes(keys.subkeys.public_armor)
    (work / "jq.rev").write_bytes(packets.revoke(keys.good.secret))
    (tmp_path / "jq").write_bytes(BINARY)
    (tmp_path / "jq.asc").write_bytes(keys.sign(BINARY))
    artifact = {
        "version": "1.7",
        "url": f"file://{tmp_path}/jq",
        "signature": "{url}.asc",
        "signed_by": ["jq"],
        "install": {"dir": "bin"},
    }
    manifest = {"schema": 1, "artifacts": {"jq": artifact}}
    (work / "fetchkit.toml").write_text(tomli_w.dumps(manifest))
    (work / "other.toml").write_text("schema = 1\n")
    return work


def test_every_command_prints_what_the_page_shows(directory: Path) -> None:
    environ = {
        "PATH": f"{directory.parent / 'bin'}:{PATH}",
        "PYTHONPATH": str(SRC),
        "HOME": str(directory.parent),
    }
    for command, shown in calls():
        ended = subprocess.run(
            ["sh", "-c", f"{command} 2>&1"],
            cwd=directory,
            env=environ,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        pattern = "\n".join(map(re.escape, shown)).replace("…", ".*")
        assert re.fullmatch(pattern, ended.stdout.rstrip("\n")), ended.stdout


def test_the_tables_are_good_ones(keys: TestKeys) -> None:
    (pinned, signed_by) = blocks("toml")
    assert "signed_by" in signed_by
    artifact = """
    [artifacts.jq]
    version = "1"
    url = "https://example.test/jq"
    signature = "{url}.asc"
    signed_by = ["jq"]
    install = { dir = "bin" }
    """
    manifest = parse_manifest(f"schema = 1\n{pinned}{artifact}".encode(), "keys.md")
    (key,) = manifest.keys.values()
    assert key.fingerprints == (keys.good.fingerprint,)
    assert key.allow_expired is not None
