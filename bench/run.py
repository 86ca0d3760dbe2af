"""Compares fetchkit.pyz with the bash it replaces, side by side on this machine.

    python3 build.py bench                          everything, about two minutes
    python3 build.py bench --only cold --only start
    python3 build.py bench --json > results.json

Prints numbers and judges nothing: a time is a fact about one machine. Needs nginx,
curl, gpg, gpgv and openssl; talks to 127.0.0.1 only. docs/benchmarks.md says more.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from bench import report  # noqa: E402 -- the line above makes it importable
from bench.lab import Lab  # noqa: E402
from bench.measure import RunFailedError, run_interleaved  # noqa: E402
from bench.publisher import Publisher  # noqa: E402

SCENARIOS = (
    "start",
    "settled",
    "locked_settled",
    "cold",
    "latency",
    "cached",
    "locked_cached",
    "layers",
    "undetected",
    "large",
    "limited",
    "wire",
    "narrow",
    "memory",
    "bundle_create",
    "bundle_import",
    "many_blobs",
    "collection",
    "supply",
    "supply_again",
)
_SYSTEM_PYTHON = "/usr/bin/python3"


def main(argv: list[str]) -> int:
    """Run what `argv` asks for and print it; return the exit code."""
    arguments = _parser().parse_args(argv)
    machine = report.read_machine(arguments.python, arguments.pyz)
    with (
        tempfile.TemporaryDirectory(prefix="fetchkit-bench-") as directory,
        Publisher(_made(directory, "publisher")) as publisher,
    ):
        lab = Lab(
            publisher=publisher,
            directory=_made(directory, "runs"),
            python=arguments.python,
            pyz=arguments.pyz,
        )
        try:
            results = _measure(lab, arguments.only or SCENARIOS)
        except RunFailedError as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
    if arguments.json:
        print(json.dumps(report.render_document(results, machine), indent=1))
        return 0
    print(report.render_table(results))
    print("\nMilliseconds; ratios of medians and of fastest; memory of the largest.")
    print("\n".join(f"- {name}: {text}" for name, text in machine.items()))
    return 0


def _measure(lab: Lab, names: list[str] | tuple[str, ...]) -> list[report.Result]:
    results = []
    for name in names:
        print(f"{name} …", file=sys.stderr, flush=True)
        scenario = import_module(f"bench.scenarios.{name}").scenario(lab)
        runs = run_interleaved(scenario.sides, scenario.rounds)
        results += report.describe(name, scenario.title, runs, scenario.target)
    return results


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="build.py bench", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument(
        "--only",
        action="append",
        choices=SCENARIOS,
        metavar="NAME",
        help=f"one scenario, repeatable: {', '.join(SCENARIOS)}",
    )
    parser.add_argument("--json", action="store_true", help="every run, as JSON")
    parser.add_argument(
        "--python",
        default=_SYSTEM_PYTHON if os.path.exists(_SYSTEM_PYTHON) else sys.executable,
        help="the interpreter to start fetchkit with (default: %(default)s)",
    )
    parser.add_argument(
        "--pyz",
        default=os.environ.get("FETCHKIT_PYZ") or str(ROOT / "dist" / "fetchkit.pyz"),
        help="the file to measure (default: the one that was just built)",
    )
    return parser


def _made(directory: str, name: str) -> Path:
    path = Path(directory, name)
    path.mkdir()
    return path


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
