"""``.downloadurl`` and ``.version``: a sidecar buildpack without any configuration."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from tests.cloudfoundry.buildpacks import shell_program
from tests.cloudfoundry.platform import launch

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cloudfoundry.buildpacks import Workshop
    from tests.cloudfoundry.platform import Platform
    from tests.flow.program import Ended

SERVER = shell_program('echo "configuration on $1"')


@pytest.fixture
def buildpack(workshop: Workshop) -> Path:
    """A buildpack that says where its binary is, and nothing else."""
    home = workshop.buildpack("simple")
    (home / "fetchkit.toml").unlink()
    url = workshop.site.add("config-server", SERVER)
    (home / ".downloadurl").write_text(f"{url}\n")
    (home / ".version").write_text("1.4.0\n")
    for step in ("supply", "finalize"):
        script = (home / "bin" / step).read_text()
        (home / "bin" / step).write_text(
            script.replace("fetchkit.toml", ".downloadurl")
        )
    return home


def supply(platform: Platform, buildpack: Path) -> Ended:
    """One supply, as it ends."""
    platform.deps_dir.mkdir(parents=True, exist_ok=True)
    arguments = (platform.app_dir, platform.home / "cache", platform.deps_dir, "0")
    return platform.call(buildpack, "supply", *arguments)


def test_with_a_digest_it_is_installed(platform: Platform, buildpack: Path) -> None:
    pointer = buildpack / ".downloadurl"
    digest = hashlib.sha256(SERVER).hexdigest()
    pointer.write_text(f"{pointer.read_text().strip()} {digest}\n")
    droplet = platform.stage(buildpack)
    assert "config-server 1.4.0" in platform.said
    assert launch(droplet, "config-server 8082") == "configuration on 8082\n"


def test_with_a_lock_it_is_installed(
    platform: Platform, buildpack: Path, workshop: Workshop
) -> None:
    pointer = buildpack / ".downloadurl"
    locked = workshop.program.run("lock", "--manifest", pointer)
    assert locked.code == 0, locked.said
    droplet = platform.stage(buildpack)
    assert launch(droplet, "config-server 8082") == "configuration on 8082\n"
    workshop.site.add("config-server", SERVER + b"#")
    ended = supply(platform, buildpack)
    assert ended.code == 23, "other bytes than those that were locked"


def test_without_either_it_is_refused(platform: Platform, buildpack: Path) -> None:
    ended = supply(platform, buildpack)
    assert ended.code == 35
    assert "Run `fetchkit lock`" in ended.stderr
    assert not (platform.deps_dir / "0/bin").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "expected a url and a sha256, got 0 words", id="empty"),
        pytest.param("a b c", "got 3 words", id="too much"),
        pytest.param("https://h.test/x 123", "not a sha256 digest", id="no digest"),
        pytest.param("<html>", "cannot fetch from", id="web page"),
    ],
)
def test_what_is_no_pointer_is_refused(
    platform: Platform, buildpack: Path, text: str, message: str
) -> None:
    (buildpack / ".downloadurl").write_text(text)
    ended = supply(platform, buildpack)
    assert ended.code in {12, 15}
    assert message in ended.stderr
