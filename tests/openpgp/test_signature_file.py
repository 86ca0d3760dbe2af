from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fetchkit.errors import BadSignatureError, UnsignedError, VerificationError
from fetchkit.openpgp import MAX_SIGNATURE_BYTES, read_signatures
from tests.keys import packets
from tests.signing import SIGNED_AT, TestKeys, load_test_keys

if TYPE_CHECKING:
    from collections.abc import Callable

DATA = b"some data\n"
KEYS = load_test_keys()
ARMORED = KEYS.sign(DATA, by="second")
BINARY = KEYS.sign(DATA, by="second", armor=False)
MESSAGE = packets.packet(11, b"b\x00\x00\x00\x00\x00hello")
JUNK = bytes(range(255, 199, -1)) * 8


def refusal(data: bytes) -> VerificationError:
    with pytest.raises(VerificationError) as caught:
        read_signatures(data, subject="tool.asc")
    assert str(caught.value).startswith("tool.asc ")
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("data", [b"", b"\n", b" \r\n\t"], ids=repr)
def test_empty_signature_file_is_unsigned(data: bytes) -> None:
    error = refusal(data)
    assert isinstance(error, UnsignedError)
    assert str(error) == "tool.asc is empty"


WRONG_KINDS = [
    pytest.param(
        b"<html>login</html>",
        "is a web page, not a detached signature",
        id="web page",
    ),
    pytest.param(b"\n  <!DOCTYPE html>", "is a web page", id="web page, indented"),
    pytest.param(
        b'{"error": "not found"}', "is neither armored nor binary", id="JSON error"
    ),
    pytest.param(
        KEYS.good.public_armor,
        "is a public key, not a detached signature",
        id="public key",
    ),
    pytest.param(KEYS.good.public, "is a public key, not", id="binary public key"),
    pytest.param(
        packets.armor(b"x", "PGP PRIVATE KEY BLOCK"), "is a secret key", id="secret key"
    ),
    pytest.param(
        packets.armor(MESSAGE, "PGP MESSAGE"),
        "is an attached message, not a detached signature",
        id="attached message",
    ),
    pytest.param(MESSAGE, "is an attached message", id="binary literal message"),
    pytest.param(packets.armor(b"x", "PGP LICENSE"), "another kind", id="odd label"),
    pytest.param(JUNK, "is no OpenPGP data, not a detached signature", id="junk"),
    pytest.param(b"\x00" * 446, "is neither armored nor binary", id="zeros"),
    pytest.param(
        BINARY * 600, "is larger than 64 KiB", id="the binary as its own signature"
    ),
]


@pytest.mark.parametrize(("data", "reason"), WRONG_KINDS)
def test_what_is_no_detached_signature_is_called_by_its_name(
    data: bytes, reason: str
) -> None:
    error = refusal(data)
    assert isinstance(error, BadSignatureError)
    assert reason in str(error)


