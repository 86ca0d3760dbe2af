from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import tomli_w

from fetchkit.cli.main import main
from tests.origins import misbehaving

if TYPE_CHECKING:
    from pathlib import Path

    from tests.origins.misbehaving import Origin
    from tests.signing import TestKeys

TOOL = b"#!/bin/sh\necho tool\n"


@dataclass(frozen=True, slots=True)
class Ended:
    code: int
    stdout: str
    stderr: str


class Cli:
    """Calls the command line in this process, in a directory of its own."""

    def __init__(self, directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.directory = directory
        self._capsys = capsys

    def __call__(self, *arguments: str | Path) -> Ended:
        self._capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        said = self._capsys.readouterr()
        return Ended(code, said.out, said.err)


@pytest.fixture
def cli(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Cli:
    """The command line; its current directory is `tmp_path`, its cache below that."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FETCHKIT_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("FETCHKIT_PLATFORM", "linux-amd64")
    return Cli(tmp_path, capsys)


class Publisher:
    """Offers one signed file, and writes the manifest that names it."""

    def __init__(self, origin: Origin, keys: TestKeys, directory: Path) -> None:
        self.origin = origin
        self.keys = keys
        self.directory = directory
        self.url = origin.on("/tool-1.2.3-amd64", misbehaving.answer(TOOL))
        origin.on("/tool-1.2.3-amd64.asc", misbehaving.answer(keys.sign(TOOL)))
        key_dir = directory / "keys"
        key_dir.mkdir()
        (key_dir / "good.asc").write_bytes(keys.good.public_armor)
        self.write_manifest()

    def write_manifest(self, **changes: Any) -> None:
        manifest = {
            "schema": 1,
            "keys": {
                "good": {
                    "fingerprints": [self.keys.good.fingerprint],
                    "file": "good.asc",
                }
            },
            "artifacts": {
                "tool": {
                    "version": "1.2.3",
                    "url": self.origin.url("/{name}-{version}-{arch}"),
                    "signature": "{url}.asc",
                    "signed_by": ["good"],
                    "env": {"version": "TOOL_VERSION"},
                    "install": {"dir": "vendor", "links": ["tool"], "path": True},
                    **changes,
                }
            },
        }
        (self.directory / "fetchkit.toml").write_text(tomli_w.dumps(manifest))


@pytest.fixture
def publisher(plain_origin: Origin, keys: TestKeys, tmp_path: Path) -> Publisher:
    """A publisher who does everything right; the manifest lies in `tmp_path`."""
    return Publisher(plain_origin, keys, tmp_path)
