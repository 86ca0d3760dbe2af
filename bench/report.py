"""Runs -> a table for people, or JSON for machines."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bench.measure import Run

_COLUMNS = (
    *("scenario", "side", "median", "spread", "fastest", "CPU", "memory"),
    *("ratio", "target"),
)
_MAX_VERSION_CHARS = 40
"""curl goes on to name every library it is linked with."""
_TOOLS = ("bash", "curl", "gpg", "gpgv", "nginx")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One side of one scenario."""

    scenario: str
    title: str
    side: str
    runs: Sequence[Run]
    ratio: float | None
    """Of the medians, to the baseline; None for the baseline itself."""
    target: float | None

    @property
    def median(self) -> float:
        """Seconds."""
        return statistics.median(run.seconds for run in self.runs)

    @property
    def fastest(self) -> float:
        """Seconds: what it costs when the machine does nothing else."""
        return min(run.seconds for run in self.runs)

    @property
    def spread(self) -> float:
        """Seconds between the quartiles: half of the runs lie that close together."""
        if len(self.runs) < 2:
            return 0.0
        low, _, high = statistics.quantiles((run.seconds for run in self.runs), n=4)
        return high - low

    @property
    def cpu_seconds(self) -> float:
        """Median processor time."""
        return statistics.median(run.cpu_seconds for run in self.runs)

    @property
    def peak_bytes(self) -> int:
        """The most memory any run held."""
        return max(run.peak_bytes for run in self.runs)


def describe(
    scenario: str,
    title: str,
    runs: Mapping[str, Sequence[Run]],
    target: float | None,
) -> list[Result]:
    """The results of one scenario; the first of `runs` is the baseline."""
    baseline: float | None = None
    results = []
    for side, its_runs in runs.items():
        median = statistics.median(run.seconds for run in its_runs)
        results.append(
            Result(
                scenario=scenario,
                title=title,
                side=side,
                runs=its_runs,
                ratio=None if baseline is None else median / baseline,
                target=None if baseline is None else target,
            )
        )
        baseline = baseline or median
    return results


def render_table(results: Sequence[Result]) -> str:
    """Results as a table in Markdown, times in milliseconds."""
    lines = [
        f"| {' | '.join(_COLUMNS)} |",
        "|---|---|" + "--:|" * (len(_COLUMNS) - 2),
    ]
    for result in results:
        cells = [
            "" if result.ratio is not None else result.title,
            result.side,
            *(
                f"{1000 * seconds:.0f}"
                for seconds in (
                    result.median,
                    result.spread,
                    result.fastest,
                    result.cpu_seconds,
                )
            ),
            f"{result.peak_bytes / 1e6:.0f} MB",
            "" if result.ratio is None else f"**{result.ratio:.2f}**",
            "" if result.target is None else f"{result.target:.1f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def render_document(
    results: Sequence[Result], machine: Mapping[str, str]
) -> dict[str, Any]:
    """The same facts as one JSON object, with every single run."""
    return {
        "machine": dict(machine),
        "results": [
            {
                "scenario": result.scenario,
                "side": result.side,
                "ratio": result.ratio,
                "target": result.target,
                "median_seconds": result.median,
                "spread_seconds": result.spread,
                "peak_bytes": result.peak_bytes,
                "seconds": [run.seconds for run in result.runs],
                "cpu_seconds": [run.cpu_seconds for run in result.runs],
            }
            for result in results
        ],
    }


def read_machine(python: str, pyz: str) -> dict[str, str]:
    """What the numbers depend on: hardware, kernel, versions of everything timed."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        models = [
            line.partition(":")[2].strip() for line in file if "model name" in line
        ]
    return {
        "processor": f"{os.cpu_count()} x {(*models, platform.machine())[0]}",
        "kernel": platform.release(),
        "python": _first_line(python, "--version"),
        "fetchkit": _first_line(python, pyz, "--version"),
        "load": " ".join(f"{load:.1f}" for load in os.getloadavg()),
        **{
            tool: _first_line(tool, "-v" if tool == "nginx" else "--version")
            for tool in _TOOLS
        },
    }


def _first_line(*command: str) -> str:
    result = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True
    )
    return result.stdout.partition("\n")[0][:_MAX_VERSION_CHARS]
