"""A cache that machines share: blobs by their digest, over HTTP.

Where the digest is known beforehand, the tiers are asked before the publisher. What
they give is verified like everything else, so nobody has to trust them; the worst
they can do is to have nothing. A run that may write gives back what it verified,
beside its other work; no failure of a tier is a failure of the run.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Protocol

from fetchkit.errors import FetchkitError, HttpStatusError
from fetchkit.urls import Url
from fetchkit.values import replace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fetchkit.artifact import Location, Resolved, Stored
    from fetchkit.digest import Digest
    from fetchkit.ports import Cancel, Reporter

PLACEHOLDER = "{sha256}"

MAX_FAILURES = 2
"""After so many a tier is left alone for the rest of the run."""

LINGER_SECONDS = 30.0
"""How long the end of a run waits for what is still being given back."""

_MISSES = frozenset({403, 404, 410})
"""An object store says 403 for what is not there to who may not list it."""


class Sink(Protocol):
    """Where files can be put (`fetchkit.net`)."""

    def put(self, url: Url, path: str, *, cancel: Cancel) -> None:
        """Put the file at `path` to `url`.

        Raises:
            NetworkError: the server did not take it.
        """
        ...


class Tiers:
    """The tiers of one run. Shared by its threads."""

    def __init__(
        self,
        templates: Sequence[str],
        *,
        sink: Sink | None,
        reporter: Reporter,
    ) -> None:
        """Use the tiers that `templates` describe, in this order.

        Args:
            sink: how to write to them; None: they are only read.
        """
        self._templates = tuple(templates)
        self._sink = sink
        self._reporter = reporter
        self._lock = threading.Lock()
        self._failures = dict.fromkeys(self._templates, 0)
        self._closed = threading.Event()
        self._uploads: list[threading.Thread] = []

    def close(self) -> None:
        """Wait for what is being given back, for a while."""
        deadline = time.monotonic() + LINGER_SECONDS
        for upload in self._uploads:
            upload.join(max(0.0, deadline - time.monotonic()))
        self._closed.set()

    def locations(self, resolved: Resolved) -> tuple[Location, ...]:
        """Where to ask for `resolved` before its publisher; nowhere without digest.

        What vouches for it still comes from the publisher.
        """
        if resolved.sha256 is None:
            return ()
        first = resolved.locations[0]
        return tuple(
            replace(first, url=_fill(template, resolved.sha256))
            for template in self._working()
        )

    def note_failure(self, location: Location, error: FetchkitError) -> bool:
        """A source failed. Returns whether it was a tier that just had nothing.

        A tier that fails otherwise is left alone after the second time.
        """
        template = self._template_of(location.url)
        if template is None:
            return False
        if isinstance(error, HttpStatusError) and error.status in _MISSES:
            return True
        self._count_failure(template, error)
        return False

    def is_tier(self, location: Location) -> bool:
        """Whether `location` is one of ours."""
        return self._template_of(location.url) is not None

    def offer(self, stored: Stored) -> None:
        """Give back what was verified, if we may write; returns at once."""
        if self._sink is None or not stored.is_fresh:
            return
        for template in self._working():
            url = _fill(template, stored.digest)
            if stored.source == url:
                return
            # Nobody waits for ever for a tier that hangs: see `close`.
            upload = threading.Thread(
                target=self._put, args=(template, url, stored), daemon=True
            )
            with self._lock:
                self._uploads.append(upload)
            upload.start()

    def _put(self, template: str, url: Url, stored: Stored) -> None:
        if self._sink is None:
            return
        try:
            self._sink.put(url, stored.path, cancel=self._closed)
        except FetchkitError as error:
            self._count_failure(template, error)
            self._reporter.warning(
                f"{stored.resolved.name}: not given to the shared cache: "
                f"{error.message}"
            )

    def _count_failure(self, template: str, error: FetchkitError) -> None:
        with self._lock:
            self._failures[template] += 1
            is_last = self._failures[template] == MAX_FAILURES
        if is_last:
            self._reporter.warning(
                f"a shared cache is left alone from now on: {error.message}"
            )

    def _working(self) -> list[str]:
        with self._lock:
            return [
                template
                for template in self._templates
                if self._failures[template] < MAX_FAILURES
            ]

    def _template_of(self, url: Url) -> str | None:
        for template in self._templates:
            head, _, tail = template.partition(PLACEHOLDER)
            if url.secret.startswith(head) and url.secret.endswith(tail):
                return template
        return None


def _fill(template: str, digest: Digest) -> Url:
    return Url.parse(template.replace(PLACEHOLDER, digest.hex))
