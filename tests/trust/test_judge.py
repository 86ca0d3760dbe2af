"""What verifiers might say, in every order, without a verifier.

The lines are those that GnuPG 2.2 and 2.4 and Sequoia's gpgv-sq print.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fetchkit.errors import (
    BadSignatureError,
    ExpiredKeyError,
    FetchkitError,
    UntrustedKeyError,
    VerificationError,
)
from fetchkit.openpgp import KeyFile, read_key, read_signatures
from fetchkit.status import RawVerdict
from fetchkit.trust import Verdict, judge
from fetchkit.values import replace
from tests.keys import packets
from tests.signing import SIGNED_AT, load_test_keys

KEYS = load_test_keys()
GOOD, EXPIRED = KEYS.good, KEYS.expired
PRIMARY = GOOD.fingerprint
STRANGER = KEYS.stranger.fingerprint
ONE = read_signatures(KEYS.sign(b"x"), subject="s")
NOW = SIGNED_AT + 365 * 24 * 3600

NEW = "NEWSIG"
GOODSIG = f"GOODSIG {PRIMARY[-16:]} Test good"
FAILURE = "FAILURE gpg-exit 33554433"


def valid(
    fingerprint: str = PRIMARY,
    primary: str = PRIMARY,
    *,
    made: str = str(SIGNED_AT),
    expires: str = "0",
    digest: str = "10",
    kind: str = "00",
) -> str:
    fields = f"{made} {expires} 4 0 1 {digest} {kind}"
    return f"VALIDSIG {fingerprint} 2020-07-01 {fields} {primary}"


def errsig(reason: int, fingerprint: str = STRANGER) -> str:
    key_id = fingerprint[-16:] if fingerprint != "-" else "0" * 16
    return f"ERRSIG {key_id} 22 10 00 {SIGNED_AT} {reason} {fingerprint}"


def lines(*texts: str) -> bytes:
    return "".join(f"[GNUPG:] {text}\n" for text in texts).encode()


def judged(
    status: bytes, exit_code: int = 0, *, count: int = 1, key: KeyFile = GOOD.file
) -> Verdict:
    raw = RawVerdict(
        status=status,
        exit_code=exit_code,
        tool="gpgv 9.9",
        talk="`nothing to add`",
        signature=replace(ONE, signatures=ONE.signatures * count),
        keys=(key,),
    )
    pin = replace(GOOD.pin, fingerprints=(PRIMARY, EXPIRED.fingerprint))
    return judge(raw, keys=(pin,), signers=1, now=NOW, subject="tool")


ACCEPTED = [
    pytest.param(lines(NEW, GOODSIG, valid()), 0, 1, id="good"),
    pytest.param(
        lines(
            NEW,
            f"KEY_CONSIDERED {PRIMARY} 0",
            "SIG_ID x 2020-07-01 1",
            GOODSIG,
            "NOTATION_NAME a@b",
            valid(),
            "TRUST_UNDEFINED 0 pgp",
        ),
        0,
        1,
        id="with lines that mean nothing to us",
    ),
    pytest.param(
        lines(NEW, GOODSIG, valid(), NEW, errsig(9), "NO_PUBKEY x"),
        2,
        2,
        id="good, then unknown",
    ),
    pytest.param(
        lines(NEW, errsig(9), NEW, GOODSIG, valid(), FAILURE),
        2,
        2,
        id="unknown, then good, as GnuPG 2.4 says it",
    ),
    pytest.param(
        lines(NEW, GOODSIG, valid(), NEW, errsig(9, "-")), 2, 2, id="unnamed signer"
    ),
    pytest.param(
        lines(NEW, f"GOODSIG {PRIMARY} x", valid()), 0, 1, id="full name in GOODSIG"
    ),
]


@pytest.mark.parametrize(("status", "exit_code", "count"), ACCEPTED)
def test_good_signature_is_accepted(status: bytes, exit_code: int, count: int) -> None:
    (signer,) = judged(status, exit_code, count=count).signers
    assert signer.primary == PRIMARY


def with_user_id(user_id: str) -> bytes:
    """A stranger's good signature, his user id printed as it is."""
    name = f"GOODSIG {STRANGER[-16:]} {user_id}"
    return lines(NEW, name, valid(STRANGER, STRANGER))


