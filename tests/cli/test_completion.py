"""completion: a script its shell accepts, for every command."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from fetchkit.cli.catalogue import COMMANDS
from fetchkit.cli.commands.completion import SHELLS

if TYPE_CHECKING:
    from tests.cli.conftest import Cli

CHECKS = {"bash": ["-n"], "zsh": ["-n"], "fish": ["-n"], "tcsh": ["-n"]}


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_knows_every_command(cli: Cli, shell: str) -> None:
    ended = cli("completion", shell)
    assert ended.code == 0
    assert all(name in ended.stdout for name in COMMANDS)
    assert "--cache-dir" in ended.stdout or "cache-dir" in ended.stdout


@pytest.mark.parametrize("shell", SHELLS)
def test_the_shell_accepts_its_script(cli: Cli, shell: str) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"NOT TESTED: there is no {shell} on this machine")
    script = cli("completion", shell).stdout
    ended = subprocess.run(
        [program, *CHECKS[shell], "/dev/stdin"],
        input=script,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")


def test_bash_completes_a_command_and_a_choice(cli: Cli) -> None:
    script = cli("completion", "bash").stdout
    program = f"""{script}
COMP_WORDS=(fetchkit cache ver); COMP_CWORD=2; COMP_TYPE=9
_shtab_fetchkit fetchkit ver cache; printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    ended = subprocess.run(
        ["bash", "--norc", "-c", program],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert ended.stdout.split() == ["verify"]
