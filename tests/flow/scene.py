"""One app that is to be built, the cache of its platform, and a publisher.

A scene starts with everything right: a signed binary, a pinned key beside the
manifest. A test spoils one thing and looks at what becomes of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import tomli_w

from tests.flow.trees import listing

if TYPE_CHECKING:
    from pathlib import Path

    from tests.flow.program import Ended, Program
    from tests.signing import TestKeys

BINARY = b'#!/bin/sh\necho tool 1.2.3 "$@"\n' + b"\0" * 5000


class Site(Protocol):
    """Somewhere bytes can be published."""

    def add(self, path: str, data: bytes) -> str: ...

    def url(self, path: str) -> str: ...


@dataclass
class Scene:
    """Everything one call of ``compile`` depends on."""

    home: Path
    program: Program
    keys: TestKeys
    manifest: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for directory in (self.app_dir, self.env_dir, self.temp_dir, self.key_dir):
            directory.mkdir(parents=True, exist_ok=True)

    @property
    def app_dir(self) -> Path:
        return self.home / "app"

    @property
    def cache_dir(self) -> Path:
        return self.home / "cache"

    @property
    def store_dir(self) -> Path:
        """The store below the cache directory of the platform."""
        return self.cache_dir / "fetchkit" / "v1"

    @property
    def env_dir(self) -> Path:
        return self.home / "env"

    @property
    def temp_dir(self) -> Path:
        return self.home / "temp"

    @property
    def manifest_file(self) -> Path:
        return self.home / "manifest" / "fetchkit.toml"

    @property
    def key_dir(self) -> Path:
        return self.manifest_file.parent / "keys"

    def compile(self, *options: str) -> Ended:
        """Run ``compile`` as Heroku does, with the manifest as it is now."""
        self.write_manifest()
        return self.running().run(*self.arguments(*options))

    def running(self) -> Program:
        return self.program.with_variables(
            TMPDIR=str(self.temp_dir), HOME=str(self.home / "user")
        )

    def arguments(self, *options: str) -> list[str | Path]:
        return [
            "compile",
            *(self.app_dir, self.cache_dir, self.env_dir),
            *("--manifest", self.manifest_file),
            *options,
        ]

    def write_manifest(self) -> None:
        self.manifest_file.write_text(tomli_w.dumps(self.manifest))

    def artifact(self, name: str = "tool") -> dict[str, Any]:
        """An artifact's table in the manifest."""
        table: dict[str, Any] = self.manifest["artifacts"][name]
        return table

    def trust(self, name: str) -> None:
        """Pin a test key, and lay its file beside the manifest."""
        key = getattr(self.keys, name)
        (self.key_dir / f"{name}.asc").write_bytes(key.public_armor)
        self.manifest.setdefault("keys", {})[name] = {
            "fingerprints": [key.fingerprint],
            "file": f"{name}.asc",
        }

    def published_names(self) -> set[str]:
        """Every final name in the store."""
        return {
            f"{kind}/{path.name}"
            for kind in ("blobs/sha256", "verdicts", "meta", "quarantine")
            for path in (self.store_dir / kind).glob("*")
        }

    def arriving(self) -> list[str]:
        return [path.name for path in (self.store_dir / "ingest").glob("*")]

    def installed(self) -> dict[str, str]:
        return listing(self.app_dir)


def tool(url: str, **changes: Any) -> dict[str, Any]:
    """An artifact table: a single signed binary on PATH."""
    return {
        "version": "1.2.3",
        "url": url,
        "signature": "{url}.asc",
        "signed_by": ["good"],
        "install": {"dir": "vendor/tool/bin", "links": ["tool"], "path": True},
        **changes,
    }


def publish(
    scene: Scene, site: Site, data: bytes = BINARY, *, version: str = "1.2.3"
) -> None:
    """Publish a signed binary on `site` and make it the manifest's ``tool``."""
    scene.trust("good")
    name = f"tool-{version}"
    url = site.add(name, data)
    site.add(f"{name}.asc", scene.keys.sign(data))
    artifacts = scene.manifest.setdefault("artifacts", {})
    artifacts["tool"] = tool(url.replace(version, "{version}"), version=version)
    scene.manifest["schema"] = 1
