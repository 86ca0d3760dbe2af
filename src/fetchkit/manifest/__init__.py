"""The manifest: text in, `Manifest` out. Other forms of it get a module beside it."""

from __future__ import annotations

from fetchkit.manifest.model import Manifest
from fetchkit.manifest.parse import parse_manifest

__all__ = ["Manifest", "parse_manifest"]
