from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fetchkit.store.cache import Cache
from tests.flow.conftest import program, scene
from tests.store.processes import Python
from tests.store.shelf import NOW, Shelf

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["program", "scene"]


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """An empty cache, and ways to fill it with old things."""
    cache = Cache(str(tmp_path / "cache"), clock=lambda: NOW)
    cache.blobs.ensure_directories()
    made = Shelf(cache)
    made.collected(days=0.5)
    return made


@pytest.fixture
def python() -> Iterator[Python]:
    """Starts other processes; none outlives the test."""
    started = Python()
    yield started
    started.end_all()
