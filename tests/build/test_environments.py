"""Steps of a build that run other programs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from fetchkit_build.environments import ensure_environment, run
from fetchkit_build.errors import BuildError
from tests.product.fixtures import find_old_python

ROOT = Path(__file__).parents[2]
REQUIREMENTS = sorted((ROOT / "requirements").glob("*.txt"))


def test_a_step_that_fails_says_what_it_was_and_what_it_said() -> None:
    command = [sys.executable, "-c", "import sys; print('no luck'); sys.exit(3)"]
    with pytest.raises(BuildError, match="cannot roll the dice:\nno luck"):
        run(command, "roll the dice")


def test_variables_that_lead_python_elsewhere_are_not_passed_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHONHOME", "/nonexistent")
    monkeypatch.setenv("PYTHONPATH", "/nonexistent")
    run([sys.executable, "-c", "import json"], "import json")


def test_an_environment_is_made_once_and_again_for_other_pins(tmp_path: Path) -> None:
    pins = tmp_path / "pins.txt"
    pins.write_text("# nothing\n")
    directory = tmp_path / "environment"
    python = ensure_environment(str(directory), str(pins))
    marker = directory / "marker"
    marker.touch()
    assert ensure_environment(str(directory), str(pins)) == python
    assert marker.exists()
    pins.write_text("# nothing at all\n")
    ensure_environment(str(directory), str(pins))
    assert not marker.exists()


def test_a_requirement_without_a_hash_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    pins = tmp_path / "pins.txt"
    pins.write_text("httpx==0.28.1\n")
    with pytest.raises(BuildError, match=r"cannot install .*pins\.txt"):
        ensure_environment(str(tmp_path / "environment"), str(pins))
    assert not (tmp_path / "environment" / "made-from").exists()


@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda path: path.name)
def test_pins_name_no_index(path: Path) -> None:
    assert re.findall(r"://|--(?:extra-)?index|--find-links", path.read_text()) == []


def test_what_the_pyz_carries_depends_on_no_builder() -> None:
    pins = (ROOT / "requirements" / "runtime.txt").read_text()
    names = re.findall(r"^([\w-]+)==[^;\n]*$", pins, re.MULTILINE)
    assert len(names) == pins.count("==")
    assert "anyio" not in names


def test_build_py_refuses_an_old_python() -> None:
    python = find_old_python("3.8")
    if python is None:
        pytest.skip("NOT TESTED: no Python 3.8 on this machine")
    result = subprocess.run(
        [python, ROOT / "build.py"], capture_output=True, text=True, check=False
    )
    assert result.returncode == 1
    assert result.stderr == "error: build.py needs Python 3.10 or newer, this is 3.8\n"


def test_unknown_arguments_are_refused_except_for_the_tests() -> None:
    result = subprocess.run(
        [sys.executable, ROOT / "build.py", "check", "--fast"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 2
    assert "unrecognized arguments: --fast" in result.stderr
