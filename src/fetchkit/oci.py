"""OCI documents: descriptors, manifests and indexes as values and canonical bytes.

Pure. Spoken in the words of the OCI image specification 1.1: what `skopeo`, `crane`
and registries read. Canonical means: sorted keys, no white space, so that equal
documents have equal digests.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from fetchkit.digest import Digest
from fetchkit.errors import InputError, InvalidValueError
from fetchkit.values import field, frozen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
INDEX_TYPE = "application/vnd.oci.image.index.v1+json"
EMPTY_TYPE = "application/vnd.oci.empty.v1+json"
EMPTY = b"{}"
"""The config of an artifact that has none (image specification, "empty descriptor")."""

LAYOUT_FILE = "oci-layout"
INDEX_FILE = "index.json"
LAYOUT = b'{"imageLayoutVersion":"1.0.0"}'
BLOBS_DIR = "blobs/sha256"

TITLE = "org.opencontainers.image.title"
REF_NAME = "org.opencontainers.image.ref.name"
SOURCE_URL = "dev.fetchkit.url"
"""Annotation of ours: the masked url at which some bytes are published."""

MAX_DOCUMENT_BYTES = 4 * 1024 * 1024
"""What registries take as a manifest (distribution specification)."""


@frozen
class Descriptor:
    """What some bytes are, how many, and their digest."""

    media_type: str
    digest: Digest
    size: int
    annotations: Mapping[str, str] = field(default_factory=dict)
    artifact_type: str | None = None
    platform: Mapping[str, str] | None = None

    @classmethod
    def of(
        cls, data: bytes, media_type: str, annotations: Mapping[str, str] | None = None
    ) -> Descriptor:
        """The descriptor of `data`."""
        return cls(
            media_type=media_type,
            digest=Digest.of(data),
            size=len(data),
            annotations=annotations or {},
        )


@frozen
class ImageManifest:
    """An image or artifact: a config and layers."""

    config: Descriptor
    layers: tuple[Descriptor, ...]
    artifact_type: str | None = None
    annotations: Mapping[str, str] = field(default_factory=dict)


@frozen
class Index:
    """A list of manifests: the top of a layout."""

    manifests: tuple[Descriptor, ...]
    annotations: Mapping[str, str] = field(default_factory=dict)


def render(document: Mapping[str, Any]) -> bytes:
    """A document as canonical JSON."""
    return json.dumps(
        document, sort_keys=True, separators=(",", ":"), ensure_ascii=True
    ).encode()


def render_manifest(manifest: ImageManifest) -> bytes:
    """`manifest` as canonical JSON."""
    document: dict[str, Any] = {
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": _descriptor_table(manifest.config),
        "layers": [_descriptor_table(layer) for layer in manifest.layers],
    }
    if manifest.artifact_type is not None:
        document["artifactType"] = manifest.artifact_type
    if manifest.annotations:
        document["annotations"] = dict(manifest.annotations)
    return render(document)


def render_index(index: Index) -> bytes:
    """`index` as canonical JSON."""
    document: dict[str, Any] = {
        "schemaVersion": 2,
        "mediaType": INDEX_TYPE,
        "manifests": [_descriptor_table(each) for each in index.manifests],
    }
    if index.annotations:
        document["annotations"] = dict(index.annotations)
    return render(document)


def parse_manifest(data: bytes, subject: str) -> ImageManifest:
    """Read a manifest.

    Raises:
        InputError: it is none, or is an index too (CVE-2021-41190).
    """
    document = _load(data, subject)
    try:
        if "manifests" in document or document["schemaVersion"] != 2:
            raise InputError(f"{subject} is not an OCI image manifest")
        return ImageManifest(
            config=_parse_descriptor(document["config"]),
            layers=tuple(_parse_descriptor(each) for each in document["layers"]),
            artifact_type=document.get("artifactType"),
            annotations=_texts(document.get("annotations", {})),
        )
    except (KeyError, TypeError, AttributeError, InvalidValueError) as error:
        raise InputError(f"{subject} is not an OCI image manifest: {error}") from None


def parse_index(data: bytes, subject: str) -> Index:
    """Read an index.

    Raises:
        InputError: it is none, or is a manifest too (CVE-2021-41190).
    """
    document = _load(data, subject)
    try:
        if "layers" in document or document["schemaVersion"] != 2:
            raise InputError(f"{subject} is not an OCI image index")
        return Index(
            manifests=tuple(_parse_descriptor(each) for each in document["manifests"]),
            annotations=_texts(document.get("annotations", {})),
        )
    except (KeyError, TypeError, AttributeError, InvalidValueError) as error:
        raise InputError(f"{subject} is not an OCI image index: {error}") from None


def render_descriptor(descriptor: Descriptor) -> bytes:
    """`descriptor` as canonical JSON."""
    return render(_descriptor_table(descriptor))


def _descriptor_table(descriptor: Descriptor) -> dict[str, Any]:
    document: dict[str, Any] = {
        "mediaType": descriptor.media_type,
        "digest": str(descriptor.digest),
        "size": descriptor.size,
    }
    if descriptor.artifact_type is not None:
        document["artifactType"] = descriptor.artifact_type
    if descriptor.platform is not None:
        document["platform"] = dict(descriptor.platform)
    if descriptor.annotations:
        document["annotations"] = dict(descriptor.annotations)
    return document


def _parse_descriptor(document: Mapping[str, Any]) -> Descriptor:
    digest = document["digest"]
    # Exactly as the specification spells it: the text becomes a file name.
    if not isinstance(digest, str) or str(Digest.parse(digest)) != digest:
        raise InvalidValueError(f"not a sha256 digest: {digest!r:.100}")
    size = document["size"]
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise InvalidValueError(f"not a size: {size!r:.40}")
    platform = document.get("platform")
    return Descriptor(
        media_type=str(document["mediaType"]),
        digest=Digest.parse(digest),
        size=size,
        annotations=_texts(document.get("annotations") or {}),
        artifact_type=document.get("artifactType"),
        platform=_texts(platform) if platform is not None else None,
    )


def _texts(table: Mapping[str, Any]) -> dict[str, str]:
    return {str(name): str(text) for name, text in table.items()}


def _load(data: bytes, subject: str) -> dict[str, Any]:
    if len(data) > MAX_DOCUMENT_BYTES:
        raise InputError(f"{subject} is larger than {MAX_DOCUMENT_BYTES} bytes")
    try:
        document = json.loads(data, object_pairs_hook=_refuse_twins)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{subject} is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise InputError(f"{subject} is not a JSON object")
    return document


def _refuse_twins(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """An object, unless a key stands in it twice: readers would differ about it."""
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a key stands twice")
    return document
