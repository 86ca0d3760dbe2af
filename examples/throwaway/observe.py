"""Runs commands in an empty environment, and looks at what they leave behind."""

from __future__ import annotations

import hashlib
import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

RUN_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Run:
    """What a command said, and how it ended."""

    code: int
    output: str


def run(command: Sequence[str | Path], variables: Mapping[str, str]) -> Run:
    """Run a command with nothing in its environment but `variables`."""
    result = subprocess.run(
        [str(part) for part in command],
        env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=RUN_SECONDS,
        check=False,
    )
    return Run(result.returncode, result.stdout)


def listing(root: Path) -> list[str]:
    """Every file and link below `root`, with its mode or its target."""
    lines = []
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root)
        if path.is_symlink():
            lines.append(f"link  {name} -> {os.readlink(path)}")
        elif path.is_file():
            lines.append(f"{path.stat().st_mode & 0o7777:04o}  {name}")
    return lines


def content(root: Path) -> tuple[list[str], list[str]]:
    """All that is below `root`, for comparison: names, modes, targets, bytes."""
    files = sorted(path for path in root.rglob("*") if path.is_file())
    return listing(root), [hashlib.sha256(p.read_bytes()).hexdigest() for p in files]
