"""The verdict: groups of status lines and pinned keys -> who signed, or why not.

Pure. Counts and orders; whether a single signature counts is decided in
`fetchkit.trust.signer`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fetchkit.errors import (
    BadSignatureError,
    UntrustedKeyError,
    VerificationError,
)
from fetchkit.status import StatusError, parse_status
from fetchkit.trust.signer import Pin, PinnedSignature
from fetchkit.values import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fetchkit.artifact import Key, Signer
    from fetchkit.status import Group, RawVerdict

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


@frozen
class Verdict:
    """Enough pinned keys signed these bytes."""

    signers: tuple[Signer, ...]
    warnings: tuple[str, ...] = ()
    """Exceptions that were used, to be shown on every run."""
    notes: tuple[str, ...] = ()
    """What else was found, for whoever asks."""
    expires_at: int | None = None
    """When the first key or signature involved expires, if one does."""


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
        ExpiredKeyError: a pinned key is revoked or withdrawn, or expired without
            exception, or its signature has expired.
        UntrustedKeyError: fewer pinned keys than needed have signed.
        VerificationError: the verifier crashed, said nothing or contradicts itself.
    """
    groups = _read(raw, subject)
    pins = {
        file.fingerprint: Pin(key, file)
        for key in reversed(keys)
        for file in raw.keys
        if file.fingerprint in key.fingerprints
    }
    withdrawn = frozenset(revoked for key in keys for revoked in key.revoked)
    accepted: list[Signer] = []
    warnings: list[str | None] = []
    strangers: list[str] = []
    expiries: list[int] = []
    for group in groups:
        if group.valid is None:
            strangers.append(_check_unknown(group, pins, subject))
        elif group.valid.primary not in pins:
            strangers.append(group.valid.primary)
        else:
            pin = pins[group.valid.primary]
            signature = PinnedSignature(
                subject, group.result, group.valid, pin, now, withdrawn
            )
            signature.check()
            warnings.append(signature.check_expiry())
            expiries += signature.expires_at
            accepted.append(signature.signer)
    _check_exit(raw, has_unknown=any(group.valid is None for group in groups))
    _check_count(accepted, strangers, keys=keys, signers=signers, subject=subject)
    return Verdict(
        signers=tuple(accepted),
        warnings=tuple(filter(None, dict.fromkeys(warnings))),
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


def _check_unknown(group: Group, pins: Mapping[str, Pin], subject: str) -> str:
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
