"""Keys, signatures and bytes in; verdict out. With real gpgv and real gpg.

Every row has to come out the same with both: fetchkit's answer must not depend on
which of them a machine has.
"""

from __future__ import annotations

import datetime
import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from fetchkit.artifact import ExpiryException, Key
from fetchkit.errors import (
    BadSignatureError,
    ExpiredKeyError,
    UntrustedKeyError,
    VerificationError,
)
from fetchkit.gpg import Verifier, find_verifier
from fetchkit.openpgp import KeyFile, read_key, read_signatures
from fetchkit.trust import Verdict, judge
from fetchkit.values import replace
from tests.keys import packets
from tests.signing import SIGNED_AT, TestKey, load_test_keys

if TYPE_CHECKING:
    from pathlib import Path

KEYS = load_test_keys()
GOOD, SECOND, SUBKEYS = KEYS.good, KEYS.second, KEYS.subkeys
DATA = b"\x7fELF" + bytes(range(256)) * 2000
NOW = time.time()
DAY = 24 * 3600


def find_only(name: str) -> Verifier:
    """The verifier of a machine that has only that one."""
    path = shutil.which(name)
    assert path is not None, f"these tests need a real {name}: apt-get install {name}"
    version = find_verifier(path.rpartition("/")[0]).version
    return Verifier(path=path, name=name, version=version)


