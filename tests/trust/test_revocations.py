"""A key that was taken back signs nothing, whoever says so: file, manifest, verifier.

With real gpgv and real gpg: what they make of a revocation differs from what has to
be made of it.
"""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING

import pytest

from fetchkit.errors import ExpiredKeyError
from fetchkit.gpg import Verifier, find_verifier
from fetchkit.openpgp import (
    KeyFile,
    apply_revocations,
    read_key,
    read_revocations,
    read_signatures,
)
from fetchkit.trust import Verdict, judge
from fetchkit.values import replace
from tests.keys import packets
from tests.signing import load_test_keys

if TYPE_CHECKING:
    from pathlib import Path

    from fetchkit.artifact import Key
    from fetchkit.status import RawVerdict
    from tests.keys.packets import Secret

KEYS = load_test_keys()
GOOD, SUBKEYS = KEYS.good, KEYS.subkeys
DATA = b"data\n" * 1000
FRAMED = packets.framed(GOOD.secret.public)


def revocation(by: Secret, *, signed: bytes = FRAMED, digest: str = "SHA512") -> bytes:
    """A certificate that claims to take `good` back, whoever makes it."""
    return packets.sign(by, signed, kind=0x20, digest=digest, issuer=GOOD.fingerprint)


TRUE = revocation(GOOD.secret)
WEAK = revocation(GOOD.secret, digest="SHA1")
FORGED = revocation(KEYS.stranger.secret)
DAMAGED = revocation(GOOD.secret, signed=FRAMED + b"x")


@pytest.fixture(params=["gpgv", "gpg"])
def verifier(request: pytest.FixtureRequest) -> Verifier:
    path = shutil.which(request.param)
    assert path is not None, f"these tests need a real {request.param}"
    version = find_verifier(path.rpartition("/")[0]).version
    return Verifier(path=path, name=request.param, version=version)


def asked(
    verifier: Verifier, file: KeyFile, work_dir: Path, *, by: str, subkey: int = 0
) -> RawVerdict:
    signature = KEYS.sign(DATA, by, subkey=subkey)
    started = verifier.start(
        signature=read_signatures(signature, subject="signature"),
        keys=[file],
        work_dir=str(work_dir),
    )
    with started as stream:
        stream.write(DATA)
        return stream.finish()


def judged(raw: RawVerdict, pin: Key, *others: Key) -> Verdict:
    return judge(raw, keys=(pin, *others), signers=1, now=time.time(), subject="tool")


def refusal(raw: RawVerdict, pin: Key, *others: Key) -> ExpiredKeyError:
    with pytest.raises(ExpiredKeyError) as caught:
        judged(raw, pin, *others)
    return caught.value


def revoked_by(certificate: bytes) -> KeyFile:
    return apply_revocations(GOOD.file, read_revocations(certificate, subject="x"))


def test_verifiers_honour_a_certificate_that_is_put_into_the_key(
    verifier: Verifier, tmp_path: Path
) -> None:
    raw = asked(verifier, revoked_by(TRUE), tmp_path, by="good")
    assert b"REVKEYSIG" in raw.status
    error = refusal(raw, GOOD.pin)
    assert "which was revoked" in error.message
    assert "does not confirm" not in str(error.hint)


UNCONFIRMED = [
    pytest.param(WEAK, id="true, made with SHA-1"),
    pytest.param(FORGED, id="made by another key"),
    pytest.param(DAMAGED, id="over something else"),
]


@pytest.mark.parametrize("certificate", UNCONFIRMED)
def test_one_that_verifiers_pass_over_is_refused_and_said_to_be_unconfirmed(
    verifier: Verifier, tmp_path: Path, certificate: bytes
) -> None:
    raw = asked(verifier, revoked_by(certificate), tmp_path, by="good")
    assert b"GOODSIG" in raw.status, "the verifier has begun to honour it: say so"
    error = refusal(raw, GOOD.pin)
    assert "which was revoked" in error.message
    assert "does not confirm" in str(error.hint)


def test_a_certificate_by_a_stranger_for_itself_disables_nobody(
    verifier: Verifier, tmp_path: Path
) -> None:
    own = packets.revoke(KEYS.stranger.secret)
    raw = asked(verifier, revoked_by(own), tmp_path, by="good")
    assert judged(raw, GOOD.pin).signers[0].primary == GOOD.fingerprint


def test_a_foreign_revocation_inside_the_key_file_disables_nobody(
    verifier: Verifier, tmp_path: Path
) -> None:
    """Anybody can append one to a published key; only the owner's counts."""
    head, *rest = packets.split(GOOD.public)
    foreign = packets.sign(KEYS.stranger.secret, FRAMED, kind=0x20)
    parts = b"".join(packets.packet(*each) for each in rest)
    file = read_key(packets.packet(*head) + foreign + parts, subject="k", pinned=None)
    raw = asked(verifier, file, tmp_path, by="good")
    assert judged(raw, GOOD.pin).signers[0].primary == GOOD.fingerprint


WITHDRAWN = [
    pytest.param("good", 0, GOOD.fingerprint, id="primary that signs"),
    pytest.param("subkeys", 1, SUBKEYS.fingerprint, id="primary of the subkey"),
    pytest.param("subkeys", 1, SUBKEYS.secrets[1].fingerprint, id="subkey"),
]


@pytest.mark.parametrize(("by", "subkey", "fingerprint"), WITHDRAWN)
def test_what_the_manifest_withdraws_is_refused(
    verifier: Verifier, tmp_path: Path, by: str, subkey: int, fingerprint: str
) -> None:
    key = getattr(KEYS, by)
    raw = asked(verifier, key.file, tmp_path, by=by, subkey=subkey)
    assert judged(raw, key.pin).signers
    pin = replace(key.pin, revoked=(fingerprint,))
    assert "withdrawn by `revoked`" in refusal(raw, pin).message


def test_withdrawing_one_subkey_leaves_the_other(
    verifier: Verifier, tmp_path: Path
) -> None:
    pin = replace(SUBKEYS.pin, revoked=(SUBKEYS.secrets[1].fingerprint,))
    raw = asked(verifier, SUBKEYS.file, tmp_path, by="subkeys", subkey=2)
    (signer,) = judged(raw, pin).signers
    assert signer.fingerprint == SUBKEYS.secrets[2].fingerprint


def test_a_key_withdrawn_under_one_name_does_not_count_under_another(
    verifier: Verifier, tmp_path: Path
) -> None:
    old = replace(KEYS.second.pin, revoked=(GOOD.fingerprint,))
    raw = asked(verifier, GOOD.file, tmp_path, by="good")
    assert "withdrawn" in refusal(raw, GOOD.pin, old).message
