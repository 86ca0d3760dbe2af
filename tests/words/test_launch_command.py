"""A Procfile's command as arguments, compared with what a shell makes of it."""

from __future__ import annotations

import subprocess

import pytest

from fetchkit.procfile import Procfile, launch_command, wrap_command

COMMANDS = [
    "show a b",
    "show 'a  b' \"c d\"",
    r"show a\ b",
    "A=1 show $A",
    "A=1 B='x y' show $HOME",
    "show \"$HOME\" '$HOME'",
    "exec show a",
    "exec env A=1 show a",
    "env A=1 show a",
    "show a; show b",
    "show a && show b",
    "show a | cat",
    "show $(echo x y)",
    'show "`echo x`"',
    "show ${NOTHING:-else}",
    "show '*' *.nothing",
    "show a > /dev/null",
    "show ~root",
    "show a # b",
    'show "a\\"b"',
    "A=$HOME show x",
    "(show a)",
    "! show a",
]
SHOW = '#!/bin/sh\nprintf "[%s]" "$A" "$B" "$@"\n'


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> str:
    directory = tmp_path_factory.mktemp("bin")
    program = directory / "show"
    program.write_text(SHOW)
    program.chmod(0o755)
    return f"{directory}:/usr/bin:/bin"


def output(arguments: list[str], path: str) -> str:
    return subprocess.run(
        arguments,
        env={"PATH": path, "HOME": "/home/x y"},
        cwd="/",
        capture_output=True,
        text=True,
        timeout=10,
        check=False,
    ).stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_arguments_do_what_the_shell_does(command: str, path: str) -> None:
    expected = output(["sh", "-c", command], path)
    assert output([*launch_command(command)], path) == expected


@pytest.mark.parametrize("command", COMMANDS)
def test_wrapping_and_then_starting_does_it_too(command: str, path: str) -> None:
    """``env`` is a program that runs another one, as what is wrapped around does."""
    expected = output(["sh", "-c", command], path)
    wrapped = wrap_command(command, "nice")
    assert output([*launch_command(wrapped)], path) == expected


@pytest.mark.parametrize(
    "command", ["show a b", "A=1 show 'x y'", "exec show a", "nice sh -c 'a; b'"]
)
def test_no_shell_stands_in_between_without_need(command: str) -> None:
    assert launch_command(command)[0] != "sh"


def test_a_quote_that_is_not_closed_is_left_to_the_shell() -> None:
    assert launch_command("show 'a") == ("sh", "-c", "show 'a")


def test_every_process_with_a_command_is_listed_in_order() -> None:
    procfile = Procfile.parse(b"# x\nworker: b\nweb: a c\nempty:\n")
    assert list(procfile.commands.items()) == [("worker", "b"), ("web", "a c")]
