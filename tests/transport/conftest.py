from __future__ import annotations

from tests.flow.conftest import program, scene

__all__ = ["program", "scene"]
