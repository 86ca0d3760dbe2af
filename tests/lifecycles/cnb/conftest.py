from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.flow.program import Program
from tests.lifecycles.cnb.calls import Calls
from tests.lifecycles.cnb.tools import Lifecycle, find_lifecycle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.origins.authority import Authority
    from tests.origins.nginx import Site
    from tests.signing import TestKeys


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


@pytest.fixture
def calls(tmp_path: Path, tls_ca: Authority, keys: TestKeys, nginx: Site) -> Calls:
    """A buildpack that installs ``tool``, about to be called directly."""
    program = Program(variables={"FETCHKIT_CA_FILE": str(tls_ca.ca_file)})
    made = Calls(tmp_path / "call", program, keys, nginx)
    made.publish("tool")
    return made
