"""When the keys end that signed what is locked: the first of every date that counts."""

from __future__ import annotations

import datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from fetchkit.artifact import ExpiryException, Key
from fetchkit.documents import Vouching
from fetchkit.errors import UntrustedKeyError
from fetchkit.keyring import LoadedKey
from fetchkit.openpgp import KeyFile, read_key, read_signatures
from fetchkit.outlook import Prospect, foresee
from tests.keys import packets
from tests.signing import SIGNED_AT, load_test_keys

if TYPE_CHECKING:
    from fetchkit.artifact import Resolved

KEYS = load_test_keys()
GOOD, SUBKEYS = KEYS.good, KEYS.subkeys
DATA = b"x"
DAY = 24 * 3600
NOW = SIGNED_AT + 10 * DAY


def until(days: int, *, subkey_days: int | None = None) -> KeyFile:
    """A key that ends `days` after `NOW`; one subkey may end at another time."""
    primary = SUBKEYS.secret
    lifetime = NOW - packets.EPOCH
    subkeys = b""
    if subkey_days is not None:
        subkeys = packets.bind(
            primary, SUBKEYS.secrets[1], key_expires_in=lifetime + subkey_days * DAY
        )
    data = packets.public_key(
        primary, key_expires_in=lifetime + days * DAY, subkeys=subkeys
    )
    return read_key(data, subject="key", pinned=None)


def lean(
    file: KeyFile,
    *,
    artifact: str = "tool",
    signature: bytes | None = None,
    signers: int = 1,
    **pin: Any,
) -> tuple[Resolved, Vouching]:
    """One artifact that `file` signed, as documents find it."""
    key = Key(name="publisher", fingerprints=(file.fingerprint,), **pin)
    data = signature or KEYS.sign(DATA, "subkeys")
    vouching = Vouching(
        signature_file=read_signatures(data, subject="signature"),
        keys=(LoadedKey(key=key, file=file, origin="here"),),
    )
    resolved: Any = SimpleNamespace(
        name=artifact, target="linux-amd64", signers=signers
    )
    return resolved, vouching


def one(leaning: tuple[Resolved, Vouching], *, days: int = 60) -> Prospect:
    (prospect,) = foresee([leaning], now=NOW, days=days)
    return prospect


BY_SUBKEY = KEYS.sign(DATA, "subkeys", subkey=1)
BY_REVOKED = KEYS.sign(DATA, "revoked")
FOR_30_DAYS = KEYS.sign(DATA, "subkeys", expires_in=30 * DAY)

STATES = [
    pytest.param(lean(SUBKEYS.file), "good", None, id="never ends"),
    pytest.param(lean(until(60)), "good", 60, id="on the last day that is good"),
    pytest.param(lean(until(59)), "expiring", 59, id="within the days"),
    pytest.param(lean(until(0)), "expired", 0, id="now"),
    pytest.param(lean(until(-1)), "expired", -1, id="yesterday"),
    pytest.param(
        lean(until(90, subkey_days=9), signature=BY_SUBKEY),
        "expiring",
        9,
        id="the subkey that signed ends first",
    ),
    pytest.param(
        lean(until(9, subkey_days=90), signature=BY_SUBKEY),
        "expiring",
        9,
        id="the primary ends before its subkey",
    ),
    pytest.param(
        lean(until(90, subkey_days=9)), "good", 90, id="a subkey that did not sign"
    ),
    pytest.param(
        lean(SUBKEYS.file, signature=FOR_30_DAYS),
        "expiring",
        20,
        id="the signature ends first",
    ),
    pytest.param(
        lean(KEYS.revoked.file, signature=BY_REVOKED), "revoked", None, id="revoked"
    ),
    pytest.param(
        lean(SUBKEYS.file, revoked=(SUBKEYS.fingerprint,)),
        "withdrawn",
        None,
        id="withdrawn",
    ),
    pytest.param(
        lean(
            SUBKEYS.file,
            signature=BY_SUBKEY,
            revoked=(SUBKEYS.secrets[1].fingerprint,),
        ),
        "withdrawn",
        None,
        id="subkey withdrawn",
    ),
]


@pytest.mark.parametrize(("leaning", "state", "left"), STATES)
def test_what_ends_first_decides(
    leaning: tuple[Resolved, Vouching], state: str, left: int | None
) -> None:
    prospect = one(leaning)
    assert (prospect.state, prospect.days_left) == (state, left)
    assert prospect.is_good == (state == "good")


def on(days: int) -> ExpiryException:
    moment = datetime.datetime.fromtimestamp(NOW, datetime.timezone.utc)
    day = moment.date() + datetime.timedelta(days=days)
    return ExpiryException(until=day, reason="they are renewing it")


EXCEPTIONS = [
    pytest.param(-5, 9, "expiring", id="expired, excepted for some days"),
    pytest.param(-5, 99, "good", id="expired, excepted for long"),
    pytest.param(-5, -1, "expired", id="expired, and the exception ended"),
    pytest.param(70, 9, "good", id="not needed yet"),
]


@pytest.mark.parametrize(("key_days", "exception_days", "state"), EXCEPTIONS)
def test_an_exception_moves_the_day(
    key_days: int, exception_days: int, state: str
) -> None:
    prospect = one(lean(until(key_days), allow_expired=on(exception_days)))
    assert prospect.state == state
    is_used = exception_days > key_days
    assert (prospect.exception is not None) == is_used
    if is_used:
        # Its last day counts whole, and here the day has just begun.
        assert prospect.days_left == exception_days + 1


def test_an_exception_for_the_key_is_none_for_the_signature() -> None:
    prospect = one(
        lean(until(-5), signature=FOR_30_DAYS, allow_expired=on(99)), days=10
    )
    assert prospect.days_left == 20


def test_what_one_key_signed_is_told_together() -> None:
    leanings = [
        lean(SUBKEYS.file, artifact="b"),
        lean(SUBKEYS.file, artifact="a"),
        lean(SUBKEYS.file, artifact="a"),
        lean(SUBKEYS.file, artifact="c", signature=BY_SUBKEY),
    ]
    prospects = foresee(leanings, now=NOW, days=60)
    told = {each.signed_by: each.artifacts for each in prospects}
    assert told == {
        SUBKEYS.fingerprint: ("a", "b"),
        SUBKEYS.secrets[1].fingerprint: ("c",),
    }


def test_unsigned_artifacts_have_no_prospect() -> None:
    resolved, _ = lean(SUBKEYS.file)
    assert foresee([(resolved, Vouching())], now=NOW, days=60) == ()


def test_an_unknown_extra_signer_is_passed_over() -> None:
    both = KEYS.sign(DATA, "stranger") + KEYS.sign(DATA, "subkeys")
    assert one(lean(SUBKEYS.file, signature=both)).fingerprint == SUBKEYS.fingerprint


@pytest.mark.parametrize(
    ("signature", "signers"),
    [
        pytest.param(KEYS.sign(DATA, "stranger"), 1, id="by a stranger"),
        pytest.param(KEYS.sign(DATA, "subkeys") + BY_SUBKEY, 2, id="twice by one key"),
    ],
)
def test_too_few_known_signers_are_an_error(signature: bytes, signers: int) -> None:
    leaning = lean(SUBKEYS.file, signature=signature, signers=signers)
    with pytest.raises(UntrustedKeyError, match=r"`tool` for linux-amd64 is signed by"):
        one(leaning)
