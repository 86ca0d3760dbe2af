"""Take away what fetchkit installed below a directory, and nothing else.

Directories that hold anything of somebody else stay.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from fetchkit.cli.session import Session
    from fetchkit.receipt import Receipt

EXAMPLES = """\
  fetchkit uninstall ./vendor
  fetchkit uninstall ./vendor --owner applink
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own arguments."""
    parser.add_argument("dir", metavar="DIR", help="the install root")
    parser.add_argument(
        "--force", action="store_true", help="also what was changed since"
    )
    add_owner(parser)


def add_owner(parser: argparse.ArgumentParser) -> None:
    """Declare the option that names one of several manifests."""
    parser.add_argument(
        "--owner", metavar="NAME", help="`name` of the manifest that installed it"
    )


def run(args: argparse.Namespace, session: Session) -> int:
    """Uninstall."""
    from fetchkit.generations import uninstall

    owner = find_owner(args.dir, args.owner)
    if not args.force:
        _refuse_changed(args.dir, owner)
    cache = session.cache()
    with cache.install_lock(args.dir):
        receipt = uninstall(args.dir, owner)
    _tidy_app(args.dir, receipt, session)
    names = [item.name for item in receipt.items]
    session.talk.step(f"Uninstalled {', '.join(names)} from {args.dir}")
    session.emit({"root": os.path.abspath(args.dir), "removed": names}, [])
    return 0


def _refuse_changed(root: str, owner: str) -> None:
    """Do not take away somebody's own work without being told to."""
    from fetchkit.audit import compare, find_receipts
    from fetchkit.errors import ConflictError

    receipts = [each for each in find_receipts(root) if each.owner == owner]
    changed = [each.path for each in compare(root, receipts) if each.state == "changed"]
    if changed:
        raise ConflictError(
            f"{', '.join(changed[:3])} in {root} was changed since it was installed "
            f"({len(changed)} in all)",
            hint="Keep a copy, then run it again with --force.",
        )


def _tidy_app(root: str, receipt: Receipt, session: Session) -> None:
    """Take the profile script along, and point at what still names the program."""
    from fetchkit.lifecycles.heroku import take_profile_away
    from fetchkit.lifecycles.processes import read_procfile
    from fetchkit.procfile import is_wrapped

    take_profile_away(root, receipt.owner)
    procfile = read_procfile(root)
    programs = {
        os.path.basename(name)
        for item in receipt.items
        for name in (*item.installation.links, item.installation.file or item.name)
    }
    for process, command in (procfile.commands if procfile else {}).items():
        if any(is_wrapped(command, program) for program in programs):
            session.talk.warning(
                f"Procfile: {process} still runs `{command}`: change it back"
            )


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