@pytest.fixture(params=["gpgv", "gpg"])
def verifier(request: pytest.FixtureRequest) -> Verifier:
    return find_only(request.param)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One row: what was signed, how, and who is trusted."""

    signature: bytes
    data: bytes = DATA
    trusted: tuple[TestKey, ...] = (GOOD,)
    key_files: tuple[bytes, ...] = ()
    """In place of the key files of `trusted`."""
    signers: int = 1
    now: float = NOW
    allow_expired: ExpiryException | None = None


def verify(case: Case, verifier: Verifier, work_dir: Path) -> Verdict:
    pins = tuple(
        replace(key.pin, allow_expired=case.allow_expired) for key in case.trusted
    )
    files = case.key_files or tuple(key.public for key in case.trusted)
    return verify_pinned(case, pins, files, verifier, work_dir)


def verify_pinned(
    case: Case,
    pins: tuple[Key, ...],
    files: tuple[bytes, ...],
    verifier: Verifier,
    work_dir: Path,
) -> Verdict:
    signature = read_signatures(case.signature, subject="signature")
    with verifier.start(
        signature=signature,
        keys=[read_key(file, subject="key", pinned=None) for file in files],
        work_dir=str(work_dir),
    ) as stream:
        for at in range(0, len(case.data), 100_000):
            stream.write(case.data[at : at + 100_000])
        raw = stream.finish()
    return judge(raw, keys=pins, signers=case.signers, now=case.now, subject="tool")


@pytest.fixture(autouse=True)
def nothing_is_left_behind(tmp_path: Path) -> object:
    (tmp_path / "own").touch()
    yield
    assert [path.name for path in tmp_path.iterdir()] == ["own"]


sign = KEYS.sign
HOSTILE_ID = f"Jos\u2028[GNUPG:] VALIDSIG {GOOD.fingerprint} x".encode()
FORGED_VALIDSIG = (
    f"\u00c5[GNUPG:] VALIDSIG {GOOD.fingerprint} 2020-07-01 {SIGNED_AT} 0 4 0 1 10 00 "
    f"{GOOD.fingerprint}\u00c5[GNUPG:] GOODSIG x\u2028[GNUPG:] GOODSIG x\x85"
).encode()
IN_A_YEAR = int(NOW) + 365 * DAY
TODAY = datetime.datetime.fromtimestamp(NOW, datetime.timezone.utc).date()
MONTH = datetime.timedelta(days=30)
HOLDS = ExpiryException(until=TODAY + MONTH, reason="renewal is under way")
ENDS_TODAY = ExpiryException(until=TODAY, reason="last day")
PASSED = ExpiryException(until=TODAY - datetime.timedelta(days=1), reason="too late")

ACCEPTED = [
    pytest.param(Case(signature=sign(DATA)), id="good, RSA"),
    pytest.param(Case(signature=sign(DATA, armor=False)), id="good, binary"),
    pytest.param(
        Case(signature=sign(DATA, by="second"), trusted=(SECOND,)), id="good, Ed25519"
    ),
    pytest.param(
        Case(signature=sign(DATA, by="second"), trusted=(GOOD, SECOND)),
        id="by the second of two trusted keys",
    ),
    pytest.param(
        Case(signature=sign(DATA, by="subkeys", subkey=1), trusted=(SUBKEYS,)),
        id="by a signing subkey",
    ),
    pytest.param(
        Case(signature=sign(DATA) + sign(DATA, by="stranger")), id="good + stranger"
    ),
    pytest.param(
        Case(signature=sign(DATA, by="stranger") + sign(DATA)), id="stranger + good"
    ),
    pytest.param(Case(signature=sign(DATA) * 2), id="twice by one key"),
    pytest.param(
        Case(
            signature=sign(DATA) + sign(DATA, by="second"),
            trusted=(GOOD, SECOND),
            signers=2,
        ),
        id="two signers of two",
    ),
    pytest.param(
        Case(signature=sign(DATA, created=int(NOW) + 600)), id="ten minutes ahead"
    ),
    pytest.param(Case(signature=sign(b""), data=b""), id="empty data"),
    pytest.param(
        Case(
            signature=sign(DATA, by="expired"),
            trusted=(KEYS.expired,),
            allow_expired=HOLDS,
        ),
        id="expired key, exception holds",
    ),
    pytest.param(
        Case(
            signature=sign(DATA, by="expired"),
            trusted=(KEYS.expired,),
            allow_expired=ENDS_TODAY,
        ),
        id="expired key, last day of the exception",
    ),
    pytest.param(
        Case(signature=sign(DATA, digest="SHA256", expires_in=(IN_A_YEAR - SIGNED_AT))),
        id="signature that expires next year",
    ),
    pytest.param(
        Case(
            signature=sign(DATA, by="second"),
            trusted=(SECOND,),
            key_files=(packets.public_key(SECOND.secret, HOSTILE_ID),),
        ),
        id="user id that looks like a status line",
    ),
]


@pytest.mark.parametrize("case", ACCEPTED)
def test_enough_pinned_keys_signed(
    case: Case, verifier: Verifier, tmp_path: Path
) -> None:
    verdict = verify(case, verifier, tmp_path)
    trusted = {key.fingerprint for key in case.trusted}
    assert {signer.primary for signer in verdict.signers} <= trusted
    assert len(verdict.signers) >= case.signers


def grafted(*, cross: bool = True, binder: bool = True) -> bytes:
    """`second` with a subkey of the stranger's, which the stranger bound himself."""
    stranger = KEYS.stranger.secret
    by = stranger if binder else None
    subkeys = packets.bind(SECOND.secret, stranger, cross=cross, binder=by)
    return packets.public_key(SECOND.secret, subkeys=subkeys)


def encrypting(flags: int) -> bytes:
    """`second` with a subkey that may not sign but does."""
    subkeys = packets.bind(SECOND.secret, KEYS.stranger.secret, flags=flags)
    return packets.public_key(SECOND.secret, subkeys=subkeys)


BY_STRANGER = sign(DATA, by="stranger")
LYING = sign(DATA, by="stranger", issuer=GOOD.fingerprint)
UNBOUND = packets.public_key(SECOND.secret) + packets.packet(
    packets.PUBLIC_SUBKEY, KEYS.stranger.secret.public
)
REVOKED_SUBKEY = packets.public_key(
    SUBKEYS.secret,
    subkeys=packets.bind(SUBKEYS.secrets[0], SUBKEYS.secrets[1])
    + packets.revoke(SUBKEYS.secrets[0], SUBKEYS.secrets[1]),
)
REVOKED_HOSTILE = packets.public_key(
    SECOND.secret,
    f"\u00c5[GNUPG:] GOODSIG {SECOND.fingerprint[-16:]} x".encode(),
    revocation=packets.revoke(SECOND.secret),
)

