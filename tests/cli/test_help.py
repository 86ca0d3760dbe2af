"""Help fits a screen, shows examples, and a wrong call says what to type."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import pytest

from fetchkit.cli.catalogue import COMMANDS
from fetchkit.cli.options import command_parser, load
from fetchkit.errors import UsageError

if TYPE_CHECKING:
    from tests.cli.conftest import Cli

SCREEN_LINES = 42
SCREEN_COLUMNS = 88


@pytest.fixture(autouse=True)
def usual_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def test_top_level_help_names_every_command_on_one_screen(cli: Cli) -> None:
    ended = cli("--help")
    lines = ended.stdout.splitlines()
    assert ended.code == 0
    assert len(lines) <= SCREEN_LINES
    assert max(map(len, lines)) <= SCREEN_COLUMNS
    assert set(COMMANDS) <= {line.split()[0] for line in lines if line.strip()}


def test_no_arguments_give_the_same_help_and_the_code_for_usage(cli: Cli) -> None:
    assert cli().stdout == cli("--help").stdout
    assert cli().code == UsageError.exit_code


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command_fits_a_screen_and_shows_examples(
    cli: Cli, name: str
) -> None:
    ended = cli(name, "--help")
    lines = ended.stdout.splitlines()
    assert ended.code == 0
    assert ended.stderr == ""
    assert lines[0].startswith(f"usage: fetchkit {name} ")
    assert len(lines) <= SCREEN_LINES
    assert max(map(len, lines)) <= SCREEN_COLUMNS
    assert "--json" in ended.stdout
    example = ended.stdout.partition("examples:\n")[2]
    assert f" {name}" in example


@pytest.mark.parametrize("name", COMMANDS)
def test_every_example_parses(name: str) -> None:
    for arguments in example_calls(load(name).EXAMPLES):
        command_parser(arguments[0]).parse_args(arguments[1:])


def example_calls(examples: str) -> list[list[str]]:
    """The arguments of every plain call; what a shell would do first is left out."""
    lines = examples.replace("\\\n", " ").splitlines()
    found = [
        re.search(r"fetchkit(?:\.pyz)? ((?:(?!   |[|>)&]).)+)", line) for line in lines
    ]
    return [shlex.split(match[1]) for match in found if match]


def test_example_calls_are_found() -> None:
    examples = '  X=1 fetchkit why "a b" --json    because\n  fetchkit fetch > file\n'
    assert example_calls(examples) == [["why", "a b", "--json"], ["fetch"]]


@pytest.mark.parametrize(
    ("arguments", "said", "hint"),
    [
        pytest.param(["instal"], "no command `instal`", "install --help", id="typo"),
        pytest.param(["xyzzy"], "no command `xyzzy`", "fetchkit --help", id="unknown"),
        pytest.param(["--quiet"], "no command given", "fetchkit --help", id="no word"),
        pytest.param(["why"], "NAME", "fetchkit why --help", id="too few"),
        pytest.param(["install", "x", "--jobs", "0"], "1 to 64", "--help", id="range"),
        pytest.param(["cache", "burn"], "burn", "cache --help", id="no such action"),
        pytest.param(["fetch", "--offlin"], "--offlin", "--help", id="abbreviation"),
        pytest.param(["verify"], "neither", "verify --help", id="nothing to verify"),
        pytest.param(
            ["verify", "x", "--installed", "y"], "one call", "verify", id="both"
        ),
    ],
)
def test_a_wrong_call_exits_2_and_says_what_to_type(
    cli: Cli, arguments: list[str], said: str, hint: str
) -> None:
    ended = cli(*arguments)
    assert ended.code == UsageError.exit_code
    assert ended.stdout == ""
    first, *_, last = ended.stderr.splitlines()
    assert first.startswith("error: ")
    assert said in first
    assert last.startswith("hint: ")
    assert hint in last


def test_options_may_stand_before_the_command(cli: Cli) -> None:
    assert cli("--json", "--cache-dir", "x", "cache", "dir").stdout.startswith(
        '{"path"'
    )
