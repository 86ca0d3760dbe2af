"""One signature packet (RFC 9580, 5.2): what it claims, none of it proven.

Pure. Reads versions 4 and 6. Checks the shape of the packet, not the signature:
that is the verifier's work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fetchkit.openpgp.octets import MalformedError, Octets
from fetchkit.openpgp.packets import read_size

if TYPE_CHECKING:
    from collections.abc import Mapping

ACCEPTED_DIGESTS = {
    8: "SHA256",
    9: "SHA384",
    10: "SHA512",
    12: "SHA3-256",
    14: "SHA3-512",
}
"""Digest algorithms that are accepted (RFC 9580, 9.5), in signatures over data
and in those that hold a key together. SHA-224 is not: nobody who chose well
chose it, and verifiers differ about it."""

_OTHER_DIGESTS = {1: "MD5", 2: "SHA1", 3: "RIPEMD160", 11: "SHA224"}

_MPI_COUNTS = {1: 1, 3: 1, 17: 2, 19: 2, 22: 2}
_NATIVE_SIZES = {27: 64, 28: 114}

# Subpacket types (RFC 9580, 5.2.3.7).
CREATED = 2
EXPIRES_IN = 3
KEY_EXPIRES_IN = 9
ISSUER_KEY_ID = 16
KEY_FLAGS = 27
ISSUER_FINGERPRINT = 33

_LAST_TWO_OCTET_SUBPACKET = 254


def digest_name(algorithm: int) -> str:
    """What people call a digest algorithm."""
    name = ACCEPTED_DIGESTS.get(algorithm) or _OTHER_DIGESTS.get(algorithm)
    return name or f"digest algorithm {algorithm}"


class Signature(NamedTuple):
    """The fields of a signature packet."""

    version: int
    type: int
    public_key_algorithm: int
    digest_algorithm: int
    hashed: Mapping[int, bytes]
    """Subpackets the signature covers: type -> body."""
    unhashed: Mapping[int, bytes]
    """Subpackets anybody may have changed since."""

    @property
    def created(self) -> int | None:
        """Seconds since the epoch, if the signature says."""
        return self._hashed_number(CREATED)

    @property
    def expires_at(self) -> int | None:
        """Seconds since the epoch; None if the signature is to hold for ever."""
        seconds = self._hashed_number(EXPIRES_IN)
        return self.created + seconds if self.created and seconds else None

    def key_expires_at(self, key_created: int) -> int | None:
        """When the key this signature binds expires, if it does."""
        seconds = self._hashed_number(KEY_EXPIRES_IN)
        return key_created + seconds if seconds else None

    @property
    def key_flags(self) -> int | None:
        """First octet of what the bound key may be used for, if stated."""
        flags = self.hashed.get(KEY_FLAGS)
        return None if flags is None else int.from_bytes(flags[:1], "big")

    @property
    def issuer_fingerprint(self) -> str | None:
        """Fingerprint of the claimed signer, 40 or 64 upper-case hex digits."""
        return self._issuer(ISSUER_FINGERPRINT, skip=1)

    @property
    def issuer_key_id(self) -> str | None:
        """Key id of the claimed signer, 16 upper-case hex digits."""
        return self._issuer(ISSUER_KEY_ID, skip=0)

    def _issuer(self, kind: int, *, skip: int) -> str | None:
        body = self.hashed.get(kind) or self.unhashed.get(kind)
        return body[skip:].hex().upper() if body else None

    def _hashed_number(self, kind: int) -> int | None:
        body = self.hashed.get(kind)
        return None if body is None else int.from_bytes(body[:4], "big")


def parse_signature(body: bytes) -> Signature | None:
    """The signature in the body of a signature packet.

    None stands for a version we do not read: old keys carry version 3
    certifications that mean nothing to us.

    Raises:
        MalformedError: the body is cut short, longer than it says, or made with
            a public-key algorithm that signs nothing.
    """
    octets = Octets(body)
    version = octets.number(1)
    if version not in {4, 6}:
        return None
    kind, public_key_algorithm, digest_algorithm = octets.take(3)
    count_size = 2 if version == 4 else 4
    hashed = _read_subpackets(octets.take(octets.number(count_size)))
    unhashed = _read_subpackets(octets.take(octets.number(count_size)))
    octets.take(2)  # the first octets of the digest: a hint for verifiers
    if version == 6:  # salts its digest
        octets.take(octets.number(1))
    _skip_value(octets, public_key_algorithm)
    return Signature(
        version, kind, public_key_algorithm, digest_algorithm, hashed, unhashed
    )


def _read_subpackets(area: bytes) -> dict[int, bytes]:
    octets = Octets(area)
    found: dict[int, bytes] = {}
    while octets:
        size = read_size(octets, last_two_octet=_LAST_TWO_OCTET_SUBPACKET)
        body = octets.take(size)
        if not body:
            raise MalformedError("has a signature with an empty subpacket")
        # The top bit says "critical". The first of a kind counts, as for GnuPG.
        found.setdefault(body[0] & 0x7F, body[1:])
    return found


def _skip_value(octets: Octets, public_key_algorithm: int) -> None:
    if public_key_algorithm in _NATIVE_SIZES:
        octets.take(_NATIVE_SIZES[public_key_algorithm])
    elif public_key_algorithm in _MPI_COUNTS:
        for _ in range(_MPI_COUNTS[public_key_algorithm]):
            octets.mpi()
    else:
        raise MalformedError(
            "has a signature made with public-key algorithm "
            f"{public_key_algorithm}, which we do not know"
        )
    if octets:
        raise MalformedError("has unexpected data inside a signature")
