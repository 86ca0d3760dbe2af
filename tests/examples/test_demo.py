"""`build.py demo` comes true, and says so when something does not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = [
    pytest.mark.product,
    pytest.mark.skipif(
        shutil.which("gpg") is None, reason="GPG IS MISSING: apt-get install gnupg"
    ),
]


def run_demo(pyz: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ROOT / "examples" / "demo.py"],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT / "src"),
            "FETCHKIT_PYZ": str(pyz),
            **variables,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_demo_comes_true_and_leaves_nothing(pyz: Path, tmp_path: Path) -> None:
    ended = run_demo(pyz, TMPDIR=str(tmp_path))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "All as told." in ended.stdout
    assert ended.stderr == ""
    assert [line for line in ended.stdout.splitlines() if "exit code" in line] == [
        "   exit code 32",
        "   exit code 33",
        "   exit code 33",
        "   exit code 35",
    ]
    assert list(tmp_path.iterdir()) == []


def test_a_fetchkit_that_does_nothing_is_found_out(tmp_path: Path) -> None:
    useless = tmp_path / "fetchkit.pyz"
    useless.write_text("raise SystemExit(0)\n")
    ended = run_demo(useless, TMPDIR=str(tmp_path))
    assert ended.returncode == 1
    assert "NOT AS TOLD" in ended.stderr


def test_without_gpg_the_demo_says_what_to_install(pyz: Path, tmp_path: Path) -> None:
    ended = run_demo(pyz, TMPDIR=str(tmp_path), PATH=str(tmp_path))
    assert ended.returncode == 1
    assert "there is no gpg: install GnuPG" in ended.stderr
    assert "Traceback" not in ended.stderr
