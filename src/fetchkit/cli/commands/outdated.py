"""Show which locked versions `fetchkit update` would move, and to what.

Asks the lists of versions; fetches no artifact and writes nothing. Exits 0; with
--exit-code, 10 where something is outdated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fetchkit.cli.columns import table
from fetchkit.errors import InputError

if TYPE_CHECKING:
    import argparse

    from fetchkit.cli.session import Session

EXAMPLES = """\
  fetchkit outdated
  fetchkit outdated --json --exit-code
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own arguments."""
    parser.add_argument(
        "--exit-code", action="store_true", help="exit 10 if something is outdated"
    )


def run(args: argparse.Namespace, session: Session) -> int:
    """Compare the lock with today."""
    from fetchkit.manifest.lock import parse_lock

    found = session.find()
    if found.lock is None:
        raise InputError(
            f"{found.document} has no lock to compare with", hint="Run `fetchkit lock`."
        )
    locked = parse_lock(found.lock, found.lock_document)
    manifest = found.parse()
    kit = session.unlocked_kit(found, manifest)
    today = kit.versions_today(document=found.lock_document)
    rows = []
    for name, version in today.items():
        entry = locked.artifacts.get(name)
        now = entry.version if entry else ""
        if now != version:
            rows.append({"name": name, "locked": now, "today": version})
    lines = table([(row["name"], row["locked"] or "-", row["today"]) for row in rows])
    session.emit({"outdated": rows}, lines)
    if not rows:
        session.talk.step("Every locked version is the newest its manifest allows")
    return InputError.exit_code if rows and args.exit_code else 0
