"""Options that every command understands, before or after its name."""

from __future__ import annotations

import argparse
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, cast

from fetchkit.cli.catalogue import COMMANDS
from fetchkit.errors import UsageError
from fetchkit.settings import parse_jobs
from fetchkit.target import Target

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fetchkit.cli.session import Session


_HELP_WIDTH = 78
"""What argparse takes where there is no terminal; help is written to fit it."""


class CommandModule(Protocol):
    """What a module below ``commands/`` has to offer."""

    EXAMPLES: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's own arguments."""

    def run(self, args: argparse.Namespace, session: Session) -> int:
        """Do it, and return the exit code."""


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Keeps our own line breaks, and an option and its help on one line."""

    def __init__(self, prog: str) -> None:
        # Asked for no width, argparse loads shutil for each parser to find one out.
        super().__init__(prog, max_help_position=26, width=_HELP_WIDTH)


class HelpShown(Exception):  # noqa: N818 -- nothing has gone wrong
    """A help text was asked for and printed: nothing is left to do."""


class Parser(argparse.ArgumentParser):
    """An `ArgumentParser` that raises instead of leaving the process."""

    def __init__(self, **keywords: Any) -> None:  # noqa: ANN401 -- argparse has them
        super().__init__(**keywords)
        # Newer Pythons would colour the help, whatever `--color` says.
        self.color = False

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        """Leave the parser, which has shown a help text.

        Raises:
            HelpShown: always.
        """
        del status, message  # errors go the other way
        raise HelpShown

    def error(self, message: str) -> NoReturn:
        """Refuse the command line.

        Raises:
            UsageError: always.
        """
        raise UsageError(message, hint=f"{self.prog} --help")


def load(name: str) -> CommandModule:
    """The module of a command."""
    module = import_module(f"fetchkit.cli.commands.{COMMANDS[name].module}")
    return cast("CommandModule", module)


def command_parser(name: str) -> Parser:
    """The parser of one command, the common options included."""
    module = load(name)
    parser = Parser(
        prog=f"fetchkit {name}",
        description=(module.__doc__ or "").strip(),
        epilog=f"examples:\n{module.EXAMPLES.rstrip()}",
        formatter_class=HelpFormatter,
        allow_abbrev=False,
    )
    module.add_arguments(parser)
    # What all commands share would bury what this one is called with.
    usage = parser.format_usage().partition(" ")[2]
    parser.usage = f"{usage.strip()} [common options]"
    add_common(parser)
    return parser


def program_parser() -> Parser:
    """One parser for the whole program: for completion, which wants to see all."""
    parser = Parser(prog="fetchkit", allow_abbrev=False)
    parser.add_argument("--version", "-V", action="version", help="print the version")
    commands = parser.add_subparsers(dest="command")
    for name, command in COMMANDS.items():
        one = commands.add_parser(name, help=command.help, allow_abbrev=False)
        load(name).add_arguments(one)
        add_common(one)
    return parser


def add_common(parser: argparse.ArgumentParser) -> None:
    """Add what every command understands. Unset options leave no attribute."""
    group = parser.add_argument_group("common options")

    def add(
        *names: str, to: argparse._ActionsContainer = group, **keywords: object
    ) -> None:
        to.add_argument(*names, default=argparse.SUPPRESS, **keywords)  # type: ignore[arg-type]

    add(
        "--manifest", metavar="PATH", help="the manifest: a path, a url, or - for stdin"
    )
    add(
        "--platform",
        metavar="OS-ARCH",
        type=_checked(Target.parse),
        help="build for it",
    )
    add("--cache-dir", metavar="DIR", help="where the cache is")
    either = group.add_mutually_exclusive_group()
    add("--locked", to=either, action="store_true", help="refuse to run without a lock")
    add("--no-lock", to=either, action="store_true", help="ignore fetchkit.lock")
    add("--offline", action="store_true", help="use no network")
    add("--jobs", metavar="N", type=_checked(parse_jobs), help="artifacts at one time")
    add("--json", action="store_true", help="one JSON object on standard output")
    add("--quiet", "-q", action="store_true", help="say nothing but errors")
    add("--verbose", "-v", action="store_true", help="say more")
    add("--no-progress", action="store_true", help="no progress bars")
    add(
        "--color",
        metavar="WHEN",
        choices=("auto", "always", "never"),
        help="colour the talk: auto, always, never",
    )
    add("--trace", metavar="FILE", help="write a Chrome trace of the run")


def add_verb(
    verbs: argparse._SubParsersAction[argparse.ArgumentParser], name: str, text: str
) -> argparse.ArgumentParser:
    """A verb of a command that has several, with the common options of its own."""
    parser = verbs.add_parser(name, help=text, description=text, allow_abbrev=False)
    add_common(parser)
    return parser


def _checked(parse: Callable[[str], object]) -> Callable[[str], object]:
    """`parse`, with its complaint in the form argparse reports."""

    def checked(text: str) -> object:
        from fetchkit.errors import FetchkitError

        try:
            return parse(text)
        except (ValueError, FetchkitError) as error:
            raise argparse.ArgumentTypeError(f"`{text}`: {error}") from None

    return checked


def split_command(argv: Sequence[str]) -> tuple[str | None, list[str]]:
    """The command's name and all other arguments, common options in front included."""
    takes_value = {
        "--manifest",
        "--platform",
        "--cache-dir",
        "--jobs",
        "--color",
        "--trace",
    }
    rest = list(argv)
    position = 0
    while position < len(rest) and rest[position].startswith("-"):
        position += 2 if rest[position] in takes_value else 1
    if position >= len(rest):
        return None, rest
    return rest.pop(position), rest
