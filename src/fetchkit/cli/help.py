"""The top-level help: one screen, all commands."""

from __future__ import annotations

from fetchkit import __version__
from fetchkit.cli.catalogue import COMMANDS

_HEAD = f"""\
fetchkit {__version__}: fetch signed binaries, prove who signed them, install them.

usage: fetchkit COMMAND [options]
"""

_TAIL = """
examples:
  fetchkit init                        write a fetchkit.toml here
  fetchkit install ./vendor            install what it names

`fetchkit COMMAND --help` shows the options and examples of one command.
"""


def top_level_help() -> str:
    """The text of ``fetchkit --help``."""
    width = max(map(len, COMMANDS))
    lines = [_HEAD]
    group = ""
    for name, command in COMMANDS.items():
        if command.group != group:
            group = command.group
            lines.append(f"\n{group}:\n")
        lines.append(f"  {name:<{width}}  {command.help}\n")
    return "".join((*lines, _TAIL))
