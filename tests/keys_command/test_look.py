"""keys list, show and outlook: what is told, and with which exit code."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import TOOL
from tests.keys import packets
from tests.origins import misbehaving
from tests.signing import KEYS_DIR, SIGNED_AT, load_test_keys

if TYPE_CHECKING:
    from tests.cli.conftest import Cli, Publisher
    from tests.origins.misbehaving import Origin

KEYS = load_test_keys()
GOOD = KEYS.good.fingerprint
DAY = 24 * 3600
UNTIL_2030 = 1893456000


# ------------------------------------------------------------------------ list


@pytest.mark.usefixtures("publisher")
def test_keys_are_listed_with_where_they_are(cli: Cli) -> None:
    ended = cli("keys", "list")
    assert (ended.code, ended.stderr) == (0, "")
    (line,) = ended.stdout.splitlines()
    assert line.split() == ["good", GOOD, "good", "-", f"{cli.directory}/keys/good.asc"]


@pytest.mark.usefixtures("publisher")
def test_a_revocation_beside_the_keys_is_listed(cli: Cli) -> None:
    certificate = cli.directory / "keys" / "good.rev"
    certificate.write_bytes(packets.revoke(KEYS.good.secret))
    (key,) = json.loads(cli("keys", "list", "--json").stdout)["keys"]
    assert key["state"] == "revoked"
    assert key["revoked_by"] == str(certificate)


@pytest.mark.usefixtures("publisher")
def test_a_key_that_cannot_be_had_is_listed_too(cli: Cli) -> None:
    (cli.directory / "keys" / "good.asc").unlink()
    ended = cli("keys", "list")
    assert ended.code == 0
    assert ended.stdout.split()[:3] == ["good", GOOD, "missing"]
    assert "there is no file good.asc" in ended.stderr


# ------------------------------------------------------------------------ show


@pytest.mark.usefixtures("publisher")
def test_a_key_is_shown_by_its_name_and_by_its_file(cli: Cli) -> None:
    by_name = json.loads(cli("keys", "show", "good", "--json").stdout)["keys"]
    by_file = json.loads(cli("keys", "show", "keys/good.asc", "--json").stdout)["keys"]
    assert by_name[0].pop("origin").endswith(by_file[0].pop("origin"))
    assert by_name == by_file


def test_parts_are_shown_with_what_they_may_do(cli: Cli) -> None:
    said = cli("keys", "show", KEYS_DIR / "expired_subkey.asc").stdout
    assert "Ed25519, certify, made on 2020-01-01, never expires" in said
    assert "Ed25519, sign, made on 2020-01-01, expires on 2021-01-01" in said


def test_what_gnupg_does_not_confirm_is_warned_of(cli: Cli) -> None:
    good, stranger = KEYS.good.secret, KEYS.stranger.secret
    grafted = packets.bind(good, stranger, binder=stranger)
    (cli.directory / "key.gpg").write_bytes(packets.public_key(good, subkeys=grafted))
    ended = cli("keys", "show", "key.gpg")
    assert ended.code == 0
    assert f"subkey {KEYS.stranger.fingerprint} is not bound" in ended.stderr


def test_a_hostile_user_id_is_shown_harmlessly(cli: Cli) -> None:
    data = packets.public_key(KEYS.good.secret, b"\x1b[2J\xff\n\xe2\x80\xaeevil")
    (cli.directory / "key.gpg").write_bytes(data)
    said = cli("keys", "show", "key.gpg").stdout
    assert all(char.isprintable() or char == "\n" for char in said)


@pytest.mark.usefixtures("publisher")
def test_a_name_that_is_neither_is_refused(cli: Cli) -> None:
    ended = cli("keys", "show", "jq")
    assert ended.code == 10
    assert "has good" in ended.stderr


# --------------------------------------------------------------------- outlook


@pytest.fixture
def ending(publisher: Publisher, plain_origin: Origin) -> Publisher:
    """A publisher whose key ends on 2030-01-01."""
    data = packets.public_key(
        KEYS.good.secret, key_expires_in=UNTIL_2030 - packets.EPOCH
    )
    (publisher.directory / "keys" / "good.asc").write_bytes(data)
    return publisher


@pytest.mark.usefixtures("publisher")
def test_keys_without_end_are_good(cli: Cli) -> None:
    ended = cli("keys", "outlook")
    assert (ended.code, ended.stderr) == (0, "")
    assert ended.stdout.split() == ["good", GOOD, "good", "-", "-", "tool"]


OUTLOOKS = [
    pytest.param(["--at", "2029-10-01"], 0, "good", 92, id="far away"),
    pytest.param(["--at", "2029-11-02"], 0, "good", 60, id="60 days before"),
    pytest.param(["--at", "2029-11-03"], 34, "expiring", 59, id="59 days before"),
    pytest.param(
        ["--at", "2029-10-01", "--days", "93"], 34, "expiring", 92, id="more days"
    ),
    pytest.param(["--at", "2030-01-02"], 34, "expired", -1, id="afterwards"),
]


@pytest.mark.usefixtures("ending")
@pytest.mark.parametrize(("options", "code", "state", "left"), OUTLOOKS)
def test_the_exit_code_tells_that_a_key_ends(
    cli: Cli, options: list[str], code: int, state: str, left: int
) -> None:
    ended = cli("keys", "outlook", "--json", *options)
    assert ended.code == code, ended.stderr
    document = json.loads(ended.stdout)
    assert document["good"] == (code == 0)
    (key,) = document["keys"]
    assert (key["state"], key["days_left"]) == (state, left)
    assert (key["ends_at"], key["artifacts"]) == (UNTIL_2030, ["tool"])
    assert ("warning: good" in ended.stderr) == (code != 0)


@pytest.mark.usefixtures("ending")
def test_an_exception_is_told_with_its_day(cli: Cli) -> None:
    manifest = cli.directory / "fetchkit.toml"
    text = manifest.read_text().replace(
        'file = "good.asc"',
        'file = "good.asc"\n'
        'allow_expired = { until = 2030-06-30, reason = "they are renewing it" }',
    )
    manifest.write_text(text)
    ended = cli("keys", "outlook", "--at", "2030-06-01", "--json")
    assert ended.code == 34
    (key,) = json.loads(ended.stdout)["keys"]
    assert (key["state"], key["days_left"]) == ("expiring", 30)
    assert key["exception"]["reason"] == "they are renewing it"
    assert "the exception for it ends on 2030-06-30" in ended.stderr


@pytest.mark.usefixtures("publisher")
def test_a_revoked_key_fails_the_outlook(cli: Cli) -> None:
    certificate = cli.directory / "keys" / "good.rev"
    certificate.write_bytes(packets.revoke(KEYS.good.secret))
    ended = cli("keys", "outlook")
    assert ended.code == 34
    assert "nothing it signed can be installed" in ended.stderr


def test_the_subkey_that_signed_is_named(
    cli: Cli, publisher: Publisher, plain_origin: Origin
) -> None:
    subkeys = KEYS.subkeys
    for arch in ("amd64", "arm64"):
        path = f"/tool-1.2.3-{arch}.asc"
        signature = KEYS.sign(TOOL, "subkeys", subkey=2)
        plain_origin.on(path, misbehaving.answer(signature))
    (cli.directory / "keys" / "good.asc").write_bytes(subkeys.public_armor)
    manifest = cli.directory / "fetchkit.toml"
    manifest.write_text(manifest.read_text().replace(GOOD, subkeys.fingerprint))
    (key,) = json.loads(cli("keys", "outlook", "--json").stdout)["keys"]
    assert key["fingerprint"] == subkeys.fingerprint
    assert key["signed_by"] == subkeys.secrets[2].fingerprint


@pytest.mark.parametrize(
    "options", [["--days", "-1"], ["--days", "many"], ["--at", "soon"]], ids=" ".join
)
def test_days_that_are_none_are_a_wrong_call(cli: Cli, options: list[str]) -> None:
    assert cli("keys", "outlook", *options).code == 2


def test_the_date_of_the_tests_keys_is_known() -> None:
    assert packets.EPOCH < SIGNED_AT < UNTIL_2030 - DAY
