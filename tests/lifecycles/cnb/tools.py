"""The real lifecycle, built once from its published module.

The binaries stay outside the tree, in a directory that ``.ci/run`` fills as well.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

VERSION = "v0.20.8"
MODULE = "github.com/buildpacks/lifecycle"
BUILD_SECONDS = 600
HOME = Path.home()
"""Of whoever runs the tests: a single test is given another one."""


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """Where the lifecycle's programs are."""

    directory: Path

    def program(self, name: str) -> Path:
        return self.directory / name


def cache_dir() -> Path:
    """Readable by everybody: the lifecycle refuses to run as root."""
    return Path(os.environ.get("LIFECYCLE_DIR") or "/var/tmp/fetchkit-lifecycle")


@functools.cache
def find_lifecycle() -> Lifecycle | str:
    """The lifecycle, or why there is none."""
    directory = cache_dir() / VERSION
    if not (directory / "launcher").exists():
        if shutil.which("go") is None:
            return "GO IS MISSING: the real lifecycle cannot be built"
        fault = _build(directory)
        if fault:
            return fault
    for phase in ("detector", "builder"):
        link = directory / phase
        if not link.is_symlink():
            link.symlink_to("lifecycle")
    return Lifecycle(directory)


def _build(directory: Path) -> str:
    """Build below a module that requires the pinned version; return what failed.

    ``go install`` would ask for the list of all versions as well.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as module:
        Path(module, "go.mod").write_text(
            f"module lifecycle.test\n\ngo 1.24\n\nrequire {MODULE} {VERSION}\n"
        )
        built = subprocess.run(
            ["go", "build", "-mod=mod", "-o", f"{directory}/"]
            + [f"{MODULE}/cmd/{name}" for name in ("lifecycle", "launcher")],
            cwd=module,
            env={**os.environ, "HOME": str(HOME)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=BUILD_SECONDS,
            check=False,
        )
    return (
        f"THE LIFECYCLE DOES NOT BUILD: {built.stderr[-300:]}"
        if built.returncode
        else ""
    )
