"""Make a buildpack around a manifest, and the file a platform takes it in.

Every verb has a help of its own, such as `fetchkit buildpack new --help`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fetchkit.cli.verbs import add_verbs, load_verb

if TYPE_CHECKING:
    import argparse

    from fetchkit.cli.session import Session

EXAMPLES = """\
  python3 fetchkit.pyz buildpack new ./my-buildpack --id acme/jq
  fetchkit buildpack package ./my-buildpack --cnb -o jq.cnb
"""

_VERBS = {
    "new": "make the directory of a buildpack",
    "package": "put a buildpack into one file",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verbs and their arguments."""
    add_verbs(parser, __name__, _VERBS)


def run(args: argparse.Namespace, session: Session) -> int:
    """Do what the verb says."""
    return load_verb(__name__, args.verb).run(args, session)
