"""Virtual environments from hash-pinned requirements, on a machine with only Python."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from fetchkit_build.errors import BuildError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_STAMP = "made-from"


def ensure_environment(directory: str, requirements: str) -> str:
    """The Python of a virtual environment that holds exactly `requirements`.

    Made again when the requirements or the Python that runs this change; a build that
    was interrupted leaves no stamp, and so nothing that is taken for an environment.

    What they ask for in turn is not looked at: the pins are complete, and anyio is
    missing on purpose (docs/decisions/0003).

    Raises:
        BuildError: Python here cannot make one, or a package cannot be had.
    """
    python = os.path.join(directory, "bin", "python")
    with open(requirements, "rb") as file:
        pins = hashlib.sha256(file.read()).hexdigest()
    made_from = f"{sys.version}\n{sys.base_prefix}\n{pins}\n"
    stamp = os.path.join(directory, _STAMP)
    if _read(stamp) == made_from:
        return python
    _ensure_venv()
    shutil.rmtree(directory, ignore_errors=True)
    run([sys.executable, "-m", "venv", directory], "make a virtual environment")
    run(
        [
            *(*pip(python), "install", "--no-deps", "--require-hashes"),
            *("--requirement", requirements),
        ],
        f"install {os.path.relpath(requirements)}",
    )
    with open(stamp, "w", encoding="utf-8") as file:
        file.write(made_from)
    return python


def pip(python: str) -> list[str]:
    """The command that calls pip in the environment of `python`, quietly."""
    quiet = ("--quiet", "--no-input", "--disable-pip-version-check")
    return [python, "-m", "pip", *quiet]


def run(
    command: Sequence[str],
    purpose: str,
    *,
    directory: str | None = None,
    variables: Mapping[str, str] | None = None,
) -> None:
    """Run one step of the build; its output stays out of the way unless it fails.

    Raises:
        BuildError: it failed; carries what it said.
    """
    result = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
        cwd=directory,
        env={**_clean_environment(), **(variables or {})},
    )
    if result.returncode:
        raise BuildError(f"cannot {purpose}:\n{result.stdout.strip()}")


def _clean_environment() -> dict[str, str]:
    """Our environment without what would lead a child Python elsewhere."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PYTHON") and name != "VIRTUAL_ENV"
    }


def _ensure_venv() -> None:
    """Make ``python -m venv`` work: Debian packs half of it separately."""
    if importlib.util.find_spec("ensurepip") and importlib.util.find_spec("venv"):
        return
    package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    apt = shutil.which("apt-get")
    if apt is None:
        raise BuildError(
            "this Python has no venv or ensurepip module: install them, or run "
            "build.py with another Python"
        )
    if os.geteuid() != 0:
        raise BuildError(
            f"this Python has no ensurepip module; type: sudo apt-get install {package}"
        )
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    run([apt, "update", "-qq"], "update the list of packages", variables=quiet)
    run(
        [apt, "install", "-y", "-qq", "--no-install-recommends", package],
        f"install {package}",
        variables=quiet,
    )


def _read(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return None
