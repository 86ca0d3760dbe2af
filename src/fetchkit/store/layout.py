"""Where everything is below the cache directory. Path arithmetic, no I/O."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from fetchkit.values import frozen

if TYPE_CHECKING:
    from fetchkit.digest import Digest
    from fetchkit.urls import Url

FORMAT = "v1"
"""Raised with the layout; a directory of another format is left alone."""

OCI_LAYOUT = b'{"imageLayoutVersion":"1.0.0"}'
"""Content of ``oci-layout`` (OCI image layout specification 1.0)."""

EMPTY_INDEX = (
    b'{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json",'
    b'"manifests":[]}'
)

CACHEDIR_TAG = b"""Signature: 8a477f597d28d172789f06886806bc55
# This directory is a cache of fetchkit; backups may leave it out.
# See https://bford.info/cachedir/
"""
"""The first line is fixed by the Cache Directory Tagging Specification."""


@frozen(kw_only=False)
class Layout:
    """The paths of one cache. Every name in it is one we computed."""

    cache_dir: str

    @property
    def root(self) -> str:
        """The OCI layout itself."""
        return os.path.join(self.cache_dir, FORMAT)

    @property
    def blobs_dir(self) -> str:
        """Published bytes, named by their digest, whole or absent."""
        return os.path.join(self.root, "blobs", "sha256")

    @property
    def ingest_dir(self) -> str:
        """What is arriving."""
        return os.path.join(self.root, "ingest")

    @property
    def quarantine_dir(self) -> str:
        """What failed its digest after it was published; never served."""
        return os.path.join(self.root, "quarantine")

    @property
    def locks_dir(self) -> str:
        """Empty files that are locked; may be deleted at any time."""
        return os.path.join(self.root, "locks")

    @property
    def memory_dir(self) -> str:
        """What urls gave last time."""
        return os.path.join(self.root, "meta")

    @property
    def verdicts_dir(self) -> str:
        """Who vouched for which digest."""
        return os.path.join(self.root, "verdicts")

    @property
    def references_dir(self) -> str:
        """What lock files in use need."""
        return os.path.join(self.root, "refs")

    @property
    def collector_lock(self) -> str:
        """Held by the one who collects; last written when a collection ended."""
        return os.path.join(self.root, "collector.lock")

    def blob(self, digest: Digest) -> str:
        """The bytes of `digest`."""
        return os.path.join(self.blobs_dir, digest.hex)

    def memory(self, url: Url) -> str:
        """What `url` gave last time. The name holds no secret of the url."""
        return os.path.join(self.memory_dir, f"{_name_of(url)}.json")

    def verdict(self, digest: Digest, policy: Digest) -> str:
        """Who vouched for `digest`, asked under `policy`."""
        return os.path.join(self.verdicts_dir, f"{digest.hex}-{policy.hex[:32]}.json")

    def lock(self, url: Url) -> str:
        """Held while `url` is fetched."""
        return os.path.join(self.locks_dir, f"{_name_of(url)}.lock")

    def part(self, url: Url) -> str:
        """What has arrived of `url`, while it is locked."""
        return os.path.join(self.ingest_dir, f"{_name_of(url)}.part")

    def install_lock(self, root: str) -> str:
        """Held while something is installed below the directory `root`."""
        name = hashlib.sha256(root.encode("utf-8", "surrogateescape")).hexdigest()
        return os.path.join(self.locks_dir, f"{name}.install.lock")

    def reference(self, lock_file: str) -> str:
        """What `lock_file`, an absolute path, needs."""
        name = hashlib.sha256(lock_file.encode("utf-8", "surrogateescape")).hexdigest()
        return os.path.join(self.references_dir, f"{name}.json")

    @property
    def directories(self) -> tuple[str, ...]:
        """Everything that has to exist before something is published."""
        return (
            self.blobs_dir,
            self.ingest_dir,
            self.quarantine_dir,
            self.locks_dir,
            self.memory_dir,
            self.verdicts_dir,
        )


def _name_of(url: Url) -> str:
    return hashlib.sha256(url.secret.encode()).hexdigest()
