"""ASCII armor (RFC 9580, section 6): text <-> the octets inside.

Pure. Undone here so that a verifier never runs its own armor parser on outside
bytes, and strictly: nothing may stand outside the armor, base64 is exact, and a
checksum that is given has to hold.
"""

from __future__ import annotations

import binascii
import re
from typing import TYPE_CHECKING

from fetchkit.openpgp.octets import MalformedError

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNATURE = "PGP SIGNATURE"
PUBLIC_KEY = "PGP PUBLIC KEY BLOCK"

_KINDS = {
    SIGNATURE: "a signature",
    PUBLIC_KEY: "a public key",
    "PGP PRIVATE KEY BLOCK": "a secret key",
    "PGP SIGNED MESSAGE": "a cleartext message",
    "PGP MESSAGE": "an attached message",
}

_BEGIN = re.compile(rb"-----BEGIN (PGP [A-Z0-9 ,/]{1,40})-----")
_HEADER = re.compile(rb"[A-Za-z0-9-]{1,64}:(?: .*)?")
_BASE64 = re.compile(
    rb"(?:[A-Za-z0-9+/]{4})*"
    rb"(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})"
)
_CHECKSUM = re.compile(rb"=[A-Za-z0-9+/]{4}")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LINE_CHARS = 64


class WrongKindError(MalformedError):
    """The file is a well-known thing, but not the one that is asked for."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"is {kind}")
        self.kind = kind
        """What it is, in words."""


def read_armored(data: bytes, *, label: str) -> bytes:
    """The octets of `data`, its armor removed if it has any.

    Several blocks in one file, as made by ``cat a.asc b.asc``, are all read:
    verifiers differ in how many of them they look at.

    Args:
        label: what the armor has to say it holds, such as `SIGNATURE`.

    Raises:
        WrongKindError: it is a web page, or armor of another label.
        MalformedError: it is no armor, damaged, or not armor alone.
    """
    data = data.removeprefix(_BYTE_ORDER_MARK)
    if data[:1] >= b"\x80":
        return data
    blocks: list[bytes] = []
    # Split on \n alone: splitlines() would let a \r or \v start a new line.
    lines = iter([line.rstrip(b" \t\r") for line in data.split(b"\n")])
    for line in lines:
        if not line:
            continue
        begin = _BEGIN.fullmatch(line)
        if begin is None:
            raise _outside(data, line, is_first=not blocks)
        found = begin[1].decode("ascii")
        if found != label:
            raise WrongKindError(_KINDS.get(found, "another kind of armor"))
        blocks.append(_read_block(lines, label.encode()))
    if not blocks:
        raise MalformedError("holds nothing")
    return b"".join(blocks)


def render_armor(data: bytes, *, label: str) -> bytes:
    """`data` in armor, with the checksum that older readers insist on.

    Args:
        label: what the armor says it holds, such as `PUBLIC_KEY`.
    """
    text = binascii.b2a_base64(data, newline=False)
    checksum = binascii.b2a_base64(crc24(data).to_bytes(3, "big"), newline=False)
    lines = [
        f"-----BEGIN {label}-----".encode(),
        b"",
        *(text[at : at + _LINE_CHARS] for at in range(0, len(text), _LINE_CHARS)),
        b"=" + checksum,
        f"-----END {label}-----".encode(),
    ]
    return b"\n".join(lines) + b"\n"


def _outside(data: bytes, line: bytes, *, is_first: bool) -> MalformedError:
    if not is_first:
        return MalformedError("has unexpected data after the end of its armor")
    if line.lstrip().startswith(b"<"):
        return WrongKindError("a web page")
    if b"-----BEGIN PGP " in data:
        return MalformedError("has unexpected text before its armor")
    return MalformedError("is neither armored nor binary OpenPGP data")


def _read_block(lines: Iterator[bytes], label: bytes) -> bytes:
    for line in lines:
        if not line:
            break
        if not _HEADER.fullmatch(line):
            raise MalformedError("has a broken armor header")
    body: list[bytes] = []
    for line in lines:
        if line.startswith(b"-----"):
            if line != b"-----END " + label + b"-----":
                raise MalformedError("has armor that begins and ends differently")
            return _decode(body)
        body.append(line)
    raise MalformedError(
        "is truncated: its armor has no end line", hint="Fetch it again."
    )


def _decode(body: list[bytes]) -> bytes:
    checksum = body.pop() if body and _CHECKSUM.fullmatch(body[-1]) else None
    text = b"".join(body)
    if not _BASE64.fullmatch(text):
        raise MalformedError("has damaged armor: its text is not base64")
    data = binascii.a2b_base64(text)
    if checksum is not None and int.from_bytes(
        binascii.a2b_base64(checksum[1:]), "big"
    ) != crc24(data):
        raise MalformedError("has damaged armor: its checksum does not hold")
    return data


def crc24(data: bytes) -> int:
    """The checksum of armor (RFC 9580, 6.1.1). Finds accidents, not attacks."""
    crc = 0xB704CE
    for octet in data:
        crc = (crc << 8) & 0xFFFFFF ^ _CRC_TABLE[crc >> 16 ^ octet]
    return crc


def _crc_entry(octet: int) -> int:
    crc = octet << 16
    for _ in range(8):
        crc = crc << 1 ^ (0x1864CFB if crc & 0x800000 else 0)
    return crc


_CRC_TABLE = tuple(_crc_entry(octet) for octet in range(256))
