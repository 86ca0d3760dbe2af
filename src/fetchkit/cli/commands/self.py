"""Check the file that fetchkit runs from, and say what is recorded in it.

Finds damage, and compares with SHA256SUMS if that lies beside it. Whether it is the
published file, its digest tells, compared with the one the publisher announces.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fetchkit import __version__, host
from fetchkit.cli.columns import facts
from fetchkit.errors import DigestMismatchError, InputError

if TYPE_CHECKING:
    import argparse

    from fetchkit.cli.session import Session

EXAMPLES = """\
  python3 fetchkit.pyz self verify
  python3 fetchkit.pyz self verify --json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own arguments."""
    parser.add_argument("action", choices=["verify"], help="what to do")


def run(args: argparse.Namespace, session: Session) -> int:
    """Check the running pyz."""
    from fetchkit.pyz import SUMS, inspect_pyz

    del args
    path = host.program_file()
    if path is None:
        raise InputError(
            "this fetchkit runs from single modules, not from one file",
            hint="Run it from the pyz: python3 fetchkit.pyz self verify",
        )
    report = inspect_pyz(path)
    document = {
        "path": report.path,
        "version": __version__,
        "digest": str(report.digest),
        "published": str(report.published) if report.published else None,
        "modules": report.modules,
        "packages": dict(report.packages),
        "bytecode": dict(report.bytecode),
        "faults": list(report.faults),
    }
    compared = f"the same as in {SUMS}" if report.published == report.digest else None
    lines = facts(
        f"fetchkit {__version__}: {report.path}",
        [
            ("digest", str(report.digest)),
            ("published", compared),
            ("modules", f"{report.modules}, as the builder recorded them"),
            *(("carries", " ".join(each)) for each in report.packages.items()),
            *(("compiled for", " ".join(each)) for each in report.bytecode.items()),
        ]
        if report.is_good
        else [("fault", fault) for fault in report.faults],
    )
    session.emit(document, lines)
    if report.is_good:
        return 0
    session.talk.warning("do not use this file: fetch fetchkit.pyz again")
    return DigestMismatchError.exit_code
