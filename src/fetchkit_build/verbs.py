"""What `build.py` can be asked to do."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from fetchkit_build import archive, product
from fetchkit_build.errors import BuildError
from fetchkit_build.interpreters import choose, find_interpreters
from fetchkit_build.product import Checkout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fetchkit_build.interpreters import Interpreter

_CHECKS = (
    ("ruff", "format", "--check", "."),
    ("ruff", "check", "."),
    ("mypy",),
)


def main(root: str, argv: Sequence[str]) -> int:
    """Do what `argv` asks for in the checkout at `root`; return the exit code."""
    arguments, rest = _parser().parse_known_args(argv)
    if rest and arguments.verb not in {"test", "bench"}:
        _parser().error(f"unrecognized arguments: {' '.join(rest)}")
    checkout = Checkout(root=root)
    try:
        if arguments.verb == "check":
            return _check(checkout)
        pyz = product.build(
            checkout,
            checkout.path("dist"),
            interpreters=_interpreters(arguments.bytecode),
            modified=int(os.environ.get("SOURCE_DATE_EPOCH", archive.EARLIEST)),
        )
        return _use(arguments.verb, checkout, pyz, rest)
    except BuildError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="build.py",
        description="Build fetchkit.pyz and its installer into dist/.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "verb",
        nargs="?",
        choices=("build", "test", "check", "demo", "bench"),
        default="build",
        help="build (the default) | test [ARGS] | check | demo | bench [ARGS]",
        metavar="VERB",
    )
    parser.add_argument(
        "--bytecode",
        metavar="3.11,3.12",
        help="compile for exactly these Pythons; the default is every one found",
    )
    parser.add_argument(
        "--no-bytecode",
        action="store_const",
        const="",
        dest="bytecode",
        help="compile for none: the same bytes whatever Pythons are installed",
    )
    return parser


def _interpreters(wanted: str | None) -> Sequence[Interpreter]:
    """The Pythons to compile for: those asked for, or all there are."""
    if wanted == "":
        return ()
    found = find_interpreters(os.environ.get("PATH", ""), os.path.expanduser("~"))
    return found if wanted is None else choose(found, wanted.split(","))


def _use(verb: str, checkout: Checkout, pyz: str, rest: Sequence[str]) -> int:
    """Run what `verb` names against the finished pyz."""
    if verb == "build":
        print(f"{os.path.relpath(pyz)}  {os.path.getsize(pyz) / 1e6:.1f} MB")
        if not archive.compresses_as_expected():
            print(
                "note: this zlib packs differently from the classic one; the pyz is "
                "right, but not byte for byte the published one",
                file=sys.stderr,
            )
        return 0
    command = {
        "test": ["-m", "pytest", *rest],
        "demo": [checkout.path("examples", "demo.py")],
        "bench": [checkout.path("bench", "run.py"), *rest],
    }[verb]
    return _run(checkout, [checkout.environment("test"), *command], pyz)


def _check(checkout: Checkout) -> int:
    python = checkout.environment("lint")
    codes = [_run(checkout, [python, "-m", *check]) for check in _CHECKS]
    return max(codes)


def _run(checkout: Checkout, command: Sequence[str], pyz: str = "") -> int:
    """Run `command` in the checkout, on our own terminal; return its exit code."""
    environ = {**os.environ, "FETCHKIT_PYZ": pyz, "PYTHONPATH": checkout.path("src")}
    result = subprocess.run(command, cwd=checkout.root, env=environ, check=False)
    return result.returncode if result.returncode >= 0 else 128 - result.returncode
