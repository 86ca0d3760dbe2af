"""Look after the keys that may sign: pin them, look at them, see when they expire.

Every verb has a help of its own, such as `fetchkit keys add --help`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fetchkit.cli.verbs import add_verbs, load_verb

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


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verbs and their arguments."""
    add_verbs(parser, __name__, _VERBS)


def run(args: argparse.Namespace, session: Session) -> int:
    """Do what the verb says."""
    return load_verb(__name__, args.verb).run(args, session)
