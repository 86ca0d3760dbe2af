"""GnuPG, asked what it makes of a key, notices what our own reader takes on trust."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from fetchkit.errors import VerificationError
from fetchkit.openpgp import KeyFile, read_key
from fetchkit.opinion import Opinion, ask_gnupg, find_differences
from tests.keys import packets
from tests.signing import load_test_keys

if TYPE_CHECKING:
    from pathlib import Path

KEYS = load_test_keys()
GOOD, STRANGER = KEYS.good.secret, KEYS.stranger.secret
USER_ID = b"Test <test@example.test>"
PATH = "/usr/local/bin:/usr/bin:/bin"


def read(data: bytes) -> KeyFile:
    return read_key(data, subject="key", pinned=None)


def asked(key: KeyFile, work_dir: Path) -> Opinion:
    opinion = ask_gnupg(key, search_path=PATH, work_dir=str(work_dir))
    assert opinion is not None, "these tests need a real gpg: apt-get install gnupg"
    assert list(work_dir.iterdir()) == []
    return opinion


HONEST = [
    "good",
    "second",
    "subkeys",
    "expired",
    "expired_subkey",
    "revoked",
    "nistp256",
]


@pytest.mark.parametrize("name", HONEST)
def test_honest_keys_are_confirmed(name: str, tmp_path: Path) -> None:
    key = getattr(KEYS, name).file
    opinion = asked(key, tmp_path)
    assert opinion.is_accepted
    assert list(find_differences(key, opinion)) == []


def forged_certification(created: int = packets.EPOCH) -> bytes:
    """A signature on the user id that claims to be by `good`, and is not."""
    signed = packets.framed(GOOD.public)
    signed += b"\xb4" + len(USER_ID).to_bytes(4, "big") + USER_ID
    return packets.sign(
        STRANGER,
        signed,
        kind=0x13,
        extra=packets.subpacket(27, b"\3"),
        issuer=GOOD.fingerprint,
        created=created,
    )


HEAD = packets.packet(packets.PUBLIC_KEY, GOOD.public)
EXPIRED = HEAD + packets.certify(GOOD, USER_ID, key_expires_in=3600)
FORGED = [
    pytest.param(
        EXPIRED + forged_certification(created=packets.EPOCH + 10),
        "expiry",
        id="an expiry is hidden",
    ),
    pytest.param(
        HEAD + packets.packet(packets.USER_ID, USER_ID) + forged_certification(),
        "no user id",
        id="nothing is true",
    ),
    pytest.param(
        HEAD
        + packets.sign(
            STRANGER, packets.framed(GOOD.public), kind=0x20, issuer=GOOD.fingerprint
        )
        + packets.certify(GOOD, USER_ID),
        "revocation does not hold",
        id="a revocation is forged",
    ),
    pytest.param(
        packets.public_key(GOOD, subkeys=packets.bind(GOOD, STRANGER, binder=STRANGER)),
        f"subkey {STRANGER.fingerprint} is not bound",
        id="a subkey is grafted on",
    ),
]


@pytest.mark.parametrize(("data", "said"), FORGED)
def test_what_a_key_says_falsely_is_noticed(
    data: bytes, said: str, tmp_path: Path
) -> None:
    key = read(data)
    (difference,) = find_differences(key, asked(key, tmp_path))
    assert said in difference


def test_a_user_id_cannot_speak_for_gnupg(tmp_path: Path) -> None:
    """python-gnupg splits listings at every line end Unicode knows."""
    hostile = f"x\x85\u2028sub:-:255:22:0:0:0:0::::s\u2028fpr:::::::::{'A' * 40}:"
    key = read(packets.public_key(GOOD, hostile.encode()))
    opinion = asked(key, tmp_path)
    assert opinion.is_accepted
    assert opinion.subkeys == frozenset()


def test_without_gpg_there_is_no_opinion(tmp_path: Path) -> None:
    for search_path in ("", str(tmp_path), "relative/bin"):
        assert (
            ask_gnupg(KEYS.good.file, search_path=search_path, work_dir=str(tmp_path))
            is None
        )


def test_a_gpg_that_is_none_is_an_error_and_no_opinion(tmp_path: Path) -> None:
    program = tmp_path / "bin" / "gpg"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nexit 3\n")
    os.chmod(program, 0o755)
    with pytest.raises(VerificationError, match="gpg does not work"):
        ask_gnupg(
            KEYS.good.file, search_path=str(program.parent), work_dir=str(tmp_path)
        )
