"""Evidence as data: how a verdict is written down, read back, and identified.

Pure. Receipts and the cache's verdicts share this form, so that "why is this
trusted" has one answer everywhere.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from fetchkit.artifact import Evidence, Signer
from fetchkit.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fetchkit.artifact import Resolved

POLICY_FORMAT = 1
"""Raised whenever a verdict of before must not be reused: the rules changed."""


def render_evidence(evidence: Evidence) -> dict[str, Any]:
    """`evidence` as JSON values; what is empty is left out."""
    document: dict[str, Any] = {"rule": evidence.rule}
    if evidence.signers:
        document["signers"] = [
            {
                "primary": signer.primary,
                "fingerprint": signer.fingerprint,
                "signed_at": signer.signed_at,
                "key": signer.key,
            }
            for signer in evidence.signers
        ]
    if evidence.signature is not None:
        document["signature"] = str(evidence.signature)
    if evidence.checksums is not None:
        document["checksums"] = {
            "url": evidence.checksums_url,
            "digest": str(evidence.checksums),
        }
    if evidence.pinned:
        document["pinned"] = True
    if evidence.warnings:
        document["warnings"] = list(evidence.warnings)
    if evidence.expires_at is not None:
        document["expires_at"] = evidence.expires_at
    return document


def parse_evidence(document: dict[str, Any]) -> Evidence:
    """The `Evidence` that `render_evidence` wrote.

    Raises:
        KeyError, TypeError, InvalidValueError: it was not written by this function;
            a caller treats that as "no evidence".
    """
    signature = document.get("signature")
    expires_at = document.get("expires_at")
    checksums = document.get("checksums")
    return Evidence(
        rule=str(document["rule"]),
        signers=tuple(
            Signer(
                primary=str(signer["primary"]),
                fingerprint=str(signer["fingerprint"]),
                signed_at=int(signer["signed_at"]),
                key=str(signer["key"]),
            )
            for signer in document.get("signers", ())
        ),
        signature=Digest.parse(signature) if signature is not None else None,
        checksums=Digest.parse(checksums["digest"]) if checksums else None,
        checksums_url=str(checksums["url"]) if checksums else "",
        pinned=document.get("pinned") is True,
        warnings=tuple(str(text) for text in document.get("warnings", ())),
        expires_at=int(expires_at) if expires_at is not None else None,
    )


def policy_digest(
    resolved: Resolved,
    *,
    signature: Digest | None,
    checksums: Digest | None,
    keys: Iterable[Digest],
) -> Digest:
    """Identify everything besides the bytes that a verdict depends on.

    A verdict is reused only for the same digest under the same policy: another
    key, another revocation in the key file, another signature, another exception
    or another rule of ours makes it a different question.

    Args:
        signature: of the detached signature that has to hold, if one has to.
        checksums: of the list the artifact has to stand in, if it has to.
        keys: the digests of the key files, in any order.
    """
    question = {
        "format": POLICY_FORMAT,
        "signers": resolved.signers,
        "signature": str(signature),
        "checksums": str(checksums),
        "key_files": sorted(str(digest) for digest in keys),
        "keys": sorted(
            [
                key.name,
                *key.fingerprints,
                str(key.allow_expired and key.allow_expired.until),
                str(key.allow_expired and key.allow_expired.reason),
                *(f"revoked {fingerprint}" for fingerprint in key.revoked),
                f"rsa {key.min_rsa_bits}",
            ]
            for key in resolved.signed_by
        ),
    }
    return Digest.of(json.dumps(question, sort_keys=True).encode())
