"""What is left for run time works in the shells that platforms really use."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.flow.scene import publish

if TYPE_CHECKING:
    from pathlib import Path

    from tests.flow.scene import Scene
    from tests.origins.nginx import Site

SHELLS = ["dash", "bash", "bash --posix"]
HOMES = ["app", "my app", "it's $HOME", 'a "quoted" *?[x]', "back\\slash", "ünïcode"]


@pytest.fixture
def built(scene: Scene, nginx: Site) -> Scene:
    """An app with a tool on PATH and variables for it."""
    publish(scene, nginx)
    scene.artifact()["install"]["env"] = {
        "TOOL_HOME": "{root}/vendor/tool",
        "TOOL_MODE": 'it\'s "quoted" $(touch pwned) `touch pwned`',
    }
    assert scene.compile().code == 0
    return scene


def run(shell: str, script: str, home: Path, **variables: str) -> str:
    """Run `script` as a dyno does: in HOME, with nothing else of ours."""
    ended = subprocess.run(
        [*shell.split(), "-c", script],
        cwd=home,
        env={"PATH": "/usr/bin:/bin", "HOME": str(home), **variables},
        capture_output=True,
        check=False,
        text=True,
        timeout=20,
    )
    assert ended.stderr == ""
    return ended.stdout


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("home", HOMES)
def test_tool_is_on_path_wherever_the_app_has_moved(
    built: Scene, tmp_path: Path, shell: str, home: str
) -> None:
    moved = built.app_dir.rename(tmp_path / home)
    script = "set -eu; . .profile.d/fetchkit.sh; tool now; command -v tool"
    said, path = run(shell, script, moved).splitlines()
    assert said == "tool 1.2.3 now"
    assert path == f"{moved}/vendor/tool/bin/tool"


@pytest.mark.parametrize("shell", SHELLS)
def test_sourced_twice_is_sourced_once(built: Scene, shell: str) -> None:
    script = (
        ". .profile.d/fetchkit.sh; once=$PATH; . .profile.d/fetchkit.sh; "
        '[ "$PATH" = "$once" ] && echo same; pwd'
    )
    assert run(shell, script, built.app_dir) == f"same\n{built.app_dir}\n"


@pytest.mark.parametrize("shell", SHELLS)
def test_values_are_text_and_never_run(built: Scene, shell: str) -> None:
    script = '. .profile.d/fetchkit.sh; printf "%s|%s" "$TOOL_HOME" "$TOOL_MODE"'
    home, mode = run(shell, script, built.app_dir).split("|")
    assert home == f"{built.app_dir}/vendor/tool"
    assert mode == 'it\'s "quoted" $(touch pwned) `touch pwned`'
    assert not (built.app_dir / "pwned").exists()


@pytest.mark.parametrize("shell", SHELLS)
def test_config_var_of_the_app_wins(built: Scene, shell: str) -> None:
    script = '. .profile.d/fetchkit.sh; printf %s "$TOOL_MODE"'
    assert run(shell, script, built.app_dir, TOOL_MODE="mine") == "mine"


@pytest.mark.parametrize("shell", SHELLS)
def test_script_runs_without_path_or_with_an_empty_one(
    built: Scene, shell: str
) -> None:
    script = 'unset PATH; set -u; . ./.profile.d/fetchkit.sh; echo "$PATH"'
    assert run(shell, script, built.app_dir) == f"{built.app_dir}/vendor/tool/bin\n"


def test_nothing_for_run_time_names_the_build_directory(built: Scene) -> None:
    for path in built.app_dir.rglob("*"):
        if path.is_file():
            assert str(built.home).encode() not in path.read_bytes()
