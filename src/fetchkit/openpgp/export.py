"""A public key as it is kept: the key and what it says of itself, nothing more.

Pure. Published keys carry the signatures of other people, photographs, and what
anybody appended to them. None of that says whether a file is signed, all of it has
to be parsed by a verifier, and a key flooded with it becomes unusable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fetchkit.openpgp import armor
from fetchkit.openpgp.binding import is_by
from fetchkit.openpgp.key import parse_public_key
from fetchkit.openpgp.packets import Tag, read_packets
from fetchkit.openpgp.signature import parse_signature

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fetchkit.openpgp.key import PublicKey
    from fetchkit.openpgp.key_file import KeyFile
    from fetchkit.openpgp.packets import Packet

_REVOCATIONS = {0x20, 0x28, 0x30}


def export_minimal(key: KeyFile) -> bytes:
    """`key` in armor: its parts, user ids, own signatures, and every revocation.

    Own signatures are those that claim to be by the primary key. All of them stay:
    which of two is the true one only a verifier can tell. A revocation stays
    whoever made it, because a key can name others who may revoke it.
    """
    packets = list(read_packets(key.binary, allowed=frozenset(Tag)))
    primary = parse_public_key(packets[0].body)
    kept: list[Packet] = []
    for head, *signatures in _runs(packets):
        own = [each for each in signatures if _is_kept(each, primary)]
        if head.tag == Tag.PUBLIC_KEY or (own and head.tag != Tag.USER_ATTRIBUTE):
            kept += [head, *own]
    binary = b"".join(packet.render() for packet in kept)
    return armor.render_armor(binary, label=armor.PUBLIC_KEY)


def _runs(packets: Iterable[Packet]) -> list[list[Packet]]:
    """Each key, subkey or user id with the signatures that speak of it."""
    runs: list[list[Packet]] = []
    for packet in packets:
        if packet.tag == Tag.SIGNATURE:
            runs[-1].append(packet)
        else:
            runs.append([packet])
    return runs


def _is_kept(packet: Packet, primary: PublicKey) -> bool:
    signature = parse_signature(packet.body)
    if signature is None:
        return False
    return signature.type in _REVOCATIONS or is_by(signature, primary)
