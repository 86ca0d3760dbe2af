"""The AppLink example, built and launched by the real lifecycle."""

from __future__ import annotations

import platform as host
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.examples.release import NAME, SHIPPED, Release, vendor
from tests.lifecycles.cnb.platform import Platform

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lifecycles.cnb.tools import Lifecycle
    from tests.origins.authority import Authority
    from tests.origins.nginx import Site
    from tests.signing import TestKeys

pytestmark = pytest.mark.product

VERSION = "HEROKU_APPLINK_SERVICE_MESH_RELEASE_VERSION"
BUILDPACK = "fetchkit/heroku-applink"
ARCH = {"x86_64": "amd64", "aarch64": "arm64"}[host.machine()]


@pytest.fixture
def release(nginx: Site, keys: TestKeys) -> Release:
    found = Release(nginx, keys)
    for version in ("latest", "v1.0.0", "v1.1.0"):
        found.publish(version)
    return found


@pytest.fixture
def platform(
    open_home: Path,
    lifecycle: Lifecycle,
    pyz: Path,
    release: Release,
    keys: TestKeys,
    tls_ca: Authority,
) -> Platform:
    """The example's app, to be built with the version v1.0.0."""
    made = Platform(open_home, lifecycle)
    shutil.copytree(SHIPPED / "app", made.app, dirs_exist_ok=True)
    made.add_buildpack(vendor(open_home / "source", pyz, release, keys))
    made.trust(tls_ca.ca_file)
    made.set(VERSION, "v1.0.0")
    return made


def test_web_starts_through_the_mesh(platform: Platform) -> None:
    built = platform.build()
    assert built.returncode == 0, built.stdout + built.stderr
    started = platform.launch("web")
    assert started.stdout == f"mesh v1.0.0 {ARCH}: python3 server.py\n", started


def test_the_binary_is_on_path_in_a_layer(platform: Platform) -> None:
    platform.build()
    found = platform.run_in_image("sh", "-c", f"command -v {NAME}; echo $PATH")
    program, path = found.stdout.splitlines()
    layer = platform.layers_of(BUILDPACK) / NAME
    assert program == f"{layer}/vendor/heroku-applink/bin/{NAME}"
    assert path.split(":")[0] == f"{layer}/vendor/heroku-applink/bin"


def test_a_rebuild_fetches_nothing(platform: Platform, nginx: Site) -> None:
    platform.build()
    asked = len(nginx.served())
    platform.start_again()
    again = platform.build()
    assert "its layer is as it was" in again.stdout + again.stderr
    assert len(nginx.served()) == asked
    assert platform.launch("web").stdout.startswith("mesh v1.0.0")


def test_another_version_is_another_layer(platform: Platform) -> None:
    platform.build()
    platform.start_again()
    platform.set(VERSION, "v1.1.0")
    platform.build()
    assert platform.launch("web").stdout.startswith("mesh v1.1.0")


def test_the_run_images_architecture_decides(platform: Platform) -> None:
    platform.target("arm64")
    platform.build()
    assert platform.launch("web").stdout.startswith("mesh v1.0.0 arm64")
