from __future__ import annotations

from tests.cli.conftest import cli, publisher

__all__ = ["cli", "publisher"]
