"""What a bundle is made of. Values, no I/O."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO

from fetchkit import oci
from fetchkit.values import field, frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from fetchkit.digest import Digest

BUNDLE_TYPE = "application/vnd.fetchkit.bundle.v1"
MANIFEST_TYPE = "application/vnd.fetchkit.manifest.v1+toml"
LOCK_TYPE = "application/vnd.fetchkit.lock.v1+toml"
ARTIFACT_TYPE = "application/vnd.fetchkit.artifact.v1"
DOCUMENT_TYPE = "application/vnd.fetchkit.document.v1"
KEY_FILE_TYPE = "application/pgp-keys"
PROGRAM_TYPE = "application/vnd.fetchkit.program.v1"

NAME = "dev.fetchkit.name"
VERSION = "dev.fetchkit.version"
PLATFORM = "dev.fetchkit.platform"
BASE = "dev.fetchkit.base"
"""Annotation of a delta: digest of the bundle manifest it completes."""


@frozen
class Part:
    """One thing that goes into a bundle, and how to open it."""

    descriptor: oci.Descriptor
    open: Callable[[], BinaryIO]


@frozen
class Contents:
    """What a bundle says it holds."""

    digest: Digest
    """Of the bundle's own manifest: names the whole content."""
    parts: tuple[oci.Descriptor, ...]
    base: Digest | None = None
    """For a delta: the bundle it completes."""
    missing: tuple[Digest, ...] = field(default=())
    """For a delta: what is listed and has to come from elsewhere."""

    def of_type(self, media_type: str) -> tuple[oci.Descriptor, ...]:
        """The parts of one media type, in order."""
        return tuple(part for part in self.parts if part.media_type == media_type)


def part_of(data: bytes, media_type: str, annotations: Mapping[str, str]) -> Part:
    """A small file as a part."""
    descriptor = oci.Descriptor.of(data, media_type, annotations)
    return Part(descriptor=descriptor, open=lambda: io.BytesIO(data))


def distinct(parts: Iterable[oci.Descriptor]) -> list[oci.Descriptor]:
    """`parts` with every digest once."""
    return list({part.digest: part for part in parts}.values())


def title(part: oci.Descriptor) -> str:
    """What to call a part in a message."""
    return (
        part.annotations.get(NAME) or part.annotations.get(oci.TITLE) or part.media_type
    )
