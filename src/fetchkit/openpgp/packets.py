"""OpenPGP packet framing (RFC 9580, section 4): octets <-> packets.

Pure. Knows headers and lengths and nothing about what a packet says. Stricter
than the format: partial and indeterminate lengths, which only messages need, are
refused, and so is every kind of packet the caller does not expect.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

from fetchkit.openpgp.octets import MalformedError, Octets

if TYPE_CHECKING:
    from collections.abc import Container, Iterator


class Tag(IntEnum):
    """Packet types (RFC 9580, section 5) that are allowed or worth a name."""

    ENCRYPTED_SESSION_KEY = 1
    SIGNATURE = 2
    SYMMETRIC_SESSION_KEY = 3
    ONE_PASS_SIGNATURE = 4
    SECRET_KEY = 5
    PUBLIC_KEY = 6
    SECRET_SUBKEY = 7
    COMPRESSED = 8
    ENCRYPTED = 9
    LITERAL = 11
    USER_ID = 13
    PUBLIC_SUBKEY = 14
    USER_ATTRIBUTE = 17
    ENCRYPTED_PROTECTED = 18


_KINDS = {
    Tag.SIGNATURE: "a signature",
    Tag.SECRET_KEY: "a secret key",
    Tag.SECRET_SUBKEY: "a secret key",
    Tag.PUBLIC_KEY: "a public key",
    Tag.PUBLIC_SUBKEY: "a public key",
    Tag.ONE_PASS_SIGNATURE: "an attached message",
    Tag.COMPRESSED: "an attached message",
    Tag.LITERAL: "an attached message",
    Tag.ENCRYPTED_SESSION_KEY: "an encrypted message",
    Tag.SYMMETRIC_SESSION_KEY: "an encrypted message",
    Tag.ENCRYPTED: "an encrypted message",
    Tag.ENCRYPTED_PROTECTED: "an encrypted message",
}

_LAST_OLD_TAG = 15
_LAST_ONE_OCTET = 191
_LAST_TWO_OCTET = 223
_FOUR_OCTETS = 255
_INDETERMINATE = 3


class UnexpectedPacketError(MalformedError):
    """Something else begins where a packet of an allowed kind has to."""

    def __init__(self, kind: str | None, *, at_start: bool) -> None:
        super().__init__("holds something that does not belong there")
        self.kind = kind
        """What begins there, in words; None when it is nothing we know."""
        self.at_start = at_start
        """Whether the file begins with it."""


class Packet(NamedTuple):
    """One packet: its type and what stands after its header."""

    tag: int
    body: bytes

    def render(self) -> bytes:
        """The packet with the header GnuPG itself would write.

        Every verifier reads this one form, so none of them sees the spelling
        that came from outside.
        """
        size = len(self.body)
        if self.tag > _LAST_OLD_TAG:
            header = bytes((0xC0 | self.tag, _FOUR_OCTETS)) + size.to_bytes(4, "big")
        else:
            kind = 0 if size < 1 << 8 else 1 if size < 1 << 16 else 2
            header = bytes((0x80 | self.tag << 2 | kind,))
            header += size.to_bytes(1 << kind, "big")
        return header + self.body


def read_packets(data: bytes, *, allowed: Container[int]) -> Iterator[Packet]:
    """Yield the packets of `data`, which holds nothing else.

    Raises:
        UnexpectedPacketError: a packet is not of an `allowed` type, or is none.
            Found by its first octet, before a length is believed.
        MalformedError: a length is missing, wrong or of a streaming kind.
    """
    octets = Octets(data)
    at_start = True
    while octets:
        first = octets.number(1)
        is_old = first & 0xC0 == 0x80
        tag = (first & 0x3C) >> 2 if is_old else first & 0x3F
        if not first & 0x80 or tag not in allowed:
            kind = _KINDS.get(Tag(tag)) if first & 0x80 and tag in set(Tag) else None
            raise UnexpectedPacketError(kind, at_start=at_start)
        size = _old_size(octets, first & 3) if is_old else read_size(octets)
        yield Packet(tag, octets.take(size))
        at_start = False


def read_size(octets: Octets, *, last_two_octet: int = _LAST_TWO_OCTET) -> int:
    """A length of one, two or five octets (RFC 9580, 4.2.1).

    Args:
        last_two_octet: highest first octet of the two-octet form; subpackets
            (5.2.3.7) know no partial lengths and use the whole range, 254.
    """
    first = octets.number(1)
    if first <= _LAST_ONE_OCTET:
        return first
    if first <= last_two_octet:
        return ((first - 192) << 8) + octets.number(1) + 192
    if first == _FOUR_OCTETS:
        return octets.number(4)
    raise _streaming()


def _old_size(octets: Octets, length_type: int) -> int:
    if length_type == _INDETERMINATE:
        raise _streaming()
    return octets.number(1 << length_type)


def _streaming() -> MalformedError:
    return MalformedError("has a packet of unstated length, as only messages have")
