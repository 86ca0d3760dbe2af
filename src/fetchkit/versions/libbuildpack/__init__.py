"""Constraints of Cloud Foundry's ``manifest.yml``, with libbuildpack's results.

libbuildpack asks two libraries for Go, one after the other, and they read
constraints differently (platform-contracts 3.3). Buildpacks rely on what comes out,
quirks included, so both are here: `strict` for blang/semver 3.5.1, `loose` for
Masterminds/semver 1.5.0.
"""

from __future__ import annotations

from fetchkit.versions.libbuildpack.matching import Match, match_versions

__all__ = ["Match", "match_versions"]
