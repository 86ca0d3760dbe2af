"""A buildpack's directory on disk: it appears whole, or not at all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from fetchkit.errors import ConflictError
from fetchkit.fs import ensure_dir, private_dir, translated, write_atomic
from fetchkit.paths import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fetchkit.buildpack.layout import File

_DIRECTORY_MODE = 0o755
_KEY_ENDINGS = (".asc", ".gpg", ".pgp")
_MAX_KEY_BYTES = 1024 * 1024


def write_directory(path: str, files: Mapping[str, File]) -> None:
    """Make the directory `path` with `files` in it.

    Raises:
        ConflictError: there is something of that name that is no empty directory.
        StorageError: it cannot be written.
    """
    path = os.path.abspath(path)
    parent = os.path.dirname(path)
    ensure_dir(parent)
    with private_dir(parent) as staged:
        for name, file in files.items():
            final = os.path.join(staged, name)
            ensure_dir(os.path.dirname(final))
            mode = 0o755 if file.is_executable else 0o644
            write_atomic(final, file.data, mode, is_durable=False)
        with translated(path):
            os.chmod(staged, _DIRECTORY_MODE)
            try:
                os.rename(staged, path)
            except OSError as error:
                if os.path.lexists(path):
                    raise ConflictError(
                        f"{printable(path)} is there already",
                        hint="Name a directory that does not exist, or is empty.",
                    ) from error
                raise


def read_key_files(directories: Sequence[str]) -> dict[str, bytes]:
    """Every key file in `directories`; of two with one name the first counts.

    Raises:
        StorageError: one cannot be read.
    """
    found: dict[str, bytes] = {}
    for directory in directories:
        if not os.path.isdir(directory):
            continue
        with translated(directory):
            for name in sorted(os.listdir(directory)):
                if name.endswith(_KEY_ENDINGS) and name not in found:
                    with open(os.path.join(directory, name), "rb") as file:
                        found[name] = file.read(_MAX_KEY_BYTES)
    return found
