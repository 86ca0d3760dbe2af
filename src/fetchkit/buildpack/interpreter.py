"""A Python for ``vendor/python``: out of an archive, trimmed to what fetchkit needs.

The archive is a relocatable build, with ``bin/python3`` and ``lib`` in one directory.
"""

from __future__ import annotations

import os
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from fetchkit.archive.extract import extract
from fetchkit.buildpack.zipped import Packed
from fetchkit.digest import CHUNK_BYTES, Digest, Measure
from fetchkit.errors import DigestMismatchError, InputError
from fetchkit.fs import private_dir, translated
from fetchkit.paths import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = "vendor/python"
_PROGRAM = "bin/python3"
_KEPT = ("bin/python3", "lib/*")
TRIMMED = (
    "*/__pycache__/*",
    "*.a",
    "*.pyc",
    "lib/pkgconfig/*",
    "lib/python3*/config-*/*",
    "lib/python3*/site-packages/*",
    "lib/itcl*",
    "lib/tcl*",
    "lib/tk*",
    "lib/thread*",
    "lib/libtcl*",
    "lib/libtk*",
    *(
        f"lib/python3*/{name}/*"
        for name in (
            *("ensurepip", "idlelib", "lib2to3", "pydoc_data", "sqlite3", "test"),
            *("tkinter", "turtledemo", "unittest", "venv", "xmlrpc", "wsgiref"),
        )
    ),
)
"""Patterns of what fetchkit never imports; below the interpreter's directory."""


def pack_python(archive: str, expected: Digest) -> Iterator[Packed]:
    """The interpreter's files as a package has them.

    A zip keeps no links, so that each is the file it leads to.

    Args:
        archive: path of a tar or zip.
        expected: of the archive's bytes.

    Raises:
        DigestMismatchError: it is another archive.
        UnsafeArchiveError: it must not be extracted.
        InputError: there is no ``bin/python3`` in it.
    """
    with translated(archive), open(archive, "rb") as blob:
        measure = Measure()
        while chunk := blob.read(CHUNK_BYTES):
            measure.update(chunk)
        if measure.digest() != expected:
            raise DigestMismatchError(
                printable(archive), expected=expected, actual=measure.digest()
            )
        blob.seek(0)
        with private_dir(os.path.dirname(os.path.abspath(archive))) as directory:
            extract(
                blob,
                name=os.path.basename(archive),
                into=directory,
                strip=1,
                include=(),
            )
            if not os.path.isfile(os.path.join(directory, _PROGRAM)):
                raise InputError(
                    f"{printable(archive)} has no {_PROGRAM} below its first directory",
                    hint="Take a relocatable build of Python for linux.",
                )
            yield from _read(directory)


def _read(directory: str) -> Iterator[Packed]:
    for parent, _, names in os.walk(directory):
        for name in sorted(names):
            path = os.path.join(parent, name)
            relative = os.path.relpath(path, directory)
            if not _is_needed(relative) or not os.path.isfile(path):
                continue
            with translated(path), open(path, "rb") as file:
                is_program = bool(os.fstat(file.fileno()).st_mode & 0o111)
                mode = 0o755 if is_program else 0o644
                yield Packed(f"{ROOT}/{relative}", file.read(), mode)


def _is_needed(path: str) -> bool:
    return any(fnmatchcase(path, pattern) for pattern in _KEPT) and not any(
        fnmatchcase(path, pattern) for pattern in TRIMMED
    )
