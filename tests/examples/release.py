"""The AppLink example as it is shipped, and a publisher on this machine."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.origins.nginx import Site
    from tests.signing import TestKeys

SHIPPED = Path(__file__).parents[2] / "examples" / "applink"
NAME = "heroku-applink-service-mesh"
BUCKET = "heroku-applink-service-mesh-binaries"
S3 = ".s3.dualstack.us-east-1.amazonaws.com/"


class Release:
    """The publisher's bucket, on this machine."""

    def __init__(self, site: Site, keys: TestKeys) -> None:
        self._site = site
        self._keys = keys
        self.key_url = site.add(f"{BUCKET}/public-key.asc", keys.good.public_armor)

    @property
    def base_url(self) -> str:
        return self._site.url("")

    def publish(self, version: str, *, by: str = "good", bucket: str = BUCKET) -> None:
        for arch in ("amd64", "arm64"):
            path = f"{bucket}/{NAME}-{version}-{arch}"
            program = f'#!/bin/sh\necho "mesh {version} {arch}: $*"\n'.encode()
            self._site.add(path, program)
            self._site.add(f"{path}.asc", self._keys.sign(program, by))


def vendor(buildpack: Path, pyz: Path, release: Release, keys: TestKeys) -> Path:
    """Copy the shipped buildpack to `buildpack`, with a pyz in it.

    Only the manifest is changed: where the release lies, and whose key signs it.
    """
    shutil.copytree(SHIPPED, buildpack, ignore=shutil.ignore_patterns("*.pyz"))
    shutil.copy(pyz, buildpack / "fetchkit.pyz")
    manifest = buildpack / "fetchkit.toml"
    text = manifest.read_text()
    for shipped, here in (
        (f"https://{BUCKET}{S3}public-key.asc", release.key_url),
        (f"https://{{bucket}}{S3}", f"{release.base_url}{{bucket}}/"),
        ("BC09A30DD766319D02852360732D56A66A537383", keys.good.fingerprint),
    ):
        assert shipped in text
        text = text.replace(shipped, here)
    manifest.write_text(text)
    return buildpack
