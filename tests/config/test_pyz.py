"""The finished pyz reads YAML too: its reader is a package in two halves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.product.fixtures import pythons, run

if TYPE_CHECKING:
    from pathlib import Path

    from fetchkit_build.interpreters import Interpreter


@pytest.mark.product
@pytest.mark.parametrize("python", pythons(), ids=lambda python: python.series)
def test_yaml_is_read_from_within_the_zip(
    python: Interpreter, pyz: Path, tmp_path: Path
) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("jobs: 3\n")
    variables = {"FETCHKIT_CONFIG": str(file), "HOME": str(tmp_path)}
    ended = run([python.executable, pyz, "config", "show"], variables=variables)
    lines = [line.split() for line in ended.stdout.decode().splitlines()]
    assert ["jobs", "3", f"{file}:1"] in lines, ended.stderr