DAMAGED = [
    pytest.param(BINARY[:60], "is truncated", id="cut binary"),
    pytest.param(ARMORED[:100], "is truncated: its armor has no end", id="cut armor"),
    pytest.param(BINARY + JUNK, "has unexpected data after a signature", id="+ junk"),
    pytest.param(BINARY + b"<html>", "has unexpected data after a", id="+ web page"),
    pytest.param(BINARY + MESSAGE, "has unexpected data after a", id="+ message"),
    pytest.param(ARMORED + b"<html>", "has unexpected data after", id="armor + html"),
    pytest.param(ARMORED + JUNK, "has unexpected data after", id="armor + junk"),
    pytest.param(b"see:\n" + ARMORED, "has unexpected text before", id="text before"),
    pytest.param(
        ARMORED.replace(b"\n=", b"\n=A"), "is not base64", id="checksum too long"
    ),
    pytest.param(
        ARMORED.replace(b"\n=", b"\n=ABCD\n="), "is not base64", id="two checksums"
    ),
    pytest.param(
        packets.armor(BINARY).replace(
            b"-----END PGP SIGNATURE", b"-----END PGP MESSAGE"
        ),
        "begins and ends differently",
        id="other end line",
    ),
    pytest.param(
        ARMORED.replace(b"\n\n", b"\nno header\n\n", 1),
        "has a broken armor header",
        id="broken header",
    ),
    pytest.param(
        ARMORED.replace(b"\n\n", b"\n\n\xc3\xa4", 1), "base64", id="non-ASCII"
    ),
    pytest.param(
        packets.armor(b"").replace(b"=twTO\n", b""), "is not base64", id="empty armor"
    ),
    pytest.param(b"\x8b" + BINARY[6:], "of unstated length", id="indeterminate length"),
    pytest.param(b"\xc2\xe1" + BINARY[6:], "of unstated length", id="partial length"),
    pytest.param(b"\xef\xbb\xbf\n", "holds nothing", id="byte order mark only"),
    pytest.param(b"\xc2", "is truncated", id="header only"),
    pytest.param(b"\xc2\x00", "is truncated", id="empty packet"),
    pytest.param(
        packets.packet(2, packets.split(BINARY)[0][1] + b"\x00"),
        "has unexpected data inside a signature",
        id="longer than its value",
    ),
    pytest.param(BINARY * 9, "holds 9 signatures, at most 8", id="nine signatures"),
    pytest.param(
        packets.packet(2, b"\x03" + bytes(30)), "has a version 3", id="version 3"
    ),
    pytest.param(
        packets.packet(2, b"\x04\x00\x63\x0a" + bytes(6)),
        "public-key algorithm 99",
        id="unknown public-key algorithm",
    ),
    pytest.param(
        packets.packet(2, b"\x04\x00\x16\x0a\x00\x01\x00" + bytes(30)),
        "empty subpacket",
        id="empty subpacket",
    ),
]


@pytest.mark.parametrize(("data", "reason"), DAMAGED)
def test_damaged_signature_file_is_refused(data: bytes, reason: str) -> None:
    error = refusal(data)
    assert isinstance(error, BadSignatureError)
    assert reason in str(error)


def test_flipped_checksum_is_refused() -> None:
    at = ARMORED.index(b"\n=") + 2
    flipped = b"A" if ARMORED[at : at + 1] != b"A" else b"B"
    data = ARMORED[:at] + flipped + ARMORED[at + 1 :]
    assert "its checksum does not hold" in str(refusal(data))


@pytest.mark.parametrize("digest", ["MD5", "SHA1", "RIPEMD160", "SHA224"])
def test_weak_digest_is_refused(keys: TestKeys, digest: str) -> None:
    error = refusal(keys.sign(DATA, digest=digest))
    assert f"the weak or unknown digest {digest}" in str(error)


@pytest.mark.parametrize("kind", [0x01, 0x02, 0x10, 0x40])
def test_signature_that_is_not_over_binary_data_is_refused(
    keys: TestKeys, kind: int
) -> None:
    error = refusal(keys.sign(DATA, kind=kind))
    assert f"class 0x{kind:02x}, not over binary data" in str(error)


SAME = [
    pytest.param(BINARY, id="binary"),
    pytest.param(ARMORED.replace(b"\n", b"\r\n"), id="CRLF"),
    pytest.param(ARMORED.replace(b"\n", b"  \t\n"), id="trailing spaces"),
    pytest.param(b"\n\n" + ARMORED + b"\n\n", id="blank lines around"),
    pytest.param(b"\xef\xbb\xbf" + ARMORED, id="byte order mark"),
    pytest.param(
        ARMORED.replace(b"\n\n", b"\nVersion: GnuPG v2\nComment: x: y\nEmpty:\n\n", 1),
        id="armor headers",
    ),
    pytest.param(
        ARMORED[: ARMORED.index(b"\n=") + 1] + ARMORED[ARMORED.index(b"-----END") :],
        id="no checksum",
    ),
]


@pytest.mark.parametrize("data", SAME)
def test_every_spelling_gives_the_verifier_the_same_bytes(data: bytes) -> None:
    expected = read_signatures(ARMORED, subject="a")
    assert read_signatures(data, subject="b") == expected
    assert expected.binary.startswith(b"\x88")


