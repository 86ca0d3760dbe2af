"""Keys over time: several signers, a key that is rolled over, revoked, or expired.

The whole program with real gpgv; `tests/trust` has the tables.
"""

from __future__ import annotations

import json
import shutil
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.flow import attacks
from tests.flow.scene import BINARY
from tests.keys import packets
from tests.origins.misbehaving import answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.flow.program import Ended
    from tests.flow.scene import Scene
    from tests.origins.misbehaving import Origin

REVOKED, UNTRUSTED = 34, 33


@pytest.fixture
def ready(scene: Scene, origin: Origin) -> Scene:
    """A scene that builds: signed by ``good``, whose key lies beside the manifest."""
    attacks.everything_right(scene, origin)
    return scene


def signed_by(scene: Scene, origin: Origin, *names: str, subkey: int = 0) -> None:
    """Publish one signature file with a signature by each of `names`."""
    signatures = [
        scene.keys.sign(BINARY, name, subkey=subkey if name == "subkeys" else 0)
        for name in names
    ]
    origin.on(attacks.SIGNATURE_PATH, answer(b"".join(signatures)))


def trusts(scene: Scene, *names: str, signers: int = 1) -> None:
    for name in names:
        scene.trust(name)
    scene.artifact().update(signed_by=list(names), signers=signers)


def signers_in_receipt(scene: Scene) -> set[str]:
    receipt = json.loads((scene.app_dir / ".fetchkit" / "fetchkit.json").read_bytes())
    (artifact,) = receipt["artifacts"]
    return {signer["key"] for signer in artifact["evidence"]["signers"]}


def builds(scene: Scene) -> str:
    ended = scene.compile()
    assert ended.code == 0, ended.said
    return ended.stderr


def refuses(scene: Scene, code: int, reason: str) -> Ended:
    before = scene.installed()
    ended = scene.compile()
    assert ended.code == code, ended.said
    assert reason in ended.stderr
    assert scene.installed() == before
    return ended


def fresh_app(scene: Scene) -> None:
    shutil.rmtree(scene.app_dir)
    scene.app_dir.mkdir()


# ------------------------------------------------------------- several signers


def test_two_of_two_signers_are_enough_and_both_are_recorded(
    ready: Scene, origin: Origin
) -> None:
    trusts(ready, "good", "second", signers=2)
    signed_by(ready, origin, "second", "good")
    said = builds(ready)
    assert "signed by 2 of good or second" in said
    assert signers_in_receipt(ready) == {"good", "second"}


def test_two_of_three_signers_are_enough(ready: Scene, origin: Origin) -> None:
    trusts(ready, "good", "second", "subkeys", signers=2)
    signed_by(ready, origin, "good", "subkeys", subkey=1)
    builds(ready)
    assert signers_in_receipt(ready) == {"good", "subkeys"}


def test_one_of_two_is_not_enough(ready: Scene, origin: Origin) -> None:
    trusts(ready, "good", "second", signers=2)
    refuses(ready, UNTRUSTED, "needs signatures by 2 different keys")


def test_a_stranger_does_not_count_as_second(ready: Scene, origin: Origin) -> None:
    trusts(ready, "good", "second", signers=2)
    signed_by(ready, origin, "good", "stranger")
    refuses(ready, UNTRUSTED, "needs signatures by 2 different keys")


def test_two_subkeys_of_one_key_are_one_signer(ready: Scene, origin: Origin) -> None:
    trusts(ready, "subkeys", "good", signers=2)
    by_both = b"".join(
        ready.keys.sign(BINARY, "subkeys", subkey=number) for number in (1, 2)
    )
    origin.on(attacks.SIGNATURE_PATH, answer(by_both))
    refuses(ready, UNTRUSTED, "needs signatures by 2 different keys")


# ------------------------------------------------------------------- roll-over


@pytest.mark.parametrize("order", [("good", "stranger"), ("stranger", "good")])
def test_a_file_signed_by_old_and_new_key_satisfies_who_knows_one(
    ready: Scene, origin: Origin, order: tuple[str, str]
) -> None:
    signed_by(ready, origin, *order)
    builds(ready)
    assert signers_in_receipt(ready) == {"good"}


