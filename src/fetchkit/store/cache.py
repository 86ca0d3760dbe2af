"""`Cache`: what the use cases ask of the store."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple

from fetchkit.artifact import Stored
from fetchkit.digest import CHUNK_BYTES, Digest, Measure
from fetchkit.errors import NoSpaceError, StorageError
from fetchkit.fs import copy_measured, translated
from fetchkit.ports import Validators
from fetchkit.store.blobs import Blobs
from fetchkit.store.layout import Layout
from fetchkit.store.leases import Leases
from fetchkit.store.memory import Memory, Remembered
from fetchkit.store.ownership import check_ownership
from fetchkit.store.policy import Policy
from fetchkit.store.references import References
from fetchkit.store.upkeep import Upkeep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import BinaryIO

    from fetchkit.artifact import Download, Evidence, Resolved, Verified
    from fetchkit.ports import Clock
    from fetchkit.store.layers import Layer
    from fetchkit.store.parts import Part
    from fetchkit.urls import Url


class Copy(NamedTuple):
    """A file whose bytes were hashed just now and are what they have to be."""

    path: str
    size: int


class Cache:
    """One cache directory: blobs, and what is remembered about them.

    Made without touching the disk; the first write makes the directories. Reading
    needs no lock, and what is read is worth what its digest proves, no more. What
    was found stays until `close`, whoever collects meanwhile.
    """

    def __init__(
        self,
        cache_dir: str,
        *,
        layers: Sequence[Layer] = (),
        policy: Policy | None = None,
        clock: Clock = time.time,
        warn: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Use `cache_dir`, whoever may write to it (see `open`).

        Args:
            layers: where to look next, in this order.
            policy: how much may be kept, and for how long; None: the usual.
            warn: told what the user should know though the run goes on.
        """
        self.layout = Layout(os.path.abspath(cache_dir))
        self.blobs = Blobs(self.layout)
        self.memory = Memory(self.layout)
        self.references = References(self.layout)
        self.upkeep = Upkeep(self.layout, policy or Policy(), clock=clock)
        self._layers = tuple(layers)
        self._leases = Leases()
        self._clock = clock
        self._warn = warn

    @classmethod
    def open(
        cls,
        cache_dir: str,
        *,
        layers: Sequence[Layer] = (),
        policy: Policy | None = None,
        clock: Clock = time.time,
        warn: Callable[[str], None] = lambda _: None,
    ) -> Cache:
        """The cache in `cache_dir`, which need not exist yet.

        Raises:
            StorageError: others could change what is in it, so that neither its
                verdicts nor its names can be relied on.
        """
        cache = cls(cache_dir, layers=layers, policy=policy, clock=clock, warn=warn)
        check_ownership(cache.layout)
        return cache

    def close(self) -> None:
        """Let go of layers, and of what was found: now it may be collected."""
        for layer in self._layers:
            layer.close()
        self._leases.release()

    def find(self, digest: Digest, *, subject: str) -> Copy | None:
        """The bytes of `digest`, hashed just now: from here, else from a layer.

        A damaged blob is set aside, and a warning says so. What a layer has is
        copied here; where that cannot be done it is used in place.

        Args:
            subject: what it is, for warnings.

        Raises:
            StorageError: a blob is there and cannot be read.
        """
        measure = self._measure_held(digest)
        if measure is None:
            return self._find_in_layers(digest, subject)
        if measure.digest() != digest:
            self.blobs.quarantine(digest)
            self._warn(f"{subject}: the cached copy is damaged ({measure.digest()})")
            return self._find_in_layers(digest, subject)
        self.blobs.touch(digest, self._clock())
        return Copy(self.layout.blob(digest), measure.size)

    def recall(self, url: Url, *, hints: bool) -> Remembered | None:
        """What `url` gave last time.

        Args:
            hints: ask the layers too. Only where what they say is proved by a
                signature or a pinned digest afterwards.
        """
        remembered = self.memory.recall(url)
        if remembered is not None or not hints:
            return remembered
        found = (layer.recall(url) for layer in self._layers)
        return next(filter(None, found), None)

    def read(self, digest: Digest, *, limit: int) -> bytes | None:
        """A small document, from here or a layer, that is what its name says."""
        data = self.blobs.read(digest, limit=limit)
        if data is not None:
            self.blobs.touch(digest, self._clock())
            return data
        for layer in self._layers:
            file = layer.open(digest)
            if file is None:
                continue
            data = b""
            with file, suppress(OSError):
                data = file.read(limit + 1)
            if Digest.of(data) == digest:
                with suppress(StorageError):
                    self.blobs.put(data)
                return data
        return None

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
        self._leases.hold(self.layout.blob(download.digest))
        path = self.blobs.publish(download.path, download.digest)
        self._leases.hold(path)
        self.blobs.touch(download.digest, self._clock())
        self._warn_if_too_large(download)
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
        download = verified.download
        with suppress(StorageError):  # a cache one may only read still serves
            if self.memory.recall(download.resolved.url) is None:
                remembered = Remembered(digest=download.digest, size=download.size)
                self.memory.remember(download.resolved.url, remembered)
            self._keep_verdict(verified, policy)
        return _stored(verified, verified.download.path, is_fresh=False)

    @contextmanager
    def lock(self, url: Url) -> Iterator[bool]:
        """Hold the right to fetch `url`, so that others wait for our result.

        Yields whether it is held: a cache that cannot be written to has no locks.

        Raises:
            LockTimeoutError: another process held it for too long.
        """
        with self._locked(self.layout.lock(url)) as is_held:
            yield is_held

    @contextmanager
    def part(self, url: Url, *, is_locked: bool) -> Iterator[Part]:
        """A file for what `url` gives, with what it gave before it broke off.

        Args:
            is_locked: whether we hold `lock(url)`; else the part is nobody else's.

        Raises:
            StorageError: the cache cannot be written to.
        """
        from fetchkit.store.parts import Part, opened_part

        self.blobs.ensure_directories()
        if is_locked:
            with opened_part(self.layout.part(url)) as part:
                yield part
        else:
            with self.blobs.staged() as path:
                yield Part(path, None)

    def recorded(
        self, resolved: Resolved, digest: Digest, evidence: Evidence
    ) -> Stored | None:
        """The bytes a receipt speaks of, hashed just now, with what it says of them.

        None if they are not here any more.
        """
        copy = self.find(digest, subject=resolved.name)
        if copy is None:
            return None
        return Stored(
            resolved=resolved,
            digest=digest,
            size=copy.size,
            path=copy.path,
            source=resolved.url,
            evidence=evidence,
        )

    @contextmanager
    def install_lock(self, root: str) -> Iterator[bool]:
        """Hold the right to install below `root`, against others with this cache.

        Yields whether it is held, as `lock`.

        Raises:
            LockTimeoutError: another process held it for too long.
        """
        with self._locked(self.layout.install_lock(os.path.realpath(root))) as is_held:
            yield is_held

    @contextmanager
    def _locked(self, path: str) -> Iterator[bool]:
        with ExitStack() as stack:
            is_held = False
            if self._is_writable():
                from fetchkit.locks import held

                with suppress(NoSpaceError):
                    is_held = stack.enter_context(held(path))
            yield is_held

    def _is_writable(self) -> bool:
        try:
            self.blobs.ensure_directories()
        except StorageError:
            return False
        return os.access(self.layout.locks_dir, os.W_OK)

    def _measure_held(self, digest: Digest) -> Measure | None:
        """What the blob of `digest` holds, and from now on keeps holding."""
        while True:
            is_held = self._leases.hold(self.layout.blob(digest))
            measure = self.blobs.measure(digest)
            if is_held or measure is None or measure.digest() != digest:
                return measure
            # It appeared in between, and could be collected again: look once more.

    def _find_in_layers(self, digest: Digest, subject: str) -> Copy | None:
        for layer in self._layers:
            file = layer.open(digest)
            if file is None:
                continue
            copy = None
            with file, suppress(OSError):
                copy = self._adopt(file, digest) or _use_in_place(file, digest, layer)
            if copy is not None:
                return copy
            self._warn(f"{subject}: the copy in {layer.name} cannot be used")
        return None

    def _adopt(self, file: BinaryIO, digest: Digest) -> Copy | None:
        """Publish what a layer has, if it is right and this cache can be written to."""
        with suppress(StorageError), self.blobs.staged() as path:
            with translated(path), open(path, "wb") as target:
                measure = copy_measured(file, target)
            if measure.digest() == digest:
                blob = self.blobs.publish(path, digest)
                self._leases.hold(blob)
                return Copy(blob, measure.size)
        return None

    def _keep_verdict(self, verified: Verified, policy: Digest | None) -> None:
        evidence = verified.evidence
        # An exception has to be looked at, and shown, on every run.
        if policy is not None and not evidence.warnings:
            self.memory.keep_verdict(verified.download.digest, policy, evidence)

    def _warn_if_too_large(self, download: Download) -> None:
        quota = self.upkeep.quota_bytes()
        if download.size > quota:
            self._warn(
                f"{download.resolved.name} has {download.size} bytes, more than the "
                f"whole cache may keep ({quota}): it will be fetched again and again; "
                "raise FETCHKIT_CACHE_QUOTA"
            )


def _use_in_place(file: BinaryIO, digest: Digest, layer: Layer) -> Copy | None:
    path = layer.path(digest)
    if path is None:
        return None
    measure = Measure()
    file.seek(0)
    while chunk := file.read(CHUNK_BYTES):
        measure.update(chunk)
    return Copy(path, measure.size) if measure.digest() == digest else None


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
