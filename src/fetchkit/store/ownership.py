"""Whose cache is it? One that others can change proves nothing but digests."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from fetchkit.errors import StorageError
from fetchkit.fs import translated

if TYPE_CHECKING:
    from fetchkit.store.layout import Layout


def check_ownership(layout: Layout) -> None:
    """Refuse a cache whose verdicts and names others could have made.

    Root may have made it: who is root need not bother with a cache. Such a cache is
    of use all the same, as a read-only layer: there nothing is believed.

    Raises:
        StorageError: somebody else owns it, or everybody may write to it.
    """
    for path in (layout.cache_dir, layout.root, layout.verdicts_dir):
        fault = _fault(path, may_be_sticky=path == layout.cache_dir)
        if fault is not None:
            raise StorageError(
                f"cannot use the cache {path}: {fault}",
                hint="Choose a directory of your own with --cache-dir, or run: "
                f"chmod go-w {path}; to read from it all the same, name it in "
                "FETCHKIT_CACHE_LAYERS.",
            )


def _fault(path: str, *, may_be_sticky: bool) -> str | None:
    """Why others could change what is below `path`, or None."""
    with translated(path):
        try:
            info = os.lstat(path)
        except FileNotFoundError:
            return None
    if stat.S_ISLNK(info.st_mode):
        # Somebody's link may point anywhere tomorrow; our own is our own business.
        if info.st_uid not in {os.geteuid(), 0}:
            return f"it is a link that belongs to user id {info.st_uid}"
        with translated(path):
            info = os.stat(path)
    if not stat.S_ISDIR(info.st_mode):
        return "it is not a directory"
    if info.st_uid not in {os.geteuid(), 0}:
        return f"it belongs to user id {info.st_uid}, not to {os.geteuid()}"
    is_sticky = bool(info.st_mode & stat.S_ISVTX)
    if info.st_mode & stat.S_IWOTH and not (is_sticky and may_be_sticky):
        return "everybody may write to it"
    return None
