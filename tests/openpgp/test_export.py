from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from fetchkit.openpgp import KeyFile, armor, read_key
from fetchkit.openpgp.export import export_minimal
from tests.keys import packets
from tests.signing import load_test_keys

if TYPE_CHECKING:
    from pathlib import Path

KEYS = load_test_keys()
GOOD, STRANGER = KEYS.good, KEYS.stranger
USER_ATTRIBUTE = 17
HEAD, *REST = packets.split(GOOD.public)


def joined(*parts: bytes | tuple[int, bytes]) -> bytes:
    return b"".join(
        part if isinstance(part, bytes) else packets.packet(*part) for part in parts
    )


def exported(data: bytes) -> KeyFile:
    return reread(export_minimal(reread(data)))


def reread(data: bytes) -> KeyFile:
    return read_key(data, subject="key", pinned=None)


@pytest.mark.parametrize("name", ["good", "second", "subkeys", "revoked", "expired"])
def test_an_honest_key_is_kept_whole(name: str) -> None:
    key = getattr(KEYS, name)
    assert exported(key.public_armor) == key.file


USER_ID = b"Test good <good@example.test>"
CERTIFIED = (
    packets.framed(GOOD.secret.public)
    + b"\xb4"
    + len(USER_ID).to_bytes(4, "big")
    + USER_ID
)
FOREIGN = packets.sign(STRANGER.secret, CERTIFIED, kind=0x10)
SURPLUS = [
    pytest.param(joined(HEAD, *REST, FOREIGN), id="signature by another key"),
    pytest.param(
        joined(HEAD, *REST, (packets.USER_ID, b"Mallory"), FOREIGN),
        id="user id that only others vouch for",
    ),
    pytest.param(joined(HEAD, *REST, (packets.USER_ID, b"Mallory")), id="bare user id"),
    pytest.param(
        joined(HEAD, *REST, (USER_ATTRIBUTE, b"\1\1" * 9), FOREIGN), id="photograph"
    ),
    pytest.param(
        joined(HEAD, *REST, (packets.PUBLIC_SUBKEY, STRANGER.secret.public)),
        id="subkey that nothing binds",
    ),
    pytest.param(
        joined(HEAD, *REST, (packets.SIGNATURE, b"\3" + bytes(30))),
        id="signature of version 3",
    ),
]


@pytest.mark.parametrize("data", SURPLUS)
def test_what_the_key_does_not_say_of_itself_is_left_out(data: bytes) -> None:
    assert exported(data) == GOOD.file


def test_a_revocation_by_somebody_else_stays() -> None:
    """A key may name others who can revoke it; whether it did, a verifier knows."""
    revocation = packets.sign(
        STRANGER.secret, packets.framed(GOOD.secret.public), kind=0x20
    )
    assert revocation[6:] in exported(joined(HEAD, revocation, *REST)).binary


def test_gnupg_reads_what_is_exported(tmp_path: Path) -> None:
    file = tmp_path / "key.asc"
    file.write_bytes(export_minimal(KEYS.subkeys.file))
    shown = subprocess.run(
        ["gpg", "--homedir", tmp_path, "--with-colons", "--show-keys", file],
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
    ).stdout
    listed = [line.split(":")[9] for line in shown.splitlines() if line[:4] == "fpr:"]
    assert listed == [part.fingerprint for part in KEYS.subkeys.file.parts]


@pytest.mark.parametrize("size", [1, 2, 3, 47, 48, 49, 1000])
def test_armor_can_be_undone(size: int) -> None:
    data = bytes(range(256)) * 4
    text = armor.render_armor(data[:size], label=armor.SIGNATURE)
    assert max(map(len, text.splitlines())) <= 64
    assert text == packets.armor(data[:size])
    assert armor.read_armored(text, label=armor.SIGNATURE) == data[:size]
