"""One artifact from one source: streamed, measured and judged at the same time."""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from fetchkit.arrival import Arrival
from fetchkit.artifact import Download
from fetchkit.documents import Freshness
from fetchkit.errors import (
    BadSignatureError,
    DigestMismatchError,
    NetworkError,
    PartError,
)
from fetchkit.reception import Reception
from fetchkit.retry import MAX_TRIES, plan_retry
from fetchkit.verification import check_pins, check_signature, verify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fetchkit.artifact import Location, Resolved, Stored
    from fetchkit.documents import Documents, Vouching
    from fetchkit.equipment import Equipment
    from fetchkit.ports import Cancel, Validators
    from fetchkit.store.parts import Part
    from fetchkit.trust import Verdict


T = TypeVar("T")

PROGRESS_BYTES = 8 * 1024 * 1024
"""A source that gave so much before it broke off may break off as often as it likes."""


class NotModifiedError(Exception):
    """The source still has what the cache has. Never leaves the pipeline."""

    def __init__(self, vouching: Vouching | None) -> None:
        super().__init__()
        self.vouching = vouching
        """What vouches for it now: asked for at the same time."""


class Transfer:
    """Fetches artifacts into a cache. Shared by the threads of one run."""

    def __init__(self, equipment: Equipment, documents: Documents) -> None:
        self._equipment = equipment
        self._cache = equipment.cache
        self._documents = documents
        self._reporter = equipment.reporter
        self._tracer = equipment.tracer
        # Two tasks an artifact: what vouches for it, and the verifier that follows.
        # Both fit for every job, and for a second source of each, so that none of
        # them can wait for a thread in vain.
        self._aside = ThreadPoolExecutor(4 * equipment.jobs, thread_name_prefix="aside")
        self._reception = Reception(equipment)

    def close(self) -> None:
        """Let the threads end."""
        self._aside.shutdown(wait=False, cancel_futures=True)

    def fetch(
        self,
        resolved: Resolved,
        location: Location,
        part: Part,
        cancel: Cancel,
        *,
        known: Validators | None = None,
        claim: Callable[[], None] = lambda: None,
        tries: int = MAX_TRIES,
    ) -> Stored:
        """Fetch, verify and publish; tried again where that can help.

        Args:
            part: where the bytes go, and where a try goes on from the one before.
            known: ask only for something newer than these.
            claim: called when the source has answered; may refuse to go on.
            tries: how often the source may fail.

        Raises:
            NotModifiedError: there is nothing newer than `known`.
            NetworkError: the source does not give it.
            VerificationError: what it gives must not be used.
            StorageError: the cache cannot hold it.
        """
        freshness = Freshness.CURRENT
        attempt = 0
        while True:
            attempt += 1
            reached = part.kept
            try:
                aside = _Aside(cancel, claim)
                return self._attempt(resolved, location, part, aside, known, freshness)
            except (PartError, DigestMismatchError, BadSignatureError) as error:
                if part.is_joined and not cancel.is_set():
                    # No reason to refuse anything: all of it may be right at once.
                    part.distrust()
                    continue
                if not isinstance(error, BadSignatureError):
                    raise
                # An entity tag can stay the same over a change within one second:
                # what was not fetched anew is no reason to refuse.
                is_final = freshness is Freshness.ANEW or cancel.is_set()
                if is_final or not self._documents.remembers(resolved, location):
                    raise
                freshness = Freshness.ANEW
            except NetworkError as error:
                if part.kept - reached >= PROGRESS_BYTES:
                    attempt = 1  # it gets there in the end
                delay = plan_retry(
                    error, attempt, jitter=os.urandom(1)[0] / 256, tries=tries
                )
                if delay is None or cancel.is_set():
                    raise
                self._reporter.retrying(location.url, error, delay)
                cancel.wait(delay)

    def _attempt(
        self,
        resolved: Resolved,
        location: Location,
        part: Part,
        aside: _Aside,
        known: Validators | None,
        freshness: Freshness,
    ) -> Stored:
        if resolved.needs_verifier:
            # Missing? Then say so before a byte is asked for.
            self._equipment.find_verifier()
        arrival = Arrival(part.path)
        self._start_aside(resolved, location, arrival, aside, freshness)
        with (
            aside.ending(arrival, part),
            self._tracer.span("transfer", url=str(location.url)),
        ):
            body = self._reception.receive(
                resolved,
                location.url,
                part,
                arrival,
                known=known,
                cancel=aside,
                answered=aside.note_answer,
            )
        if body.not_modified:
            arrival.abandon()
            raise NotModifiedError(_result(aside.vouching))
        download = Download(
            resolved=resolved,
            path=part.path,
            size=arrival.measure.size,
            digest=arrival.measure.digest(),
            source=body.url,
        )
        return self._publish(download, aside, body.validators)

    def _start_aside(
        self,
        resolved: Resolved,
        location: Location,
        arrival: Arrival,
        aside: _Aside,
        freshness: Freshness,
    ) -> None:
        """Start to fetch what vouches for the artifact, and to judge what arrives."""
        if resolved.is_signed or resolved.is_listed:
            aside.vouching = self._aside.submit(
                self._documents.vouching,
                resolved,
                location,
                aside,
                freshness=freshness,
            )
            aside.vouching.add_done_callback(aside.stop_if_failed)
            if resolved.needs_verifier:
                aside.verdict = self._aside.submit(
                    self._follow, resolved, aside.vouching, arrival
                )

    def _publish(
        self, download: Download, aside: _Aside, validators: Validators
    ) -> Stored:
        # First what needs no judge: another file than the pinned one is that, and
        # not "badly signed".
        check_pins(download)
        vouching = _result(aside.vouching)
        verified = verify(
            download,
            vouching,
            _result(aside.verdict),
            is_first_sight=self._equipment.is_locking,
        )
        resolved = download.resolved
        with self._tracer.span("publish", artifact=resolved.name):
            stored = self._cache.commit(
                verified,
                policy=vouching.policy(resolved) if vouching else None,
                validators=validators,
            )
        if vouching is not None:
            self._documents.keep(vouching)
        return stored

    def _follow(
        self, resolved: Resolved, vouching: Future[Vouching], arrival: Arrival
    ) -> Verdict:
        vouched = vouching.result()
        with self._tracer.span("verify", artifact=resolved.name):
            return check_signature(
                resolved,
                vouched,
                arrival.follow(),
                verifier=self._equipment.find_verifier(),
                work_dir=self._equipment.work_dir,
                clock=self._equipment.clock,
            )


