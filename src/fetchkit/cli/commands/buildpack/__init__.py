"""Make a buildpack around a manifest, and the file a platform takes it in.

Every verb has a help of its own, such as `fetchkit buildpack new --help`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from fetchkit.cli.options import add_verb

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


class _Verb(Protocol):
    """What the module of a verb has to offer."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the verb's own arguments."""

    def run(self, args: argparse.Namespace, session: Session) -> int:
        """Do it, and return the exit code."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verbs and their arguments."""
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    for verb, text in _VERBS.items():
        _load(verb).add_arguments(add_verb(verbs, verb, text))


def run(args: argparse.Namespace, session: Session) -> int:
    """Do what the verb says."""
    return _load(args.verb).run(args, session)


def _load(verb: str) -> _Verb:
    return cast("_Verb", import_module(f"{__name__}.{verb}"))
