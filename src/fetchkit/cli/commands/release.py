"""Print the process types a buildpack brings: YAML, and nothing else.

Heroku and Cloud Foundry ask for it, the latter where it has seen no launch.yml.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fetchkit.errors import NoManifestError

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
    from fetchkit.lifecycles.cloudfoundry.launch import processes_of, render_release

    try:
        manifest = session.find(args.build_dir).parse()
    except NoManifestError:
        # It was piped into the step before, which cannot be asked any more.
        print(render_release(()), end="")
        return 0
    processes = processes_of(each.process for each in manifest.artifacts.values())
    print(render_release(processes), end="")
    return 0
