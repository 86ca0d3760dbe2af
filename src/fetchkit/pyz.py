"""The file fetchkit runs from: what is recorded in it, and whether that is true.

A file cannot vouch for itself. What is checked here finds damage; whether it is
the published file, only its digest tells, compared with one from somewhere else.
"""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from typing import TYPE_CHECKING, Any

from fetchkit.digest import Digest, Measure
from fetchkit.errors import FetchkitError, InputError, StorageError
from fetchkit.fs import translated
from fetchkit.paths import printable
from fetchkit.values import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zipfile import ZipFile

SUMS = "SHA256SUMS"
_MODULES = "site-packages/"
_INFO = "build-info.json"
_RECORD = "environment.json"
"""Written by the builder; its ``hashes`` are the digests of all modules."""
_MAX_SUMS_BYTES = 1024 * 1024


@frozen
class PyzReport:
    """What was found in a pyz and beside it."""

    path: str
    digest: Digest
    packages: Mapping[str, str]
    """Libraries inside it -> version."""
    bytecode: Mapping[str, str]
    """Python that modules were compiled for -> its exact version."""
    modules: int
    """How many modules were compared with the builder's record."""
    published: Digest | None
    """What ``SHA256SUMS`` beside it says it should be, if that is there."""
    faults: tuple[str, ...]

    @property
    def is_good(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.faults


def inspect_pyz(path: str) -> PyzReport:
    """Read all of the pyz at `path` and compare it with what is said of it.

    Raises:
        InputError: it is not a pyz that fetchkit's build made.
        StorageError: it cannot be read.
    """
    import zipfile  # heavy, and of use to this one command

    with translated(path), open(path, "rb") as file:
        data = file.read()
        measure = Measure()
        measure.update(data)
        file.seek(0)
        try:
            with zipfile.ZipFile(file) as archive:
                info = _read_json(archive, _INFO)
                recorded = _read_json(archive, _RECORD).get("hashes", {})
                faults = _find_faults(archive, recorded)
        except (zipfile.BadZipFile, KeyError, TypeError, ValueError) as error:
            raise InputError(f"{printable(path)} is no fetchkit.pyz: {error}") from None
    published = _read_sums(path)
    if published is not None and published != measure.digest():
        faults.append(f"{SUMS} says {published}, it is {measure.digest()}")
    return PyzReport(
        path=path,
        digest=measure.digest(),
        packages=dict(info.get("packages", {})),
        bytecode=dict(info.get("bytecode", {})),
        modules=len(recorded),
        published=published,
        faults=tuple(faults),
    )


def _read_json(archive: ZipFile, name: str) -> dict[str, Any]:
    document = json.loads(archive.read(name))
    if not isinstance(document, dict):
        raise TypeError(f"{name} is no JSON object")
    return document


def _find_faults(archive: ZipFile, recorded: Mapping[str, str]) -> list[str]:
    import zipfile

    faults = []
    there = set()
    for name in archive.namelist():
        try:
            data = archive.read(name)
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            faults.append(f"{printable(name)} is damaged: {error}")
            continue
        module = name.removeprefix(_MODULES)
        if module == name or not name.endswith(".py"):
            continue
        there.add(module)
        if module not in recorded:
            faults.append(f"{printable(module)} is not in the builder's record")
        elif hashlib.sha256(data).hexdigest() != recorded[module]:
            faults.append(f"{printable(module)} is not what the builder recorded")
    faults += [f"{name} is missing" for name in sorted(set(recorded) - there)]
    return faults


def _read_sums(path: str) -> Digest | None:
    """What a ``SHA256SUMS`` beside `path` says of it, in the form of sha256sum."""
    sums = os.path.join(os.path.dirname(path), SUMS)
    if not os.path.isfile(sums):
        return None
    with translated(sums), open(sums, "rb") as file:
        lines = file.read(_MAX_SUMS_BYTES).decode("utf-8", "replace").splitlines()
    for line in lines:
        digits, _, name = line.partition(" ")
        if name.lstrip(" *") != os.path.basename(path):
            continue
        try:
            return Digest.parse(digits)
        except FetchkitError as error:
            raise StorageError(f"{printable(sums)}: {error.message}") from None
    return None
