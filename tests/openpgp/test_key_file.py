from __future__ import annotations

import pytest

from fetchkit.errors import UntrustedKeyError
from fetchkit.openpgp import MAX_KEY_BYTES, KeyFile, read_key
from tests.keys import packets
from tests.signing import KEYS_DIR, TestKeys, load_test_keys

KEYS = load_test_keys()
GOOD, SECOND = KEYS.good, KEYS.second
PINNED = (GOOD.fingerprint,)
NOW = packets.EPOCH + 1000 * 24 * 3600
YEAR_2021 = 1609502400


def read(data: bytes, pinned: tuple[str, ...] | None = PINNED) -> KeyFile:
    return read_key(data, subject="key file good.asc", pinned=pinned, now=NOW)


def refusal(data: bytes, pinned: tuple[str, ...] | None = PINNED) -> str:
    with pytest.raises(UntrustedKeyError) as caught:
        read(data, pinned)
    message = str(caught.value)
    assert message.startswith("key file good.asc ")
    assert "\n" not in message
    return message


SAME = [
    pytest.param(GOOD.public, id="binary"),
    pytest.param(GOOD.public_armor.replace(b"\n", b"\r\n"), id="CRLF"),
    pytest.param(b"\xef\xbb\xbf" + GOOD.public_armor, id="byte order mark"),
    pytest.param(
        GOOD.public_armor.replace(b"\n\n", b"\nComment: made by hand\n\n", 1),
        id="armor headers",
    ),
]


@pytest.mark.parametrize("data", SAME)
def test_every_spelling_is_the_same_key(data: bytes) -> None:
    assert read(data) == read(GOOD.public_armor)


def test_facts_are_read() -> None:
    key = read(GOOD.public_armor)
    assert key.fingerprint == GOOD.fingerprint
    assert key.binary == GOOD.public
    assert key.user_ids == ("Test good <good@example.test>",)
    assert (key.algorithm, key.bits) == ("RSA", 3072)
    assert (key.created, key.expires_at) == (packets.EPOCH, None)
    assert key.primary.capabilities == ("certify", "sign")
    assert not key.is_revoked


def test_algorithms_are_named(keys: TestKeys) -> None:
    assert (keys.second.file.algorithm, keys.second.file.bits) == ("Ed25519", 255)
    assert keys.nistp256.file.algorithm == "NIST P-256"


def test_subkeys_are_read(keys: TestKeys) -> None:
    key = keys.subkeys.file
    assert key.primary.capabilities == ("certify",)
    assert [part.capabilities for part in key.subkeys] == [
        ("sign",),
        ("sign",),
        ("encrypt",),
    ]
    second = keys.subkeys.secrets[2].fingerprint
    assert key.find_part(second) == key.subkeys[1]
    assert key.find_part(key.fingerprint) == key.primary
    assert key.find_part("0" * 40) is None


def test_expiry_is_read(keys: TestKeys) -> None:
    assert keys.expired.file.expires_at == YEAR_2021
    (subkey,) = keys.expired_subkey.file.subkeys
    assert subkey.expires_at == YEAR_2021
    assert keys.expired_subkey.file.expires_at is None


def test_newest_self_signature_says_when_a_key_expires() -> None:
    secret = SECOND.secret
    renewed = packets.public_key(secret, key_expires_in=100) + packets.certify(
        secret, b"renewed", key_expires_in=900, created=packets.EPOCH + 50
    )
    assert read(renewed, (secret.fingerprint,)).expires_at == packets.EPOCH + 900


def test_foreign_signature_says_nothing_about_expiry() -> None:
    certificate = packets.certify(KEYS.stranger.secret, b"x", key_expires_in=1)
    data = SECOND.public + certificate
    assert read(data, (SECOND.fingerprint,)).expires_at is None


def test_revocation_is_read(keys: TestKeys) -> None:
    assert keys.revoked.file.is_revoked
    primary, subkey = keys.subkeys.secrets[:2]
    data = packets.public_key(
        primary, subkeys=packets.bind(primary, subkey) + packets.revoke(primary, subkey)
    )
    key = read(data, (primary.fingerprint,))
    assert (key.is_revoked, key.subkeys[0].is_revoked) == (False, True)


