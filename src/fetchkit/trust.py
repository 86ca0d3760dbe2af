"""Whether what a verifier said is enough: status lines and pinned keys -> verdict.

Pure. The exit status of GnuPG is 0 for revoked and expired keys, and ``VALIDSIG``
is printed for them too; newer verifiers call a signature by a since-expired key
good. So the rules stand here, and are the same whichever tool did the arithmetic:

* anything that means bad, damaged or unexpected decides against the whole file;
* a signature counts if it is ``GOODSIG`` with a full ``VALIDSIG``, over binary
  data, with an accepted digest, not from the future, not expired, by a strong key
  part whose *primary* fingerprint is pinned;
* a signature by a key we were not given is noted, and decides nothing;
* as many different primaries as the manifest asks for have to have signed.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from fetchkit.artifact import Signer
from fetchkit.errors import (
    BadSignatureError,
    ExpiredKeyError,
    UntrustedKeyError,
    VerificationError,
)
from fetchkit.openpgp import ACCEPTED_DIGESTS, CLOCK_TOLERANCE_SECONDS
from fetchkit.status import StatusError, parse_status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fetchkit.artifact import Key
    from fetchkit.openpgp import KeyFile, KeyPart
    from fetchkit.status import Group, RawVerdict, Valid

_AGAINST = (
    "BADSIG",
    "NODATA",
    "UNEXPECTED",
    "ERROR",
    "BADARMOR",
    "PLAINTEXT",
    "ENC_TO",
)
_NO_PUBLIC_KEY = 9
_REASONS = {
    1: "it cannot be checked with that key",
    4: "its public-key algorithm is unknown",
    5: "its digest algorithm is not accepted",
    6: "that key is not usable",
    32: "it is of a class that signs no file",
    39: "time conflict: it is older than the key",
    125: "that key may not sign",
}
"""What ``ERRSIG`` means by its numbers (libgpg-error)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Enough pinned keys signed these bytes."""

    signers: tuple[Signer, ...]
    warnings: tuple[str, ...] = ()
    """Exceptions that were used, to be shown on every run."""
    notes: tuple[str, ...] = ()
    """What else was found, for whoever asks."""
    expires_at: int | None = None
    """When the first key or signature involved expires, if one does."""


class _Pin(NamedTuple):
    """A key of the manifest, and the file that was found for it."""

    key: Key
    file: KeyFile


class _Case(NamedTuple):
    """One signature by a pinned key."""

    subject: str
    now: float
    pin: _Pin
    valid: Valid

    @property
    def who(self) -> str:
        return f"key {self.pin.key.name} ({self.valid.fingerprint})"


def judge(
    raw: RawVerdict,
    *,
    keys: Sequence[Key],
    signers: int,
    now: float,
    subject: str,
) -> Verdict:
    """The verdict on `subject`, if it is to be trusted.

    Args:
        keys: who may sign.
        signers: how many different primary keys have to have signed.
        now: seconds since the epoch.
        subject: what to call the signed thing in an error.

    Raises:
        BadSignatureError: a signature does not fit the bytes, or is no good one.
        ExpiredKeyError: a pinned key is revoked, or expired without exception, or
            its signature has expired.
        UntrustedKeyError: fewer pinned keys than needed have signed.
        VerificationError: the verifier crashed, said nothing or contradicts itself.
    """
    groups = _read(raw, subject)
    pins = {
        file.fingerprint: _Pin(key, file)
        for key in reversed(keys)
        for file in raw.keys
        if file.fingerprint in key.fingerprints
    }
    accepted: list[Signer] = []
    warnings: list[str] = []
    strangers: list[str] = []
    expiries: list[int] = []
    for group in groups:
        if group.valid is None:
            strangers.append(_check_unknown(group, pins, subject))
        elif group.valid.primary not in pins:
            strangers.append(group.valid.primary)
        else:
            case = _Case(subject, now, pins[group.valid.primary], group.valid)
            _check_signature(case, group.result)
            warnings += _check_expiry(case, is_expired=group.result == "EXPKEYSIG")
            expiries += _expiries(case)
            accepted.append(_signer(case))
    _check_exit(raw, has_unknown=any(group.valid is None for group in groups))
    _check_count(accepted, strangers, keys=keys, signers=signers, subject=subject)
    return Verdict(
        signers=tuple(accepted),
        warnings=tuple(dict.fromkeys(warnings)),
        notes=tuple(f"also signed by unknown key {name}" for name in strangers),
        expires_at=min(expiries, default=None),
    )


def _read(raw: RawVerdict, subject: str) -> tuple[Group, ...]:
    """The groups of `raw`, one for each signature, none of them bad."""
    if raw.exit_code < 0:
        raise VerificationError(
            f"{raw.tool} was ended by signal {-raw.exit_code}", hint="Run again."
        )
    try:
        keywords, groups = parse_status(raw.status)
    except StatusError as error:
        raise VerificationError(f"cannot understand {raw.tool}: {error}") from None
    if "BADSIG" in keywords:
        raise BadSignatureError(
            f"bad signature: {subject} is not what was signed",
            hint="Nothing was installed. Fetch it again; if it stays so, tell the "
            "publisher.",
        )
    for word in _AGAINST:
        if word in keywords:
            raise BadSignatureError(f"{raw.tool} refuses the signature: {word}")
    if not groups:
        raise VerificationError(
            f"{raw.tool} gave no verdict, exit status {raw.exit_code}: {raw.talk}"
        )
    expected = len(raw.signature.signatures)
    if len(groups) != expected:
        raise VerificationError(
            f"{raw.tool} judged {len(groups)} of {expected} signatures"
        )
    return groups


def _check_unknown(group: Group, pins: Mapping[str, _Pin], subject: str) -> str:
    """The claimed name of a signer we were given no key of."""
    claimed = group.claimed or "nobody"
    parts = [part for pin in pins.values() for part in pin.file.parts]
    is_known = any(
        claimed in {part.fingerprint, part.fingerprint[-16:]} for part in parts
    )
    if group.reason == _NO_PUBLIC_KEY and not is_known:
        return claimed
    # Newer GnuPG says "no such key" of a pinned key that may not sign.
    reason = 125 if group.reason == _NO_PUBLIC_KEY else group.reason
    raise BadSignatureError(
        f"{subject}: the signature that names {claimed} is refused: "
        + _REASONS.get(reason, f"error {reason}")
    )


def _check_signature(case: _Case, result: str) -> None:
    """Everything about a signature by a pinned key but the expiry of the key."""
    valid, file = case.valid, case.pin.file
    part = file.find_part(valid.fingerprint)
    if part is None:
        raise VerificationError(
            f"{case.subject} is signed by {valid.fingerprint}, which is no part of "
            f"key {case.pin.key.name}"
        )
    if result == "REVKEYSIG" or file.is_revoked or part.is_revoked:
        raise ExpiredKeyError(
            f"{case.subject} is signed by {case.who}, which was revoked",
            hint="Nothing was installed. Ask the publisher for their new key.",
        )
    if valid.expires_at is not None and valid.expires_at <= case.now:
        result = "EXPSIG"
    if result == "EXPSIG":
        raise ExpiredKeyError(
            f"{case.subject}: the signature expired on {_day(valid.expires_at)}",
            hint="Ask the publisher for a new signature.",
        )
    if valid.signed_at > case.now + CLOCK_TOLERANCE_SECONDS:
        raise BadSignatureError(
            f"{case.subject}: the signature is from the future: made on "
            f"{_day(valid.signed_at)}, here it is {_day(case.now)}",
            hint="Is the clock here right?",
        )
    fault = _fault(valid, part)
    if fault is not None:
        raise BadSignatureError(f"{case.subject}: the signature by {case.who} {fault}")


def _fault(valid: Valid, part: KeyPart) -> str | None:
    # The reader has refused these already, unless reader and verifier disagree.
    if valid.kind != "00":
        return f"is of class {valid.kind}, not over binary data"
    if valid.digest not in ACCEPTED_DIGESTS:
        return f"uses digest algorithm {valid.digest}, which is not accepted"
    if part.weakness is not None:
        return f"is by a key that is too weak: {part.weakness}"
    return None


def _check_expiry(case: _Case, *, is_expired: bool) -> list[str]:
    """What to warn of if the key has expired and the manifest allows that."""
    past = [when for when in _key_expiries(case) if when <= case.now]
    if not past and not is_expired:
        return []
    when = f"expired on {_day(min(past))}" if past else "has expired"
    exception = case.pin.key.allow_expired
    if exception is None or exception.until < _date(case.now):
        ended = (
            f"; the exception for it ended on {exception.until}" if exception else ""
        )
        raise ExpiredKeyError(
            f"{case.subject} is signed by {case.who}, which {when}{ended}",
            hint="Ask the publisher for the renewed key, or accept it for a while: "
            f'`allow_expired = {{ until = …, reason = "…" }}` in [keys.'
            f"{case.pin.key.name}].",
        )
    return [f"{case.who} {when}; accepted until {exception.until}: {exception.reason}"]


def _check_exit(raw: RawVerdict, *, has_unknown: bool) -> None:
    if raw.exit_code == 0 or (raw.exit_code == 2 and has_unknown):
        return
    raise VerificationError(
        f"{raw.tool} contradicts itself: good signatures, exit status {raw.exit_code}"
    )


def _check_count(
    accepted: Sequence[Signer],
    strangers: Sequence[str],
    *,
    keys: Sequence[Key],
    signers: int,
    subject: str,
) -> None:
    primaries = {signer.primary for signer in accepted}
    if primaries and len(primaries) >= signers:
        return
    names = ", ".join(key.name for key in keys) or "nobody"
    if not primaries:
        raise UntrustedKeyError(
            f"{subject} is signed by unknown key {', '.join(strangers)} (claimed), "
            f"trusted for it: {names}",
            hint="If the publisher has a new key, ask for its fingerprint by another "
            "way and pin it in the manifest.",
        )
    raise UntrustedKeyError(
        f"{subject} needs signatures by {signers} different keys of {names}, has "
        f"{len(primaries)}: {', '.join(sorted(primaries))}"
    )


def _signer(case: _Case) -> Signer:
    return Signer(
        primary=case.valid.primary,
        fingerprint=case.valid.fingerprint,
        signed_at=case.valid.signed_at,
        key=case.pin.key.name,
    )


def _key_expiries(case: _Case) -> list[int]:
    """When the signing part and its primary expire: verifiers differ about both."""
    involved = {case.valid.primary, case.valid.fingerprint}
    return [
        part.expires_at
        for part in case.pin.file.parts
        if part.fingerprint in involved and part.expires_at is not None
    ]


def _expiries(case: _Case) -> list[int]:
    own = case.valid.expires_at
    return [*_key_expiries(case), *([own] if own is not None else [])]


def _date(seconds: float) -> datetime.date:
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).date()


def _day(seconds: float | None) -> str:
    return _date(seconds).isoformat() if seconds is not None else "an unknown day"
