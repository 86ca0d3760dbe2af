"""Look after the keys that may sign: pin them, look at them, see when they expire.

Every verb has a help of its own, such as `fetchkit keys add --help`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from fetchkit.cli.options import add_verb

if TYPE_CHECKING:
    import argparse

    from fetchkit.cli.session import Session

EXAMPLES = """\
  fetchkit keys add jq --url https://example.com/key.asc --write
  fetchkit keys add jq --file jq.asc \\
    --fingerprint BC09A30DD766319D02852360732D56A66A537383
  fetchkit keys list
  fetchkit keys show jq
  fetchkit keys outlook --days 90      exits 34 if a key ends before
"""

_VERBS = {
    "add": "keep a key beside the manifest, once compared",
    "list": "list the keys of the manifest",
    "show": "show all that a key says of itself",
    "outlook": "say how long the keys will do that signed",
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
