"""Lock newer versions: of the named artifacts, or of all.

What is not named stays locked as it is. `latest` and ranges are asked for anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from fetchkit.cli.session import Session

EXAMPLES = """\
  fetchkit update
  fetchkit update jq
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own arguments."""
    parser.add_argument("names", metavar="NAME", nargs="*", help="artifacts; none: all")


def run(args: argparse.Namespace, session: Session) -> int:
    """Update the lock."""
    from fetchkit.cli.commands.lock import lock_and_write

    found = session.find()
    names = args.names or list(found.parse().artifacts)
    lock_and_write(found, session, update=names)
    return 0
