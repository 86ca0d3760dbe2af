"""``CACHE_DIR/BUILDPACK_METADATA``: which buildpack staged the app last (C-40)."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from fetchkit.errors import ManifestError
from fetchkit.fs import ensure_dir, translated, write_atomic

if TYPE_CHECKING:
    from fetchkit.lifecycles.cloudfoundry.supply import Buildpack

FILE_NAME = "BUILDPACK_METADATA"


def note_version(cache_dir: str, buildpack: Buildpack) -> str | None:
    """Remember `buildpack`, and say so where it was another version before.

    Raises:
        StorageError: the cache directory cannot be written to.
    """
    if not buildpack.version:
        return None
    path = os.path.join(cache_dir, FILE_NAME)
    before = _read(path)
    ensure_dir(cache_dir)
    name, version = json.dumps(buildpack.name), json.dumps(buildpack.version)
    text = f"language: {name}\nversion: {version}\n"
    write_atomic(path, text.encode(), is_durable=False)
    if before.get("language") != buildpack.name:
        return None
    if before.get("version") in {None, buildpack.version}:
        return None
    return f"buildpack version changed from {before['version']} to {buildpack.version}"


def _read(path: str) -> dict[str, str]:
    """What the file says; a damaged one says nothing, and is written anew."""
    with translated(path):
        try:
            with open(path, "rb") as file:
                data = file.read(4096)
        except FileNotFoundError:
            return {}
    from fetchkit.manifest.verbatim import parse_verbatim

    try:
        found = parse_verbatim(data, path)
    except ManifestError:
        return {}
    if not isinstance(found, dict):
        return {}
    return {key: text for key, text in found.items() if isinstance(text, str)}
