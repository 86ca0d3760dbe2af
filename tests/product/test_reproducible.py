"""Two builds of the same sources are the same bytes, wherever and by whom."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.product.fixtures import ROOT, pythons

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.product, pytest.mark.slow]

SOURCES = ("build.py", "pyproject.toml", "LICENSE", "requirements", "keys", "src")
BUILD_SECONDS = 300


def copy_checkout(root: Path, target: Path) -> Path:
    target.mkdir(parents=True)
    for name in SOURCES:
        source = root / name
        if source.is_dir():
            shutil.copytree(
                source, target / name, ignore=shutil.ignore_patterns("__pycache__")
            )
        else:
            shutil.copy(source, target / name)
    return target


def build(checkout: Path, python: str, *, umask: str, zone: str, path: str) -> str:
    """Build in `checkout` and return the digests of what came out."""
    subprocess.run(
        ["sh", "-c", f'umask {umask}; exec "$0" build.py', python],
        cwd=checkout,
        env={"PATH": path, "TZ": zone, "LC_ALL": "C", "HOME": str(checkout.parent)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        check=True,
        timeout=BUILD_SECONDS,
    )
    return "\n".join(
        f"{hashlib.sha256(file.read_bytes()).hexdigest()} {file.name}"
        for file in sorted(checkout.glob("dist/*"))
    )


def test_time_place_umask_and_python_do_not_show(tmp_path: Path) -> None:
    oldest, newest = pythons()[0], pythons()[-1]
    path = ":".join(dict.fromkeys(os.path.dirname(one.executable) for one in pythons()))
    # The second copy is one of the first: the checkout may change under the test.
    first = copy_checkout(ROOT, tmp_path / "here")
    second = copy_checkout(first, tmp_path / "somewhere" / "else" / "there")
    here = build(
        first,
        oldest.executable,
        umask="077",
        zone="Pacific/Auckland",
        path=f"{path}:/usr/bin:/bin",
    )
    there = build(
        second,
        newest.executable,
        umask="000",
        zone="America/New_York",
        path=f"/usr/bin:/bin:{path}",
    )
    assert here == there
