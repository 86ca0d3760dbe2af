from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.lifecycles.cnb.tools import Lifecycle, find_lifecycle

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def lifecycle() -> Lifecycle:
    """The real lifecycle, or a skip that says what is missing."""
    found = find_lifecycle()
    if isinstance(found, str):
        pytest.skip(found)
    return found


@pytest.fixture
def open_home() -> Iterator[Path]:
    """A directory that a user who is not root can get at."""
    home = Path(tempfile.mkdtemp(prefix="fetchkit-cnb-", dir="/tmp"))
    home.chmod(0o755)
    yield home
    shutil.rmtree(home)
