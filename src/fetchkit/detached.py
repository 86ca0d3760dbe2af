"""One file that lies here, and what shall prove it: no manifest, no cache, no network.

The same readers, verifier and judge as for a download, so that the answer is the
same.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from fetchkit.artifact import Key
from fetchkit.digest import CHUNK_BYTES, Digest, Measure
from fetchkit.errors import DigestMismatchError, InputError, UsageError
from fetchkit.fingerprint import normalise_fingerprint
from fetchkit.fs import translated
from fetchkit.openpgp import (
    MAX_KEY_BYTES,
    MAX_SIGNATURE_BYTES,
    read_key,
    read_signatures,
)
from fetchkit.paths import printable
from fetchkit.trust import judge
from fetchkit.values import frozen, replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from fetchkit.artifact import Signer
    from fetchkit.gpg import SignatureStream, Verifier
    from fetchkit.openpgp import KeyFile
    from fetchkit.ports import Clock


@frozen
class Claim:
    """What is said of a file: a signature by a key, a digest, or both."""

    signature: str | None = None
    """Path of the detached signature."""
    key: str | None = None
    """Path of the public key it shall be by."""
    fingerprint: str | None = None
    """The primary fingerprint that `key` has to have; None takes it as it is."""
    sha256: Digest | None = None


@frozen
class Proof:
    """Every claim about a file holds."""

    path: str
    size: int
    digest: Digest
    signers: tuple[Signer, ...] = ()
    user_ids: tuple[str, ...] = ()
    """What the key says of its owner. Outside text: show it through `printable`."""
    is_pinned: bool = False
    """Whether the caller said which fingerprint the key has to have."""
    expires_at: int | None = None
    """When the first key or signature involved expires, if one does."""


def prove(
    path: str,
    claim: Claim,
    *,
    find_verifier: Callable[[], Verifier],
    work_dir: str,
    clock: Clock,
) -> Proof:
    """Check that `claim` holds for the file at `path`, which is read once.

    Raises:
        UsageError: nothing is claimed, or only one of signature and key.
        InputError: one of the files does not exist.
        DigestMismatchError: the file has another digest.
        VerificationError: the signature does not hold; the subclass says why.
        StorageError: a file cannot be read.
    """
    if (claim.signature is None) != (claim.key is None):
        raise UsageError(
            "a signature needs a key, and a key a signature",
            hint="fetchkit verify FILE --signature FILE.asc --key KEY.asc",
        )
    if claim.signature is None and claim.sha256 is None:
        raise UsageError(
            f"nothing is said of {printable(path)} that could be checked",
            hint="Give --signature and --key, or --sha256.",
        )
    if claim.signature is None or claim.key is None:
        return _check_digest(path, _read_through(path, None), claim)
    signature = read_signatures(
        _read_small(claim.signature, MAX_SIGNATURE_BYTES), subject=claim.signature
    )
    file = _read_key(claim.key, claim.fingerprint, now=clock())
    started = find_verifier().start(signature=signature, keys=[file], work_dir=work_dir)
    with started as stream:
        measure = _read_through(path, stream)
        raw = stream.finish()
    key = Key(name=os.path.basename(claim.key), fingerprints=(file.fingerprint,))
    verdict = judge(raw, keys=[key], signers=1, now=clock(), subject=printable(path))
    return replace(
        _check_digest(path, measure, claim),
        signers=verdict.signers,
        user_ids=file.user_ids,
        is_pinned=claim.fingerprint is not None,
        expires_at=verdict.expires_at,
    )


def _read_key(path: str, fingerprint: str | None, *, now: float) -> KeyFile:
    pinned = None if fingerprint is None else [normalise_fingerprint(fingerprint)]
    return read_key(
        _read_small(path, MAX_KEY_BYTES), subject=path, pinned=pinned, now=now
    )


def _check_digest(path: str, measure: Measure, claim: Claim) -> Proof:
    actual = measure.digest()
    if claim.sha256 is not None and actual != claim.sha256:
        raise DigestMismatchError(
            printable(path),
            expected=claim.sha256,
            actual=actual,
            hint="Do not use it. Fetch it again, and compare with what the publisher "
            "announces.",
        )
    return Proof(path=path, size=measure.size, digest=actual)


def _read_through(path: str, stream: SignatureStream | None) -> Measure:
    measure = Measure()
    _check_exists(path)
    with translated(path), open(path, "rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            measure.update(chunk)
            if stream is not None:
                stream.write(chunk)
    return measure


def _read_small(path: str, limit: int) -> bytes:
    _check_exists(path)
    with translated(path), open(path, "rb") as file:
        return file.read(limit + 1)


def _check_exists(path: str) -> None:
    if not os.path.lexists(path):
        raise InputError(f"there is no file {printable(path)}")
