"""Print what Heroku asks of a buildpack's release step: YAML, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from fetchkit.cli.session import Session

EXAMPLES = """\
  fetchkit release "$BUILD_DIR"
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own arguments."""
    parser.add_argument("build_dir", metavar="BUILD_DIR", help="the app")
    parser.add_argument("surplus", nargs="*", help="what else a platform passes")


def run(args: argparse.Namespace, session: Session) -> int:
    """Print the document."""
    from fetchkit.lifecycles import heroku

    del args, session
    print(heroku.RELEASE, end="")
    return 0
