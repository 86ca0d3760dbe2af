"""Install what the manifest names below DEPS_DIR/IDX, for any Cloud Foundry app.

The manifest is the one named, BUILD_DIR/fetchkit.toml, or the one beside fetchkit.
Writes nothing outside DEPS_DIR/IDX and CACHE_DIR.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from fetchkit.cli.session import Session

EXAMPLES = """\
  fetchkit supply "$BUILD_DIR" "$CACHE_DIR" "$DEPS_DIR" "$DEPS_IDX"
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own arguments."""
    parser.add_argument(
        "arguments",
        metavar="ARG",
        nargs="*",
        help="BUILD_DIR CACHE_DIR DEPS_DIR DEPS_IDX, as the platform passes them",
    )


def run(args: argparse.Namespace, session: Session) -> int:
    """Do the supply step."""
    from fetchkit.cli.account import describe_outcome
    from fetchkit.cli.staging import supply
    from fetchkit.lifecycles.cloudfoundry.call import parse_call

    call = parse_call("supply", args.arguments)
    outcome = supply(call, session)
    session.emit(describe_outcome(outcome, call.root), [])
    return 0