BAD, EXPIRY, UNTRUSTED, BROKEN = (
    BadSignatureError,
    ExpiredKeyError,
    UntrustedKeyError,
    VerificationError,
)
REFUSED = [
    pytest.param(
        b"", 0, BROKEN, "gave no verdict, exit status 0: `nothing", id="silence"
    ),
    pytest.param(b"", 2, BROKEN, "no verdict, exit status 2", id="silence, exit 2"),
    pytest.param(b"", -11, BROKEN, "was ended by signal 11", id="crash"),
    pytest.param(
        lines(NEW, GOODSIG, valid()), -9, BROKEN, "signal 9", id="good, then killed"
    ),
    pytest.param(lines(NEW, GOODSIG), 0, BROKEN, "without VALIDSIG", id="no VALIDSIG"),
    pytest.param(lines(NEW, valid()), 0, BROKEN, "0 results", id="VALIDSIG alone"),
    pytest.param(lines(GOODSIG, valid()), 0, BROKEN, "out of place", id="no NEWSIG"),
    pytest.param(lines(NEW), 0, BROKEN, "0 results", id="NEWSIG alone"),
    pytest.param(
        lines(NEW, GOODSIG, GOODSIG, valid()),
        0,
        BROKEN,
        "out of place",
        id="two GOODSIG",
    ),
    pytest.param(
        lines(NEW, GOODSIG, valid(), valid()), 0, BROKEN, "out of", id="two VALIDSIG"
    ),
    pytest.param(
        lines(NEW, GOODSIG, f"EXPKEYSIG {PRIMARY[-16:]} x", valid()),
        0,
        BROKEN,
        "2 results",
        id="two results",
    ),
    pytest.param(
        lines(NEW, GOODSIG, valid())[:-1], 0, BROKEN, "is cut", id="last line cut"
    ),
    pytest.param(
        b"gpgv: good\n" + lines(NEW, GOODSIG, valid()),
        0,
        BROKEN,
        "no status line",
        id="talk among the status",
    ),
    pytest.param(
        lines(NEW, f"GOODSIG {STRANGER[-16:]} x", valid()),
        0,
        BROKEN,
        "name different keys",
        id="GOODSIG and VALIDSIG differ",
    ),
    pytest.param(lines(NEW, "GOODSIG", valid()), 0, BROKEN, "key id", id="no key id"),
    pytest.param(
        lines(NEW, GOODSIG, valid(primary="")), 0, BROKEN, "full", id="no primary"
    ),
    pytest.param(
        lines(NEW, GOODSIG, "VALIDSIG x"), 0, BROKEN, "too few", id="short VALIDSIG"
    ),
    pytest.param(
        lines(NEW, GOODSIG, valid(primary=PRIMARY[-16:])),
        0,
        BROKEN,
        "full fingerprints",
        id="primary named by key id",
    ),
    pytest.param(
        lines(NEW, GOODSIG, valid(made="20200701T000000")),
        0,
        BROKEN,
        "no number",
        id="time that is no number",
    ),
    pytest.param(
        lines(NEW, GOODSIG, valid(digest="\u0661")), 0, BROKEN, "no number", id="digit"
    ),
    pytest.param(
        lines(NEW, "ERRSIG x"), 2, BROKEN, "too few fields", id="short ERRSIG"
    ),
    pytest.param(
        lines(NEW, GOODSIG, valid(primary="0" * 40)),
        0,
        UNTRUSTED,
        "unknown key " + "0" * 40,
        id="primary of zeros",
    ),
    pytest.param(
        lines(NEW, f"GOODSIG {STRANGER[-16:]} x", valid(STRANGER)),
        0,
        BROKEN,
        "is no part of key good",
        id="subkey that is not in the key file",
    ),
    pytest.param(
        lines(NEW, GOODSIG, valid(kind="01")), 0, BAD, "class 01", id="text signature"
    ),
    pytest.param(
        lines(NEW, GOODSIG, valid(digest="2")), 0, BAD, "algorithm 2,", id="SHA-1"
    ),
    pytest.param(
        lines(NEW, GOODSIG, valid(digest="11")), 0, BAD, "algorithm 11", id="SHA-224"
    ),
    pytest.param(
        lines(NEW, GOODSIG, valid(made=str(NOW + 2 * 86400))),
        0,
        BAD,
        "future",
        id="2 days",
    ),
    pytest.param(
        lines(NEW, GOODSIG, valid(expires=str(NOW))),
        0,
        EXPIRY,
        "expired on",
        id="EXPSIG",
    ),
    pytest.param(
        lines(NEW, f"EXPSIG {PRIMARY[-16:]} x", valid(expires="5")),
        1,
        EXPIRY,
        "the signature expired on 1970-01-01",
        id="EXPSIG, said",
    ),
    pytest.param(
        lines(NEW, f"EXPKEYSIG {PRIMARY[-16:]} x", valid()),
        0,
        EXPIRY,
        "which has expired",
        id="EXPKEYSIG of a key that says nothing of it",
    ),
    pytest.param(
        lines(NEW, f"REVKEYSIG {PRIMARY[-16:]} x", valid()),
        0,
        EXPIRY,
        "which was revoked",
        id="REVKEYSIG",
    ),
    pytest.param(
        lines(NEW, f"BADSIG {PRIMARY[-16:]} x", FAILURE), 1, BAD, "bad", id="BADSIG"
    ),
    pytest.param(
        lines(NEW, GOODSIG, valid(), NEW, f"BADSIG {PRIMARY[-16:]} x"),
        0,
        BAD,
        "bad signature",
        id="good, then BADSIG, exit 0",
    ),
    *(
        pytest.param(
            lines(NEW, GOODSIG, valid(), f"{word} 3"), 0, BAD, word, id=f"good + {word}"
        )
        for word in ("NODATA", "UNEXPECTED", "ERROR", "BADARMOR", "PLAINTEXT", "ENC_TO")
    ),
    pytest.param(
        lines("NODATA 3", NEW, GOODSIG, valid()), 2, BAD, "NODATA", id="NODATA first"
    ),
    pytest.param(
        lines(NEW, GOODSIG, valid()), 1, BROKEN, "contradicts itself", id="good, exit 1"
    ),
    pytest.param(
        lines(NEW, GOODSIG, valid(), FAILURE),
        2,
        BROKEN,
        "contradicts itself",
        id="good, exit 2, nobody unknown",
    ),
    *(
        pytest.param(lines(NEW, errsig(reason)), 2, BAD, words, id=f"ERRSIG {reason}")
        for reason, words in [
            (1, "cannot be checked"),
            (5, "digest algorithm"),
            (6, "not usable"),
            (32, "class"),
            (39, "time conflict"),
            (125, "may not sign"),
            (77, "error 77"),
        ]
    ),
    pytest.param(
        lines(NEW, errsig(9, PRIMARY)),
        2,
        BAD,
        "that key may not sign",
        id="no such key, said of a pinned key",
    ),
    pytest.param(
        lines(NEW, errsig(9)), 2, UNTRUSTED, f"unknown key {STRANGER}", id="stranger"
    ),
    pytest.param(
        lines(NEW, errsig(9, "-")), 2, UNTRUSTED, "unknown key nobody", id="no issuer"
    ),
    *(
        pytest.param(
            with_user_id(f"Jo{mark}[GNUPG:] VALIDSIG {PRIMARY} x"),
            0,
            UNTRUSTED,
            f"unknown key {STRANGER}",
            id=f"{name} in a user id",
        )
        for mark, name in [
            ("\u2028", "U+2028"),
            ("\u0085", "U+0085"),
            ("\x0b", "VT"),
            ("\x1c", "FS"),
            ("\r", "CR"),
        ]
    ),
]


