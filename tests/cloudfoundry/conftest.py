from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cloudfoundry.buildpacks import Workshop
from tests.cloudfoundry.platform import Platform
from tests.flow.program import Program

if TYPE_CHECKING:
    from pathlib import Path

    from tests.origins.authority import Authority
    from tests.origins.nginx import Site
    from tests.signing import TestKeys


@pytest.fixture
def workshop(
    tmp_path: Path, nginx: Site, keys: TestKeys, tls_ca: Authority
) -> Workshop:
    """Makes buildpacks whose binaries a real server has."""
    program = Program(variables={"FETCHKIT_CA_FILE": str(tls_ca.ca_file)})
    return Workshop(tmp_path, nginx, keys, program)


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    """A platform with an empty app."""
    return Platform(tmp_path / "machine")
