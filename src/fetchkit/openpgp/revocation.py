"""Revocation certificates: how a key takes itself back, in a file of its own.

Pure. A certificate is one signature of type 0x20 by the primary key (RFC 9580,
5.2.1.11), made in advance and published when the key is lost. Only what it claims
is read here, and the claim is enough to refuse: GnuPG, told that SHA-1 is weak,
passes over a true revocation that was made with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fetchkit.errors import UntrustedKeyError
from fetchkit.fingerprint import key_id_of
from fetchkit.openpgp import armor
from fetchkit.openpgp.key_file import KeyFile, read_key
from fetchkit.openpgp.octets import MalformedError
from fetchkit.openpgp.packets import Packet, Tag, UnexpectedPacketError, read_packets
from fetchkit.openpgp.signature import parse_signature

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_REVOCATION_BYTES = 64 * 1024
"""Largest certificate that is read. One by an RSA-4096 key is below 1 KiB."""

_KEY_REVOCATION = 0x20
_BEGIN = b"-----BEGIN PGP "
_HINT = (
    "Make one with `gpg --gen-revoke`, or put the publisher's revoked public key in "
    "the place of the old one."
)


class Revocation(NamedTuple):
    """A certificate that takes one key back, if it tells the truth."""

    packet: bytes
    """The signature, as a packet."""
    issuer_fingerprint: str | None
    issuer_key_id: str | None
    """Of the key that is taken back; at least one of the two is there."""

    def is_of(self, fingerprint: str) -> bool:
        """Whether it takes back the primary key of that fingerprint."""
        if self.issuer_fingerprint is not None:
            return self.issuer_fingerprint == fingerprint
        return self.issuer_key_id == key_id_of(fingerprint)


def read_revocations(data: bytes, *, subject: str) -> tuple[Revocation, ...]:
    """The certificates in `data`, armored or binary; at least one.

    Text above the armor is passed over: GnuPG explains there what the file is for.

    Args:
        subject: what to call the file in an error.

    Raises:
        UntrustedKeyError: it holds something else. Nobody can tell then which key
            was to be taken back, so none of those beside it can be relied on.
    """
    if len(data) > MAX_REVOCATION_BYTES:
        raise UntrustedKeyError(
            f"{subject} is larger than {MAX_REVOCATION_BYTES // 1024} KiB", hint=_HINT
        )
    try:
        text = _skip_explanation(data)
        is_bare = armor.SIGNATURE.encode() in text
        label = armor.SIGNATURE if is_bare else armor.PUBLIC_KEY
        binary = armor.read_armored(text, label=label)
        packets = read_packets(binary, allowed={Tag.SIGNATURE})
        return tuple(_read(packet) for packet in packets)
    except (armor.WrongKindError, UnexpectedPacketError) as error:
        raise UntrustedKeyError(
            f"{subject} is {error.kind or 'no OpenPGP data'}, not a revocation "
            "certificate",
            hint=_HINT,
        ) from None
    except MalformedError as error:
        raise UntrustedKeyError(
            f"{subject} {error}", hint=error.hint or _HINT
        ) from None


def apply_revocations(key: KeyFile, revocations: Iterable[Revocation]) -> KeyFile:
    """`key` with those of `revocations` that name it: revoked, if there is one.

    They stand behind the primary key, where the format has them (RFC 9580, 10.1.1)
    and every verifier looks.

    Raises:
        UntrustedKeyError: the key is too large with them.
    """
    first, *rest = read_packets(key.binary, allowed=frozenset(Tag))
    known = {packet.render() for packet in rest}
    added = dict.fromkeys(
        each.packet
        for each in revocations
        if each.is_of(key.fingerprint) and each.packet not in known
    )
    if not added:
        return key
    binary = b"".join((first.render(), *added, *(each.render() for each in rest)))
    return read_key(binary, subject=f"key {key.fingerprint}", pinned=None)


def _skip_explanation(data: bytes) -> bytes:
    at = data.find(_BEGIN)
    if at <= 0 or data[:1] >= b"\x80":
        return data
    if data[at - 1 : at] == b":":
        raise MalformedError(
            "is guarded by a colon in front of its armor, as GnuPG keeps it until "
            "it is needed",
            hint="Remove the colon to revoke the key, or the file if it is not "
            "revoked.",
        )
    return data[at:]


def _read(packet: Packet) -> Revocation:
    signature = parse_signature(packet.body)
    if signature is None:
        raise MalformedError("has a signature of a version that is not read")
    if signature.type != _KEY_REVOCATION:
        raise MalformedError(
            f"has a signature of class 0x{signature.type:02x}, which takes no key back"
        )
    if signature.issuer_fingerprint is None and signature.issuer_key_id is None:
        raise MalformedError("does not say which key it takes back")
    return Revocation(
        packet.render(), signature.issuer_fingerprint, signature.issuer_key_id
    )
