"""Public-key material (RFC 9580, 5.5): fingerprint, algorithm, size, strength.

Pure. Computes the fingerprint itself, so that a pin is compared with the key
that arrived and not with what a tool said about it. Reads versions 4 and 6.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from fetchkit.fingerprint import key_id_of
from fetchkit.openpgp.octets import MalformedError, Octets

MIN_RSA_BITS = 2048
"""Below this RSA is refused: GnuPG still accepts 1024 bits, others do not."""

_RSA = {1, 3}
"""RSA, and RSA for signatures only. Number 2 cannot sign."""
_ELGAMAL, _DSA, _ECDH, _ECDSA, _EDDSA = 16, 17, 18, 19, 22
_NATIVE = {
    25: ("X25519", 32, 255),
    26: ("X448", 56, 448),
    27: ("Ed25519", 32, 255),
    28: ("Ed448", 57, 448),
}
"""Version 6 algorithms: name, octets of key material, bits."""

_CURVES = {
    "2b06010401da470f01": ("Ed25519", 255),
    "2b060104019755010501": ("X25519", 255),
    "2b6571": ("Ed448", 448),
    "2b656f": ("X448", 448),
    "2a8648ce3d030107": ("NIST P-256", 256),
    "2b81040022": ("NIST P-384", 384),
    "2b81040023": ("NIST P-521", 521),
    "2b2403030208010107": ("brainpoolP256r1", 256),
    "2b240303020801010b": ("brainpoolP384r1", 384),
    "2b240303020801010d": ("brainpoolP512r1", 512),
}
"""Object identifier in hex (RFC 9580, 9.2): name, bits."""

_SIGNING_CURVES = {_ECDSA, _EDDSA}
_SIGNING_NATIVE = {27, 28}


class PublicKey(NamedTuple):
    """One primary key or subkey, without anything that is said about it."""

    version: int
    created: int
    """Seconds since the epoch."""
    algorithm: str
    """Name, such as ``RSA`` or ``Ed25519``."""
    bits: int
    """Size of the key; 0 where the algorithm is not known."""
    weakness: str | None
    """Why no signature by this key is accepted; None if one may be."""
    fingerprint: str
    """40 or 64 upper-case hex digits."""

    @property
    def key_id(self) -> str:
        """The 16 hex digits old signatures name their issuer by. Not unique."""
        return key_id_of(self.fingerprint)


def parse_public_key(body: bytes) -> PublicKey:
    """The key in the body of a public-key or public-subkey packet.

    Raises:
        MalformedError: another version of the format, or cut short.
    """
    octets = Octets(body)
    version = octets.number(1)
    if version not in {4, 6}:
        raise MalformedError(
            f"holds a version {version} key; versions 4 and 6 are read"
        )
    created = octets.number(4)
    number = octets.number(1)
    if version == 6:  # states the size of its material
        octets = Octets(octets.take(octets.number(4)))
    name, bits, weakness = _measure(number, octets)
    return PublicKey(version, created, name, bits, weakness, _fingerprint(body))


def _measure(number: int, octets: Octets) -> tuple[str, int, str | None]:
    """Name, bits and weakness of the key material in `octets`."""
    if number in _RSA:
        bits = octets.mpi().bit_length()
        octets.mpi()
        return "RSA", bits, f"RSA {bits}" if bits < MIN_RSA_BITS else None
    if number == _DSA:
        bits = octets.mpi().bit_length()
        return "DSA", bits, f"DSA {bits}"
    if number in _NATIVE:
        name, size, bits = _NATIVE[number]
        octets.take(size)
        return name, bits, None if number in _SIGNING_NATIVE else f"{name} cannot sign"
    if number in {_ECDH, _ECDSA, _EDDSA}:
        oid = octets.take(octets.number(1)).hex()
        octets.mpi()
        name, bits = _CURVES.get(oid, (f"curve {oid[:40]}", 0))
        if number not in _SIGNING_CURVES:
            return name, bits, f"{name} cannot sign"
        return name, bits, None if bits else name
    name = "Elgamal" if number == _ELGAMAL else f"public-key algorithm {number}"
    return name, 0, name


def _fingerprint(body: bytes) -> str:
    # RFC 9580, 5.5.4. SHA-1 names version 4 keys; it protects nothing here that
    # the owner of the key would not have to attack himself.
    size = len(body)
    if body[0] == 4:
        named = b"\x99" + size.to_bytes(2, "big") + body
        sha1 = hashlib.new("sha1", named, usedforsecurity=False)
        return sha1.hexdigest().upper()
    named = b"\x9b" + size.to_bytes(4, "big") + body
    return hashlib.sha256(named).hexdigest().upper()
