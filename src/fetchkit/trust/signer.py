"""Whether one signature by a pinned key counts, once the arithmetic holds.

Pure. The rules are ours and not the verifier's, because verifiers differ: GnuPG
accepts a signature from next year, Sequoia one by a since-expired key.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, NamedTuple

from fetchkit.artifact import Signer
from fetchkit.errors import BadSignatureError, ExpiredKeyError, VerificationError
from fetchkit.openpgp import ACCEPTED_DIGESTS, CLOCK_TOLERANCE_SECONDS

if TYPE_CHECKING:
    from fetchkit.artifact import Key
    from fetchkit.openpgp import KeyFile, KeyPart
    from fetchkit.status import Valid

_BINARY_DOCUMENT = "00"


class Pin(NamedTuple):
    """A key of the manifest, and the file the verifier was given for it."""

    key: Key
    file: KeyFile


class PinnedSignature(NamedTuple):
    """A signature whose primary key is pinned, and when we look at it."""

    subject: str
    """What to call the signed thing in an error."""
    result: str
    """The verifier's word for it, such as ``GOODSIG``."""
    valid: Valid
    pin: Pin
    now: float
    """Seconds since the epoch."""
    withdrawn: frozenset[str] = frozenset()
    """Fingerprints the manifest no longer accepts, whatever is said of them."""

    @property
    def signer(self) -> Signer:
        """Who signed, as evidence."""
        return Signer(
            primary=self.valid.primary,
            fingerprint=self.valid.fingerprint,
            signed_at=self.valid.signed_at,
            key=self.pin.key.name,
        )

    @property
    def expires_at(self) -> list[int]:
        """When the signature, the signing part and the primary expire, if they do."""
        own = self.valid.expires_at
        return [*self._key_expiries, *([own] if own is not None else [])]

    def check(self) -> None:
        """Check everything but the expiry of the key.

        Raises:
            ExpiredKeyError: the key or the part that signed is revoked or withdrawn,
                or the signature has expired. No setting allows that.
            BadSignatureError: it is from the future, not over binary data, made
                with a weak digest or by a weak part of the key.
            VerificationError: verifier and reader disagree about the key.
        """
        part = self.pin.file.find_part(self.valid.fingerprint)
        if part is None:
            raise VerificationError(
                f"{self.subject} is signed by {self.valid.fingerprint}, which is no "
                f"part of key {self.pin.key.name}"
            )
        self._check_revoked(part)
        self._check_times()
        fault = self._find_fault(part)
        if fault is not None:
            raise BadSignatureError(
                f"{self.subject}: the signature by {self._who} {fault}"
            )

    def check_expiry(self) -> str | None:
        """What to warn of, if the key has expired and the manifest allows that.

        Raises:
            ExpiredKeyError: the key has expired, and no exception holds today.
        """
        past = [when for when in self._key_expiries if when <= self.now]
        if not past and self.result != "EXPKEYSIG":
            return None
        when = f"expired on {_day(min(past))}" if past else "has expired"
        exception = self.pin.key.allow_expired
        if exception is not None and exception.until >= _date(self.now):
            return (
                f"{self._who} {when}; accepted until {exception.until}: "
                f"{exception.reason}"
            )
        ended = (
            f"; the exception for it ended on {exception.until}" if exception else ""
        )
        raise ExpiredKeyError(
            f"{self.subject} is signed by {self._who}, which {when}{ended}",
            hint="Ask the publisher for the renewed key, or accept it for a while with "
            f"`allow_expired = {{ until = …, reason = … }}` in "
            f"[keys.{self.pin.key.name}].",
        )

    @property
    def _who(self) -> str:
        return f"key {self.pin.key.name} ({self.valid.fingerprint})"

    @property
    def _key_expiries(self) -> list[int]:
        involved = {self.valid.primary, self.valid.fingerprint}
        return [
            part.expires_at
            for part in self.pin.file.parts
            if part.fingerprint in involved and part.expires_at is not None
        ]

    def _check_revoked(self, part: KeyPart) -> None:
        if not self.withdrawn.isdisjoint({self.valid.primary, part.fingerprint}):
            raise ExpiredKeyError(
                f"{self.subject} is signed by {self._who}, which was withdrawn by "
                "`revoked` in the manifest",
                hint="Nothing was installed. Ask the publisher for a release that is "
                "signed by another key.",
            )
        is_confirmed = self.result == "REVKEYSIG"
        if not (is_confirmed or self.pin.file.is_revoked or part.is_revoked):
            return
        # A verifier that is told to distrust SHA-1 passes over a revocation made
        # with it, so the claim of one decides. Who can place a false one here could
        # as well take the key away.
        hint = "Nothing was installed. Ask the publisher for their new key."
        if not is_confirmed:
            hint = (
                "The verifier does not confirm that revocation. If the publisher "
                "knows nothing of it, take it out of the key file, or remove the "
                ".rev file beside it."
            )
        raise ExpiredKeyError(
            f"{self.subject} is signed by {self._who}, which was revoked", hint=hint
        )

    def _check_times(self) -> None:
        expires_at = self.valid.expires_at
        is_past = expires_at is not None and expires_at <= self.now
        if self.result == "EXPSIG" or is_past:
            raise ExpiredKeyError(
                f"{self.subject}: the signature expired on {_day(expires_at)}",
                hint="Ask the publisher for a new signature.",
            )
        if self.valid.signed_at > self.now + CLOCK_TOLERANCE_SECONDS:
            raise BadSignatureError(
                f"{self.subject}: the signature is from the future: made on "
                f"{_day(self.valid.signed_at)}, here it is {_day(self.now)}",
                hint="Is the clock here right?",
            )

    def _find_fault(self, part: KeyPart) -> str | None:
        # The reader has refused the first two already; a second lock on that door.
        if self.valid.kind != _BINARY_DOCUMENT:
            return f"is of class {self.valid.kind}, not over binary data"
        if self.valid.digest not in ACCEPTED_DIGESTS:
            return f"uses digest algorithm {self.valid.digest}, which is not accepted"
        if part.weakness is not None:
            return f"is by a key that is too weak: {part.weakness}"
        return None


def _date(seconds: float) -> datetime.date:
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).date()


def _day(seconds: float | None) -> str:
    return _date(seconds).isoformat() if seconds is not None else "an unknown day"
