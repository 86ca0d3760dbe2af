"""What belongs to what in a key file, and which signatures a key made of itself.

Pure. A transferable public key (RFC 9580, 10.1) is a flat row of packets in which
every signature speaks of what stands before it. "Own" means that a signature
names the primary key as its issuer; whether it tells the truth is not checked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fetchkit.openpgp.key import PublicKey, parse_public_key
from fetchkit.openpgp.octets import MalformedError
from fetchkit.openpgp.packets import Tag
from fetchkit.openpgp.signature import ACCEPTED_DIGESTS, Signature, parse_signature

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fetchkit.openpgp.packets import Packet

_CERTIFICATION_REVOCATION = 0x30


class Component:
    """A primary key or subkey and the signatures that follow it, while collected."""

    __slots__ = ("_user_ids", "key", "signatures")

    def __init__(self, key: PublicKey) -> None:
        self.key = key
        self.signatures: list[Signature] = []
        self._user_ids: list[bytes] = []

    @property
    def user_ids(self) -> tuple[str, ...]:
        """The user ids, with what is not UTF-8 replaced."""
        return tuple(each.decode("utf-8", "replace") for each in self._user_ids)

    def add(self, packet: Packet) -> None:
        """Take in a packet that speaks of this component."""
        if packet.tag == Tag.USER_ID:
            self._user_ids.append(packet.body)
        elif packet.tag == Tag.SIGNATURE:
            signature = parse_signature(packet.body)
            if signature is not None:
                self.signatures.append(signature)


def group(packets: Sequence[Packet]) -> list[Component]:
    """The primary key and the subkeys in `packets`, the primary first.

    Raises:
        MalformedError: not exactly one primary key, or it does not stand first.
    """
    components: list[Component] = []
    for packet in packets:
        if packet.tag in {Tag.PUBLIC_KEY, Tag.PUBLIC_SUBKEY}:
            if bool(components) != (packet.tag == Tag.PUBLIC_SUBKEY):
                raise _not_one_key(packets)
            components.append(Component(parse_public_key(packet.body)))
        elif not components:
            raise MalformedError("does not begin with a public key")
        else:
            components[-1].add(packet)
    return components


def own_signatures(component: Component, primary: PublicKey) -> list[Signature]:
    """The signatures on `component` that claim to be made by `primary`."""
    return [each for each in component.signatures if is_by(each, primary)]


def is_by(signature: Signature, key: PublicKey) -> bool:
    """Whether `signature` claims to be made by `key`."""
    if signature.issuer_fingerprint is not None:
        return signature.issuer_fingerprint == key.fingerprint
    return signature.issuer_key_id == key.key_id


def newest(signatures: Iterable[Signature]) -> Signature | None:
    """The signature that counts: the last one made with an accepted digest."""
    usable = [
        each
        for each in signatures
        if each.digest_algorithm in ACCEPTED_DIGESTS
        and each.type != _CERTIFICATION_REVOCATION
    ]
    return max(usable, key=lambda each: each.created or 0, default=None)


def _not_one_key(packets: Sequence[Packet]) -> MalformedError:
    keys = [packet for packet in packets if packet.tag == Tag.PUBLIC_KEY]
    if not keys:
        return MalformedError("begins with a subkey: its primary key is missing")
    names = ", ".join(parse_public_key(each.body).fingerprint for each in keys[:3])
    return MalformedError(
        f"holds {len(keys)} primary keys, must hold one: {names}",
        hint="Keep one key in a file.",
    )
