"""What a cache holds, for whoever wants to know. Serves nothing to a build."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from fetchkit.fs import translated
from fetchkit.values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fetchkit.artifact import Resolved
    from fetchkit.digest import Digest
    from fetchkit.store.cache import Cache


@frozen
class CachedBlob:
    """One blob, as it calls itself; its content was not looked at."""

    digest: Digest
    size: int
    urls: tuple[str, ...]
    """Where it came from last time, masked; empty if nothing remembers."""


def list_blobs(cache: Cache) -> Iterator[CachedBlob]:
    """Every blob of `cache`, by digest.

    Raises:
        StorageError: the cache cannot be read.
    """
    urls = cache.memory.urls()
    for digest in cache.blobs.digests():
        path = cache.layout.blob(digest)
        with translated(path), suppress(FileNotFoundError):
            yield CachedBlob(
                digest=digest,
                size=os.lstat(path).st_size,
                urls=urls.get(digest, ()),
            )


def known_of(cache: Cache, resolved: Iterable[Resolved]) -> frozenset[Digest]:
    """Every digest that these builds need, as far as pins and memory tell.

    The builds themselves, and what vouches for them: signatures, lists, keys.
    """
    needed: set[Digest] = set()
    for each in resolved:
        needed.update(each.documents.values())
        if each.sha256 is not None:
            needed.add(each.sha256)
        urls = [key.url for key in each.signed_by]
        for place in each.locations:
            urls += [place.url, place.signature]
            urls += [place.checksums, place.checksums_signature]
        remembered = (cache.memory.recall(url) for url in urls if url is not None)
        needed.update(found.digest for found in remembered if found is not None)
    return frozenset(needed)


def count_quarantined(cache: Cache) -> int:
    """How many blobs were taken out of service because their bytes had changed."""
    try:
        return len(os.listdir(cache.layout.quarantine_dir))
    except OSError:
        return 0


def check_blobs(cache: Cache) -> Iterator[tuple[Digest, bool]]:
    """Hash every blob; one that is not what its name says goes to quarantine.

    Returns:
        Each digest as soon as it is checked, and whether its bytes are right.

    Raises:
        StorageError: a blob cannot be read.
    """
    for digest in cache.blobs.digests():
        measure = cache.blobs.measure(digest)
        if measure is None:  # another process has removed it
            continue
        is_good = measure.digest() == digest
        if not is_good:
            cache.blobs.quarantine(digest)
        yield digest, is_good