REFUSED = [
    pytest.param(
        Case(signature=sign(DATA), data=DATA[:-1] + b"!"),
        BadSignatureError,
        "bad signature: tool is not what was signed",
        id="last byte changed",
    ),
    pytest.param(
        Case(signature=sign(DATA), data=b""), BadSignatureError, "bad", id="no data"
    ),
    pytest.param(
        Case(signature=BY_STRANGER),
        UntrustedKeyError,
        f"signed by unknown key {KEYS.stranger.fingerprint} (claimed)",
        id="stranger",
    ),
    pytest.param(
        Case(signature=sign(DATA, by="second") + sign(DATA, by="stranger")),
        UntrustedKeyError,
        f"{SECOND.fingerprint}, {KEYS.stranger.fingerprint} (claimed)",
        id="two strangers",
    ),
    pytest.param(
        Case(signature=sign(DATA, issuer=None)),
        UntrustedKeyError,
        "unknown key nobody",
        id="no issuer",
    ),
    pytest.param(
        Case(signature=LYING), BadSignatureError, "bad signature", id="lying issuer"
    ),
    pytest.param(
        Case(signature=LYING, trusted=(GOOD, KEYS.stranger)),
        BadSignatureError,
        "bad signature",
        id="lying issuer, both keys known",
    ),
    pytest.param(
        Case(signature=sign(DATA) + sign(b"other")),
        BadSignatureError,
        "bad signature",
        id="good + bad",
    ),
    pytest.param(
        Case(signature=sign(b"other") + sign(DATA)),
        BadSignatureError,
        "bad signature",
        id="bad + good",
    ),
    pytest.param(
        Case(
            signature=sign(DATA) + sign(b"other", by="second"), trusted=(GOOD, SECOND)
        ),
        BadSignatureError,
        "bad signature",
        id="good + bad by another trusted key",
    ),
    pytest.param(
        Case(signature=sign(DATA, expires_in=DAY)),
        ExpiredKeyError,
        "the signature expired on 2020-07-02",
        id="expired signature",
    ),
    pytest.param(
        Case(signature=sign(DATA, expires_in=DAY), allow_expired=HOLDS),
        ExpiredKeyError,
        "the signature expired",
        id="expired signature, exception for the key",
    ),
    pytest.param(
        Case(signature=sign(DATA, by="expired"), trusted=(KEYS.expired,)),
        ExpiredKeyError,
        "which expired on 2021-01-01",
        id="expired key",
    ),
    pytest.param(
        Case(
            signature=sign(DATA, by="expired"),
            trusted=(KEYS.expired,),
            allow_expired=PASSED,
        ),
        ExpiredKeyError,
        f"the exception for it ended on {PASSED.until}",
        id="expired key, exception over",
    ),
    pytest.param(
        Case(
            signature=sign(DATA) + sign(DATA, by="expired"),
            trusted=(GOOD, KEYS.expired),
        ),
        ExpiredKeyError,
        "which expired on",
        id="good + expired trusted key",
    ),
    pytest.param(
        Case(
            signature=sign(DATA, by="expired_subkey", subkey=1),
            trusted=(KEYS.expired_subkey,),
        ),
        ExpiredKeyError,
        "which expired on 2021-01-01",
        id="expired subkey",
    ),
    pytest.param(
        Case(signature=sign(DATA, by="revoked"), trusted=(KEYS.revoked,)),
        ExpiredKeyError,
        "which was revoked",
        id="revoked key",
    ),
    pytest.param(
        Case(
            signature=sign(DATA, by="revoked"),
            trusted=(KEYS.revoked,),
            allow_expired=HOLDS,
        ),
        ExpiredKeyError,
        "which was revoked",
        id="revoked key, exception for expiry",
    ),
    pytest.param(
        Case(
            signature=sign(DATA, by="subkeys", subkey=1),
            trusted=(SUBKEYS,),
            key_files=(REVOKED_SUBKEY,),
        ),
        ExpiredKeyError,
        "which was revoked",
        id="revoked subkey",
    ),
    pytest.param(
        Case(
            signature=sign(DATA, by="second"),
            trusted=(SECOND,),
            key_files=(REVOKED_HOSTILE,),
        ),
        ExpiredKeyError,
        "which was revoked",
        id="revoked key, user id that says GOODSIG",
    ),
    pytest.param(
        Case(signature=sign(DATA, created=IN_A_YEAR)),
        BadSignatureError,
        "the signature is from the future",
        id="signature from the future",
    ),
    pytest.param(
        Case(signature=sign(DATA), now=float(packets.EPOCH)),
        BadSignatureError,
        "from the future: made on 2020-07-01, here it is 2020-01-01",
        id="clock in the past",
    ),
    pytest.param(
        Case(signature=sign(DATA, created=packets.EPOCH - 1000)),
        BadSignatureError,
        "time conflict",
        id="signature older than the key",
    ),
    pytest.param(
        Case(
            signature=BY_STRANGER,
            trusted=(SECOND,),
            key_files=(packets.public_key(KEYS.stranger.secret, HOSTILE_ID),),
        ),
        UntrustedKeyError,
        f"unknown key {KEYS.stranger.fingerprint}",
        id="stranger in the ring whose user id says VALIDSIG",
    ),
    pytest.param(
        Case(
            signature=sign(
                DATA, by="stranger", extra=packets.subpacket(28, FORGED_VALIDSIG)
            )
        ),
        UntrustedKeyError,
        f"unknown key {KEYS.stranger.fingerprint}",
        id="signer's user id that says VALIDSIG",
    ),
    pytest.param(
        Case(signature=sign(DATA, extra=packets.subpacket(99, b"x", critical=True))),
        BadSignatureError,
        "",
        id="critical unknown subpacket",
    ),
    pytest.param(
        Case(signature=BY_STRANGER, trusted=(SECOND,), key_files=(grafted(),)),
        BadSignatureError,
        "",
        id="subkey bound by the attacker",
    ),
    pytest.param(
        Case(signature=BY_STRANGER, trusted=(SECOND,), key_files=(UNBOUND,)),
        BadSignatureError,
        "",
        id="subkey bound by nobody",
    ),
    pytest.param(
        Case(
            signature=BY_STRANGER,
            trusted=(SECOND,),
            key_files=(grafted(cross=False, binder=False),),
        ),
        BadSignatureError,
        "",
        id="subkey without cross-certification",
    ),
    pytest.param(
        Case(
            signature=BY_STRANGER,
            trusted=(SECOND,),
            key_files=(encrypting(packets.ENCRYPT),),
        ),
        BadSignatureError,
        "that key may not sign",
        id="encrypt-only subkey",
    ),
    pytest.param(
        Case(
            signature=sign(DATA, by="weak"),
            trusted=(SECOND,),
            key_files=(
                packets.public_key(
                    SECOND.secret,
                    subkeys=packets.bind(SECOND.secret, KEYS.weak.secret),
                ),
            ),
        ),
        BadSignatureError,
        "by a key that is too weak: RSA 1024",
        id="RSA-1024 subkey of a strong key",
    ),
    pytest.param(
        Case(signature=sign(DATA, by="subkeys"), trusted=(SUBKEYS,)),
        BadSignatureError,
        "that key may not sign",
        id="certify-only primary",
    ),
    pytest.param(
        Case(
            signature=sign(DATA, by="subkeys", subkey=1)
            + sign(DATA, by="subkeys", subkey=2),
            trusted=(SUBKEYS, GOOD),
            signers=2,
        ),
        UntrustedKeyError,
        f"needs signatures by 2 different keys of subkeys, good, has 1: "
        f"{SUBKEYS.fingerprint}",
        id="two subkeys of one primary are one signer",
    ),
    pytest.param(
        Case(signature=sign(DATA), trusted=(GOOD, SECOND), signers=2),
        UntrustedKeyError,
        "needs signatures by 2",
        id="one signer of two",
    ),
]


