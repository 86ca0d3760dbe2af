"""The program, as a platform runs it: a process of its own, nothing patched."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SRC = Path(__file__).parents[2] / "src"
RUN_SECONDS = 120
PATH = "/usr/local/bin:/usr/bin:/bin"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended, and what it said."""

    code: int
    stdout: str
    stderr: str

    @property
    def said(self) -> str:
        return self.stdout + self.stderr


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """fetchkit: from ``FETCHKIT_PYZ`` where the session names one, else from source."""

    variables: Mapping[str, str] = field(default_factory=dict)
    """All of its environment, but for what it needs to start."""
    prefix: tuple[str, ...] = ()
    """Put in front of the command, such as a tracer."""

    def with_variables(self, **variables: str) -> Program:
        return replace(self, variables={**self.variables, **variables})

    def behind(self, *prefix: str) -> Program:
        return replace(self, prefix=prefix)

    def command(self, *arguments: str | Path) -> list[str]:
        pyz = os.environ.get("FETCHKIT_PYZ")
        start = [pyz] if pyz else ["-m", "fetchkit"]
        return [*self.prefix, sys.executable, *start, *map(str, arguments)]

    def environ(self) -> dict[str, str]:
        return {
            "PATH": PATH,
            "PYTHONPATH": str(SRC),
            **self.variables,
        }

    def start(self, *arguments: str | Path) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(*arguments),
            env=self.environ(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str | Path) -> Ended:
        return wait_for(self.start(*arguments))


def wait_for(process: subprocess.Popen[str]) -> Ended:
    try:
        stdout, stderr = process.communicate(timeout=RUN_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    return Ended(process.returncode, stdout, stderr)
