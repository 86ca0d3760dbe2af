"""A zip of files: the same bytes for the same files, wherever and whenever made."""

from __future__ import annotations

import zipfile
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The first moment a zip can name."""
_UNIX = 3
_REGULAR = 0o100000


def write_zip(file: IO[bytes], entries: Iterable[tuple[str, bytes, int]]) -> None:
    """Write path, content and mode of each entry, ordered by path.

    Modes are kept: a platform takes a script's right to run from them (C-9).
    """
    with zipfile.ZipFile(file, "w") as archive:
        for name, data, mode in sorted(entries):
            info = zipfile.ZipInfo(name, date_time=_EPOCH)
            info.create_system = _UNIX
            info.external_attr = (_REGULAR | mode) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data, compresslevel=6)
