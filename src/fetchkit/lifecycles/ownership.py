"""Files that fetchkit writes into places it shares, and knows again by their mark."""

from __future__ import annotations

import os
import stat

from fetchkit.errors import ConflictError
from fetchkit.fs import ensure_dir, translated, write_atomic
from fetchkit.paths import printable
from fetchkit.transaction import work_dir

MARK = "# Written by fetchkit for {owner}; replaced on every build.\n"
"""First line of what we write: a comment to shells and to YAML."""


def check_ours(path: str) -> None:
    """Refuse to replace what fetchkit did not write.

    Raises:
        ConflictError: something else stands at `path`.
    """
    if not os.path.lexists(path):
        return
    mark = MARK.partition("{")[0].encode()
    with translated(path):
        if stat.S_ISREG(os.lstat(path).st_mode):
            with open(path, "rb") as file:
                if file.read(len(mark)) == mark:
                    return
    raise ConflictError(
        f"{printable(path)} is in the way: fetchkit did not write it",
        hint="Move it away, or give the manifest another `name`.",
    )


def write_ours(
    path: str, text: str, *, owner: str, mode: int = 0o644, root: str | None = None
) -> None:
    """Make `path` say `text` below our mark; no text means that it is taken away.

    Nothing is written where it says so already.

    Args:
        root: the install root `path` is in: a kill then leaves nothing beside `path`.

    Raises:
        ConflictError: `path` is not ours to replace.
        StorageError: it cannot be written.
    """
    check_ours(path)
    if text:
        ensure_dir(os.path.dirname(path))
        data = (MARK.format(owner=owner) + text).encode("utf-8", "surrogateescape")
        if _says(path, data, mode):
            return
        if root is None:
            write_atomic(path, data, mode, is_durable=False)
            return
        with work_dir(root) as stage_dir:
            write_atomic(path, data, mode, stage_dir=stage_dir, is_durable=False)
    elif os.path.lexists(path):
        with translated(path):
            os.unlink(path)


def _says(path: str, data: bytes, mode: int) -> bool:
    try:
        with open(path, "rb") as file:
            is_mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode) == mode
            return is_mode and file.read() == data
    except OSError:
        return False
