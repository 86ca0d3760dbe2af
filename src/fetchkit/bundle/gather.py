"""What a lock needs to be installed elsewhere, gathered as the parts of a bundle."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from fetchkit import oci
from fetchkit.bundle.parts import (
    ARTIFACT_TYPE,
    DOCUMENT_TYPE,
    KEY_FILE_TYPE,
    NAME,
    PLATFORM,
    PROGRAM_TYPE,
    VERSION,
    Part,
    part_of,
)
from fetchkit.digest import Digest, Measure
from fetchkit.documents import Freshness
from fetchkit.errors import InputError, StorageError
from fetchkit.fs import translated
from fetchkit.openpgp import MAX_KEY_BYTES
from fetchkit.resolution import platforms, resolve
from fetchkit.target import Target

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from typing import BinaryIO

    from fetchkit.artifact import Resolved, Stored
    from fetchkit.documents import Documents
    from fetchkit.manifest import Manifest
    from fetchkit.store.cache import Cache
    from fetchkit.urls import Url

_KEY_FILE_ENDINGS = (".asc", ".gpg", ".pgp", ".rev")


def resolve_platforms(
    manifest: Manifest, wanted: Collection[str], *, libc: str
) -> tuple[Resolved, ...]:
    """Every build of a pinned manifest, for all platforms or those in `wanted`.

    Raises:
        InputError: an artifact has no build for any of them.
    """
    found = []
    for artifact in manifest.artifacts.values():
        names = [name for name in platforms(artifact) if not wanted or name in wanted]
        if not names:
            raise InputError(
                f"`{artifact.name}` has no build for {', '.join(sorted(wanted))}; "
                f"there is {', '.join(platforms(artifact))}",
                hint="Name other platforms, or none for all.",
            )
        found += [
            resolve(artifact, Target.parse(name, libc=libc), {}) for name in names
        ]
    return tuple(found)


def gather(
    stored: Sequence[Stored],
    *,
    cache: Cache,
    documents: Documents,
) -> Iterator[Part]:
    """The binaries, and the signatures and keys that vouch for them."""
    cancel = threading.Event()
    for each in stored:
        yield _blob_part(
            cache,
            each.digest,
            each.size,
            ARTIFACT_TYPE,
            {
                NAME: each.resolved.name,
                VERSION: each.resolved.version,
                PLATFORM: each.resolved.target.name,
                oci.SOURCE_URL: str(each.resolved.url),
            },
        )
        if each.resolved.is_signed or each.resolved.is_listed:
            yield from _vouching_parts(each.resolved, cache, documents, cancel)


def key_file_parts(key_dirs: Iterable[str]) -> Iterator[Part]:
    """The key and revocation files beside the manifest."""
    for directory in key_dirs:
        with translated(directory):
            names = sorted(os.listdir(directory)) if os.path.isdir(directory) else []
        for name in names:
            path = os.path.join(directory, name)
            if name.endswith(_KEY_FILE_ENDINGS) and os.path.isfile(path):
                with translated(path), open(path, "rb") as file:
                    data = file.read(MAX_KEY_BYTES)
                yield part_of(data, KEY_FILE_TYPE, {oci.TITLE: f"keys/{name}"})


def program_part(path: str, version: str) -> Part:
    """The running fetchkit itself."""
    measure = Measure()
    with translated(path), open(path, "rb") as file:
        while chunk := file.read(1 << 20):
            measure.update(chunk)
    descriptor = oci.Descriptor(
        media_type=PROGRAM_TYPE,
        digest=measure.digest(),
        size=measure.size,
        annotations={oci.TITLE: "fetchkit.pyz", VERSION: version},
    )
    return Part(descriptor=descriptor, open=_opener(path))


def urls_by_text(resolved: Iterable[Resolved]) -> dict[str, list[Url]]:
    """Masked url -> the urls of `resolved` that are shown so."""
    found: dict[str, list[Url]] = {}
    for each in resolved:
        urls = [key.url for key in each.signed_by if key.url is not None]
        for location in each.locations:
            beside = (
                location.signature,
                location.checksums,
                location.checksums_signature,
            )
            urls += [location.url, *(url for url in beside if url is not None)]
        for url in urls:
            found.setdefault(str(url), []).append(url)
    return found


def _vouching_parts(
    resolved: Resolved, cache: Cache, documents: Documents, cancel: threading.Event
) -> Iterator[Part]:
    vouching = documents.vouching(
        resolved, resolved.locations[0], cancel, freshness=Freshness.CACHED
    )
    documents.keep(vouching)
    for document in vouching.documents:
        yield part_of(document.data, DOCUMENT_TYPE, {oci.SOURCE_URL: str(document.url)})
    for key in vouching.keys:
        if key.key.url is None or key.key.file is not None:
            continue
        remembered = cache.memory.recall(key.key.url)
        if remembered is None:
            raise StorageError(
                f"the key at {key.key.url} is not in the cache",
                hint="Run `fetchkit fetch` and try again.",
            )
        yield _blob_part(
            cache,
            remembered.digest,
            remembered.size,
            DOCUMENT_TYPE,
            {oci.SOURCE_URL: str(key.key.url)},
        )


def _blob_part(
    cache: Cache,
    digest: Digest,
    size: int,
    media_type: str,
    annotations: dict[str, str],
) -> Part:
    descriptor = oci.Descriptor(
        media_type=media_type, digest=digest, size=size, annotations=annotations
    )
    return Part(descriptor=descriptor, open=lambda: cache.blobs.open(digest))


def _opener(path: str) -> Callable[[], BinaryIO]:
    return lambda: open(path, "rb")
