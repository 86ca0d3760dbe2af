"""A bundle, or any OCI image layout in one tar, as a read-only layer.

Nothing is unpacked: a blob is read from the range of the file where it lies.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, BinaryIO

from fetchkit import oci
from fetchkit.archive.layout_tar import LayoutTar, blob_name
from fetchkit.errors import FetchkitError
from fetchkit.store.memory import Remembered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fetchkit.digest import Digest
    from fetchkit.urls import Url


class TarLayer:
    """Gives what the tar holds. Vouches for nothing, as every layer."""

    def __init__(self, path: str) -> None:
        """Open `path` and read the names in it.

        Raises:
            UnsafeArchiveError: it is no image layout.
            StorageError: it cannot be read.
        """
        self.name = path
        self._tar = LayoutTar(path)

    def open(self, digest: Digest) -> BinaryIO | None:
        """What it claims to be the blob of `digest`, if it has one."""
        return self._tar.open(blob_name(digest.hex))

    def path(self, digest: Digest) -> None:
        """None: no blob in a tar is a file of its own."""

    def recall(self, url: Url) -> Remembered | None:
        """What `url` gave once, as the annotations of the layout say."""
        return self._remembered.get(str(url))

    def close(self) -> None:
        """Let go of the file."""
        self._tar.close()

    @cached_property
    def _remembered(self) -> dict[str, Remembered]:
        """Masked url -> what was there; nothing of a layout that cannot be read."""
        try:
            return {
                url: Remembered(digest=part.digest, size=part.size)
                for part in self._parts()
                if (url := part.annotations.get(oci.SOURCE_URL))
            }
        except FetchkitError:
            return {}

    def _parts(self) -> Iterator[oci.Descriptor]:
        index = self._tar.read(oci.INDEX_FILE, limit=oci.MAX_DOCUMENT_BYTES)
        for each in oci.parse_index(index or b"", self.name).manifests:
            name = blob_name(each.digest.hex)
            data = self._tar.read(name, limit=oci.MAX_DOCUMENT_BYTES)
            yield from oci.parse_manifest(data or b"", self.name).layers