def _result(future: Future[T] | None) -> T | None:
    return None if future is None else future.result()


class _Aside:
    """What runs beside one transfer; also tells that transfer when to stop."""

    def __init__(self, outer: Cancel, claim: Callable[[], None]) -> None:
        self._outer = outer
        self._claim = claim
        self._is_unvouched = False
        self._is_over = False
        self.vouching: Future[Vouching] | None = None
        self.verdict: Future[Verdict] | None = None
        self.is_answered = False
        """The source has the artifact. Until then nothing but the caller stops us: of
        a version nobody published, signature and file are missing, and the answer
        must not depend on which is missed first."""

    def note_answer(self) -> None:
        """The source has the artifact.

        Raises:
            TransferCancelledError: it is not wanted from there any more.
        """
        self._claim()
        self.is_answered = True

    def is_set(self) -> bool:
        """Whether the transfer has become pointless."""
        is_vain = self.is_answered and self._is_unvouched
        return self._is_over or is_vain or self._outer.is_set()

    def wait(self, timeout: float) -> bool:
        """Sleep, unless the run is over."""
        return self._outer.wait(timeout)

    def stop_if_failed(self, vouching: Future[Vouching]) -> None:
        """Without a signature or key there is no use in the binary."""
        if not vouching.cancelled() and vouching.exception() is not None:
            self._is_unvouched = True

    @contextmanager
    def ending(self, arrival: Arrival, part: Part) -> Iterator[None]:
        """Stop everything when the transfer fails, and raise what failed first.

        What has arrived by then stays in `part`.
        """
        try:
            yield
        except BaseException:
            part.hold(arrival.abandon())
            cause = self._cause()
            self._is_over = True
            if cause is not None:
                raise cause from None
            raise
        finally:
            arrival.close()

    def _cause(self) -> BaseException | None:
        """The failure that stopped the transfer, if it was not its own."""
        if not (self.is_answered and self._is_unvouched) or self.vouching is None:
            return None
        return self.vouching.exception()
