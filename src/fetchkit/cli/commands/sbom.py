"""Print the bill of materials of what is installed, as CycloneDX 1.5 JSON.

It says what the receipts below DIR say: components, digests, signers, licences.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from fetchkit.cli.session import Session

EXAMPLES = """\
  fetchkit sbom "$BUILD_DIR" > sbom.cdx.json
  fetchkit sbom ./vendor
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own arguments."""
    parser.add_argument("dir", metavar="DIR", help="where fetchkit installed")


def run(args: argparse.Namespace, session: Session) -> int:
    """Print the document; it is JSON with and without ``--json``."""
    from fetchkit.audit import find_receipts
    from fetchkit.sbom import components_of, render_sbom

    del session
    print(render_sbom(components_of(find_receipts(args.dir))).decode(), end="")
    return 0
