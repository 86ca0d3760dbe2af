"""The keys of an artifact that say where its versions are listed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fetchkit.artifact import VersionList
from fetchkit.versions.location import GITHUB_PATH, is_on_github, parse_location
from fetchkit.versions.wanted import (
    is_range,
    parse_age,
    parse_match,
    parse_path,
)

if TYPE_CHECKING:
    from fetchkit.manifest.fields import Fields

_RULES = ("versions_path", "versions_match", "prereleases", "min_release_age")


def read_versions(table: Fields, version: str) -> VersionList | None:
    """``versions`` and the keys that belong to it, None where there is no list.

    Args:
        version: the artifact's own, which must not be a range without a list.
    """
    location = table.parsed("versions", parse_location)
    listed = VersionList(
        location=location or "",
        path=table.parsed("versions_path", parse_path) or _usual_path(location),
        match=table.parsed("versions_match", parse_match),
        prereleases=table.flag("prereleases") or False,
        min_age=table.parsed("min_release_age", parse_age) or 0,
    )
    if table.has("versions"):
        return listed if location else None
    for key in _RULES:
        if table.has(key):
            table.fault(key, "belongs to `versions`, which is not set")
    if is_range(version, has_list=False):
        table.fault(
            "version",
            f"`{version[:60]}` is a range, and nothing lists the versions there are",
            'Add `versions`, such as versions = "github:owner/repo", or write one '
            "version.",
        )
    return None


def _usual_path(location: str | None) -> tuple[str, ...]:
    return GITHUB_PATH if location and is_on_github(location) else ()