def test_facts_are_read(keys: TestKeys) -> None:
    data = keys.sign(DATA, by="subkeys", subkey=1, expires_in=3600, digest="SHA256")
    (facts,) = read_signatures(data, subject="s").signatures
    fingerprint = keys.subkeys.secrets[1].fingerprint
    assert (facts.version, facts.type, facts.public_key_algorithm) == (4, 0, 22)
    assert facts.digest == "SHA256"
    assert facts.issuer_fingerprint == fingerprint
    assert facts.issuer_key_id == fingerprint[-16:]
    assert (facts.created, facts.expires_at) == (SIGNED_AT, SIGNED_AT + 3600)


def test_signature_without_issuer_is_read(keys: TestKeys) -> None:
    (facts,) = read_signatures(keys.sign(DATA, issuer=None), subject="s").signatures
    assert (facts.issuer_fingerprint, facts.issuer_key_id) == (None, None)


def test_all_armored_blocks_are_read(keys: TestKeys) -> None:
    two = read_signatures(ARMORED + keys.sign(DATA), subject="s")
    assert len(two.signatures) == 2
    assert two.binary.startswith(read_signatures(ARMORED, subject="s").binary)


def test_version_6_signature_is_read() -> None:
    hashed = packets.subpacket(2, SIGNED_AT.to_bytes(4, "big"))
    hashed += packets.subpacket(33, b"\x06" + b"\xab" * 32)
    body = b"\x06\x00\x1b\x0a" + len(hashed).to_bytes(4, "big") + hashed
    body += bytes(4) + b"\x12\x34" + b"\x20" + bytes(32) + bytes(64)
    (facts,) = read_signatures(packets.packet(2, body), subject="s").signatures
    assert (facts.version, facts.issuer_fingerprint) == (6, "AB" * 32)


def test_long_subpacket_lengths_are_read(keys: TestKeys) -> None:
    short = b"\xc8\x00\x14" + bytes(2239)
    longest_first_octet = b"\xfe\x00\x14" + bytes(16063)
    data = keys.sign(DATA, extra=short + longest_first_octet)
    assert len(read_signatures(data, subject="s").signatures) == 1


def test_limit_is_a_limit_and_not_a_bit_less() -> None:
    padding = b"\n" * (MAX_SIGNATURE_BYTES - len(ARMORED))
    assert read_signatures(ARMORED + padding, subject="s").signatures
    assert "is larger than" in str(refusal(ARMORED + padding + b"\n"))


GPG = [
    pytest.param(("--sign",), "is an attached message", id="--sign, compressed"),
    pytest.param(("--sign", "-z0"), "is an attached message", id="--sign -z0"),
    pytest.param(("--armor", "--sign"), "is an attached message", id="--armor --sign"),
    pytest.param(("--clearsign",), "is a cleartext message", id="--clearsign"),
    pytest.param(("--textmode", "--detach-sign"), "class 0x01", id="--textmode"),
    pytest.param(
        ("--digest-algo", "SHA1", "--detach-sign"),
        "digest SHA1",
        id="--digest-algo SHA1",
    ),
    pytest.param(("--symmetric", "--passphrase", "x"), "encrypted", id="--symmetric"),
]


@pytest.mark.parametrize(("arguments", "reason"), GPG)
def test_what_gpg_makes_by_other_commands_is_refused(
    gpg: Callable[..., bytes], arguments: tuple[str, ...], reason: str
) -> None:
    loopback = ("--pinentry-mode", "loopback") if "--symmetric" in arguments else ()
    assert reason in str(refusal(gpg(*loopback, *arguments)))


def test_what_gpg_signs_is_read(keys: TestKeys, gpg: Callable[..., bytes]) -> None:
    for arguments in ((), ("--armor",)):
        made = gpg(*arguments, "--detach-sign")
        (facts,) = read_signatures(made, subject="s").signatures
        assert facts.issuer_fingerprint == keys.good.fingerprint
