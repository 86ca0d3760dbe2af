"""Install what the manifest names below a directory.

A second run that has nothing to do writes nothing. What an earlier run installed
and the manifest no longer names is taken away.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from fetchkit.cli.account import describe_outcome
from fetchkit.fs import translated

if TYPE_CHECKING:
    import argparse

    from fetchkit.cli.session import Session

EXAMPLES = """\
  fetchkit install ./vendor
  fetchkit install ./vendor --platform linux-arm64 --json
"""


GENERATIONS = 5
"""Earlier states that a rollback can go back to."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own arguments."""
    parser.add_argument("dir", metavar="DIR", help="the install root; made if missing")
    parser.add_argument("names", metavar="NAME", nargs="*", help="artifacts; none: all")


def run(args: argparse.Namespace, session: Session) -> int:
    """Install, and give the receipt's essence."""
    found = session.find()
    kit = session.kit(found, found.parse())
    kit.resolve(args.names)  # a bad name shall not leave a directory behind
    is_new = not os.path.isdir(args.dir)
    with translated(args.dir):
        os.makedirs(args.dir, exist_ok=True)
    try:
        outcome = kit.install(args.dir, args.names, generations=GENERATIONS)
    except BaseException:
        if is_new:
            _remove_empty(args.dir)
        raise
    session.emit(describe_outcome(outcome, args.dir), [])
    return 0


def _remove_empty(path: str) -> None:
    try:
        os.rmdir(path)
    except OSError:
        return