@pytest.mark.parametrize(("case", "error", "reason"), REFUSED)
def test_anything_less_is_refused(
    case: Case,
    error: type[VerificationError],
    reason: str,
    verifier: Verifier,
    tmp_path: Path,
) -> None:
    with pytest.raises(error) as caught:
        verify(case, verifier, tmp_path)
    message = str(caught.value)
    assert reason in message
    assert message.isprintable()


def test_verdict_names_subkey_and_primary(verifier: Verifier, tmp_path: Path) -> None:
    case = Case(signature=sign(DATA, by="subkeys", subkey=2), trusted=(SUBKEYS,))
    (signer,) = verify(case, verifier, tmp_path).signers
    assert signer.primary == SUBKEYS.fingerprint
    assert signer.fingerprint == SUBKEYS.secrets[2].fingerprint
    assert (signer.key, signer.signed_at) == ("subkeys", SIGNED_AT)


def test_used_exception_is_warned_of(verifier: Verifier, tmp_path: Path) -> None:
    case = Case(
        signature=sign(DATA, by="expired"),
        trusted=(KEYS.expired,),
        allow_expired=HOLDS,
    )
    verdict = verify(case, verifier, tmp_path)
    (warning,) = verdict.warnings
    assert KEYS.expired.fingerprint in warning
    assert "expired on 2021-01-01; accepted until" in warning
    assert warning.endswith(f"{HOLDS.until}: renewal is under way")


