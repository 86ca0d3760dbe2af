"""A `Reporter` that says nothing: where nobody listens, and to build one's own on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fetchkit.artifact import Evidence, Resolved
    from fetchkit.errors import FetchkitError
    from fetchkit.urls import Url


class SilentReporter:
    """Takes every event and does nothing. Override what you want to hear of.

    Methods are called from several threads. Nothing is lost by silence: what a
    warning would say is in the evidence of the result.
    """

    def downloading(self, resolved: Resolved, url: Url, size: int | None) -> None:
        """A transfer of an artifact's bytes begins."""

    def received(self, resolved: Resolved, count: int) -> None:
        """`count` more bytes of it arrived."""

    def downloaded(self, resolved: Resolved, size: int, seconds: float) -> None:
        """All of it arrived; nothing is verified yet."""

    def reused(self, resolved: Resolved, reason: str) -> None:
        """No download was needed."""

    def retrying(self, url: Url, error: FetchkitError, delay: float) -> None:
        """A transfer failed and is tried again after `delay` seconds."""

    def verified(self, resolved: Resolved, evidence: Evidence) -> None:
        """Size, digest and signer hold."""

    def installed(self, resolved: Resolved, files: int) -> None:
        """An artifact is in place."""

    def removed(self, name: str) -> None:
        """An artifact the manifest no longer names was taken away."""

    def unchanged(self, names: tuple[str, ...]) -> None:
        """Everything asked for was already in place."""

    def warning(self, message: str) -> None:
        """Something the user should know, though the run goes on."""
