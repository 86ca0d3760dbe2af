from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fetchkit.errors import UntrustedKeyError
from fetchkit.openpgp import apply_revocations, read_key, read_revocations
from tests.keys import packets
from tests.signing import load_test_keys

if TYPE_CHECKING:
    from collections.abc import Iterator

KEYS = load_test_keys()
GOOD, SECOND = KEYS.good, KEYS.second
CERTIFICATE = packets.revoke(GOOD.secret)
FRAMED = packets.framed(GOOD.secret.public)
PUBLIC_KEY = "PGP PUBLIC KEY BLOCK"
EXPLANATION = b"This is a revocation certificate for the OpenPGP key:\n\n"
BY_KEY_ID = packets.sign(
    GOOD.secret,
    FRAMED,
    kind=0x20,
    issuer=None,
    unhashed=packets.subpacket(16, bytes.fromhex(GOOD.fingerprint)[-8:]),
)
BY_NOBODY = packets.sign(GOOD.secret, FRAMED, kind=0x20, issuer=None)
WITH_SHA1 = packets.sign(GOOD.secret, FRAMED, kind=0x20, digest="SHA1")


def refusal(data: bytes) -> str:
    with pytest.raises(UntrustedKeyError) as caught:
        read_revocations(data, subject="keys/x.rev")
    message = str(caught.value)
    assert message.startswith("keys/x.rev ")
    assert caught.value.hint
    return message


SPELLINGS = [
    pytest.param(CERTIFICATE, id="binary"),
    pytest.param(packets.armor(CERTIFICATE, PUBLIC_KEY), id="as gpg labels it"),
    pytest.param(packets.armor(CERTIFICATE), id="as a signature"),
    pytest.param(
        EXPLANATION + packets.armor(CERTIFICATE, PUBLIC_KEY), id="below an explanation"
    ),
    pytest.param(BY_KEY_ID, id="names the key by its id"),
    pytest.param(WITH_SHA1, id="made with SHA-1"),
    pytest.param(packets.revoke(SECOND.secret) + CERTIFICATE, id="behind another"),
]


@pytest.mark.parametrize("data", SPELLINGS)
def test_a_certificate_revokes_the_key_it_names(data: bytes) -> None:
    revoked = apply_revocations(GOOD.file, read_revocations(data, subject="x"))
    assert revoked.is_revoked
    assert revoked.fingerprint == GOOD.fingerprint
    assert revoked.subkeys == GOOD.file.subkeys


@pytest.mark.parametrize("data", SPELLINGS)
def test_a_certificate_leaves_other_keys_alone(data: bytes) -> None:
    other = KEYS.subkeys.file
    assert apply_revocations(other, read_revocations(data, subject="x")) == other


def test_a_certificate_stands_behind_the_primary_key_once() -> None:
    (certificate,) = read_revocations(CERTIFICATE, subject="x")
    once = apply_revocations(GOOD.file, [certificate, certificate])
    tags = [tag for tag, _ in packets.split(once.binary)]
    assert tags[:3] == [packets.PUBLIC_KEY, packets.SIGNATURE, packets.USER_ID]
    assert apply_revocations(once, [certificate]) is once


UNUSABLE = [
    pytest.param(b"", "holds nothing", id="empty"),
    pytest.param(b"<html>", "web page", id="web page"),
    pytest.param(b"x" * 70_000, "larger than 64 KiB", id="too large"),
    pytest.param(GOOD.public, "a public key", id="public key"),
    pytest.param(GOOD.public_armor, "a public key", id="armored public key"),
    pytest.param(KEYS.sign(b"x", armor=False), "class 0x00", id="signature of a file"),
    pytest.param(
        packets.revoke(KEYS.subkeys.secret, KEYS.subkeys.secrets[1]),
        "class 0x28",
        id="of a subkey alone",
    ),
    pytest.param(BY_NOBODY, "which key", id="names nobody"),
    pytest.param(CERTIFICATE[:-9], "truncated", id="truncated"),
    pytest.param(
        EXPLANATION + b":" + packets.armor(CERTIFICATE, PUBLIC_KEY),
        "guarded by a colon",
        id="still guarded",
    ),
]


@pytest.mark.parametrize(("data", "reason"), UNUSABLE)
def test_what_is_no_certificate_is_refused(data: bytes, reason: str) -> None:
    assert reason in refusal(data)


@pytest.fixture(scope="module")
def gnupg_pair() -> Iterator[tuple[bytes, bytes]]:
    """A key that real gpg made, and the certificate it prepared for it."""
    home = tempfile.mkdtemp(prefix="gpg-", dir="/tmp")  # its sockets need a short path

    def gpg(*arguments: str) -> bytes:
        command = ["gpg", "--homedir", home, "--batch", "--passphrase", ""]
        return subprocess.run(
            [*command, *arguments], capture_output=True, check=True, timeout=60
        ).stdout

    try:
        gpg("--quick-gen-key", "Test <test@example.test>", "ed25519", "sign", "never")
        (prepared,) = Path(home, "openpgp-revocs.d").glob("*.rev")
        yield gpg("--armor", "--export"), prepared.read_bytes()
    finally:
        subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False)
        shutil.rmtree(home, ignore_errors=True)


def test_what_gnupg_prepares_is_read_once_its_guard_is_removed(
    gnupg_pair: tuple[bytes, bytes],
) -> None:
    public, prepared = gnupg_pair
    assert "guarded by a colon" in refusal(prepared)
    revocations = read_revocations(
        prepared.replace(b":-----BEGIN", b"-----BEGIN"), subject="x"
    )
    key = read_key(public, subject="key", pinned=None)
    assert not key.is_revoked
    assert apply_revocations(key, revocations).is_revoked
