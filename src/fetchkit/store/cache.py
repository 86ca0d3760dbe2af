"""`Cache`: what the use cases ask of the store, and who may be trusted with it."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from fetchkit.artifact import Stored
from fetchkit.errors import StorageError
from fetchkit.fs import translated
from fetchkit.ports import Validators
from fetchkit.store.blobs import Blobs
from fetchkit.store.layout import Layout
from fetchkit.store.memory import Memory, Remembered

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from fetchkit.artifact import Verified
    from fetchkit.digest import Digest
    from fetchkit.urls import Url


class Cache:
    """One cache directory: blobs, and what is remembered about them.

    Made without touching the disk; the first write makes the directories. Reading
    needs no lock, and what is read is worth what its digest proves, no more.
    """

    def __init__(self, cache_dir: str) -> None:
        self.layout = Layout(os.path.abspath(cache_dir))
        self.blobs = Blobs(self.layout)
        self.memory = Memory(self.layout)

    @classmethod
    def open(cls, cache_dir: str) -> Cache:
        """The cache in `cache_dir`, which need not exist yet.

        Raises:
            StorageError: others could change what is in it, so that neither its
                verdicts nor its names can be relied on.
        """
        cache = cls(cache_dir)
        for path in (cache.layout.cache_dir, cache.layout.root):
            fault = _ownership_fault(path)
            if fault is not None:
                raise StorageError(
                    f"cannot use the cache {path}: {fault}",
                    hint=f"Choose a directory of your own with --cache-dir, or "
                    f"run: chmod go-w {path}",
                )
        return cache

    def commit(
        self,
        verified: Verified,
        *,
        policy: Digest | None = None,
        validators: Validators | None = None,
    ) -> Stored:
        """Publish verified bytes, remember their url, and keep the verdict.

        Args:
            policy: the question the evidence answers (`evidence.policy_digest`).
            validators: what the server gave to ask for a newer version with.

        Raises:
            StorageError: the cache is full or read-only; nothing was published.
        """
        download = verified.download
        path = self.blobs.publish(download.path, download.digest)
        remembered = Remembered(
            digest=download.digest,
            size=download.size,
            validators=validators or Validators(),
        )
        self.memory.remember(download.resolved.url, remembered)
        self._keep_verdict(verified, policy)
        return _stored(verified, path, is_fresh=True)

    def reuse(self, verified: Verified, *, policy: Digest | None = None) -> Stored:
        """A blob that is here already, and was verified for another run or url."""
        with suppress(StorageError):  # a cache one may only read still serves
            self._keep_verdict(verified, policy)
        return _stored(verified, verified.download.path, is_fresh=False)

    def _keep_verdict(self, verified: Verified, policy: Digest | None) -> None:
        evidence = verified.evidence
        # An exception has to be looked at, and shown, on every run.
        if policy is not None and not evidence.warnings:
            self.memory.keep_verdict(verified.download.digest, policy, evidence)

    def lock(self, url: Url) -> AbstractContextManager[bool]:
        """Hold the right to fetch `url`, so that others wait for our result.

        Raises:
            LockTimeoutError: another process held it for too long.
        """
        from fetchkit.locks import held

        self.blobs.ensure_directories()
        return held(self.layout.lock(url))

    def install_lock(self, root: str) -> AbstractContextManager[bool]:
        """Hold the right to install below `root`, against others with this cache.

        Raises:
            LockTimeoutError: another process held it for too long.
        """
        from fetchkit.locks import held

        self.blobs.ensure_directories()
        return held(self.layout.install_lock(os.path.realpath(root)))


def _stored(verified: Verified, path: str, *, is_fresh: bool) -> Stored:
    download = verified.download
    return Stored(
        resolved=download.resolved,
        digest=download.digest,
        size=download.size,
        path=path,
        source=download.source,
        evidence=verified.evidence,
        is_fresh=is_fresh,
    )


def _ownership_fault(path: str) -> str | None:
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
    if info.st_mode & stat.S_IWOTH and not info.st_mode & stat.S_ISVTX:
        return "everybody may write to it"
    return None