def test_a_manifest_may_name_the_old_key_and_the_new(
    ready: Scene, origin: Origin
) -> None:
    trusts(ready, "good", "second")
    builds(ready)
    fresh_app(ready)
    shutil.rmtree(ready.cache_dir)
    signed_by(ready, origin, "second")
    builds(ready)
    assert signers_in_receipt(ready) == {"second"}


# ------------------------------------------------------------------ revocation


def certificate_beside_the_key(scene: Scene) -> None:
    certificate = packets.revoke(scene.keys.good.secret)
    (scene.key_dir / f"{scene.keys.good.fingerprint}.rev").write_bytes(
        packets.armor(certificate, "PGP PUBLIC KEY BLOCK")
    )


def revoked_key_file(scene: Scene) -> None:
    secret = scene.keys.good.secret
    data = packets.public_key(secret, revocation=packets.revoke(secret))
    (scene.key_dir / "good.asc").write_bytes(data)


def withdrawn_by_the_manifest(scene: Scene) -> None:
    scene.manifest["keys"]["good"]["revoked"] = [scene.keys.good.fingerprint]


WAYS = [
    pytest.param(certificate_beside_the_key, "which was revoked", id="certificate"),
    pytest.param(revoked_key_file, "which was revoked", id="revoked key file"),
    pytest.param(withdrawn_by_the_manifest, "was withdrawn by", id="manifest"),
]
STATES: list[Any] = [
    pytest.param(lambda _: None, id="installed"),
    pytest.param(fresh_app, id="in the cache"),
    pytest.param(lambda scene: shutil.rmtree(scene.cache_dir), id="cache gone"),
]


@pytest.mark.parametrize(("take_back", "reason"), WAYS)
@pytest.mark.parametrize("state", STATES)
def test_a_key_that_was_good_yesterday_is_refused_today(
    ready: Scene,
    take_back: Callable[[Scene], None],
    reason: str,
    state: Callable[[Scene], None],
) -> None:
    """Also where nothing has to be fetched, and a verdict of yesterday is at hand."""
    builds(ready)
    state(ready)
    take_back(ready)
    refuses(ready, REVOKED, reason)


def test_an_exception_for_expiry_excuses_no_revocation(ready: Scene) -> None:
    certificate_beside_the_key(ready)
    ready.manifest["keys"]["good"]["allow_expired"] = {
        "until": date(2999, 1, 1),
        "reason": "because",
    }
    refuses(ready, REVOKED, "which was revoked")


def test_a_certificate_of_another_key_stops_nobody(ready: Scene) -> None:
    (ready.key_dir / "other.rev").write_bytes(packets.revoke(ready.keys.second.secret))
    builds(ready)


def test_a_certificate_that_cannot_be_read_stops_the_build(ready: Scene) -> None:
    (ready.key_dir / "other.rev").write_text("revoked, I was told\n")
    refuses(ready, UNTRUSTED, "other.rev is neither armored nor binary")


# ---------------------------------------------------------------------- expiry


def test_an_exception_is_shown_on_every_run(ready: Scene, origin: Origin) -> None:
    trusts(ready, "expired")
    signed_by(ready, origin, "expired")
    until = date.today() + timedelta(days=9)  # noqa: DTZ011 -- the program's own clock
    ready.manifest["keys"]["expired"]["allow_expired"] = {
        "until": until,
        "reason": "they are renewing it",
    }
    for _ in ("fetched", "in place"):
        said = builds(ready)
        assert f"expired on 2021-01-01; accepted until {until}" in said
        assert "they are renewing it" in said
    fresh_app(ready)
    assert "they are renewing it" in builds(ready)


def test_an_exception_that_is_over_excuses_nothing(
    ready: Scene, origin: Origin
) -> None:
    trusts(ready, "expired")
    signed_by(ready, origin, "expired")
    ready.manifest["keys"]["expired"]["allow_expired"] = {
        "until": date(2022, 1, 31),
        "reason": "they were renewing it",
    }
    refuses(ready, REVOKED, "the exception for it ended on 2022-01-31")