def test_foreign_revocation_is_not_taken_for_the_owners() -> None:
    revocation = packets.split(packets.revoke(KEYS.stranger.secret))[0][1]
    data = packets.public_key(SECOND.secret, revocation=packets.packet(2, revocation))
    key = read(data, (SECOND.fingerprint,))
    assert not key.is_revoked
    assert revocation in key.binary  # the verifier may know better


def test_other_key_than_the_pinned_one_is_refused() -> None:
    message = refusal(SECOND.public_armor)
    assert f"holds {SECOND.fingerprint}, pinned is {GOOD.fingerprint}" in message


def test_one_of_several_pins_is_enough() -> None:
    pinned = (GOOD.fingerprint, SECOND.fingerprint)
    assert read(SECOND.public_armor, pinned).fingerprint == SECOND.fingerprint


def test_pinned_subkey_is_explained(keys: TestKeys) -> None:
    subkey = keys.subkeys.secrets[1].fingerprint
    with pytest.raises(UntrustedKeyError) as caught:
        read(keys.subkeys.public, (subkey,))
    assert f"has {subkey} as a subkey only" in str(caught.value)
    assert keys.subkeys.fingerprint in (caught.value.hint or "")


SECRET = (KEYS_DIR / "good.secret.asc").read_bytes()
PRIMARY = packets.packet(packets.PUBLIC_KEY, SECOND.secret.public)
USER_ID = packets.packet(packets.USER_ID, b"x")
SUBKEY = packets.bind(SECOND.secret, KEYS.stranger.secret)

REFUSED = [
    pytest.param(b"", "is empty", id="empty"),
    pytest.param(b"<html>", "is a web page, not a public key", id="web page"),
    pytest.param(KEYS.sign(b"x"), "is a signature, not a public key", id="signature"),
    pytest.param(GOOD.public[:300], "is truncated", id="cut binary"),
    pytest.param(GOOD.public_armor[:300], "is truncated", id="cut armor"),
    pytest.param(GOOD.public + b"junk", "has unexpected data after", id="+ junk"),
    pytest.param(
        GOOD.public_armor + SECOND.public_armor,
        "holds 2 primary keys",
        id="pinned key and another",
    ),
    pytest.param(
        SECOND.public + GOOD.public, "holds 2 primary keys", id="another and pinned key"
    ),
    pytest.param(SECRET, "contains a secret key", id="secret key"),
    pytest.param(packets.dearmor(SECRET), "contains a secret", id="binary secret key"),
    pytest.param(
        GOOD.public + packets.packet(packets.SECRET_SUBKEY, b"x"),
        "contains a secret key",
        id="public key with secret subkey",
    ),
    pytest.param(
        GOOD.public + packets.packet(11, b"b"),
        "has unexpected data after the key: an attached message",
        id="+ message",
    ),
    pytest.param(b"\x00" * (MAX_KEY_BYTES + 1), "is larger than 1024 KiB", id="large"),
    pytest.param(PRIMARY, "it has no user id", id="no user id"),
    pytest.param(PRIMARY + USER_ID, "it has no self-signature", id="no self-signature"),
    pytest.param(
        PRIMARY + packets.certify(KEYS.stranger.secret, b"x"),
        "it has no self-signature",
        id="foreign certification only",
    ),
    pytest.param(
        packets.public_key(SECOND.secret, digest="SHA1"),
        "bound with SHA1 alone",
        id="SHA-1 self-signature only",
    ),
    pytest.param(SUBKEY, "begins with a subkey", id="no primary"),
    pytest.param(USER_ID + PRIMARY, "does not begin with", id="user id first"),
    pytest.param(
        packets.packet(6, b"\x03" + bytes(20)), "holds a version 3 key", id="version 3"
    ),
]


