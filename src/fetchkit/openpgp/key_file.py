"""Sorting out a file with one public key before a verifier sees it.

Pure. The pin is compared here, with a fingerprint computed here. What a key says
about itself (expiry, revocation, what a subkey may do) is read without checking
the signatures that bind it: good enough to refuse early and to warn of an expiry,
never a reason to accept. That is the verifier's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fetchkit.errors import UntrustedKeyError
from fetchkit.openpgp import armor
from fetchkit.openpgp.binding import Component, group, newest, own_signatures
from fetchkit.openpgp.octets import MalformedError
from fetchkit.openpgp.packets import Tag, UnexpectedPacketError, read_packets
from fetchkit.openpgp.signature import digest_name
from fetchkit.values import frozen

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from fetchkit.openpgp.packets import Packet

MAX_KEY_BYTES = 1024 * 1024
"""Largest key file that is read: a key flooded with 50,000 foreign signatures is
14 MB, an honest one with photographs below 100 kB."""

CLOCK_TOLERANCE_SECONDS = 24 * 3600
"""How far ahead of ours another machine's clock may be."""

_ALLOWED = {
    Tag.PUBLIC_KEY,
    Tag.SIGNATURE,
    Tag.USER_ID,
    Tag.PUBLIC_SUBKEY,
    Tag.USER_ATTRIBUTE,
}
_EXPORT = "Export the one key with `gpg --armor --export FINGERPRINT`."
_CAPABILITIES = {0x01: "certify", 0x02: "sign", 0x0C: "encrypt", 0x20: "authenticate"}
_SUBKEY_REVOCATION = 0x28
_KEY_REVOCATION = 0x20


@frozen
class KeyPart:
    """A primary key or a subkey, with what its newest binding says of it."""

    fingerprint: str
    capabilities: tuple[str, ...]
    """Of ``certify``, ``sign``, ``encrypt``, ``authenticate``; empty: unstated."""
    algorithm: str
    bits: int
    created: int
    """Seconds since the epoch."""
    expires_at: int | None
    """Seconds since the epoch; None if it does not expire."""
    is_revoked: bool
    """Whether a revocation is present."""
    weakness: str | None
    """Why no signature by this part is accepted, such as ``RSA 1024``."""


@frozen
class KeyFile:
    """One pinned primary key and its subkeys."""

    binary: bytes
    """The packets of the key one after the other: what the verifier sees."""
    primary: KeyPart
    subkeys: tuple[KeyPart, ...]
    user_ids: tuple[str, ...]
    """Outside text, undecodable octets replaced. Show it through `printable`."""

    @property
    def fingerprint(self) -> str:
        """Fingerprint of the primary key: what is pinned."""
        return self.primary.fingerprint

    @property
    def created(self) -> int:
        """When the primary key was made, in seconds since the epoch."""
        return self.primary.created

    @property
    def expires_at(self) -> int | None:
        """When the primary key expires, if it does."""
        return self.primary.expires_at

    @property
    def algorithm(self) -> str:
        """Algorithm of the primary key, such as ``RSA`` or ``Ed25519``."""
        return self.primary.algorithm

    @property
    def bits(self) -> int:
        """Size of the primary key."""
        return self.primary.bits

    @property
    def is_revoked(self) -> bool:
        """Whether a revocation of the primary key is present."""
        return self.primary.is_revoked

    @property
    def parts(self) -> tuple[KeyPart, ...]:
        """The primary key and the subkeys."""
        return (self.primary, *self.subkeys)

    def find_part(self, fingerprint: str) -> KeyPart | None:
        """The primary key or the subkey of that fingerprint, if it is here."""
        return next(
            (part for part in self.parts if part.fingerprint == fingerprint), None
        )


