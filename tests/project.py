"""A directory with a manifest, and a publisher on this machine for what it names.

A project starts empty. `publish` offers a signed file for two architectures and adds
it to the manifest; a test then spoils one thing and looks at what becomes of it.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import tomli_w

from tests.cli.conftest import cli
from tests.origins import misbehaving

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cli, Ended
    from tests.origins.misbehaving import Origin
    from tests.signing import TestKeys

__all__ = ["Project", "cli", "content", "project"]

ARCHES = ("amd64", "arm64")


@dataclass
class Project:
    """The manifest as it is now is written before each run."""

    cli: Cli
    origin: Origin
    keys: TestKeys
    manifest: dict[str, Any] = field(default_factory=lambda: {"schema": 1})

    @property
    def directory(self) -> Path:
        return self.cli.directory

    @property
    def manifest_file(self) -> Path:
        return self.directory / "fetchkit.toml"

    @property
    def lock_file(self) -> Path:
        return self.directory / "fetchkit.lock"

    def run(self, *arguments: str | Path) -> Ended:
        self.write_manifest()
        return self.cli(*arguments)

    def succeed(self, *arguments: str | Path) -> Ended:
        """Run a command that has nothing to complain about."""
        ended = self.run(*arguments)
        assert ended.code == 0, ended.stderr
        return ended

    def refuse(self, code: int, *words: str, by: str) -> Ended:
        """Run the command line `by`, which ends with `code` and says `words`."""
        ended = self.run(*by.split())
        assert ended.code == code, ended.stderr
        assert [word for word in words if word not in ended.stderr] == []
        return ended

    def write_manifest(self) -> None:
        self.manifest_file.write_text(tomli_w.dumps(self.manifest))

    def artifact(self, name: str) -> dict[str, Any]:
        """An artifact's table in the manifest."""
        table: dict[str, Any] = self.manifest["artifacts"][name]
        return table

    def locked(self) -> dict[str, Any]:
        """What the lock says."""
        return tomllib.loads(self.lock_file.read_text())

    def locked_build(self, name: str, platform: str = "linux-amd64") -> dict[str, Any]:
        build: dict[str, Any] = self.locked()["artifacts"][name]["platforms"][platform]
        return build

    def edit_lock(self, old: str, new: str) -> None:
        """Change the lock by hand."""
        text = self.lock_file.read_text()
        assert old in text
        self.lock_file.write_text(text.replace(old, new))

    def trust(self, name: str) -> None:
        """Pin a test key, and lay its file beside the manifest."""
        key = getattr(self.keys, name)
        key_dir = self.directory / "keys"
        key_dir.mkdir(exist_ok=True)
        (key_dir / f"{name}.asc").write_bytes(key.public_armor)
        self.manifest.setdefault("keys", {})[name] = {
            "fingerprints": [key.fingerprint],
            "file": f"{name}.asc",
        }

    def offer(self, path: str, data: bytes) -> str:
        """Serve `data` at `path`, in place of what was there; returns its url."""
        return self.origin.on(f"/{path}", misbehaving.answer(data))

    def offer_signed(self, name: str, version: str, data: bytes) -> None:
        """Serve `data` with its signature, on every architecture, and no more."""
        for arch in ARCHES:
            path = f"{name}-{version}-{arch}"
            self.offer(path, data + arch.encode())
            self.offer(f"{path}.asc", self.keys.sign(data + arch.encode()))

    def publish(self, name: str, version: str = "1.0.0", **changes: Any) -> None:
        """Offer a signed artifact, and let the manifest name it."""
        self.offer_signed(name, version, content(name, version))
        self.trust("good")
        self.manifest.setdefault("artifacts", {})[name] = {
            "version": version,
            "url": self.origin.url("/{name}-{version}-{arch}"),
            "signature": "{url}.asc",
            "signed_by": ["good"],
            "install": {"dir": "vendor", "links": [name]},
            **changes,
        }


def content(name: str, version: str) -> bytes:
    """What is published, but for the architecture at its end."""
    return f"#!/bin/sh\necho {name} {version} ".encode()


@pytest.fixture
def project(plain_origin: Origin, keys: TestKeys, cli: Cli) -> Project:
    """A project that names nothing yet; it is the current directory."""
    return Project(cli, plain_origin, keys)
