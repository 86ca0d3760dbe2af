"""A small OpenPGP packet writer: makes what gpg makes, and what gpg refuses to.

Signatures of any class and digest, with a lying issuer or none; whole public keys
with any user id, revocation, grafted subkey or missing cross-certification. Does
not use `fetchkit.openpgp`, so that reader and writer check each other.
"""

from __future__ import annotations

import base64
import hashlib
from typing import NamedTuple

from tests.keys.crypto import sign_ed25519, sign_rsa

EPOCH = 1577836800
"""2020-01-01, when the test keys were made."""

DIGESTS = {
    "MD5": 1,
    "SHA1": 2,
    "RIPEMD160": 3,
    "SHA256": 8,
    "SHA384": 9,
    "SHA512": 10,
    "SHA224": 11,
}
SIGNATURE, SECRET_KEY, PUBLIC_KEY, SECRET_SUBKEY = 2, 5, 6, 7
USER_ID, PUBLIC_SUBKEY = 13, 14
CERTIFY, SIGN, ENCRYPT = 0x01, 0x02, 0x0C
_RSA = 1


def packet(tag: int, body: bytes) -> bytes:
    """A packet with a new-format header and a five-octet length."""
    return bytes((0xC0 | tag, 255)) + len(body).to_bytes(4, "big") + body


def split(data: bytes) -> list[tuple[int, bytes]]:
    """Tags and bodies of packets as gpg writes them."""
    found = []
    while data:
        first = data[0]
        if first & 0x40:
            tag, size, header = first & 0x3F, data[1], 2
            if size == 255:
                size, header = int.from_bytes(data[2:6], "big"), 6
            elif size >= 192:
                size, header = ((size - 192) << 8) + data[2] + 192, 3
        else:
            width = 1 << (first & 3)
            tag, header = first >> 2 & 0xF, 1 + width
            size = int.from_bytes(data[1:header], "big")
        found.append((tag, data[header : header + size]))
        data = data[header + size :]
    return found


def armor(data: bytes, label: str = "PGP SIGNATURE") -> bytes:
    """ASCII armor with a checksum."""
    crc = 0xB704CE
    for octet in data:
        crc ^= octet << 16
        for _ in range(8):
            crc = crc << 1 ^ (0x1864CFB if crc & 0x800000 else 0)
    text = base64.b64encode(data).decode()
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    lines.append("=" + base64.b64encode(crc.to_bytes(3, "big")).decode())
    body = "\n".join(lines)
    return f"-----BEGIN {label}-----\n\n{body}\n-----END {label}-----\n".encode()


def dearmor(text: bytes) -> bytes:
    """What is inside one armored block that gpg wrote."""
    lines = text.decode().split("\n\n", 1)[1].splitlines()
    return base64.b64decode("".join(lines[: [x[:1] for x in lines].index("=")]))


def mpi(number: int) -> bytes:
    bits = number.bit_length()
    return bits.to_bytes(2, "big") + number.to_bytes((bits + 7) // 8, "big")


def _read_mpis(data: bytes, count: int) -> list[int]:
    numbers = []
    for _ in range(count):
        size = (int.from_bytes(data[:2], "big") + 7) // 8
        numbers.append(int.from_bytes(data[2 : 2 + size], "big"))
        data = data[2 + size :]
    return numbers


def fingerprint(public: bytes) -> str:
    """Of the version 4 key in the body of a public-key packet."""
    return hashlib.sha1(framed(public)).hexdigest().upper()


class Secret(NamedTuple):
    """A primary key or subkey that can sign."""

    public: bytes
    """Body of the public-key packet."""
    secret: tuple[int, ...]
    """RSA: exponent and primes. Ed25519: the seed."""

    @property
    def algorithm(self) -> int:
        return self.public[5]

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.public)

    def value(self, digest: bytes, name: str) -> bytes:
        """The algorithm's part of a signature packet."""
        if self.algorithm == _RSA:
            d, p, q = self.secret
            signed = sign_rsa(digest, name, d=d, p=p, q=q)
            return mpi(int.from_bytes(signed, "big"))
        signed = sign_ed25519(digest, self.secret[0].to_bytes(32, "big"))
        halves = signed[:32], signed[32:]
        return b"".join(mpi(int.from_bytes(half, "big")) for half in halves)


def read_secrets(armored: bytes) -> list[Secret]:
    """The keys of an export without passphrase, the primary first.

    Keys that cannot sign (Elgamal, ECDH) are left out.
    """
    found = []
    for tag, body in split(dearmor(armored)):
        if tag not in {SECRET_KEY, SECRET_SUBKEY}:
            continue
        algorithm = body[5]
        if algorithm == _RSA:
            size = 6 + sum(len(mpi(number)) for number in _read_mpis(body[6:], 2))
            found.append(Secret(body[:size], tuple(_read_mpis(body[size + 1 :], 3))))
        elif algorithm == 22:
            size = 7 + body[6]
            size += 2 + (int.from_bytes(body[size : size + 2], "big") + 7) // 8
            found.append(Secret(body[:size], tuple(_read_mpis(body[size + 1 :], 1))))
    return found