def test_exception_that_is_not_needed_is_not_warned_of(
    verifier: Verifier, tmp_path: Path
) -> None:
    case = Case(signature=sign(DATA), allow_expired=HOLDS)
    verdict = verify(case, verifier, tmp_path)
    assert (verdict.warnings, verdict.notes) == ((), ())


def test_unknown_extra_signer_is_noted(verifier: Verifier, tmp_path: Path) -> None:
    case = Case(signature=sign(DATA, by="stranger") + sign(DATA))
    verdict = verify(case, verifier, tmp_path)
    assert verdict.notes == (f"also signed by unknown key {KEYS.stranger.fingerprint}",)


def test_verdict_says_when_it_will_expire(verifier: Verifier, tmp_path: Path) -> None:
    key_file = packets.public_key(
        SECOND.secret, key_expires_in=IN_A_YEAR - packets.EPOCH
    )
    case = Case(
        signature=sign(DATA, by="second"), trusted=(SECOND,), key_files=(key_file,)
    )
    assert verify(case, verifier, tmp_path).expires_at == IN_A_YEAR


def test_second_key_of_a_ring_is_no_signer_for_the_first(
    verifier: Verifier, tmp_path: Path
) -> None:
    case = Case(signature=sign(DATA, by="second"))
    files = (GOOD.public, SECOND.public)
    with pytest.raises(UntrustedKeyError, match=SECOND.fingerprint):
        verify_pinned(case, (GOOD.pin,), files, verifier, tmp_path)


def test_two_copies_of_one_key_are_refused(verifier: Verifier, tmp_path: Path) -> None:
    clean = packets.public_key(KEYS.revoked.secret)
    case = Case(
        signature=sign(DATA, by="revoked"),
        trusted=(KEYS.revoked,),
        key_files=(clean, KEYS.revoked.public),
    )
    with pytest.raises(UntrustedKeyError, match="two different copies of key"):
        verify(case, verifier, tmp_path)


def test_one_copy_given_twice_is_one_key(verifier: Verifier, tmp_path: Path) -> None:
    case = Case(signature=sign(DATA), key_files=(GOOD.public, GOOD.public_armor))
    assert len(verify(case, verifier, tmp_path).signers) == 1


def test_weak_digest_is_refused_without_the_reader(
    verifier: Verifier, tmp_path: Path
) -> None:
    """The verifier is told the weak digests too: two locks on one door."""
    honest = read_signatures(sign(DATA), subject="s")
    weak = replace(honest, binary=sign(DATA, digest="SHA1", armor=False))
    with verifier.start(
        signature=weak, keys=[_file(GOOD)], work_dir=str(tmp_path)
    ) as stream:
        stream.write(DATA)
        raw = stream.finish()
    with pytest.raises(BadSignatureError, match="its digest algorithm"):
        judge(raw, keys=(GOOD.pin,), signers=1, now=NOW, subject="tool")


def _file(key: TestKey) -> KeyFile:
    return read_key(key.public, subject="key", pinned=None)
