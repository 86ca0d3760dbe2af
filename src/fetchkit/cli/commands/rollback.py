"""Put back what was installed before the last change by `fetchkit install`.

The bytes come from the cache, and are hashed. The five latest states are kept.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from fetchkit.cli.session import Session

EXAMPLES = """\
  fetchkit rollback ./vendor
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own arguments."""
    from fetchkit.cli.commands.uninstall import add_owner

    parser.add_argument("dir", metavar="DIR", help="the install root")
    add_owner(parser)


def run(args: argparse.Namespace, session: Session) -> int:
    """Roll back."""
    from fetchkit.cli.commands.uninstall import find_owner
    from fetchkit.generations import roll_back

    cache = session.cache()
    with cache.install_lock(args.dir):
        receipt = roll_back(args.dir, find_owner(args.dir, args.owner), cache)
    versions = [f"{item.name} {item.version}" for item in receipt.items]
    session.talk.step(f"Back to {', '.join(versions)} in {args.dir}")
    document = {
        "root": os.path.abspath(args.dir),
        "artifacts": [
            {"name": item.name, "version": item.version, "digest": str(item.digest)}
            for item in receipt.items
        ],
    }
    session.emit(document, [])
    return 0