def subpacket(kind: int, body: bytes, *, critical: bool = False) -> bytes:
    size = len(body) + 1
    return (
        bytes((255,)) + size.to_bytes(4, "big") + bytes((kind | critical << 7,)) + body
    )


def sign(
    key: Secret,
    signed: bytes,
    *,
    kind: int = 0x00,
    digest: str = "SHA512",
    created: int = EPOCH,
    expires_in: int | None = None,
    issuer: str | None = "own",
    extra: bytes = b"",
    unhashed: bytes = b"",
    version: int = 4,
) -> bytes:
    """A signature packet over `signed`.

    Args:
        kind: class of the signature.
        issuer: fingerprint to claim; ``own`` for the true one, None for no claim.
        extra: more hashed subpackets.
        unhashed: subpackets the signature does not cover.
    """
    hashed = subpacket(2, created.to_bytes(4, "big")) + extra
    if expires_in is not None:
        hashed += subpacket(3, expires_in.to_bytes(4, "big"))
    claimed = key.fingerprint if issuer == "own" else issuer
    if claimed is not None:
        raw = bytes.fromhex(claimed)
        hashed += subpacket(33, b"\x04" + raw)
        unhashed += subpacket(16, raw[-8:])
    head = bytes((version, kind, key.algorithm, DIGESTS[digest]))
    head += len(hashed).to_bytes(2, "big") + hashed
    trailer = head + bytes((version, 255)) + len(head).to_bytes(4, "big")
    name = {"RIPEMD160": "sha1"}.get(digest, digest.lower())  # may be absent; unread
    value = hashlib.new(name, signed + trailer).digest()
    body = head + len(unhashed).to_bytes(2, "big") + unhashed + value[:2]
    return packet(SIGNATURE, body + key.value(value, digest))


def framed(public: bytes) -> bytes:
    """A key as it is hashed into the signatures about it."""
    return b"\x99" + len(public).to_bytes(2, "big") + public


def certify(
    primary: Secret,
    user_id: bytes,
    *,
    flags: int = CERTIFY | SIGN,
    key_expires_in: int | None = None,
    digest: str = "SHA512",
    created: int = EPOCH,
) -> bytes:
    """A user id and the primary key's signature on it."""
    extra = subpacket(27, bytes((flags,)))
    if key_expires_in is not None:
        extra += subpacket(9, key_expires_in.to_bytes(4, "big"))
    signed = (
        framed(primary.public) + b"\xb4" + len(user_id).to_bytes(4, "big") + user_id
    )
    signature = sign(
        primary, signed, kind=0x13, extra=extra, digest=digest, created=created
    )
    return packet(USER_ID, user_id) + signature


def bind(
    primary: Secret,
    subkey: Secret,
    *,
    flags: int = SIGN,
    cross: bool = True,
    binder: Secret | None = None,
    key_expires_in: int | None = None,
) -> bytes:
    """A subkey and the signature that binds it to `primary`.

    Args:
        cross: whether the subkey agrees (RFC 9580, 5.2.1.9).
        binder: who really makes the binding; claims to be the primary all the same.
    """
    signed = framed(primary.public) + framed(subkey.public)
    extra = subpacket(27, bytes((flags,)))
    if cross:
        extra += subpacket(32, split(sign(subkey, signed, kind=0x19))[0][1])
    if key_expires_in is not None:
        extra += subpacket(9, key_expires_in.to_bytes(4, "big"))
    signature = sign(
        binder or primary, signed, kind=0x18, extra=extra, issuer=primary.fingerprint
    )
    return packet(PUBLIC_SUBKEY, subkey.public) + signature


def revoke(primary: Secret, subkey: Secret | None = None) -> bytes:
    """A revocation of the primary key, or of one of its subkeys."""
    signed = framed(primary.public) + (framed(subkey.public) if subkey else b"")
    reason = subpacket(29, b"\x00")
    return sign(primary, signed, kind=0x28 if subkey else 0x20, extra=reason)


def public_key(
    primary: Secret,
    user_id: bytes = b"Test <test@example.test>",
    *,
    revocation: bytes = b"",
    subkeys: bytes = b"",
    key_expires_in: int | None = None,
    digest: str = "SHA512",
) -> bytes:
    """A whole binary public key: primary, revocation, user id, subkeys."""
    uid = certify(primary, user_id, key_expires_in=key_expires_in, digest=digest)
    return packet(PUBLIC_KEY, primary.public) + revocation + uid + subkeys


def fingerprint_6(public: bytes) -> str:
    """Of the version 6 key in the body of a public-key packet."""
    size = len(public).to_bytes(4, "big")
    return hashlib.sha256(b"\x9b" + size + public).hexdigest().upper()