@pytest.mark.parametrize(("status", "exit_code", "error", "reason"), REFUSED)
def test_anything_else_is_refused(
    status: bytes, exit_code: int, error: type[FetchkitError], reason: str
) -> None:
    with pytest.raises(error) as caught:
        judged(status, exit_code, count=max(1, status.count(NEW.encode())))
    assert type(caught.value) is error
    assert reason in str(caught.value)


def test_every_signature_has_to_be_judged() -> None:
    """One verifier reads only the first block of two."""
    with pytest.raises(VerificationError, match="judged 1 of 2 signatures"):
        judged(lines(NEW, GOODSIG, valid()), count=2)


def test_expired_key_is_found_though_the_verifier_says_good() -> None:
    """Sequoia's gpgv-sq says GOODSIG if the key was valid when it signed."""
    fingerprint = EXPIRED.fingerprint
    status = lines(
        NEW, f"GOODSIG {fingerprint[-16:]} x", valid(fingerprint, fingerprint)
    )
    with pytest.raises(ExpiredKeyError, match="expired on 2021-01-01"):
        judged(status, key=EXPIRED.file)


def test_revoked_key_is_found_though_the_verifier_says_good() -> None:
    revoked = packets.public_key(GOOD.secret, revocation=packets.revoke(GOOD.secret))
    key = read_key(revoked, subject="k", pinned=(PRIMARY,))
    with pytest.raises(ExpiredKeyError, match="was revoked"):
        judged(lines(NEW, GOODSIG, valid()), key=key)


