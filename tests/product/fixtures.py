"""The finished product, built once a session.

`build.py test` has built it already and says where in ``FETCHKIT_PYZ``.
"""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fetchkit_build import product
from fetchkit_build.interpreters import Interpreter, describe, find_interpreters

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).parents[2]
RUN_SECONDS = 60
HOME = Path.home()
"""Of whoever runs the tests: a single test is given another one."""


@functools.cache
def pythons() -> tuple[Interpreter, ...]:
    """The Pythons of this machine that fetchkit has to run on, oldest first."""
    found = find_interpreters(os.environ.get("PATH", ""), str(HOME))
    return found or tuple(filter(None, [describe(sys.executable)]))


def run(
    command: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    stdin: bytes = b"",
    variables: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """Run `command` with nothing in its environment but `variables`."""
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        input=stdin,
        env={"PATH": "/usr/bin:/bin", **(variables or {})},
        capture_output=True,
        timeout=RUN_SECONDS,
        check=False,
    )


def find_old_python(minor: str) -> str | None:
    """A Python of this minor version, too old for fetchkit, that really runs."""
    versions = HOME / ".pyenv" / "versions"
    candidates = [
        Path(f"/usr/bin/python{minor}"),
        *sorted(versions.glob(f"{minor}.*/bin/python")),
    ]
    return next((str(path) for path in candidates if os.access(path, os.X_OK)), None)


@pytest.fixture(scope="session")
def pyz(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``fetchkit.pyz``, freshly built."""
    given = os.environ.get("FETCHKIT_PYZ")
    if given:
        return Path(given)
    dist_dir = tmp_path_factory.getbasetemp() / "dist"
    if not (dist_dir / product.PYZ).exists():
        checkout = product.Checkout(root=str(ROOT))
        product.build(checkout, str(dist_dir), interpreters=pythons())
    return dist_dir / product.PYZ


@pytest.fixture(scope="session")
def installer(pyz: Path) -> Path:
    """``get-fetchkit.py`` from the same build."""
    return pyz.with_name(product.INSTALLER)