@pytest.mark.parametrize(("data", "reason"), REFUSED)
def test_unusable_key_file_is_refused(data: bytes, reason: str) -> None:
    message = refusal(data)
    assert reason in message
    assert "lQ" not in message  # how an armored secret key begins


WEAK = [
    pytest.param("weak", "too weak: RSA 1024", id="RSA 1024"),
    pytest.param("dsa", "too weak: DSA 2048", id="DSA"),
]


@pytest.mark.parametrize(("name", "reason"), WEAK)
def test_weak_key_is_refused(keys: TestKeys, name: str, reason: str) -> None:
    key = getattr(keys, name)
    assert reason in refusal(key.public_armor, (key.fingerprint,))


def test_unknown_algorithm_and_curve_are_refused() -> None:
    for material, reason in [
        (b"\x63" + bytes(9), "public-key algorithm 99"),
        (b"\x13\x05\x2b\x81\x04\x00\x0a\x00\x08\xff", "curve 2b8104000a"),
        (b"\x12\x05\x2b\x81\x04\x00\x22\x00\x08\xff", "NIST P-384 cannot sign"),
        (b"\x10" + bytes(9), "Elgamal"),
    ]:
        public = b"\x04" + bytes(4) + material
        data = _signed_by_claim(public)
        assert reason in refusal(data, None)


def test_version_6_key_is_read() -> None:
    material = b"\x1b" + (32).to_bytes(4, "big") + bytes(32)
    public = b"\x06" + packets.EPOCH.to_bytes(4, "big") + material
    issuer = packets.subpacket(16, bytes.fromhex(packets.fingerprint_6(public)[:16]))
    data = _signed_by_claim(public, issuer)
    key = read(data, None)
    assert key.fingerprint == packets.fingerprint_6(public)
    assert (key.algorithm, key.bits, len(key.fingerprint)) == ("Ed25519", 255, 64)


def _signed_by_claim(public: bytes, issuer: bytes | None = None) -> bytes:
    """A key whose self-signature is a claim: nobody checks it here."""
    claim = issuer or packets.subpacket(33, b"\x04" + _raw_fingerprint(public))
    signature = packets.sign(SECOND.secret, b"", kind=0x13, issuer=None, extra=claim)
    return packets.packet(packets.PUBLIC_KEY, public) + USER_ID + signature


def _raw_fingerprint(public: bytes) -> bytes:
    return bytes.fromhex(packets.fingerprint(public))


def test_key_from_the_future_is_refused(keys: TestKeys) -> None:
    pinned = (keys.future.fingerprint,)
    assert "from the future" in refusal(keys.future.public_armor, pinned)
    read_key(keys.future.public_armor, subject="k", pinned=pinned)


def test_clock_may_be_a_little_behind() -> None:
    for seconds, is_refused in [(-23 * 3600, False), (-25 * 3600, True)]:
        now = packets.EPOCH + seconds
        if is_refused:
            with pytest.raises(UntrustedKeyError, match="from the future"):
                read_key(GOOD.public, subject="k", pinned=PINNED, now=now)
        else:
            read_key(GOOD.public, subject="k", pinned=PINNED, now=now)


def test_user_id_that_is_no_text_is_decoded_with_replacement() -> None:
    data = packets.public_key(SECOND.secret, b"J\xff\xe2\x80\xa8[GNUPG:]")
    key = read(data, (SECOND.fingerprint,))
    assert key.user_ids == ("J\ufffd\u2028[GNUPG:]",)


def test_old_certifications_are_kept_and_mean_nothing() -> None:
    old = packets.packet(2, b"\x03\x05\x10" + bytes(40))
    key = read(GOOD.public + old)
    assert key.binary.endswith(bytes(40))
    assert key.expires_at is None


def test_user_attributes_are_kept_for_the_verifier(keys: TestKeys) -> None:
    attribute = packets.packet(17, b"a photograph")
    key = read(SECOND.public + attribute, (SECOND.fingerprint,))
    assert key.binary == SECOND.public + attribute
    assert key.user_ids == keys.second.file.user_ids
