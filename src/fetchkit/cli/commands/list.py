"""List the artifacts of the manifest and their platforms, or what is installed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from fetchkit.cli.columns import table

if TYPE_CHECKING:
    import argparse

    from fetchkit.artifact import Artifact
    from fetchkit.cli.session import Session

EXAMPLES = """\
  fetchkit list
  fetchkit list --installed ./vendor --json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own arguments."""
    parser.add_argument(
        "--installed", metavar="DIR", help="list what the receipts below DIR say"
    )


def run(args: argparse.Namespace, session: Session) -> int:
    """List."""
    if args.installed is not None:
        return _list_installed(args.installed, session)
    from fetchkit.manifest.fit import pin
    from fetchkit.resolution import platforms

    found = session.find()
    manifest = found.parse()
    lock = session.read_lock(found)
    if lock is not None:
        manifest = pin(manifest, lock)
    artifacts = manifest.artifacts.values()
    document = {
        "manifest": manifest.document,
        "locked": lock is not None,
        "artifacts": [
            {
                "name": each.name,
                "version": each.version,
                "platforms": list(platforms(each)),
                "trusted_by": _trust(each),
            }
            for each in artifacts
        ],
    }
    rows = [
        (each.name, each.version, ", ".join(platforms(each)), ", ".join(_trust(each)))
        for each in artifacts
    ]
    session.emit(document, table(rows))
    return 0


def _trust(artifact: Artifact) -> list[str]:
    """What its builds are trusted by, each in one word or two."""
    overrides = artifact.platforms.values()
    found = []
    if artifact.signature or any(override.signature for override in overrides):
        found.append(f"signed by {' or '.join(key.name for key in artifact.signed_by)}")
    if artifact.sha256 or any(override.sha256 for override in overrides):
        found.append("sha256")
    return found or ["nothing"]


def _list_installed(root: str, session: Session) -> int:
    from fetchkit.audit import find_receipts

    receipts = find_receipts(root)
    document = {
        "root": os.path.abspath(root),
        "artifacts": [
            {
                "manifest": receipt.owner,
                "name": item.name,
                "version": item.version,
                "platform": receipt.inputs.target,
                "digest": str(item.digest),
                "files": sum(entry.kind == "file" for entry in item.entries),
            }
            for receipt in receipts
            for item in receipt.items
        ],
    }
    rows = [
        (item.name, item.version, receipt.inputs.target, str(item.digest))
        for receipt in receipts
        for item in receipt.items
    ]
    session.emit(document, table(rows))
    return 0
