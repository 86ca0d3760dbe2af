"""Artifacts whose url and digest another file beside the manifest gives.

``from = "manifest.yml"`` takes them from Cloud Foundry's format, ``from =
".downloadurl"`` from that of a simple sidecar buildpack. What such a file offers is
put in place of the keys it stands for, and then read like any manifest: every rule of
trust holds.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol

from fetchkit.errors import Fault, InvalidValueError, ManifestError
from fetchkit.manifest.overlay import DEFAULT_KEY, Overlay
from fetchkit.paths import parse_variable
from fetchkit.values import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

DOWNLOAD_URL = ".downloadurl"
VERSION_FILE = ".version"
UNKNOWN_VERSION = "0"
"""Of a file nobody has given a version."""

_TAKEN = frozenset({"from", "dependency", "version", "env", "config", "config_key"})
_SOURCE = re.compile(r"[A-Za-z0-9._-]{1,120}\.ya?ml|\.downloadurl")
_MAX_POINTER_BYTES = 8192
_GIVEN = ("url", "sha256", "mirrors", "versions", "platforms", "size")
"""Keys that are the source's to say."""


@frozen
class Wanted:
    """What a manifest asks a source for."""

    source: str
    """Name of the file beside the manifest."""
    name: str
    version: str | None = None
    """An exact version or a constraint; None: the source's default."""
    variable: str | None = None
    """Environment variable that goes before `version`."""
    overlay: Overlay | None = None
    """Variables that hold configuration; between the two."""


@frozen
class Offer:
    """What a source has for it."""

    version: str
    url: str
    sha256: str = ""
    mirrors: tuple[str, ...] = ()


class LookUp(Protocol):
    """Asks a source."""

    def __call__(self, wanted: Wanted) -> Offer:
        """What there is.

        Raises:
            FetchkitError: nothing that fits.
        """
        ...


def is_source(name: str) -> bool:
    """Whether `name` is that of a file artifacts may be taken from."""
    return _SOURCE.fullmatch(name) is not None


def expand(
    name: str, table: Mapping[str, Any], look_up: LookUp | None, document: str
) -> Mapping[str, Any]:
    """The artifact's table with what its source gives; without a source, as it is.

    Raises:
        ManifestError: the source cannot be asked, or a key contradicts it.
        FetchkitError: the source has nothing that fits.
    """
    source = table.get("from")
    if source is None:
        return table
    place = f"artifacts.{name}"
    faults = [
        Fault(f"{place}.{key}", f"is what {source} says", f"Leave out `{key}`.")
        for key in _GIVEN
        if key in table
    ]
    if not isinstance(source, str) or not is_source(source) or look_up is None:
        hint = 'Name a file beside the manifest, such as from = "manifest.yml".'
        message = f"not a file to take artifacts from: `{str(source)[:60]}`"
        faults.append(Fault(f"{place}.from", message, hint))
    if faults or look_up is None:
        raise ManifestError(document, faults)
    env = table.get("env")
    env = dict(env) if isinstance(env, dict) else {}
    wanted = Wanted(
        source=str(source),
        name=str(table.get("dependency", name)),
        version=str(table["version"]) if "version" in table else None,
        variable=env.pop("version", None),
        overlay=_read_overlay(table, place, document),
    )
    own = {key: content for key, content in table.items() if key not in _TAKEN}
    return {"install": {"dir": name}, **as_table(look_up(wanted)), **own, "env": env}


def _read_overlay(
    table: Mapping[str, Any], place: str, document: str
) -> Overlay | None:
    if "config" not in table:
        return None
    found = table["config"]
    variables = [found] if isinstance(found, str) else found
    key = str(table.get("config_key", DEFAULT_KEY))
    try:
        names = tuple(
            parse_variable(str(each))
            for each in (variables if isinstance(variables, list) else [""])
        )
    except InvalidValueError as error:
        faults = [Fault(f"{place}.config", error.message, error.hint)]
        raise ManifestError(document, faults) from None
    return Overlay(variables=names, key=key)


def as_table(offer: Offer) -> dict[str, Any]:
    """An offer in the words of a manifest."""
    table: dict[str, Any] = {"version": offer.version, "url": offer.url}
    if offer.sha256:
        table["sha256"] = offer.sha256
    if offer.mirrors:
        table["mirrors"] = list(offer.mirrors)
    return table


def parse_download_url(data: bytes, version: bytes | None, document: str) -> Offer:
    """Read ``.downloadurl``, one line ``URL [SHA256]``, and ``.version`` beside it.

    Raises:
        ManifestError: there is no url, or more than that.
    """
    try:
        words = data[:_MAX_POINTER_BYTES].decode().split()
        text = (version or b"").decode().strip() or UNKNOWN_VERSION
    except UnicodeDecodeError:
        raise ManifestError(document, [Fault("", "is not UTF-8")]) from None
    if len(words) not in {1, 2}:
        message = f"expected a url and a sha256, got {len(words)} words"
        raise ManifestError(document, [Fault("", message)])
    return Offer(url=words[0], version=text, sha256=words[1] if len(words) == 2 else "")
