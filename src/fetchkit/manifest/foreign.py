"""A ``manifest.yml`` or ``.downloadurl`` that stands for a whole manifest."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol

from fetchkit.digest import Digest
from fetchkit.manifest.offer import check_stack, entries
from fetchkit.manifest.parse import SCHEMA, read_manifest
from fetchkit.manifest.sources import DOWNLOAD_URL, Wanted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from fetchkit.manifest.catalogue import Catalogue
    from fetchkit.manifest.model import Manifest
    from fetchkit.manifest.sources import Offer

_NO_NAME = re.compile(r"[^A-Za-z0-9._+-]+")


class Sources(Protocol):
    """The files that artifacts are taken from."""

    def look_up(self, wanted: Wanted) -> Offer:
        """What a file has."""
        ...

    def catalogue(self, name: str) -> Catalogue:
        """A ``manifest.yml``."""
        ...


def read_foreign(
    document: str, sources: Sources, *, stack: str, named: Collection[str]
) -> Manifest:
    """The manifest that such a file amounts to.

    Of a ``manifest.yml`` everything that has a default version for the stack, or one
    version alone, and what is `named`.

    Raises:
        FetchkitError: the file cannot be used.
    """
    source = document.rpartition("/")[2]
    if source == DOWNLOAD_URL:
        name = "fetchkit"
        tables = {_program_name(document, sources): _pointed(source)}
    else:
        catalogue = sources.catalogue(source)
        check_stack(catalogue, stack)
        name = catalogue.language or "fetchkit"
        wanted = dict.fromkeys([*_decided(catalogue, stack), *named])
        tables = {each: {"from": source} for each in wanted}
    text = {"schema": SCHEMA, "name": name, "artifacts": tables}
    digest = Digest.of(document.encode())
    return read_manifest(text, document, digest=digest, look_up=sources.look_up)


def _decided(catalogue: Catalogue, stack: str) -> Iterator[str]:
    """The dependencies of which a build gets one version without being asked."""
    defaults = {each.name for each in catalogue.defaults}
    offered = entries(catalogue, stack)
    for each in offered:
        versions = {other.version for other in offered if other.name == each.name}
        if each.name in defaults or len(versions) == 1:
            yield each.name


def _pointed(source: str) -> dict[str, Any]:
    return {"from": source, "trust": "lock", "install": {"dir": "bin", "path": True}}


def _program_name(document: str, sources: Sources) -> str:
    """The last part of the url: what the program is called."""
    offer = sources.look_up(Wanted(source=DOWNLOAD_URL, name=document))
    last = offer.url.rstrip("/").rpartition("/")[2]
    return _NO_NAME.sub("-", last).strip("-.") or "program"
