"""Sorting out a detached signature file before a verifier sees it.

Pure. Says in a plain sentence what is wrong with a file that is no detached
signature, which verifiers do not, and refuses signatures that GnuPG accepts and
a careful reader does not. Whether a signature is *good* is not decided here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fetchkit.errors import BadSignatureError, UnsignedError
from fetchkit.openpgp import armor
from fetchkit.openpgp.octets import MalformedError
from fetchkit.openpgp.packets import Packet, Tag, UnexpectedPacketError, read_packets
from fetchkit.openpgp.signature import (
    ACCEPTED_DIGESTS,
    Signature,
    digest_name,
    parse_signature,
)
from fetchkit.values import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_SIGNATURE_BYTES = 64 * 1024
"""Largest signature file that is read. Eight RSA-4096 signatures are 6 KiB."""

MAX_SIGNATURES = 8
"""Most signatures in one file: each costs the verifier a pass over the data."""

_BINARY_DOCUMENT = 0x00
_HINT = (
    "Point `signature` at a detached signature, as "
    "`gpg --armor --detach-sign FILE` makes."
)


@frozen
class SignatureFacts:
    """What one signature says about itself. Claims: nothing is verified yet."""

    version: int
    type: int
    """Always 0x00, a signature over binary data; others are refused."""
    public_key_algorithm: int
    """Number in RFC 9580, 9.1."""
    digest: str
    """Name of the digest algorithm, such as ``SHA512``."""
    issuer_fingerprint: str | None
    """Fingerprint of the claimed signing key or subkey, upper-case hex."""
    issuer_key_id: str | None
    """Key id of the claimed signing key, 16 upper-case hex digits."""
    created: int | None
    """Seconds since the epoch."""
    expires_at: int | None
    """Seconds since the epoch; None when the signature does not expire."""


@frozen
class SignatureFile:
    """A file that holds detached signatures and nothing else."""

    binary: bytes
    """The signature packets one after the other: what the verifier sees."""
    signatures: tuple[SignatureFacts, ...]


def read_signatures(data: bytes, *, subject: str) -> SignatureFile:
    """The detached signatures in `data`, armored or binary.

    Args:
        data: the file, of which a caller need not read more than
            `MAX_SIGNATURE_BYTES` and one byte.
        subject: what to call the file in an error.

    Raises:
        UnsignedError: the file is empty.
        BadSignatureError: it is something else (a web page, a public key, an
            attached or cleartext message, junk), is damaged or cut short, holds
            more than signatures, or a signature is made over text, with a weak
            digest, or in a version of the format we do not read.
    """
    if len(data) > MAX_SIGNATURE_BYTES:
        raise BadSignatureError(
            f"{subject} is larger than {MAX_SIGNATURE_BYTES // 1024} KiB, "
            "which no detached signature is",
            hint=_HINT,
        )
    if not data.strip():
        raise UnsignedError(
            f"{subject} is empty", hint="Ask the publisher for the signature."
        )
    try:
        binary = armor.read_armored(data, label=armor.SIGNATURE)
        packets = list(read_packets(binary, allowed={Tag.SIGNATURE}))
        signatures = _read_all(packets)
    except (armor.WrongKindError, UnexpectedPacketError) as error:
        raise BadSignatureError(
            f"{subject} {_describe(error)}", hint=error.hint or _HINT
        ) from None
    except MalformedError as error:
        raise BadSignatureError(f"{subject} {error}", hint=error.hint) from None
    return SignatureFile(
        binary=b"".join(packet.render() for packet in packets), signatures=signatures
    )


def _describe(error: armor.WrongKindError | UnexpectedPacketError) -> str:
    if isinstance(error, UnexpectedPacketError) and not error.at_start:
        return "has unexpected data after a signature"
    return f"is {error.kind or 'no OpenPGP data'}, not a detached signature"


def _read_all(packets: Sequence[Packet]) -> tuple[SignatureFacts, ...]:
    if len(packets) > MAX_SIGNATURES:
        raise MalformedError(
            f"holds {len(packets)} signatures, at most {MAX_SIGNATURES} are read"
        )
    return tuple(_read_facts(packet) for packet in packets)


def _read_facts(packet: Packet) -> SignatureFacts:
    signature = parse_signature(packet.body)
    if signature is None:
        raise MalformedError(
            f"has a version {packet.body[0]} signature; versions 4 and 6 are read"
        )
    fault = _find_fault(signature)
    if fault is not None:
        raise MalformedError(
            fault, hint="Ask the publisher to sign the file anew, with SHA-512."
        )
    return SignatureFacts(
        version=signature.version,
        type=signature.type,
        public_key_algorithm=signature.public_key_algorithm,
        digest=digest_name(signature.digest_algorithm),
        issuer_fingerprint=signature.issuer_fingerprint,
        issuer_key_id=signature.issuer_key_id,
        created=signature.created,
        expires_at=signature.expires_at,
    )


def _find_fault(signature: Signature) -> str | None:
    # Text signatures still verify after every line end in a binary was changed.
    if signature.type != _BINARY_DOCUMENT:
        return f"has a signature of class 0x{signature.type:02x}, not over binary data"
    if signature.digest_algorithm not in ACCEPTED_DIGESTS:
        name = digest_name(signature.digest_algorithm)
        return f"has a signature with the weak or unknown digest {name}"
    return None