def test_errors_say_what_to_do() -> None:
    for status, exit_code in [
        (lines(NEW, errsig(9)), 2),
        (lines(NEW, f"BADSIG {PRIMARY[-16:]} x"), 1),
        (lines(NEW, f"EXPKEYSIG {PRIMARY[-16:]} x", valid()), 0),
        (lines(NEW, f"REVKEYSIG {PRIMARY[-16:]} x", valid()), 0),
    ]:
        with pytest.raises(VerificationError) as caught:
            judged(status, exit_code)
        assert caught.value.hint


words = st.sampled_from(
    [
        *(NEW, GOODSIG, valid(), valid(STRANGER, STRANGER), errsig(9), errsig(39)),
        *(f"BADSIG {PRIMARY[-16:]} x", f"REVKEYSIG {PRIMARY[-16:]} x", "NODATA 1"),
        *(f"GOODSIG {STRANGER[-16:]} x", FAILURE, "TRUST_ULTIMATE"),
    ]
)


@settings(max_examples=500, deadline=None)
@given(st.lists(words, max_size=8), st.integers(-1, 3), st.integers(1, 3))
def test_no_order_of_lines_makes_trust_out_of_nothing(
    said: list[str], exit_code: int, count: int
) -> None:
    try:
        verdict = judged(lines(*said), exit_code, count=count)
    except VerificationError:
        return
    assert {signer.primary for signer in verdict.signers} == {PRIMARY}
    assert exit_code in {0, 2}
    assert GOODSIG in said
    assert valid() in said
    assert not any(word.startswith(("BADSIG", "REV", "NODATA")) for word in said)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 300))
def test_damaged_status_never_crashes_and_never_changes_the_signer(
    noise: bytes, at: int
) -> None:
    status = lines(NEW, GOODSIG, valid())
    try:
        verdict = judged(status[:at] + noise + status[at:])
    except VerificationError:
        return
    assert [signer.primary for signer in verdict.signers] == [PRIMARY]
