"""Where a list of versions is: at a url, in a file beside the manifest, on GitHub."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from fetchkit.errors import InvalidValueError
from fetchkit.paths import parse_rel_path, printable
from fetchkit.templates import fill_url
from fetchkit.urls import Url

if TYPE_CHECKING:
    from fetchkit.artifact import Artifact, VersionList

_GITHUB_PREFIX = "github:"
_GITHUB = re.compile(r"github:([A-Za-z0-9][A-Za-z0-9-]{0,38})/([A-Za-z0-9._-]{1,100})")
_GITHUB_URL = "https://api.github.com/repos/{}/{}/releases?per_page=100"
"""The newest hundred releases, https://docs.github.com/en/rest/releases/releases."""

GITHUB_PATH = ("[]", "tag_name")
"""The way to the names of releases in that answer."""


def parse_location(text: str) -> str:
    """`text` as the place of a list; a url is checked with its template.

    Raises:
        InvalidValueError: it is neither a url, ``github:owner/repo``, nor a path below
            the manifest's directory.
    """
    if text.startswith(_GITHUB_PREFIX):
        if not _GITHUB.fullmatch(text) or text.endswith(("/.", "/..")):
            raise InvalidValueError(
                f"not a repository: {printable(text)}",
                hint="Write github:owner/repo.",
            )
    elif "://" not in text:
        parse_rel_path(text)
    return text


def is_on_github(text: str) -> bool:
    """Whether the list is the releases of a repository on GitHub."""
    return text.startswith(_GITHUB_PREFIX)


def version_url(
    artifact: Artifact, listed: VersionList, *, base_dir: str | None
) -> Url:
    """Where the versions of `artifact` are listed.

    Args:
        listed: what the artifact says about its list.
        base_dir: the absolute directory of the manifest; None if it is no file.

    Raises:
        InvalidValueError: a variable does not fit into the url, or the list lies beside
            a manifest that lies nowhere.
    """
    github = _GITHUB.fullmatch(listed.location)
    if github is not None:
        return Url.parse(_GITHUB_URL.format(github[1], github[2]))
    if listed.is_url:
        values = {**artifact.vars, "name": artifact.name}
        return Url.parse(fill_url(listed.location, values))
    if base_dir is None:
        raise InvalidValueError(
            f"{artifact.place}.versions: {printable(listed.location)} would lie beside "
            "the manifest, which is not a file here",
            hint="Give `versions` as a url.",
        )
    return Url.parse(f"file://{quote(f'{base_dir}/{parse_rel_path(listed.location)}')}")
