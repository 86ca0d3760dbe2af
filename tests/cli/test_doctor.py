"""doctor: one line for each thing, and the code of the first problem."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cli

CHECKS = [
    "fetchkit", "python", "platform", "verifier", "cache", "temporary", "authorities",
    "proxy",
]  # fmt: skip


def checks(cli: Cli) -> dict[str, Any]:
    document = json.loads(cli("doctor", "--json").stdout)
    return {check["name"]: check for check in document["checks"]}


def test_a_sound_machine_has_no_problem(cli: Cli) -> None:
    ended = cli("doctor")
    assert ended.code == 0
    lines = [line.split()[:2] for line in ended.stdout.splitlines()]
    assert lines == [["ok", name] for name in CHECKS]
    assert list(checks(cli)) == CHECKS


def test_nothing_is_made_or_left(cli: Cli, tmp_path: Path) -> None:
    cli("doctor")
    assert list(tmp_path.iterdir()) == []


def no_verifier(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


def open_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache").chmod(0o777)


def no_temp_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "gone"))


def no_authorities(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    monkeypatch.setenv("FETCHKIT_CA_FILE", str(tmp_path / "ca.pem"))


def bad_proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "file:///x")


@pytest.mark.parametrize(
    ("break_it", "name", "code"),
    [
        pytest.param(no_verifier, "verifier", 30, id="no gpgv and no gpg"),
        pytest.param(open_cache, "cache", 40, id="cache everybody may write to"),
        pytest.param(no_temp_dir, "temporary", 40, id="no temporary directory"),
        pytest.param(no_authorities, "authorities", 11, id="CA file without any"),
        pytest.param(bad_proxy, "proxy", 11, id="proxy that is none"),
    ],
)
def test_a_problem_is_named_with_its_code_and_a_way_out(
    cli: Cli,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    break_it: object,
    name: str,
    code: int,
) -> None:
    assert callable(break_it)
    break_it(tmp_path, monkeypatch)
    ended = cli("doctor")
    assert ended.code == code
    (problem,) = (
        line for line in ended.stdout.splitlines() if line.startswith("problem")
    )
    assert problem.split()[1] == name
    assert "\nhint: " in ended.stdout
    found = checks(cli)
    assert [check["name"] for check in found.values() if not check["ok"]] == [name]
    assert found[name]["hint"]


def test_the_password_of_a_proxy_is_not_shown(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "http://user:s3cret@proxy.example:3128")
    monkeypatch.setenv("no_proxy", "localhost,.internal")
    ended = cli("doctor")
    assert "s3cret" not in ended.stdout
    assert "http://***@proxy.example:3128, not for localhost, .internal" in ended.stdout
