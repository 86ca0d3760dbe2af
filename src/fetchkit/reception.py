"""The bytes of one artifact, from a source into the file where they are judged.

Goes on where an earlier try broke off, and calls for more connections where one is
slow. Judges nothing: whether what was joined belongs together, its digest or its
signature says.
"""

from __future__ import annotations

import hashlib
import threading
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from fetchkit.pieces import LARGE_BYTES, MAX_EXTRA, Crew, Pacemaker
from fetchkit.store.parts import Origin

if TYPE_CHECKING:
    from collections.abc import Callable

    from fetchkit.arrival import Arrival
    from fetchkit.artifact import Resolved
    from fetchkit.equipment import Equipment
    from fetchkit.ports import Body, Cancel, Validators
    from fetchkit.store.parts import Part
    from fetchkit.urls import Url


class Reception:
    """Receives artifacts. Shared by the threads of one run."""

    def __init__(self, equipment: Equipment) -> None:
        self._equipment = equipment
        self._reporter = equipment.reporter
        self._spare = threading.BoundedSemaphore(MAX_EXTRA)

    def receive(
        self,
        resolved: Resolved,
        url: Url,
        part: Part,
        arrival: Arrival,
        *,
        known: Validators | None,
        cancel: Cancel,
        answered: Callable[[], None],
    ) -> Body:
        """Receive all of `resolved` from `url`, or learn that it is not modified.

        Args:
            known: ask only for something newer than these.
            answered: called when the source has it, before any byte is written.

        Raises:
            NetworkError: the source does not give it.
            StorageError: the disk cannot hold it.
        """
        started = time.monotonic()
        origin_name = hashlib.sha256(url.secret.encode()).hexdigest()
        span = part.plan_span(origin_name, is_pinned=resolved.sha256 is not None)
        part.is_joined = span is not None
        opened = self._equipment.source.open(
            url,
            limit=self._limit(resolved),
            validators=known,
            span=span,
            cancel=cancel,
        )
        with ExitStack() as until_whole:
            with opened as body:
                answered()
                if body.not_modified:
                    return body
                if body.size is not None:
                    self._equipment.cache.upkeep.make_room(body.size - body.start)
                part.begin(_origin(origin_name, body), body.start)
                arrival.begin(body.start)
                self._reporter.downloading(resolved, body.url, body.size)
                self._reporter.received(resolved, body.start)
                crew = self._gather(resolved, url, body, part, arrival, cancel)
                if crew is not None:
                    until_whole.enter_context(crew)
                is_alone = self._take(resolved, body, part, arrival, crew)
            if crew is None or is_alone:
                arrival.finish()
            else:
                crew.finish()
        self._reporter.downloaded(
            resolved, arrival.measure.size, time.monotonic() - started
        )
        return body

    def _limit(self, resolved: Resolved) -> int:
        return resolved.size if resolved.size is not None else self._equipment.max_bytes

    def _gather(
        self,
        resolved: Resolved,
        url: Url,
        body: Body,
        part: Part,
        arrival: Arrival,
        cancel: Cancel,
    ) -> Crew | None:
        """Who could help, if the source gives parts that can be joined."""
        etag = part.origin.etag if part.origin else None
        if (
            self._equipment.connections < 2
            or part.is_distrusted
            or not body.has_parts
            or body.size is None
            or body.size - body.start < LARGE_BYTES
            or (etag is None and resolved.sha256 is None)
        ):
            return None
        return Crew(
            self._equipment.source,
            # Where a redirect led away no credential of ours is due, and the
            # redirecting host need not be asked for each piece.
            url if body.url.origin == url.origin else body.url,
            arrival,
            etag=etag,
            size=body.size,
            connections=self._equipment.connections,
            spare=self._spare,
            cancel=cancel,
            reporter=self._reporter,
            received=lambda count: self._reporter.received(resolved, count),
        )

    def _take(
        self,
        resolved: Resolved,
        body: Body,
        part: Part,
        arrival: Arrival,
        crew: Crew | None,
    ) -> bool:
        """Write what the first connection brings. Returns whether that was all."""
        pacemaker = Pacemaker(crew, size=body.size or 0, start=body.start)
        stop: int | None = None
        for chunk in body.chunks:
            room = len(chunk) if stop is None else stop - arrival.reached()
            arrival.write(chunk[:room])
            self._reporter.received(resolved, min(room, len(chunk)))
            if stop is None:
                stop = pacemaker.stop(arrival.reached())
                if stop is not None:
                    part.mark_shared(arrival.available)
            elif room <= len(chunk):
                break
        return stop is None


def _origin(name: str, body: Body) -> Origin:
    etag = body.validators.etag
    # A weak tag says that two files mean the same, not that they are the same.
    is_strong = etag is not None and etag.startswith('"')
    return Origin(source=name, etag=etag if is_strong else None, size=body.size)
