"""Parts -> a bundle file, whole or not at all, the same bytes for the same parts."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO

from fetchkit import oci
from fetchkit.archive.layout_tar import blob_name, write_layout
from fetchkit.bundle.parts import (
    BASE,
    BUNDLE_TYPE,
    LOCK_TYPE,
    MANIFEST_TYPE,
    Contents,
    Part,
)
from fetchkit.digest import Digest
from fetchkit.fs import atomic_write

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


def create(
    path: str, parts: Iterable[Part], *, base: Contents | None = None
) -> Contents:
    """Write a bundle of `parts` to `path`, whole or not at all.

    Args:
        base: leave out what this bundle already holds: the result is a delta. Its
            manifest and lock are in it all the same, so that it can be read alone.

    Raises:
        StorageError: it cannot be written.
        UnsafeArchiveError: a part changed while it was written.
    """
    ordered = _ordered(parts)
    manifest = oci.render_manifest(
        oci.ImageManifest(
            artifact_type=BUNDLE_TYPE,
            config=oci.Descriptor.of(oci.EMPTY, oci.EMPTY_TYPE),
            layers=tuple(part.descriptor for part in ordered),
            annotations={BASE: str(base.digest)} if base else {},
        )
    )
    top = oci.Descriptor(
        media_type=oci.MANIFEST_TYPE,
        digest=Digest.of(manifest),
        size=len(manifest),
        artifact_type=BUNDLE_TYPE,
        annotations={oci.REF_NAME: "bundle"},
    )
    ours = {part.descriptor.digest for part in ordered if _is_text(part)}
    held = {part.digest for part in base.parts} - ours if base else set()
    openers = {
        part.descriptor.digest: part
        for part in ordered
        if part.descriptor.digest not in held
    }
    small = {Digest.of(data): data for data in (manifest, oci.EMPTY)}
    with atomic_write(path) as file:
        write_layout(
            file,
            _entries(oci.render_index(oci.Index(manifests=(top,))), small, openers),
        )
    return Contents(
        digest=top.digest,
        parts=tuple(part.descriptor for part in ordered),
        base=base.digest if base else None,
        missing=tuple(
            sorted(held & {part.descriptor.digest for part in ordered}, key=str)
        ),
    )


def _is_text(part: Part) -> bool:
    return part.descriptor.media_type in {MANIFEST_TYPE, LOCK_TYPE}


def _entries(
    index: bytes, small: Mapping[Digest, bytes], parts: Mapping[Digest, Part]
) -> Iterator[tuple[str, int, BinaryIO]]:
    yield oci.LAYOUT_FILE, len(oci.LAYOUT), io.BytesIO(oci.LAYOUT)
    yield oci.INDEX_FILE, len(index), io.BytesIO(index)
    for digest in sorted({*small, *parts}, key=str):
        name = blob_name(digest.hex)
        if digest in small:
            yield name, len(small[digest]), io.BytesIO(small[digest])
        else:
            with parts[digest].open() as content:
                yield name, parts[digest].descriptor.size, content


def _ordered(parts: Iterable[Part]) -> list[Part]:
    """By kind, name and digest, each once: the order of gathering does not matter."""
    distinct = {oci.render_descriptor(part.descriptor): part for part in parts}
    return sorted(
        distinct.values(),
        key=lambda part: (
            part.descriptor.media_type,
            sorted(part.descriptor.annotations.items()),
            part.descriptor.digest.hex,
        ),
    )
