"""Say whether this buildpack applies to an app: it does where a manifest is found.

Prints one name and exits 0, or says why not and exits 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fetchkit.errors import NoManifestError

if TYPE_CHECKING:
    import argparse

    from fetchkit.cli.session import Session

EXAMPLES = """\
  fetchkit detect "$BUILD_DIR"
"""

NOT_DETECTED = 1
"""Heroku and Cloud Foundry: any non-zero (platform-contracts H-1)."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own arguments."""
    parser.add_argument("build_dir", metavar="BUILD_DIR", help="the app")
    parser.add_argument("surplus", nargs="*", help="what else a platform passes")


def run(args: argparse.Namespace, session: Session) -> int:
    """Print the buildpack's name, if it applies."""
    from fetchkit.lifecycles import heroku

    try:
        manifest = session.find(args.build_dir).parse()
    except NoManifestError as error:
        session.talk.warning(error.message)
        session.emit({"name": None}, [])
        return NOT_DETECTED
    name = heroku.display_name(manifest)
    session.emit({"name": name}, [name])
    return 0
