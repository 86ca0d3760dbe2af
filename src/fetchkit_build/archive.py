"""Entries -> an executable zip, the same bytes on every machine."""

from __future__ import annotations

import io
import time
import zipfile
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SHEBANG = b"#!/usr/bin/env python3\n"
EARLIEST = 315532800
"""1980-01-01, the first second a zip can name; used unless SOURCE_DATE_EPOCH is set."""

_FIRST = "__main__.py"
_STORED = "bytecode/"
_REGULAR_FILE = 0o100644
_UNIX = 3


def render_archive(entries: Mapping[str, bytes], *, modified: int = EARLIEST) -> bytes:
    """The zip of `entries` behind a ``#!`` line.

    Order, times, modes and the making system are fixed, so equal entries give equal
    bytes, as long as zlib compresses alike (`compresses_as_expected`). What is
    compressed already is only stored.
    """
    date = time.gmtime(max(modified, EARLIEST))[:6]
    file = io.BytesIO()
    file.write(SHEBANG)
    with zipfile.ZipFile(file, "a") as archive:
        for name in sorted(entries, key=lambda name: (name != _FIRST, name)):
            info = zipfile.ZipInfo(name, date_time=date)
            info.create_system = _UNIX
            info.external_attr = _REGULAR_FILE << 16
            info.compress_type = (
                zipfile.ZIP_STORED if name.startswith(_STORED) else zipfile.ZIP_DEFLATED
            )
            archive.writestr(info, entries[name], compresslevel=9)
    return file.getvalue()


def read_archive(data: bytes) -> dict[str, bytes]:
    """The files in a zip, by name."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {
            info.filename: archive.read(info)
            for info in archive.infolist()
            if not info.is_dir()
        }


def compresses_as_expected() -> bool:
    """Whether this zlib makes the bytes that the classic one makes.

    zlib-ng and other replacements decompress alike and compress differently: a pyz
    built with one runs, but is not byte for byte the published one.
    """
    sample = b"".join(b"%d fetchkit %d\n" % (n, n * n) for n in range(4096))
    return zlib.crc32(zlib.compress(sample, 9)) == _SAMPLE_CRC


_SAMPLE_CRC = 1433207581
