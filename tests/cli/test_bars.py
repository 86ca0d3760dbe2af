"""Progress: bars at a terminal, quiet lines everywhere else."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import TOOL
from tests.origins.misbehaving import Request, Wire, render_head

if TYPE_CHECKING:
    from tests.cli.conftest import Publisher

SRC = Path(__file__).parents[2] / "src"
RUN_SECONDS = 60
ERASED = b"\r" + b" " * 20
"""How a bar is taken away: blanks over all of its line."""


def in_pieces(wire: Wire, request: Request) -> bool:
    """The tool with its size, slowly enough that a bar has something to show."""
    wire.send(render_head(200, {"Content-Length": str(len(TOOL))}))
    for start in range(0, len(TOOL), 4):
        wire.send(TOOL[start : start + 4])
        wire.wait(0.1)
    return True


def run_at_terminal(directory: Path, *arguments: str) -> tuple[int, bytes]:
    """Run fetchkit with a terminal for its talk; the code and all that was shown."""
    terminal, other_end = pty.openpty()
    fcntl.ioctl(other_end, termios.TIOCSWINSZ, struct.pack("4H", 24, 80, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "fetchkit", *arguments],
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=other_end,
    )
    os.close(other_end)
    shown = b""
    deadline = time.monotonic() + RUN_SECONDS
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # Linux: everybody at the other end has gone
            break
        if not piece:
            break
        shown += piece
    os.close(terminal)
    return process.wait(timeout=10), shown


@pytest.fixture(autouse=True)
def slow(publisher: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publisher.origin.on("/tool-1.2.3-amd64", in_pieces)
    monkeypatch.setenv("PYTHONPATH", str(SRC))
    monkeypatch.setenv("FETCHKIT_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("FETCHKIT_PLATFORM", "linux-amd64")
    monkeypatch.setenv("TERM", "xterm")


def test_a_terminal_shows_a_bar_and_takes_it_away(tmp_path: Path) -> None:
    code, shown = run_at_terminal(tmp_path, "install", "app")
    assert code == 0
    assert b"%|" in shown
    assert b"/20.0 " in shown
    assert shown.rindex(b"%|") < shown.rindex(ERASED) < shown.rindex(b"tool: installed")


@pytest.mark.parametrize("option", ["--no-progress", "--quiet"])
def test_a_bar_can_be_turned_off(tmp_path: Path, option: str) -> None:
    code, shown = run_at_terminal(tmp_path, "install", "app", option)
    assert code == 0
    assert b"%|" not in shown
    assert (b"Fetching" in shown) == (option == "--no-progress")


def test_a_log_gets_one_line_a_step(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "fetchkit", "install", "app"],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
        check=True,
    )
    assert ended.stdout == ""
    fetching, verified, installed = ended.stderr.splitlines()
    assert fetching == "Fetching tool 1.2.3 for linux-amd64 (20 B)"
    assert verified.startswith("  tool: signed by good (")
    assert installed == "  tool: installed tool-1.2.3-amd64 in vendor"


@pytest.mark.parametrize(
    ("options", "variables", "is_coloured"),
    [
        pytest.param([], {}, True, id="terminal"),
        pytest.param([], {"NO_COLOR": "1"}, False, id="NO_COLOR"),
        pytest.param([], {"TERM": "dumb"}, False, id="dumb terminal"),
        pytest.param(["--color", "never"], {}, False, id="never"),
        pytest.param(["--color=always"], {"NO_COLOR": "1"}, True, id="always"),
    ],
)
def test_colour_follows_the_terminal_and_the_user(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    variables: dict[str, str],
    is_coloured: bool,  # noqa: FBT001 -- a column of the table
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    code, shown = run_at_terminal(tmp_path, "why", "jq", *options)
    assert code == 13
    assert (b"\x1b[1;31merror:" in shown) == is_coloured
