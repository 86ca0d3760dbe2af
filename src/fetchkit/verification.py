"""Download -> Verified: the only place where bytes become trusted bytes.

Size, digest, signature: everything the manifest asks for has to hold, and at
least one of them has to be asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fetchkit.artifact import Evidence, Verified
from fetchkit.errors import DigestMismatchError, UnsignedError, VerificationError
from fetchkit.trust import judge

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fetchkit.artifact import Download, Resolved
    from fetchkit.documents import Vouching
    from fetchkit.gpg import Verifier
    from fetchkit.ports import Clock
    from fetchkit.trust import Verdict


def check_signature(
    resolved: Resolved,
    vouching: Vouching,
    chunks: Iterable[bytes],
    *,
    verifier: Verifier,
    work_dir: str,
    clock: Clock,
) -> Verdict:
    """Hand `chunks` to the verifier while they come, and judge what it says.

    Raises:
        VerificationError: the signature does not hold; the subclass says why.
        StorageError: the verifier's directory cannot be made.
    """
    started = verifier.start(
        signature=vouching.signature,
        keys=[key.file for key in vouching.keys],
        work_dir=work_dir,
    )
    with started as stream:
        for chunk in chunks:
            stream.write(chunk)
        raw = stream.finish()
    return judge(
        raw,
        keys=resolved.signed_by,
        signers=resolved.signers,
        now=clock(),
        subject=f"`{resolved.name}`",
    )


def verify(
    download: Download, vouching: Vouching | None, verdict: Verdict | None
) -> Verified:
    """Make sure that everything the manifest asks for holds for `download`.

    Args:
        vouching: what the verdict was asked about; None where nothing is signed.
        verdict: what `check_signature` found about exactly these bytes.

    Raises:
        DigestMismatchError: the bytes are not the pinned ones.
        UnsignedError: a signature is asked for and was not checked.
        VerificationError: another size, or nothing was asked for at all.
    """
    resolved = download.resolved
    if resolved.size is not None and download.size != resolved.size:
        raise VerificationError(
            f"`{resolved.name}` from {download.source} has {download.size} bytes, "
            f"expected {resolved.size}",
            hint="Nothing was installed. If the publisher replaced it, change size in "
            "the manifest or lock.",
        )
    if resolved.sha256 is not None and download.digest != resolved.sha256:
        raise DigestMismatchError(
            f"`{resolved.name}` from {download.source}",
            expected=resolved.sha256,
            actual=download.digest,
        )
    if resolved.is_signed and (verdict is None or vouching is None):
        raise UnsignedError(f"`{resolved.name}`: its signature was not checked")
    evidence = _evidence(resolved, vouching, verdict)
    return Verified(download=download, evidence=evidence)


def _evidence(
    resolved: Resolved, vouching: Vouching | None, verdict: Verdict | None
) -> Evidence:
    rules = []
    warnings: tuple[str, ...] = ()
    if verdict is not None:
        names = " or ".join(key.name for key in resolved.signed_by)
        count = f"{resolved.signers} of " if resolved.signers > 1 else ""
        rules.append(f"signed by {count}{names}")
        warnings = verdict.warnings
    if resolved.sha256 is not None:
        rules.append("sha256 matches")
    if resolved.unverified_reason is not None:
        rules.append('trust = "none"')
        warnings = (*warnings, f"not verified at all: {resolved.unverified_reason}")
    if not rules:
        raise VerificationError(
            f"`{resolved.name}`: there is nothing to trust it by",
            hint="Give it `signature` and `signed_by`, or `sha256`.",
        )
    return Evidence(
        rule=" and ".join(rules),
        signers=verdict.signers if verdict else (),
        signature=vouching.signature_digest if verdict and vouching else None,
        pinned=resolved.sha256 is not None,
        warnings=warnings,
        expires_at=verdict.expires_at if verdict else None,
    )
