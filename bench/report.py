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
    *("ratio", "of fastest", "target"),
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
    target: float | None
    baseline: Result | None
    """What this is divided by; None for the baseline itself."""

    @property
    def median(self) -> float:
        """Seconds."""
        return statistics.median(run.seconds for run in self.runs)

    @property
    def fastest(self) -> float:
        """Seconds: what it costs when the machine does nothing else."""
        return min(run.seconds for run in self.runs)

    @property
    def ratio(self) -> float | None:
        """Of the medians."""
        return self.median / self.baseline.median if self.baseline else None

    @property
    def ratio_of_fastest(self) -> float | None:
        """Of the fastest runs: the one to look at when the machine was busy."""
        return self.fastest / self.baseline.fastest if self.baseline else None

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
    results: list[Result] = []
    for side, its_runs in runs.items():
        result = Result(
            scenario=scenario,
            title=title,
            side=side,
            runs=its_runs,
            target=target if results else None,
            baseline=results[0] if results else None,
        )
        results.append(result)
    return results


def render_table(results: Sequence[Result]) -> str:
    """Results as a table in Markdown, times in milliseconds."""
    lines = [
        f"| {' | '.join(_COLUMNS)} |",
        "|---|---|" + "--:|" * (len(_COLUMNS) - 2),
    ]
    for result in results:
        times = (result.median, result.spread, result.fastest, result.cpu_seconds)
        cells = [
            "" if result.baseline else result.title,
            result.side,
            *(f"{1000 * seconds:.0f}" for seconds in times),
            f"{result.peak_bytes / 1e6:.0f} MB",
            _shown(result.ratio, "**{:.2f}**"),
            _shown(result.ratio_of_fastest, "{:.2f}"),
            _shown(result.target, "{:.1f}"),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _shown(value: float | None, form: str) -> str:
    return "" if value is None else form.format(value)


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
                "ratio_of_fastest": result.ratio_of_fastest,
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
