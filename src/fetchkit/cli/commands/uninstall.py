"""Take away what fetchkit installed below a directory, and nothing else.

Directories that hold anything of somebody else stay.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from fetchkit.cli.session import Session

EXAMPLES = """\
  fetchkit uninstall ./vendor
  fetchkit uninstall ./vendor --owner applink
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own arguments."""
    parser.add_argument("dir", metavar="DIR", help="the install root")
    add_owner(parser)


def add_owner(parser: argparse.ArgumentParser) -> None:
    """Declare the option that names one of several manifests."""
    parser.add_argument(
        "--owner", metavar="NAME", help="`name` of the manifest that installed it"
    )


def run(args: argparse.Namespace, session: Session) -> int:
    """Uninstall."""
    from fetchkit.generations import uninstall

    cache = session.cache()
    with cache.install_lock(args.dir):
        receipt = uninstall(args.dir, find_owner(args.dir, args.owner))
    names = [item.name for item in receipt.items]
    session.talk.step(f"Uninstalled {', '.join(names)} from {args.dir}")
    session.emit({"root": os.path.abspath(args.dir), "removed": names}, [])
    return 0


def find_owner(root: str, named: str | None) -> str:
    """Whose installation below `root` is meant.

    Raises:
        UsageError: there are several, and none is named.
        InputError: there is none.
    """
    if named is not None:
        return named
    from fetchkit.audit import find_receipts
    from fetchkit.errors import UsageError

    owners = [receipt.owner for receipt in find_receipts(root)]
    if len(owners) > 1:
        raise UsageError(
            f"several manifests installed into {root}: {', '.join(owners)}",
            hint=f"Name one: --owner {owners[0]}",
        )
    return owners[0]
