"""What the use cases ask of the world, as protocols.

Effect modules satisfy these without importing them; tests satisfy them with
small real implementations. Names no library and touches nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from fetchkit.values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from fetchkit.artifact import Evidence, Resolved
    from fetchkit.errors import FetchkitError
    from fetchkit.urls import Url


@frozen
class Validators:
    """What a server gave us to ask "still the same?" with (RFC 9110, 8.8)."""

    etag: str | None = None
    last_modified: str | None = None

    def __bool__(self) -> bool:
        return bool(self.etag or self.last_modified)


@frozen
class Span:
    """The part of a file that is asked for (RFC 9110, 14), and of which file."""

    start: int
    """The first byte that is wanted."""
    stop: int | None = None
    """The first byte that is not; None: all there are."""
    etag: str | None = None
    """Strong entity tag of the version the part has to be of; None: of any."""
    size: int | None = None
    """What the whole file had, if that is known: another size is another file."""


@frozen
class Body:
    """One answer of a source: bytes that are about to arrive, or "not modified"."""

    url: Url
    """Where the bytes really come from, after redirects."""
    chunks: Iterator[bytes]
    """The bytes as published: no content coding undone. Read at most once."""
    size: int | None = None
    """The announced length of the whole file: a hint for progress and early refusal,
    no promise."""
    start: int = 0
    """Where in the file `chunks` begin: as asked, or 0 from who knows no parts."""
    has_parts: bool = False
    """Whether the source says that it would give parts too."""
    validators: Validators = Validators()
    not_modified: bool = False
    """The validators we sent still hold: `chunks` is empty."""


class Source(Protocol):
    """Where bytes are had from: HTTP, a file, later a registry, a bundle, a tier."""

    def open(
        self,
        url: Url,
        *,
        limit: int,
        validators: Validators | None = None,
        span: Span | None = None,
        cancel: Cancel | None = None,
    ) -> AbstractContextManager[Body]:
        """Start to fetch `url`.

        Args:
            limit: most bytes a whole file may have; one more is an error.
            validators: ask only for something newer than these.
            span: ask for this part. All of it may come instead: see `Body.start`.
            cancel: looked at between chunks; set by a sibling that failed.

        Raises:
            NetworkError: here or while `Body.chunks` is read; every failure of
                the transport is translated before it leaves the block.
        """
        ...


class Cancel(Protocol):
    """Tells a transfer that nobody waits for it any more (`threading.Event`)."""

    def is_set(self) -> bool:
        """Whether to stop."""
        ...

    def wait(self, timeout: float) -> bool:
        """Sleep for `timeout` seconds, or less if told to stop meanwhile."""
        ...


class Clock(Protocol):
    """Time, as a parameter."""

    def __call__(self) -> float:
        """Seconds since the epoch."""
        ...


class Tracer(Protocol):
    """Notes how long things take. Called from several threads."""

    def span(self, name: str, **facts: str | int) -> AbstractContextManager[None]:
        """Note how long the block takes, on which thread, and whether it failed.

        Args:
            facts: what it was about. No secrets: urls as their masked text.
        """
        ...


class Reporter(Protocol):
    """What happens, as events. Says what occurred, never how it should look.

    Called from several threads; an implementation locks what it shares.
    """

    def downloading(self, resolved: Resolved, url: Url, size: int | None) -> None:
        """A transfer of an artifact's bytes begins."""
        ...

    def received(self, resolved: Resolved, count: int) -> None:
        """`count` more bytes of it arrived."""
        ...

    def downloaded(self, resolved: Resolved, size: int, seconds: float) -> None:
        """All of it arrived; nothing is verified yet."""
        ...

    def reused(self, resolved: Resolved, reason: str) -> None:
        """No download was needed: ``in the cache``, ``not modified``, …."""
        ...

    def retrying(self, url: Url, error: FetchkitError, delay: float) -> None:
        """A transfer failed and is tried again after `delay` seconds."""
        ...

    def verified(self, resolved: Resolved, evidence: Evidence) -> None:
        """Size, digest and signer hold."""
        ...

    def installed(self, resolved: Resolved, files: int) -> None:
        """An artifact is in place."""
        ...

    def removed(self, name: str) -> None:
        """An artifact the manifest no longer names was taken away."""
        ...

    def unchanged(self, names: tuple[str, ...]) -> None:
        """Everything asked for was already in place."""
        ...

    def warning(self, message: str) -> None:
        """Something the user should know, though the run goes on."""
        ...
