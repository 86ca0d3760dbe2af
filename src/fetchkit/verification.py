"""Download -> Verified: the only place where bytes become trusted bytes.

Size, digest, signature: everything the manifest asks for has to hold, and at
least one of them has to be asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fetchkit.artifact import Evidence, Verified
from fetchkit.checksums import find_digest
from fetchkit.errors import DigestMismatchError, UnsignedError, VerificationError
from fetchkit.trust import judge

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fetchkit.artifact import Download, Resolved
    from fetchkit.digest import Digest
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
    """Hand what is signed to the verifier, and judge what it says.

    Args:
        chunks: the artifact's bytes, while they come. Not touched where a checksum
            file is signed instead.

    Raises:
        VerificationError: the signature does not hold; the subclass says why.
        StorageError: the verifier's directory cannot be made.
    """
    if vouching.signature_file is None:
        raise UnsignedError(f"`{resolved.name}` has no signature to check")
    started = verifier.start(
        signature=vouching.signature_file,
        keys=[key.file for key in vouching.keys],
        work_dir=work_dir,
    )
    what = f"`{resolved.name}`"
    if vouching.checksums is not None:
        chunks = (vouching.checksums.data,)
        what = f"{what}: the checksum file {vouching.checksums.url}"
    with started as stream:
        for chunk in chunks:
            stream.write(chunk)
        raw = stream.finish()
    return judge(
        raw,
        keys=resolved.signed_by,
        signers=resolved.signers,
        now=clock(),
        subject=what,
    )


def verify(
    download: Download,
    vouching: Vouching | None,
    verdict: Verdict | None,
    *,
    is_first_sight: bool = False,
) -> Verified:
    """Make sure that everything the manifest asks for holds for `download`.

    Args:
        vouching: signature and list, where the manifest asks for one.
        verdict: what `check_signature` found about exactly these bytes, or list.
        is_first_sight: a lock is being made: what only a lock will vouch for is
            taken as it is now.

    Raises:
        DigestMismatchError: the bytes are not the pinned or listed ones.
        UnsignedError: a signature is asked for and was not checked.
        VerificationError: another size, or nothing was asked for at all.
    """
    check_pins(download)
    resolved = download.resolved
    if resolved.is_listed:
        _check_digest(download, _listed_digest(resolved, vouching))
    if resolved.needs_verifier and verdict is None:
        raise UnsignedError(f"`{resolved.name}`: its signature was not checked")
    evidence = _evidence(resolved, vouching, verdict, is_first_sight=is_first_sight)
    return Verified(download=download, evidence=evidence)


def check_pins(download: Download) -> None:
    """Make sure of the size and digest that manifest or lock promise, if they do.

    Raises:
        DigestMismatchError: other bytes than the pinned ones.
        VerificationError: another size.
    """
    resolved = download.resolved
    if resolved.size is not None and download.size != resolved.size:
        raise VerificationError(
            f"`{resolved.name}` from {download.source} has {download.size} bytes, "
            f"expected {resolved.size}",
            hint="Nothing was installed. If the publisher replaced it, change size in "
            "the manifest, or run `fetchkit update` where it is locked.",
        )
    _check_digest(download, resolved.sha256)


def _check_digest(download: Download, expected: Digest | None) -> None:
    if expected is not None and download.digest != expected:
        raise DigestMismatchError(
            f"`{download.resolved.name}` from {download.source}",
            expected=expected,
            actual=download.digest,
        )


def _listed_digest(resolved: Resolved, vouching: Vouching | None) -> Digest:
    if vouching is None or vouching.checksums is None:
        raise UnsignedError(f"`{resolved.name}`: its checksum file was not read")
    return find_digest(
        vouching.checksums.data,
        resolved.url.last_part,
        subject=f"checksum file {vouching.checksums.url}",
    )


def _evidence(
    resolved: Resolved,
    vouching: Vouching | None,
    verdict: Verdict | None,
    *,
    is_first_sight: bool,
) -> Evidence:
    rules = list(_rules(resolved, verdict))
    warnings = verdict.warnings if verdict else ()
    if resolved.unverified_reason is not None:
        warnings = (*warnings, f"not verified at all: {resolved.unverified_reason}")
    if not rules and is_first_sight:
        rules.append("first seen when it was locked")
    if not rules:
        raise UnsignedError(
            f"`{resolved.name}`: only a lock vouches for it, and there is none",
            hint="Run `fetchkit lock`, and keep what it writes with the manifest.",
        )
    checksums = vouching.checksums if vouching else None
    signature = vouching.signature if vouching and verdict else None
    return Evidence(
        rule=" and ".join(rules),
        signers=verdict.signers if verdict else (),
        signature=signature.digest if signature else None,
        checksums=checksums.digest if checksums else None,
        checksums_url=str(checksums.url) if checksums else "",
        pinned=resolved.sha256 is not None,
        warnings=warnings,
        expires_at=verdict.expires_at if verdict else None,
    )


def _rules(resolved: Resolved, verdict: Verdict | None) -> Iterator[str]:
    """What of the manifest's demands vouches for the bytes, one phrase each."""
    if verdict is not None:
        names = " or ".join(key.name for key in resolved.signed_by)
        count = f"{resolved.signers} of " if resolved.signers > 1 else ""
        what = "listed in a checksum file " if resolved.is_listed else ""
        yield f"{what}signed by {count}{names}"
    if resolved.sha256 is not None:
        yield "sha256 matches"
    if resolved.unverified_reason is not None:
        yield 'trust = "none"'
