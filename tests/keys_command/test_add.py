"""keys add: nothing is pinned that nobody compared, and nothing is undone."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fetchkit.openpgp import read_key
from tests.flow.program import Program
from tests.keys import packets
from tests.origins.misbehaving import answer
from tests.signing import KEYS_DIR, load_test_keys

if TYPE_CHECKING:
    from tests.cli.conftest import Cli
    from tests.origins.misbehaving import Origin

KEYS = load_test_keys()
GOOD = KEYS.good.fingerprint
GOOD_FILE = KEYS_DIR / "good.asc"
KEPT = Path("keys") / f"{GOOD}.asc"
TABLE = f'[keys.jq]\nfingerprints = ["{GOOD}"]\n'
MANIFEST = "schema = 1  # the first line\n"


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """A manifest that names nothing yet."""
    path = tmp_path / "fetchkit.toml"
    path.write_text(MANIFEST)
    return path


def test_the_key_is_kept_and_its_table_printed(cli: Cli) -> None:
    ended = cli("keys", "add", "jq", "--file", GOOD_FILE, "--fingerprint", GOOD)
    assert ended.code == 0, ended.stderr
    assert ended.stdout == TABLE
    kept = read_key((cli.directory / KEPT).read_bytes(), subject="x", pinned=[GOOD])
    assert kept == KEYS.good.file
    assert not (cli.directory / "fetchkit.toml").exists()


def test_everything_to_compare_is_shown(cli: Cli) -> None:
    said = cli("keys", "add", "jq", "--file", GOOD_FILE, "--fingerprint", GOOD).stderr
    for text in (
        "9AB4 AFDE D4CB 7F29 5271 9EB7 61A5 25F7 E0D8 FA9D",
        "Test good <good@example.test>",
        "RSA 3072",
        "made on 2020-01-01, never expires",
    ):
        assert text in said


def test_a_key_is_fetched(cli: Cli, plain_origin: Origin) -> None:
    url = plain_origin.on("/key.asc", answer(KEYS.good.public_armor))
    ended = cli("keys", "add", "jq", "--url", url, "--fingerprint", GOOD.lower())
    assert ended.code == 0, ended.stderr
    assert f"from     {url}" in ended.stderr
    assert (cli.directory / KEPT).is_file()


def test_json_tells_the_same(cli: Cli, manifest: Path) -> None:
    ended = cli(
        *("keys", "add", "jq", "--file", GOOD_FILE, "--fingerprint", GOOD, "--json")
    )
    document = json.loads(ended.stdout)
    assert document["fingerprint"] == GOOD
    assert document["table"] == TABLE
    assert document["changed"] is True
    assert manifest.read_text() == MANIFEST


@pytest.mark.usefixtures("manifest")
def test_write_adds_the_table_and_keeps_the_rest(cli: Cli) -> None:
    call = ("keys", "add", "jq", "--file", GOOD_FILE, "--fingerprint", GOOD, "--write")
    first = cli(*call)
    assert (first.code, first.stdout) == (0, "")
    text = (cli.directory / "fetchkit.toml").read_text()
    assert text == f"{MANIFEST}\n{TABLE}"
    again = cli(*call)
    assert again.code == 0
    assert "Nothing to change" in again.stderr
    assert (cli.directory / "fetchkit.toml").read_text() == text


def test_a_pinned_name_is_renewed_without_comparing(cli: Cli, manifest: Path) -> None:
    manifest.write_text(MANIFEST + TABLE)
    older = packets.public_key(KEYS.good.secret, key_expires_in=1000 * 24 * 3600)
    (cli.directory / "keys").mkdir()
    (cli.directory / KEPT).write_bytes(older)
    ended = cli("keys", "add", "jq", "--file", GOOD_FILE)
    assert ended.code == 0, ended.stderr
    assert "Wrote " in ended.stderr
    assert ended.stdout == ""
    assert b"BEGIN PGP PUBLIC KEY" in (cli.directory / KEPT).read_bytes()


def test_a_renewed_key_takes_the_place_of_the_file_that_is_named(
    cli: Cli, manifest: Path
) -> None:
    manifest.write_text(f'{MANIFEST}{TABLE}file = "jq.asc"\n')
    assert cli("keys", "add", "jq", "--file", GOOD_FILE).code == 0
    assert os.listdir(cli.directory / "keys") == ["jq.asc"]


def test_the_revocation_of_a_pinned_key_is_taken_in(cli: Cli, manifest: Path) -> None:
    revoked = KEYS.revoked
    manifest.write_text(MANIFEST + TABLE.replace(GOOD, revoked.fingerprint))
    ended = cli("keys", "add", "jq", "--file", KEYS_DIR / "revoked.asc")
    assert ended.code == 0
    assert "everything it signed is refused" in ended.stderr
    kept = cli.directory / "keys" / f"{revoked.fingerprint}.asc"
    assert read_key(kept.read_bytes(), subject="x", pinned=None).is_revoked


def test_an_expired_key_is_kept_with_a_warning(cli: Cli) -> None:
    key = KEYS.expired
    ended = cli(
        *("keys", "add", "old", "--file", KEYS_DIR / "expired.asc"),
        *("--fingerprint", key.fingerprint),
    )
    assert ended.code == 0
    assert "warning: this key has expired" in ended.stderr


# ------------------------------------------------------------------- refusals

STRANGER = KEYS.stranger.fingerprint
REFUSED = [
    pytest.param("good.asc", [], 2, "nobody is here to compare", id="not compared"),
    pytest.param(
        "stranger.asc", [GOOD], 33, f"holds {STRANGER}, pinned", id="another key"
    ),
    pytest.param("good.asc", [GOOD[-8:]], 15, "full fingerprint", id="8 digits"),
    pytest.param("good.asc", [GOOD[-16:]], 15, "full fingerprint", id="16 digits"),
    pytest.param("good.asc", [GOOD[1:]], 15, "full fingerprint", id="39 digits"),
    pytest.param("good.asc", [GOOD + "A"], 15, "full fingerprint", id="41 digits"),
    pytest.param(
        "good.asc", [GOOD.replace("0", "O")], 15, "full fingerprint", id="O for 0"
    ),
    pytest.param(
        "subkeys.asc",
        [KEYS.subkeys.secrets[1].fingerprint],
        33,
        "as a subkey only",
        id="subkey",
    ),
    pytest.param(
        "revoked.asc", [KEYS.revoked.fingerprint], 34, "was revoked", id="revoked"
    ),
    pytest.param("weak.asc", [STRANGER], 33, "", id="weak"),
    pytest.param("good.secret.asc", [GOOD], 33, "secret key", id="secret key"),
    pytest.param("make_keys.py", [GOOD], 33, "neither armored nor", id="no key"),
    pytest.param("none.asc", [GOOD], 10, "there is no file", id="no such file"),
]


@pytest.mark.parametrize(("file", "fingerprint", "code", "reason"), REFUSED)
def test_is_refused_and_nothing_is_written(
    cli: Cli, manifest: Path, file: str, fingerprint: list[str], code: int, reason: str
) -> None:
    given = ["--fingerprint", *fingerprint] if fingerprint else []
    ended = cli("keys", "add", "jq", "--file", KEYS_DIR / file, "--write", *given)
    assert (ended.code, ended.stdout) == (code, "")
    assert reason in ended.stderr
    assert manifest.read_text() == MANIFEST
    assert not (cli.directory / "keys").exists()


@pytest.mark.parametrize(
    "spelling",
    [
        pytest.param(f"0x{GOOD}", id="0x"),
        pytest.param(GOOD.lower(), id="lower case"),
        pytest.param("9AB4 AFDE D4CB 7F29 5271  9EB7 61A5 25F7 E0D8 FA9D", id="groups"),
    ],
)
def test_a_fingerprint_may_be_written_as_people_do(cli: Cli, spelling: str) -> None:
    ended = cli("keys", "add", "jq", "--file", GOOD_FILE, "--fingerprint", spelling)
    assert ended.code == 0, ended.stderr


def test_a_key_that_lies_about_itself_is_refused(cli: Cli, tmp_path: Path) -> None:
    good, stranger = KEYS.good.secret, KEYS.stranger.secret
    grafted = packets.bind(good, stranger, binder=stranger)
    (tmp_path / "key.gpg").write_bytes(packets.public_key(good, subkeys=grafted))
    ended = cli("keys", "add", "jq", "--file", "key.gpg", "--fingerprint", GOOD)
    assert ended.code == 33
    assert f"subkey {STRANGER} is not bound to it" in ended.stderr


def test_a_revocation_is_not_undone(cli: Cli, manifest: Path) -> None:
    manifest.write_text(MANIFEST + TABLE)
    revoked = packets.public_key(
        KEYS.good.secret, revocation=packets.revoke(KEYS.good.secret)
    )
    (cli.directory / "keys").mkdir()
    (cli.directory / KEPT).write_bytes(revoked)
    ended = cli("keys", "add", "jq", "--file", GOOD_FILE)
    assert ended.code == 34
    assert (cli.directory / KEPT).read_bytes() == revoked


TAKEN = [
    pytest.param(TABLE, ["second.asc"], 33, "pinned is", id="another key"),
    pytest.param(
        TABLE,
        ["second.asc", "--fingerprint", KEYS.second.fingerprint],
        44,
        f"is {GOOD}, not",
        id="another key, compared",
    ),
    pytest.param(
        TABLE + 'url = "https://example.test/key.asc"\n',
        ["good.asc"],
        44,
        "fetched from its `url`",
        id="fetched in every run",
    ),
]


@pytest.mark.parametrize(("table", "arguments", "code", "reason"), TAKEN)
def test_a_name_that_is_taken_is_not_taken_over(
    cli: Cli, manifest: Path, table: str, arguments: list[str], code: int, reason: str
) -> None:
    manifest.write_text(MANIFEST + table)
    file, *rest = arguments
    ended = cli("keys", "add", "jq", "--file", KEYS_DIR / file, "--write", *rest)
    assert ended.code == code
    assert reason in ended.stderr
    assert manifest.read_text() == MANIFEST + table


def test_there_has_to_be_a_manifest_to_write_to(cli: Cli) -> None:
    ended = cli(
        *("keys", "add", "jq", "--file", GOOD_FILE, "--fingerprint", GOOD, "--write")
    )
    assert ended.code == 10
    assert "no fetchkit.toml" in ended.stderr
    assert not (cli.directory / "keys").exists()


def test_offline_fetches_no_key(cli: Cli) -> None:
    ended = cli(
        *("keys", "add", "jq", "--url", "https://example.test/key.asc", "--offline"),
        *("--fingerprint", GOOD),
    )
    assert ended.code == 22


# ---------------------------------------------------------------- at a terminal


def typed(text: str, directory: Path) -> subprocess.CompletedProcess[str]:
    """What comes of `text` typed at a terminal."""
    program = Program(variables={"HOME": str(directory)})
    ours, theirs = pty.openpty()
    try:
        process = subprocess.Popen(
            program.command("keys", "add", "jq", "--file", GOOD_FILE),
            env=program.environ(),
            cwd=directory,
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=theirs,
            text=True,
        )
        os.close(theirs)
        os.write(ours, text.encode())
        stdout, _ = process.communicate(timeout=60)
        said = os.read(ours, 65536).decode()
    finally:
        os.close(ours)
    return subprocess.CompletedProcess([], process.returncode, stdout, said)


def test_the_whole_fingerprint_has_to_be_typed(tmp_path: Path) -> None:
    ended = typed(f"{GOOD.lower()}\n", tmp_path)
    assert (ended.returncode, ended.stdout) == (0, TABLE)
    assert (tmp_path / KEPT).is_file()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("\n", 15, id="nothing"),
        pytest.param("y\n", 15, id="yes"),
        pytest.param(f"{GOOD[-8:]}\n", 15, id="the last digits alone"),
        pytest.param(f"{STRANGER}\n", 33, id="another one"),
        pytest.param("\x04", 15, id="end of input"),
    ],
)
def test_anything_else_keeps_nothing(tmp_path: Path, text: str, code: int) -> None:
    ended = typed(text, tmp_path)
    assert (ended.returncode, ended.stdout) == (code, "")
    assert "by another way than the key" in ended.stderr
    assert not (tmp_path / "keys").exists()