def read_key(
    data: bytes,
    *,
    subject: str,
    pinned: Collection[str] | None,
    now: float | None = None,
) -> KeyFile:
    """The one public key in `data`, armored or binary.

    A file with a second primary key is refused even when the first is the pinned
    one: whoever added it meant it to be used.

    Args:
        subject: what to call the file in an error.
        pinned: full primary fingerprints of which the key has to be one; None
            only where a key is shown or about to be pinned.
        now: seconds since the epoch, to refuse a key from the future.

    Raises:
        UntrustedKeyError: the file holds another key than the pinned one, more or
            less than one key, a secret key, or something else altogether; or the
            key is weak, from the future, or without user id or self-signature.
    """
    if len(data) > MAX_KEY_BYTES:
        raise UntrustedKeyError(
            f"{subject} is larger than {MAX_KEY_BYTES // 1024} KiB",
            hint="Export it without foreign signatures: "
            "`gpg --armor --export-options export-minimal --export FINGERPRINT`.",
        )
    if not data.strip():
        raise UntrustedKeyError(f"{subject} is empty", hint=_EXPORT)
    try:
        binary = armor.read_armored(data, label=armor.PUBLIC_KEY)
        key = _assemble(list(read_packets(binary, allowed=_ALLOWED)))
        _check_pin(key, pinned)
        _check_use(key, now)
    except (armor.WrongKindError, UnexpectedPacketError) as error:
        raise _wrong_kind(subject, error) from None
    except MalformedError as error:
        raise UntrustedKeyError(f"{subject} {error}", hint=error.hint) from None
    return key


def _assemble(packets: Sequence[Packet]) -> KeyFile:
    primary, *subkeys = group(packets)
    own = own_signatures(primary, primary.key)
    if not primary.user_ids:
        raise MalformedError("holds an unusable key: it has no user id")
    bindings = [signature for signature in own if signature.type != _KEY_REVOCATION]
    if not bindings:
        raise MalformedError("holds an unusable key: it has no self-signature")
    if newest(bindings) is None:
        names = sorted({digest_name(each.digest_algorithm) for each in bindings})
        raise MalformedError(
            f"holds an unusable key: bound with {', '.join(names)} alone",
            hint="Ask the publisher to certify the key anew, with SHA-512.",
        )
    return KeyFile(
        binary=b"".join(packet.render() for packet in packets),
        primary=_read_part(primary, primary, revocation=_KEY_REVOCATION),
        subkeys=tuple(
            _read_part(subkey, primary, revocation=_SUBKEY_REVOCATION)
            for subkey in subkeys
        ),
        user_ids=primary.user_ids,
    )


def _read_part(part: Component, primary: Component, *, revocation: int) -> KeyPart:
    own = own_signatures(part, primary.key)
    binding = newest([each for each in own if each.type != revocation])
    flags = (binding.key_flags or 0) if binding else 0
    return KeyPart(
        fingerprint=part.key.fingerprint,
        capabilities=tuple(
            name for mask, name in _CAPABILITIES.items() if flags & mask
        ),
        algorithm=part.key.algorithm,
        bits=part.key.bits,
        created=part.key.created,
        expires_at=binding.key_expires_at(part.key.created) if binding else None,
        is_revoked=any(each.type == revocation for each in own),
        weakness=part.key.weakness,
    )


def _check_pin(key: KeyFile, pinned: Collection[str] | None) -> None:
    if pinned is None or key.fingerprint in pinned:
        return
    for subkey in key.subkeys:
        if subkey.fingerprint in pinned:
            raise MalformedError(
                f"has {subkey.fingerprint} as a subkey only, which is what is pinned",
                hint=f"Pin the primary key: {key.fingerprint}.",
            )
    raise MalformedError(
        f"holds {key.fingerprint}, pinned is {' or '.join(pinned) or 'nothing'}",
        hint="Ask the publisher, by another way than this file's, which key is theirs.",
    )


def _check_use(key: KeyFile, now: float | None) -> None:
    if key.primary.weakness is not None:
        raise MalformedError(
            f"holds a key that is too weak: {key.primary.weakness}",
            hint="Ask the publisher for a key of Ed25519, or RSA of 3072 bits.",
        )
    if now is not None and key.created > now + CLOCK_TOLERANCE_SECONDS:
        raise MalformedError(
            "holds a key that is from the future", hint="Is the clock here right?"
        )


def _wrong_kind(
    subject: str, error: armor.WrongKindError | UnexpectedPacketError
) -> UntrustedKeyError:
    if error.kind == "a secret key":
        return UntrustedKeyError(
            f"{subject} contains a secret key",
            hint="Remove the file and treat that key as stolen. " + _EXPORT,
        )
    if isinstance(error, UnexpectedPacketError) and not error.at_start:
        found = f": {error.kind}" if error.kind else ""
        return UntrustedKeyError(
            f"{subject} has unexpected data after the key{found}", hint=_EXPORT
        )
    return UntrustedKeyError(
        f"{subject} is {error.kind or 'no OpenPGP data'}, not a public key",
        hint=_EXPORT,
    )
