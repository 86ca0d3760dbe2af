"""Print a completion script for a shell, for every command and option."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from fetchkit.cli.session import Session

SHELLS = ("bash", "zsh", "fish", "tcsh")

EXAMPLES = """\
  fetchkit completion bash > ~/.local/share/bash-completion/completions/fetchkit
  fetchkit completion zsh > "${fpath[1]}/_fetchkit"
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own arguments."""
    parser.add_argument("shell", choices=SHELLS, help="the shell it is for")


def run(args: argparse.Namespace, session: Session) -> int:
    """Print the script."""
    import shtab

    from fetchkit.cli.options import program_parser

    script = shtab.complete(program_parser(), shell=args.shell)
    session.emit({"shell": args.shell, "script": script}, [script])
    return 0
