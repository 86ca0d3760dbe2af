"""From `Resolved` to `Stored`: what is missing is fetched, all of it is verified.

For each artifact the binary, its signature and its keys travel at the same time.
The binary streams into one staged file; the digest is taken as it passes, and the
verifier follows the file as soon as signature and keys are there. Nothing is
published before everything the manifest asks for holds.

    pipeline    many artifacts, their sources in order, what the cache already has
    transfer    one artifact from one source, retried where that can help
    documents   signatures and keys: small, shared, remembered
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from fetchkit.artifact import Download
from fetchkit.digest import CHUNK_BYTES, Measure
from fetchkit.documents import Freshness
from fetchkit.errors import (
    DigestMismatchError,
    StorageError,
    TransferCancelledError,
    VerificationError,
)
from fetchkit.fs import translated
from fetchkit.mirrors import Failed, Health, Lane, Race
from fetchkit.retry import MAX_TRIES, may_pass
from fetchkit.transfer import NotModifiedError, Transfer
from fetchkit.trust import Verdict
from fetchkit.verification import check_signature, verify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from fetchkit.artifact import Evidence, Location, Resolved, Stored
    from fetchkit.digest import Digest
    from fetchkit.documents import Documents, Vouching
    from fetchkit.equipment import Equipment
    from fetchkit.ports import Cancel, Source, Validators
    from fetchkit.store.memory import Remembered
    from fetchkit.store.parts import Part


class Pipeline:
    """Makes artifacts available in one cache. Shared by the threads of one run."""

    def __init__(self, equipment: Equipment, documents: Documents) -> None:
        self._equipment = equipment
        self._cache = equipment.cache
        self._reporter = equipment.reporter
        self._tracer = equipment.tracer
        self.documents = documents
        self._transfer = Transfer(equipment, documents)
        self._health = Health()

    @property
    def source(self) -> Source:
        """Where this run has bytes from."""
        return self._equipment.source

    def close(self) -> None:
        """Let the threads end."""
        self._transfer.close()

    def ensure_all(self, artifacts: Sequence[Resolved]) -> tuple[Stored, ...]:
        """Make every artifact available, several at a time, in the given order.

        Raises:
            FetchkitError: the first that failed; the others were told to stop, and
                what they had finished stays in the cache.
        """
        cancel = threading.Event()
        if len(artifacts) == 1 or self._equipment.jobs == 1:
            return tuple(self.ensure(each, cancel) for each in artifacts)
        from concurrent.futures import ThreadPoolExecutor, as_completed

        workers = ThreadPoolExecutor(min(self._equipment.jobs, len(artifacts)) or 1)
        try:
            futures = [workers.submit(self.ensure, each, cancel) for each in artifacts]
            for future in as_completed(futures):
                future.result()  # the first failure in time is the one to report
            return tuple(future.result() for future in futures)
        finally:
            cancel.set()
            workers.shutdown(wait=True, cancel_futures=True)

    def ensure(self, resolved: Resolved, cancel: Cancel) -> Stored:
        """Make one artifact available: from the cache, else from its sources.

        Raises:
            NetworkError: no source has it.
            VerificationError: what a source has must not be used.
            StorageError: the cache cannot hold it.
        """
        with self._tracer.span("ensure", artifact=resolved.name):
            stored = self._find_settled(resolved, cancel) or self._fetch_once(
                resolved, cancel
            )
        self._reporter.verified(resolved, stored.evidence)
        for warning in stored.evidence.warnings:
            self._reporter.warning(f"{resolved.name}: {warning}")
        return stored

    def _find_settled(self, resolved: Resolved, cancel: Cancel) -> Stored | None:
        """What the cache holds, where nobody has to be asked whether it is current."""
        if resolved.is_mutable and not self._equipment.is_offline:
            return None
        try:
            return self._find_last(resolved, cancel)
        except VerificationError:
            if self._equipment.is_offline:
                raise
            # What vouched for it then does not any more, or the manifest trusts
            # another key now: the publisher may have something newer that does.
            return None

    def _find_last(self, resolved: Resolved, cancel: Cancel) -> Stored | None:
        """What was pinned, or else what its url gave last time."""
        remembered = self._cache.recall(resolved.url, hints=resolved.needs_verifier)
        digest = resolved.sha256 or (remembered.digest if remembered else None)
        if digest is None or self._is_stranger(resolved, remembered):
            return None
        return self._reuse(resolved, resolved.locations[0], digest, cancel)

    def _is_stranger(self, resolved: Resolved, remembered: Remembered | None) -> bool:
        """Whether the cache has the pinned bytes, but not from this url.

        Somebody may have changed a version or url in a lock and left the digest: the
        old file must not pass for the new one, as long as it can be asked for.
        """
        return (
            remembered is None
            and resolved.sha256 is not None
            and not self._equipment.is_offline
            and self._cache.blobs.find(resolved.sha256) is not None
            and self._cache.recall(resolved.url, hints=True) is None
        )

    def _fetch_once(self, resolved: Resolved, cancel: Cancel) -> Stored:
        with self._cache.lock(resolved.url) as is_locked:
            # Another process may have fetched it while we waited.
            settled = self._find_settled(resolved, cancel)
            if settled is not None:
                return settled
            try:
                with self._cache.part(resolved.url, is_locked=is_locked) as part:
                    stored = self._fetch(resolved, part, cancel)
            except StorageError as error:
                last = self._find_last(resolved, cancel)
                if last is None:
                    raise
                self._reporter.warning(
                    f"{resolved.name}: {error.message}; using what was verified last"
                )
                return last
            self._equipment.tiers.offer(stored)
            return stored

    def _fetch(self, resolved: Resolved, part: Part, cancel: Cancel) -> Stored:
        """Ask the sources; the first failure is the one that is raised.

        Each is asked once, as long as there are others. Only then those whose
        trouble may pass are asked again, with patience.
        """
        tiers = self._equipment.tiers
        sources = (*tiers.locations(resolved), *resolved.locations)
        if len(sources) == 1:
            return self._fetch_from(resolved, sources[0], part, cancel)
        failures: list[Failed] = []
        note = partial(self._note_failure, failures, cancel)
        for tries in (1, MAX_TRIES):
            if tries > 1:
                sources = tuple(
                    each.location for each in failures if may_pass(each.error)
                )

            def fetch(lane: Lane, tries: int = tries) -> Stored:
                return self._fetch_from(
                    resolved, lane.location, part, lane, lane.claim, tries
                )

            stored = Race(fetch, cancel, note).run(self._health.order(sources))
            if stored is not None:
                return stored
        # What the publisher says of it is worth more than what a cache says.
        failures.sort(key=lambda each: tiers.is_tier(each.location))
        if not failures:
            raise TransferCancelledError(f"{resolved.url}: transfer given up")
        raise failures[0].error

    def _note_failure(
        self,
        failures: list[Failed],
        cancel: Cancel,
        failed: Failed,
        has_others: bool,  # noqa: FBT001 -- a callback
    ) -> None:
        if self._equipment.tiers.note_failure(failed.location, failed.error):
            return  # a shared cache that merely does not have it
        failures.append(failed)
        self._health.note(failed.location, failed.error)
        if has_others and not cancel.is_set():
            message, url = failed.error.message, str(failed.location.url)
            where = "" if url in message else f"{url}: "
            self._reporter.warning(f"{where}{message}; trying the next source")

    def _fetch_from(
        self,
        resolved: Resolved,
        location: Location,
        part: Part,
        cancel: Cancel,
        claim: Callable[[], None] = lambda: None,
        tries: int = MAX_TRIES,
    ) -> Stored:
        """Ask one source.

        Args:
            claim: called when it has answered; may refuse to go on.
            tries: how often it may fail.
        """
        known = self._validators(resolved, location)
        fetch = partial(
            self._transfer.fetch,
            resolved,
            location,
            part,
            cancel,
            claim=claim,
            tries=tries,
        )
        try:
            return fetch(known=known)
        except NotModifiedError as answer:
            vouching = answer.vouching
        remembered = self._cache.memory.recall(resolved.url)
        stored = remembered and self._reuse(
            resolved, location, remembered.digest, cancel, vouching=vouching
        )
        # The cached copy turned out to be damaged: ask again, for all of it.
        return stored or fetch()

    def _validators(self, resolved: Resolved, location: Location) -> Validators | None:
        """What to ask "anything newer?" with: only where the answer "no" is of use."""
        remembered = self._cache.memory.recall(resolved.url)
        if (
            remembered is None
            or location.url != resolved.url
            or self._cache.blobs.find(remembered.digest) is None
        ):
            return None
        return remembered.validators or None

    def _reuse(
        self,
        resolved: Resolved,
        location: Location,
        digest: Digest,
        cancel: Cancel,
        vouching: Vouching | None = None,
    ) -> Stored | None:
        """The cached blob of `digest`, verified anew; None if it is not usable.

        The bytes are hashed on every use. Who signed them is asked again unless the
        very same question was answered before.

        Args:
            vouching: what the publisher vouches with now; None: what the cache has.
        """
        with self._tracer.span("hash", artifact=resolved.name):
            copy = self._cache.find(digest, subject=resolved.name)
        if copy is None:
            return None
        download = Download(
            resolved=resolved,
            path=copy.path,
            size=copy.size,
            digest=digest,
            source=location.url,
        )
        is_current = vouching is not None
        verdict = known = policy = None
        if resolved.is_signed or resolved.is_listed:
            vouching = vouching or self.documents.vouching(
                resolved, location, cancel, freshness=Freshness.CACHED
            )
            policy = vouching.policy(resolved)
            known = self._cache.memory.verdict(
                digest, policy, now=self._equipment.clock()
            )
            if resolved.needs_verifier:
                verdict = _as_verdict(known) or self._check(download, vouching)
        verified = verify(
            download, vouching, verdict, is_first_sight=self._equipment.is_locking
        )
        reason = "not modified" if is_current else "in the cache"
        self._reporter.reused(resolved, reason)
        if vouching is None or known is not None:
            return self._cache.reuse(verified)
        with suppress(StorageError):  # a cache one may only read still serves
            self.documents.keep(vouching)
        return self._cache.reuse(verified, policy=policy)

    def _check(self, download: Download, vouching: Vouching) -> Verdict:
        resolved = download.resolved
        with self._tracer.span("verify", artifact=resolved.name):
            return check_signature(
                resolved,
                vouching,
                _read(download),
                verifier=self._equipment.find_verifier(),
                work_dir=self._equipment.work_dir,
                clock=self._equipment.clock,
            )


def _read(download: Download) -> Iterator[bytes]:
    """The bytes of a file that was hashed before, hashed again.

    A layer may change under us: what is verified has to be what was hashed.
    """
    measure = Measure()
    with translated(download.path):
        descriptor = os.open(download.path, os.O_RDONLY | os.O_NOFOLLOW)
    with os.fdopen(descriptor, "rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            measure.update(chunk)
            yield chunk
    if measure.digest() != download.digest:
        raise DigestMismatchError(
            f"{download.path}, which changed while it was read,",
            expected=download.digest,
            actual=measure.digest(),
            hint="Run it again; find out what writes to that file.",
        )


def _as_verdict(evidence: Evidence | None) -> Verdict | None:
    """The verdict that was kept as evidence."""
    if evidence is None:
        return None
    return Verdict(
        signers=evidence.signers,
        warnings=evidence.warnings,
        expires_at=evidence.expires_at,
    )
