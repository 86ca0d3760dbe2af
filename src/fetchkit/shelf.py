"""The files beside a manifest that artifacts are taken from, and what changes them.

Reads ``manifest.yml`` with the ``override.yml`` of other buildpacks, cached copies,
mirrors, and ``.downloadurl``; `fetchkit.manifest` decides what they mean.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from fetchkit.digest import Digest
from fetchkit.errors import Fault, InvalidValueError, ManifestError
from fetchkit.fs import translated
from fetchkit.manifest.parse import MAX_MANIFEST_BYTES
from fetchkit.manifest.sources import (
    DOWNLOAD_URL,
    VERSION_FILE,
    Offer,
    Wanted,
    parse_download_url,
)
from fetchkit.urls import Url
from fetchkit.values import field, frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fetchkit.manifest.catalogue import Catalogue, Dependency

MIRROR = "BP_DEPENDENCY_MIRROR"


@frozen
class Surroundings:
    """What decides, besides the files, what a source gives."""

    stack: str = ""
    environ: Mapping[str, str] = field(default_factory=dict)
    now: float = 0.0
    """Seconds since the epoch."""
    deps_dir: str | None = None
    """Where earlier buildpacks may have left an ``override.yml`` (M-14)."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """What a command asks for by ``NAME@VERSION``; goes before everything else."""


class Shelf:
    """The sources in one directory. Remembers what it read, for one manifest."""

    def __init__(self, directory: str, surroundings: Surroundings) -> None:
        self._directory = directory
        self._around = surroundings
        self._catalogues: dict[str, Catalogue] = {}
        self._read: list[bytes] = []
        self.notes: list[str] = []
        """What the owner of the build should know, in the order it was found."""
        self.names: list[str] = []
        """The dependencies whose versions were chosen here."""

    def look_up(self, wanted: Wanted) -> Offer:
        """What a source has.

        Raises:
            ManifestError: the source cannot be used.
            InvalidValueError, UnknownArtifactError, UnsupportedTargetError: it has
                nothing that fits.
        """
        if wanted.source == DOWNLOAD_URL:
            return self._pointer()
        from fetchkit.manifest.offer import choose

        around = self._around
        catalogue = self.catalogue(wanted.source)
        version = around.versions.get(wanted.name)
        if version is None and wanted.variable:
            version = around.environ.get(wanted.variable, "").strip()
        if not version and wanted.overlay is not None:
            from fetchkit.manifest.overlay import configured_version

            version = configured_version(wanted.overlay, around.environ)
        chosen = choose(
            catalogue,
            wanted.name,
            version or wanted.version,
            stack=around.stack,
            now=around.now,
        )
        self.notes += chosen.warnings
        self.names.append(wanted.name)
        return self._offer(chosen.dependency)

    def catalogue(self, name: str) -> Catalogue:
        """The ``manifest.yml`` of that name, as earlier buildpacks have changed it.

        Raises:
            ManifestError: one of them cannot be used.
        """
        if name not in self._catalogues:
            from fetchkit.manifest.catalogue import override, parse_catalogue

            path = os.path.join(self._directory, name)
            catalogue = parse_catalogue(self._bytes(path), path)
            for override_path in self._overrides():
                data = self._bytes(override_path)
                catalogue = override(catalogue, data, override_path)
            self._catalogues[name] = catalogue
        return self._catalogues[name]

    def digest(self, data: bytes) -> Digest:
        """Of a manifest's bytes, and of all that was read for it."""
        return Digest.of(b"\0".join([data, *self._read]))

    def _pointer(self) -> Offer:
        path = os.path.join(self._directory, DOWNLOAD_URL)
        version_path = os.path.join(self._directory, VERSION_FILE)
        version = self._bytes(version_path) if os.path.isfile(version_path) else None
        return parse_download_url(self._bytes(path), version, path)

    def _offer(self, dependency: Dependency) -> Offer:
        url = mirrored(dependency.uri, self._around.environ)
        cached = os.path.join(self._directory, dependency.file)
        if not dependency.file or not os.path.isfile(cached):
            return Offer(version=dependency.version, url=url, sha256=dependency.sha256)
        from urllib.parse import quote

        return Offer(
            version=dependency.version,
            url=f"file://{quote(os.path.abspath(cached))}",
            sha256=dependency.sha256,
            mirrors=(url,),
        )

    def _overrides(self) -> list[str]:
        deps_dir = self._around.deps_dir
        if deps_dir is None:
            return []
        with translated(deps_dir):
            names = sorted(os.listdir(deps_dir))
        paths = (os.path.join(deps_dir, name, "override.yml") for name in names)
        return [path for path in paths if os.path.isfile(path)]

    def _bytes(self, path: str) -> bytes:
        with translated(path):
            try:
                with open(path, "rb") as file:
                    data = file.read(MAX_MANIFEST_BYTES + 1)
            except FileNotFoundError:
                message = "there is no such file beside the manifest"
                raise ManifestError(path, [Fault("", message)]) from None
        self._read.append(data)
        return data


def mirrored(uri: str, environ: Mapping[str, str]) -> str:
    """`uri` at the mirror an operator set for its host, or for all (M-22).

    ``BP_DEPENDENCY_MIRROR_EXAMPLE_ORG`` is for example.org, two underscores stand for
    a hyphen. ``{originalHost}`` in the mirror is the host that is replaced.

    Raises:
        InvalidValueError: the mirror is neither ``https:`` nor ``file:``.
    """
    if not uri.startswith(("https://", "http://")):
        return uri
    host, _, path = uri.partition("://")[2].partition("/")
    name = host.rpartition("@")[2].partition(":")[0]
    suffix = name.replace("-", "__").replace(".", "_").upper()
    variable = f"{MIRROR}_{suffix}" if environ.get(f"{MIRROR}_{suffix}") else MIRROR
    mirror = environ.get(variable, "").replace("{originalHost}", name)
    if not mirror:
        return uri
    if not mirror.startswith(("https://", "file://")):
        raise InvalidValueError(
            f"environment variable {variable}: a mirror starts with https:// or "
            "file://",
            hint=f"Set {variable} to one of these, or unset it.",
        )
    return Url.parse(f"{mirror.rstrip('/')}/{path}").secret
