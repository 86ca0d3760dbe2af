from __future__ import annotations

from tests.project import cli, project

__all__ = ["cli", "project"]
