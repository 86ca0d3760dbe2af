"""The short way to "not for me" and the long one give the same answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fetchkit.cli.glance import is_not_meant

if TYPE_CHECKING:
    from pathlib import Path

CNB = {"CNB_BUILD_PLAN_PATH": "/plan.toml"}
FITS_NOTHING = '[detect]\nfiles = ["go.mod"]\n'


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A plain call in an app that has a Procfile."""
    app = tmp_path / "app"
    app.mkdir()
    (app / "Procfile").touch()
    monkeypatch.chdir(app)
    manifest = tmp_path / "fetchkit.toml"
    manifest.write_text(FITS_NOTHING)
    return ["detect", "--manifest", str(manifest)]


def test_an_app_of_another_kind_is_told_at_a_glance(
    call: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert is_not_meant(call, CNB)
    assert "no file that" in capsys.readouterr().err


def test_positionals_of_old_lifecycles_change_nothing(call: list[str]) -> None:
    assert is_not_meant([*call, "/platform", "/plan.toml"], CNB)


@pytest.mark.parametrize(
    ("words", "environ"),
    [
        pytest.param(["build"], CNB, id="another command"),
        pytest.param(["detect"], CNB, id="no manifest named"),
        pytest.param(["detect", "--manifest", "-"], CNB, id="standard input"),
        pytest.param(["detect", "--manifest", "https://x/y"], CNB, id="a url"),
        pytest.param(["detect", "--manifest", "/nowhere"], CNB, id="a missing file"),
        pytest.param(["detect", "--manifest"], CNB, id="half an option"),
        pytest.param(None, {}, id="another platform"),
        pytest.param(None, {"CNB_BUILD_PLAN_PATH": ""}, id="an empty variable"),
    ],
)
def test_unusual_calls_are_left_to_the_command(
    call: list[str], words: list[str] | None, environ: dict[str, str]
) -> None:
    assert not is_not_meant(words or call, environ)
    assert not is_not_meant([*call, "--json"], CNB)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('[detect]\nfiles = ["Procfile"]\n', id="it fits"),
        pytest.param("schema = 1\n", id="no table"),
        pytest.param("[detect]\nfiles = []\n", id="no pattern"),
        pytest.param("[detect]\nfiles = [1]\n", id="no text"),
        pytest.param('[detect]\nfiles = "go.mod"\n', id="no list"),
        pytest.param('[detect]\nfiles = ["../x"]\n', id="outside the app"),
        pytest.param('[detect]\nfiles = ["x"]\nmore = 1\n', id="an unknown key"),
        pytest.param("detect = 1\n", id="no table at all"),
        pytest.param("[detect\n", id="no TOML"),
        pytest.param("<html>", id="a web page"),
    ],
)
def test_everything_else_in_a_manifest_is_left_to_its_reader(
    call: list[str], text: str, tmp_path: Path
) -> None:
    (tmp_path / "fetchkit.toml").write_text(text)
    assert not is_not_meant(call, CNB)
