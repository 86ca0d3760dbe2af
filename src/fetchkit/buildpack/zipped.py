"""A buildpack's directory as the zip that Cloud Foundry takes (contracts 3.8)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from fetchkit.digest import Digest
from fetchkit.errors import InputError
from fetchkit.fs import atomic_write, translated
from fetchkit.manifest.catalogue import parse_catalogue
from fetchkit.manifest.packaged import cached_path, render, select, with_files
from fetchkit.manifest.parse import SCHEMA, read_manifest
from fetchkit.manifest.verbatim import parse_verbatim
from fetchkit.paths import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fetchkit.artifact import Stored
    from fetchkit.manifest import Manifest
    from fetchkit.manifest.packaged import Choice

MANIFEST = "manifest.yml"
_LEFT_OUT = frozenset({".git", "__pycache__", "dependencies"})


class Packed(NamedTuple):
    """One file of the zip."""

    name: str
    data: bytes
    mode: int


def read_directory(directory: str) -> Iterator[Packed]:
    """Every file of a buildpack, with the modes that a package has.

    Raises:
        InputError: it is no buildpack, or holds a link.
        StorageError: a file cannot be read.
    """
    if not os.path.isdir(os.path.join(directory, "bin")):
        raise InputError(
            f"{printable(directory)} is no buildpack: it has no bin/",
            hint="Make one with `fetchkit buildpack new DIR`.",
        )
    for parent, directories, names in os.walk(directory):
        directories[:] = sorted(set(directories) - _LEFT_OUT)
        for name in sorted(names):
            path = os.path.join(parent, name)
            if os.path.islink(path):
                raise InputError(
                    f"{printable(path)} is a link, which no zip of a buildpack keeps",
                    hint="Put the file itself there.",
                )
            with translated(path), open(path, "rb") as file:
                is_program = bool(os.fstat(file.fileno()).st_mode & 0o111)
                data = file.read()
            relative = os.path.relpath(path, directory)
            yield Packed(relative, data, 0o755 if is_program else 0o644)


def pack_manifest(directory: str, choice: Choice, *, is_cached: bool) -> bytes | None:
    """The ``manifest.yml`` of a buildpack as it goes into the zip; None without one.

    Raises:
        ManifestError: it cannot be read.
        InputError: it has nothing of what is chosen.
    """
    path = os.path.join(directory, MANIFEST)
    if not os.path.isfile(path):
        if choice.stack is not None or choice.profile is not None:
            raise InputError(f"{printable(directory)} has no {MANIFEST} to choose from")
        return None
    with translated(path), open(path, "rb") as file:
        node = parse_verbatim(file.read(), path)
    if not isinstance(node, dict):
        raise InputError(f"{printable(path)} is not a mapping of keys")
    selected = select(node, choice)
    return render(with_files(selected) if is_cached else selected).encode()


def dependency_manifest(data: bytes, document: str) -> Manifest:
    """Every dependency of a packed manifest as an artifact, to be fetched.

    Raises:
        ManifestError: one of them cannot be trusted.
    """
    catalogue = parse_catalogue(data, document)
    tables = {
        f"dependency-{each.position}": {
            "version": each.version,
            "url": each.uri,
            "sha256": each.sha256,
            "install": {"dir": "."},
        }
        for each in catalogue.dependencies
    }
    text = {"schema": SCHEMA, "artifacts": tables}
    return read_manifest(text, document, digest=Digest.of(data))


def pack_dependencies(stored: Mapping[str, Stored]) -> Iterator[Packed]:
    """The fetched dependencies, at the places that `pack_manifest` names.

    Args:
        stored: the url as the manifest has it -> what came from there.
    """
    for uri, each in stored.items():
        with translated(each.path), open(each.path, "rb") as file:
            data = file.read()
        if Digest.of(data) != each.digest:
            raise InputError(f"{printable(each.path)} changed while it was read")
        yield Packed(cached_path(uri), data, 0o644)


def write_package(path: str, files: Mapping[str, Packed]) -> Digest:
    """Write the zip, and say what its bytes are.

    Raises:
        StorageError: it cannot be written.
    """
    from fetchkit.archive.zip_write import write_zip

    with atomic_write(path) as file:
        write_zip(file, files.values())
    with translated(path), open(path, "rb") as file:
        return Digest.of(file.read())
