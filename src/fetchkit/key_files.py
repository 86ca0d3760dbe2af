"""The files that decide, beside a manifest, who is trusted: keys and revocations.

Finds and reads them, and knows nothing of what is in them: a run that finds all in
place only has to know that they are the same.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from fetchkit.digest import Digest
from fetchkit.errors import FetchkitError, InputError
from fetchkit.fs import translated

if TYPE_CHECKING:
    from collections.abc import Sequence

KEY_ENDINGS = (".asc", ".gpg", ".pgp")
REVOCATION_ENDINGS = (".rev", ".rev.asc")
MAX_READ_BYTES = 2 * 1024 * 1024
"""Read of one file at most: more than whoever sorts it out accepts."""


def list_key_files(directory: str) -> list[str]:
    """The names of key files and revocation certificates in `directory`, sorted.

    Empty if it does not exist. Other names are passed over: notes, backups, what a
    desktop leaves behind.

    Raises:
        StorageError: it cannot be listed.
    """
    with translated(directory):
        try:
            names = os.listdir(directory)
        except FileNotFoundError:
            return []
    endings = (*KEY_ENDINGS, *REVOCATION_ENDINGS)
    return sorted(name for name in names if name.endswith(endings))


def read_key_file(path: str, directory: str) -> bytes | None:
    """The bytes of a key file, or None if there is none.

    A link may point to another file of its own directory, and nowhere else: the
    directory travels with the manifest, what lies outside does not.

    Raises:
        InputError: it is a link out of `directory`, or no regular file.
        StorageError: it cannot be read.
    """
    with translated(path):
        if not os.path.lexists(path):
            return None
        real = os.path.realpath(path)
        if os.path.dirname(real) != os.path.realpath(directory):
            raise InputError(
                f"key file {path} is a link out of its directory",
                hint="Copy the key there instead.",
            )
        if not stat.S_ISREG(os.stat(real).st_mode):
            raise InputError(f"key file {path} is not a regular file")
        with open(real, "rb") as file:
            return file.read(MAX_READ_BYTES)


def digest_key_files(key_dirs: Sequence[str]) -> str:
    """Identify all of them; empty if there is none.

    Changes when a key is renewed or a revocation certificate is put beside it. A
    file that cannot be read is left to whoever needs it.

    Raises:
        StorageError: a directory cannot be listed.
    """
    found = []
    for directory in key_dirs:
        for name in list_key_files(directory):
            with suppress(FetchkitError):
                data = read_key_file(os.path.join(directory, name), directory)
                found.append(f"{name} {data and Digest.of(data)}")
    return str(Digest.of("\n".join(found).encode())) if found else ""
