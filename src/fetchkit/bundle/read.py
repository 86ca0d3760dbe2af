"""A bundle file -> its contents, checked against the bundle's own list."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from fetchkit import oci
from fetchkit.archive.layout_tar import blob_name
from fetchkit.bundle.parts import (
    ARTIFACT_TYPE,
    BASE,
    BUNDLE_TYPE,
    DOCUMENT_TYPE,
    LOCK_TYPE,
    MANIFEST_TYPE,
    NAME,
    PLATFORM,
    Contents,
    Part,
    distinct,
    title,
)
from fetchkit.digest import CHUNK_BYTES, Digest, Measure
from fetchkit.errors import DigestMismatchError, InputError, UnsafeArchiveError
from fetchkit.fs import translated
from fetchkit.manifest import parse_manifest
from fetchkit.manifest.fit import pin
from fetchkit.manifest.lock import parse_lock
from fetchkit.resolution import resolve
from fetchkit.target import Target

if TYPE_CHECKING:
    from collections.abc import Callable

    from fetchkit.archive.layout_tar import LayoutTar
    from fetchkit.manifest import Manifest
    from fetchkit.manifest.lock import Lock

MAX_SMALL_BYTES = 16 * 1024 * 1024
"""Largest file of a bundle that is read into memory: locks, keys, signatures."""


def read(tar: LayoutTar) -> Contents:
    """What the bundle `tar` says it holds; no content is hashed yet.

    Raises:
        InputError: it is a layout, but no bundle.
        UnsafeArchiveError: something it lists is not there, is of another size, or
            something is there that it does not list.
    """
    index = oci.parse_index(_required(tar, oci.INDEX_FILE), f"index of {tar.path}")
    if len(index.manifests) != 1 or index.manifests[0].artifact_type != BUNDLE_TYPE:
        raise InputError(
            f"{tar.path} is an image layout, but no bundle of fetchkit",
            hint="Make one with `fetchkit bundle create`.",
        )
    top = index.manifests[0]
    data = _required(tar, blob_name(top.digest.hex))
    if Digest.of(data) != top.digest:
        raise DigestMismatchError(
            f"the list of {tar.path}", expected=top.digest, actual=Digest.of(data)
        )
    manifest = oci.parse_manifest(data, f"list of {tar.path}")
    base = manifest.annotations.get(BASE)
    contents = Contents(
        digest=top.digest,
        parts=manifest.layers,
        base=Digest.parse(base) if base else None,
        missing=tuple(
            dict.fromkeys(
                part.digest
                for part in manifest.layers
                if part.digest.hex not in tar.blobs
            )
        ),
    )
    _check_complete(tar, contents, {top.digest, manifest.config.digest})
    return contents


def read_part(tar: LayoutTar, part: oci.Descriptor) -> bytes:
    """A small part of a bundle, checked against its digest.

    Raises:
        DigestMismatchError: it is not what the bundle lists.
        UnsafeArchiveError: it is not there.
    """
    data = tar.read(blob_name(part.digest.hex), limit=MAX_SMALL_BYTES)
    if data is None:
        raise UnsafeArchiveError(f"{tar.path} does not hold {part.digest}")
    check_digest(tar, part, Digest.of(data))
    return data


def check_digest(tar: LayoutTar, part: oci.Descriptor, actual: Digest) -> None:
    """Compare what a part of a bundle hashes to with what the bundle lists.

    Raises:
        DigestMismatchError: they differ.
    """
    if actual != part.digest:
        raise DigestMismatchError(
            f"{title(part)} in {tar.path}",
            expected=part.digest,
            actual=actual,
            hint="Copy the bundle again from where it was made.",
        )


def check(tar: LayoutTar, contents: Contents) -> int:
    """Hash everything in a bundle; returns the number of bytes.

    Raises:
        DigestMismatchError: a blob is not what its name says.
    """
    total = 0
    for part in distinct(contents.parts):
        opened = tar.open(blob_name(part.digest.hex))
        if opened is None:
            continue
        measure = Measure()
        with opened as file, translated(tar.path):
            while chunk := file.read(CHUNK_BYTES):
                measure.update(chunk)
        check_digest(tar, part, measure.digest())
        total += measure.size
    return total


def parts_of(tar: LayoutTar, contents: Contents) -> tuple[Part, ...]:
    """The parts of a bundle, to make another bundle of."""

    def opener(part: oci.Descriptor) -> Callable[[], BinaryIO]:
        def opened() -> BinaryIO:
            file = tar.open(blob_name(part.digest.hex))
            if file is None:
                raise UnsafeArchiveError(f"{tar.path} does not hold {part.digest}")
            return file

        return opened

    return tuple(Part(descriptor=part, open=opener(part)) for part in contents.parts)


def read_manifest(tar: LayoutTar, contents: Contents) -> Manifest:
    """The manifest a bundle was made for.

    Raises:
        ManifestError: it is not usable.
        UnsafeArchiveError: there is none.
    """
    part = _only(tar, contents, MANIFEST_TYPE)
    return parse_manifest(read_part(tar, part), f"manifest of {tar.path}")


def read_lock(tar: LayoutTar, contents: Contents) -> Lock:
    """The lock a bundle is closed over.

    Raises:
        ManifestError: it is not usable.
        UnsafeArchiveError: there is none.
    """
    part = _only(tar, contents, LOCK_TYPE)
    return parse_lock(read_part(tar, part), f"lock of {tar.path}")


def check_closed(tar: LayoutTar, contents: Contents) -> None:
    """Make sure that a bundle holds what its lock needs, for at least one platform.

    Raises:
        UnsafeArchiveError: a build, or the signature of one, is not listed.
        ManifestError: manifest and lock do not fit each other.
    """
    lock = read_lock(tar, contents)
    manifest = pin(read_manifest(tar, contents), lock)
    listed = {
        (part.annotations.get(NAME), part.annotations.get(PLATFORM)): part.digest
        for part in contents.of_type(ARTIFACT_TYPE)
    }
    documents = {
        part.annotations.get(oci.SOURCE_URL) for part in contents.of_type(DOCUMENT_TYPE)
    }
    for name, locked in lock.artifacts.items():
        held = {
            platform: build
            for platform, build in locked.builds.items()
            if listed.get((name, platform)) == build.sha256
        }
        if not held:
            raise UnsafeArchiveError(
                f"{tar.path} holds no build of `{name}` that its lock names"
            )
        artifact = manifest.artifacts[name]
        for platform in held:
            resolved = resolve(artifact, Target.parse(platform, libc="glibc"), {})
            place = resolved.locations[0]
            for url in (place.signature, place.checksums, place.checksums_signature):
                if url is not None and str(url) not in documents:
                    raise UnsafeArchiveError(f"{tar.path} does not hold {url}")


def _check_complete(tar: LayoutTar, contents: Contents, own: set[Digest]) -> None:
    listed = {part.digest.hex: part.size for part in contents.parts}
    listed |= {digest.hex: -1 for digest in own}
    for name, size in tar.blobs.items():
        if name not in listed:
            raise UnsafeArchiveError(
                f"{tar.path} holds sha256:{name}, which it does not list",
                hint="Make it anew with `fetchkit bundle create`.",
            )
        if listed[name] not in {-1, size}:
            raise UnsafeArchiveError(
                f"{tar.path}: sha256:{name} has {size} bytes, listed are {listed[name]}"
            )
    if contents.missing and contents.base is None:
        raise UnsafeArchiveError(
            f"{tar.path} lists {contents.missing[0]}, which is not in it",
            hint="Make it anew with `fetchkit bundle create`.",
        )


def _required(tar: LayoutTar, name: str) -> bytes:
    data = tar.read(name, limit=oci.MAX_DOCUMENT_BYTES)
    if data is None:
        raise UnsafeArchiveError(f"{tar.path} has no {name}")
    return data


def _only(tar: LayoutTar, contents: Contents, media_type: str) -> oci.Descriptor:
    found = contents.of_type(media_type)
    if len(found) != 1:
        raise UnsafeArchiveError(
            f"{tar.path} holds {len(found)} files of type {media_type}, expected one"
        )
    return found[0]
