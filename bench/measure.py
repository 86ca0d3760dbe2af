"""Whole processes, timed from outside: wall time, processor time, peak memory."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

RUN_SECONDS = 60.0
"""After which a single run counts as hung."""

_RUSAGE_UNIT = 1024
"""Linux counts ``ru_maxrss`` in KiB (getrusage(2))."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One process to run, with exactly this environment."""

    arguments: Sequence[str]
    environ: Mapping[str, str]
    exit_code: int = 0
    """With which it has to end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the things that are compared."""

    name: str
    prepare: Callable[[], Command]
    """Makes a fresh place for one run; its time does not count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one process cost."""

    seconds: float
    """From before the fork to after the wait."""
    cpu_seconds: float
    """Of the process and the children it waited for."""
    peak_bytes: int
    """Resident memory of the largest of these processes, at its worst."""


class RunFailedError(Exception):
    """A command that is to be timed does not work; carries what it said."""


def run(command: Command) -> Run:
    """Run `command` to its end.

    A process starts with the peak of the one it was forked from, so whoever calls
    this must be small: no peak below the caller's own is ever seen.

    Raises:
        RunFailedError: it failed, or did not end.
    """
    # Into a file: a pipe would have to be emptied while the clock runs.
    with tempfile.TemporaryFile() as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            command.arguments,
            env=command.environ,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        with _bounded(process.pid):
            _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != command.exit_code:
            output.seek(0)
            said = output.read().decode(errors="replace")
            raise RunFailedError(f"{' '.join(command.arguments)}\n{said}")
    return Run(
        seconds=seconds,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        peak_bytes=usage.ru_maxrss * _RUSAGE_UNIT,
    )


def run_interleaved(sides: Sequence[Side], rounds: int) -> dict[str, list[Run]]:
    """Run every side once a round, so that all of them share the machine's moods.

    Every other round goes backwards: nobody always runs in the wake of the same.

    Raises:
        RunFailedError: a run failed.
    """
    runs: dict[str, list[Run]] = {side.name: [] for side in sides}
    for number in range(rounds):
        for side in sides if number % 2 == 0 else reversed(sides):
            runs[side.name].append(run(side.prepare()))
    return runs


@contextmanager
def _bounded(group: int) -> Iterator[None]:
    def end() -> None:
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)

    timer = threading.Timer(RUN_SECONDS, end)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
