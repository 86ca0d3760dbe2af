"""verify: a file, or an installation; the exit code says what does not hold."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from fetchkit.digest import Digest
from tests.cli.conftest import TOOL

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cli
    from tests.signing import TestKeys


@pytest.fixture
def signed(tmp_path: Path, keys: TestKeys) -> Path:
    """A file, its signature and the key it is by."""
    (tmp_path / "tool").write_bytes(TOOL)
    (tmp_path / "tool.asc").write_bytes(keys.sign(TOOL))
    (tmp_path / "key.asc").write_bytes(keys.good.public_armor)
    return tmp_path


CALL = ("verify", "tool", "--signature", "tool.asc", "--key", "key.asc")


@pytest.mark.usefixtures("signed")
def test_a_good_signature_by_the_pinned_key_is_accepted(
    cli: Cli, keys: TestKeys
) -> None:
    ended = cli(*CALL, "--fingerprint", keys.good.fingerprint)
    assert ended.code == 0
    assert ended.stderr == ""
    assert ended.stdout.splitlines()[:4] == [
        "`tool`: good",
        f"  digest     {Digest.of(TOOL)}",
        f"  signed by  {keys.good.fingerprint}",
        "  on         2020-07-01 00:00:00 UTC",
    ]


@pytest.mark.usefixtures("signed")
def test_without_a_pin_the_fingerprint_has_to_be_compared(
    cli: Cli, keys: TestKeys
) -> None:
    ended = cli(*CALL)
    assert ended.code == 0
    assert ended.stderr == (
        f"warning: the key was not pinned: compare {keys.good.fingerprint} with what "
        "the publisher announces, or the signature proves nothing\n"
    )
    assert json.loads(cli(*CALL, "--json").stdout)["pinned"] is False


def spoil_file(directory: Path, keys: TestKeys) -> None:
    (directory / "tool").write_bytes(TOOL + b"!")


def sign_by_stranger(directory: Path, keys: TestKeys) -> None:
    (directory / "tool.asc").write_bytes(keys.sign(TOOL, by="stranger"))


def sign_by_expired(directory: Path, keys: TestKeys) -> None:
    (directory / "tool.asc").write_bytes(keys.sign(TOOL, by="expired"))
    (directory / "key.asc").write_bytes(keys.expired.public_armor)


def sign_by_revoked(directory: Path, keys: TestKeys) -> None:
    (directory / "tool.asc").write_bytes(keys.sign(TOOL, by="revoked"))
    (directory / "key.asc").write_bytes(keys.revoked.public_armor)


def empty_signature(directory: Path, keys: TestKeys) -> None:
    (directory / "tool.asc").write_bytes(b"")


def web_page(directory: Path, keys: TestKeys) -> None:
    (directory / "tool.asc").write_bytes(b"<!doctype html><p>Please log in")


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        pytest.param(spoil_file, 32, id="other bytes"),
        pytest.param(web_page, 32, id="a web page for a signature"),
        pytest.param(sign_by_stranger, 33, id="signed by a stranger"),
        pytest.param(sign_by_expired, 34, id="key expired"),
        pytest.param(sign_by_revoked, 34, id="key revoked"),
        pytest.param(empty_signature, 35, id="no signature"),
    ],
)
def test_what_does_not_hold_has_its_code(
    cli: Cli, signed: Path, keys: TestKeys, spoil: object, code: int
) -> None:
    assert callable(spoil)
    spoil(signed, keys)
    ended = cli(*CALL, "--json")
    assert ended.code == code
    assert ended.stderr.startswith("error: ")
    assert json.loads(ended.stdout)["error"]["exit_code"] == code


@pytest.mark.usefixtures("signed")
@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        pytest.param(
            [*CALL, "--fingerprint", "A" * 40], 33, "pinned is AAAA", id="other key"
        ),
        pytest.param(
            [*CALL, "--fingerprint", "DEADBEEF"], 15, "full fingerprint", id="short id"
        ),
        pytest.param(["verify", "tool"], 2, "nothing is said", id="nothing to check"),
        pytest.param(["verify", "tool", "--key", "key.asc"], 2, "key a", id="only key"),
        pytest.param(["verify", "gone", *CALL[2:]], 10, "no file `gone`", id="no file"),
        pytest.param(
            [*CALL[:3], "gone", *CALL[4:]], 10, "no file `gone`", id="no signature file"
        ),
        pytest.param(["verify", "tool", "--sha256", "1" * 64], 31, "exp", id="digest"),
        pytest.param([*CALL, "--sha256", "1" * 64], 31, "exp", id="digest beside"),
        pytest.param(["verify", "tool", "--sha256", "1"], 15, "sha256", id="no digest"),
    ],
)
def test_a_call_that_cannot_succeed(
    cli: Cli, arguments: list[str], code: int, said: str
) -> None:
    ended = cli(*arguments)
    assert ended.code == code
    assert said in ended.stderr
    assert ended.stdout == ""


@pytest.mark.usefixtures("signed")
def test_a_digest_alone_is_enough(cli: Cli) -> None:
    ended = cli("verify", "tool", "--sha256", Digest.of(TOOL).hex)
    assert ended.code == 0
    assert ended.stdout.startswith("`tool`: good\n")


def overwrite(root: Path) -> str:
    (root / "vendor/tool-1.2.3-amd64").write_bytes(b"x" * len(TOOL))
    return "changed  vendor/tool-1.2.3-amd64: has sha256 "


def shorten(root: Path) -> str:
    (root / "vendor/tool-1.2.3-amd64").write_bytes(b"")
    return "changed  vendor/tool-1.2.3-amd64: has size 0, installed was 20"


def forbid(root: Path) -> str:
    (root / "vendor/tool-1.2.3-amd64").chmod(0o600)
    return "changed  vendor/tool-1.2.3-amd64: has mode 0600, installed was 0755"


def redirect(root: Path) -> str:
    (root / "vendor/tool").unlink()
    (root / "vendor/tool").symlink_to("/bin/sh")
    return "changed  vendor/tool: points to /bin/sh, installed was tool-1.2.3-amd64"


def replace_by_file(root: Path) -> str:
    (root / "vendor/tool").unlink()
    (root / "vendor/tool").write_bytes(b"")
    return "changed  vendor/tool: is a file, was installed as a link"


def remove(root: Path) -> str:
    (root / "vendor/tool").unlink()
    return "missing  vendor/tool"


def add(root: Path) -> str:
    (root / "vendor/more").touch()
    return "extra    vendor/more"


def replace_directory(root: Path) -> str:
    os.rename(root / "vendor", root / "elsewhere")
    (root / "vendor").symlink_to("elsewhere")
    return "changed  vendor: is a link, was installed as a dir"


@pytest.mark.usefixtures("publisher")
@pytest.mark.parametrize(
    "spoil",
    [overwrite, shorten, forbid, redirect, replace_by_file, remove, add,
     replace_directory],
    ids=lambda spoil: spoil.__name__.replace("_", " "),
)  # fmt: skip
def test_every_difference_to_what_was_installed_is_found(
    cli: Cli, tmp_path: Path, spoil: object
) -> None:
    cli("install", "app")
    assert cli("verify", "--installed", "app").code == 0
    assert callable(spoil)
    line = spoil(tmp_path / "app")
    ended = cli("verify", "--installed", "app")
    assert ended.code == 31
    assert ended.stdout.startswith(line)
    assert "of 3 are not as installed" in ended.stderr
    document = json.loads(cli("verify", "--installed", "app", "--json").stdout)
    assert document["intact"] is False
    assert len(document["differences"]) == 1
