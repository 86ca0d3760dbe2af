"""Lock files: two processes exclude each other, and nobody pays for asyncio."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fetchkit.errors import LockTimeoutError
from fetchkit.locks import held

if TYPE_CHECKING:
    from collections.abc import Iterator

SRC = Path(__file__).parents[2] / "src"

HOLDER = """
import sys
from fetchkit.locks import held
with held(sys.argv[1]) as is_held:
    print("held" if is_held else "not held", flush=True)
    sys.stdin.read()
"""

LISTER = """
import sys
from fetchkit.locks import held
with held(sys.argv[1]):
    pass
print(*sorted({"asyncio", "sqlite3"} & set(sys.modules)))
"""


@pytest.fixture
def lock_file(tmp_path: Path) -> str:
    return str(tmp_path / "some.lock")


@pytest.fixture
def holder(lock_file: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock until its standard input ends."""
    with start(HOLDER, lock_file) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def start(script: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        env={"PYTHONPATH": str(SRC)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_lock_excludes_another_process(
    holder: subprocess.Popen[str], lock_file: str
) -> None:
    with (
        pytest.raises(LockTimeoutError, match="another process"),
        held(lock_file, timeout=0.2),
    ):
        pass


def test_a_holder_that_is_killed_frees_its_lock(
    holder: subprocess.Popen[str], lock_file: str
) -> None:
    holder.kill()
    holder.wait(timeout=10)
    with held(lock_file, timeout=10) as is_held:
        assert is_held


def test_a_lock_loads_no_asyncio_and_no_sqlite3(lock_file: str) -> None:
    with start(LISTER, lock_file) as process:
        output, _ = process.communicate(timeout=30)
    assert (process.returncode, output) == (0, "\n")


def test_the_lock_file_stays(lock_file: str) -> None:
    with held(lock_file):
        pass
    assert Path(lock_file).exists()
