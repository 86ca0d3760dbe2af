"""Let a Cloud Foundry app find what all of its buildpacks have supplied.

Called for the last buildpack only, after its supply: writes into PROFILE_DIR, and
into the Procfile where `process.wrap` asks for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from fetchkit.cli.session import Session

EXAMPLES = """\
  fetchkit finalize "$BUILD_DIR" "$CACHE_DIR" "$DEPS_DIR" "$DEPS_IDX" "$PROFILE_DIR"
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own arguments."""
    parser.add_argument(
        "arguments",
        metavar="ARG",
        nargs="*",
        help="BUILD_DIR CACHE_DIR DEPS_DIR DEPS_IDX [PROFILE_DIR], as the platform "
        "passes them",
    )


def run(args: argparse.Namespace, session: Session) -> int:
    """Do the finalize step."""
    from fetchkit.cli.staging import finalize
    from fetchkit.lifecycles.cloudfoundry.call import parse_call

    call = parse_call("finalize", args.arguments)
    finalize(call, session)
    session.emit({"profile_dir": call.profile_dir}, [])
    return 0
