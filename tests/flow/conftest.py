from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.flow.program import Program
from tests.flow.scene import Scene

if TYPE_CHECKING:
    from pathlib import Path

    from tests.origins.authority import Authority
    from tests.signing import TestKeys


@pytest.fixture(scope="session")
def program(tls_ca: Authority) -> Program:
    """The program, trusting the authority of this session."""
    return Program(variables={"FETCHKIT_CA_FILE": str(tls_ca.ca_file)})


@pytest.fixture
def scene(tmp_path: Path, program: Program, keys: TestKeys) -> Scene:
    """An empty app, an empty cache, and no manifest yet."""
    return Scene(tmp_path, program, keys)
