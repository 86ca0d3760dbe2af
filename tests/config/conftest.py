from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.project import cli, project

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["cli", "project", "user_dir"]


@pytest.fixture
def user_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this user's configuration file lies; empty."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    directory = tmp_path / "config" / "fetchkit"
    directory.mkdir(parents=True)
    return directory
