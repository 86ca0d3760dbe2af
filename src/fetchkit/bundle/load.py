"""A bundle file -> the cache of a machine without a network."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from fetchkit.archive.layout_tar import blob_name
from fetchkit.bundle.parts import (
    KEY_FILE_TYPE,
    LOCK_TYPE,
    MANIFEST_TYPE,
    PROGRAM_TYPE,
    distinct,
)
from fetchkit.bundle.read import check_digest, read_part
from fetchkit.errors import (
    ConflictError,
    UnsafeArchiveError,
    VerificationError,
)
from fetchkit.fs import copy_measured, translated, write_atomic
from fetchkit.oci import SOURCE_URL, TITLE
from fetchkit.paths import parse_rel_path
from fetchkit.store.memory import Remembered

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fetchkit import oci
    from fetchkit.archive.layout_tar import LayoutTar
    from fetchkit.bundle.parts import Contents
    from fetchkit.store.cache import Cache
    from fetchkit.urls import Url

_UNPACKED = frozenset({MANIFEST_TYPE, LOCK_TYPE, KEY_FILE_TYPE, PROGRAM_TYPE})


def import_bundle(
    tar: LayoutTar, contents: Contents, cache: Cache, urls: Mapping[str, Sequence[Url]]
) -> int:
    """Put everything a bundle holds into `cache`; returns the number of new blobs.

    Args:
        urls: masked url -> urls that are shown so, in the manifest it is used with:
            what the bundle knows of a url is remembered for these.

    Raises:
        VerificationError: a delta, and what it completes is not in the cache.
        DigestMismatchError: a blob is not what its name says; nothing of it is used.
        StorageError: the cache cannot hold it.
    """
    absent = [digest for digest in contents.missing if cache.blobs.find(digest) is None]
    if absent:
        raise VerificationError(
            f"{tar.path} completes the bundle {contents.base}, of which "
            f"{len(absent)} blobs are not in this cache, the first is {absent[0]}",
            hint="Import that bundle first.",
        )
    added = 0
    for part in distinct(contents.parts):
        if cache.blobs.find(part.digest) is None:
            _import_blob(tar, part, cache)
            added += 1
    for part in contents.parts:
        for url in urls.get(part.annotations.get(SOURCE_URL, ""), ()):
            cache.memory.remember(url, Remembered(digest=part.digest, size=part.size))
    return added


def unpack(tar: LayoutTar, contents: Contents, directory: str) -> tuple[str, ...]:
    """Write the manifest, lock, keys and program of a bundle below `directory`.

    Returns:
        The paths that were written, below `directory`.

    Raises:
        ConflictError: a file is there already, with other content.
        InvalidValueError: a part has a name that leaves the directory.
    """
    written = []
    for part in contents.parts:
        if part.media_type not in _UNPACKED or part.digest in contents.missing:
            continue
        name = parse_rel_path(part.annotations.get(TITLE, ""))
        path = os.path.join(directory, name)
        data = read_part(tar, part)
        if _is_there(path, data):
            continue
        write_atomic(path, data)
        written.append(name)
    return tuple(written)


def _is_there(path: str, data: bytes) -> bool:
    with translated(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if not os.path.lexists(path):
            return False
        with open(path, "rb") as file:
            if file.read() == data:
                return True
    raise ConflictError(
        f"{path} is there already, with other content",
        hint="Unpack into an empty directory.",
    )


def _import_blob(tar: LayoutTar, part: oci.Descriptor, cache: Cache) -> None:
    opened = tar.open(blob_name(part.digest.hex))
    if opened is None:
        raise UnsafeArchiveError(f"{tar.path} does not hold {part.digest}")
    with opened as source, cache.blobs.staged() as path:
        with translated(path), open(path, "wb") as target:
            measure = copy_measured(source, target)
        check_digest(tar, part, measure.digest())
        cache.blobs.publish(path, part.digest)
