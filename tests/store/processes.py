"""Other processes with the same cache."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

SRC = Path(__file__).parents[2] / "src"


@dataclass
class Python:
    """Starts scripts, and ends them with the test."""

    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, script: str, *arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", script, *arguments],
            env={"PYTHONPATH": str(SRC)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.started.append(process)
        return process

    def start_saying(
        self, word: str, script: str, *arguments: str
    ) -> subprocess.Popen[str]:
        """Start a script and wait until its first line, which has to be `word`."""
        process = self.start(script, *arguments)
        assert process.stdout is not None
        assert process.stderr is not None
        said = process.stdout.readline()
        assert said == f"{word}\n", said + process.stderr.read()
        return process

    def end_all(self) -> None:
        for process in self.started:
            process.kill()
            process.communicate()
