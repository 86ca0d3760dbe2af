"""The outlook: which keys signatures lean on, and for how many days they will do.

A signature is judged again at every install. It stops to count on the day on which
the primary key, the subkey that made it or the signature itself expires, whichever
comes first, and no lock changes that.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, NamedTuple

from fetchkit.errors import UntrustedKeyError
from fetchkit.fingerprint import key_id_of
from fetchkit.values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fetchkit.artifact import ExpiryException, Resolved
    from fetchkit.documents import Documents, Vouching
    from fetchkit.keyring import LoadedKey
    from fetchkit.openpgp import KeyPart, SignatureFacts

DEFAULT_DAYS = 60
DAY_SECONDS = 24 * 3600


@frozen
class Prospect:
    """One key, or subkey of it, that has signed something, and what is to come."""

    name: str
    """Of the key, in the manifest."""
    fingerprint: str
    """Of the primary key."""
    signed_by: str
    """Fingerprint of the primary key or subkey that made the signatures."""
    artifacts: tuple[str, ...]
    """What leans on it."""
    state: str
    """``good``, ``expiring``, ``expired``, ``revoked`` or ``withdrawn``."""
    ends_at: int | None
    """From when on its signatures count no more, in seconds since the epoch."""
    days_left: int | None
    """Whole days until then; negative when it is past."""
    exception: ExpiryException | None = None
    """The permission that moves that day, if one does."""

    @property
    def is_good(self) -> bool:
        """Whether nothing has to be done within the days that were asked for."""
        return self.state == "good"


class _Lean(NamedTuple):
    """One artifact that leans on one part of one key."""

    artifact: str
    loaded: LoadedKey
    part: KeyPart
    signature_ends_at: int | None


def look_ahead(
    artifacts: Iterable[Resolved], documents: Documents, *, now: float, days: int
) -> tuple[Prospect, ...]:
    """The prospect of every key that signed one of `artifacts`, by name.

    Signatures and keys are asked for anew, but for what a lock fixes. What is told
    is what they claim: nothing is verified.

    Args:
        now: the moment to look from, in seconds since the epoch.
        days: how far to look.

    Raises:
        UntrustedKeyError: too few of the keys an artifact trusts have signed it.
        FetchkitError: a signature or key cannot be had, or must not be used.
    """
    signed = [resolved for resolved in artifacts if resolved.needs_verifier]
    return foresee(documents.vouchings(signed), now=now, days=days)


def foresee(
    vouchings: Iterable[tuple[Resolved, Vouching]], *, now: float, days: int
) -> tuple[Prospect, ...]:
    """`look_ahead` once all is there. Pure."""
    groups: dict[tuple[str, str, str], list[_Lean]] = {}
    for resolved, vouching in vouchings:
        for lean in _leans(resolved, vouching):
            key = lean.loaded
            where = (key.key.name, key.file.fingerprint, lean.part.fingerprint)
            groups.setdefault(where, []).append(lean)
    return tuple(
        _prospect(leans, now=now, days=days) for _, leans in sorted(groups.items())
    )


def _leans(resolved: Resolved, vouching: Vouching) -> list[_Lean]:
    if vouching.signature_file is None:
        return []
    signatures = vouching.signature_file.signatures
    found = [
        _Lean(resolved.name, loaded, part, facts.expires_at)
        for facts in signatures
        for loaded in vouching.keys
        for part in loaded.file.parts
        if _is_by(facts, part)
    ]
    primaries = {lean.loaded.file.fingerprint for lean in found}
    if len(primaries) >= resolved.signers:
        return found
    claimed = ", ".join(
        str(facts.issuer_fingerprint or facts.issuer_key_id) for facts in signatures
    )
    raise UntrustedKeyError(
        f"`{resolved.name}` for {resolved.target} is signed by {claimed} (claimed), "
        f"and {len(primaries)} of the {resolved.signers} it needs are keys it trusts",
        hint="If the publisher has a new key, ask for its fingerprint by another way "
        "and pin it in the manifest.",
    )


def _is_by(facts: SignatureFacts, part: KeyPart) -> bool:
    if facts.issuer_fingerprint is not None:
        return facts.issuer_fingerprint == part.fingerprint
    return facts.issuer_key_id == key_id_of(part.fingerprint)


def _prospect(leans: list[_Lean], *, now: float, days: int) -> Prospect:
    loaded, part = leans[0].loaded, leans[0].part
    key_end = min(_known(loaded.file.expires_at, part.expires_at), default=None)
    exception = loaded.key.allow_expired
    if key_end is None or exception is None or _last_second(exception) <= key_end:
        exception = None
    else:
        key_end = _last_second(exception)
    signature_ends = (lean.signature_ends_at for lean in leans)
    ends_at = min(_known(key_end, *signature_ends), default=None)
    left = None if ends_at is None else int((ends_at - now) // DAY_SECONDS)
    return Prospect(
        name=loaded.key.name,
        fingerprint=loaded.file.fingerprint,
        signed_by=part.fingerprint,
        artifacts=tuple(sorted({lean.artifact for lean in leans})),
        state=_state(leans[0], ends_at, now=now, days=days),
        ends_at=ends_at,
        days_left=left,
        exception=exception,
    )


def _state(lean: _Lean, ends_at: int | None, *, now: float, days: int) -> str:
    key, file, part = lean.loaded.key, lean.loaded.file, lean.part
    if not {file.fingerprint, part.fingerprint}.isdisjoint(key.revoked):
        return "withdrawn"
    if file.is_revoked or part.is_revoked:
        return "revoked"
    if ends_at is None or ends_at >= now + days * DAY_SECONDS:
        return "good"
    return "expiring" if ends_at > now else "expired"


def _last_second(exception: ExpiryException) -> int:
    """When the last day (UTC) of `exception` is over, in seconds since the epoch."""
    following = exception.until + datetime.timedelta(days=1)
    midnight = datetime.datetime.combine(
        following, datetime.time(), tzinfo=datetime.timezone.utc
    )
    return int(midnight.timestamp())


def _known(*times: int | None) -> Iterator[int]:
    return (time for time in times if time is not None)
