"""Fetch artifacts into the cache, verified, and print where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from fetchkit.cli.session import Session

EXAMPLES = """\
  fetchkit fetch                       everything the manifest names
  fetchkit fetch jq --platform linux-arm64
  cp "$(fetchkit fetch jq --quiet)" ./jq
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own arguments."""
    parser.add_argument("names", metavar="NAME", nargs="*", help="artifacts; none: all")


def run(args: argparse.Namespace, session: Session) -> int:
    """Fetch, and print one path a line."""
    from fetchkit.evidence import render_evidence

    found = session.find()
    stored = session.kit(found, found.parse()).fetch(args.names)
    document = {
        "artifacts": [
            {
                "name": each.resolved.name,
                "version": each.resolved.version,
                "platform": each.resolved.target.name,
                "digest": str(each.digest),
                "size": each.size,
                "path": each.path,
                "url": str(each.source),
                "fetched": each.is_fresh,
                "evidence": render_evidence(each.evidence),
            }
            for each in stored
        ]
    }
    session.emit(document, [each.path for each in stored])
    return 0
