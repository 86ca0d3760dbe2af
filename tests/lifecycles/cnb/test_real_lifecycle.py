"""Two tools in one buildpack, another one behind it, and the real lifecycle."""

from __future__ import annotations

import platform as host
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from tests.lifecycles.cnb.platform import Platform, add_scripts, vendor
from tests.product.fixtures import run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lifecycles.cnb.calls import Calls
    from tests.lifecycles.cnb.tools import Lifecycle
    from tests.origins.authority import Authority

pytestmark = pytest.mark.product

BUILDPACK = "acme/tools"
ARCH = {"x86_64": "amd64", "aarch64": "arm64"}[host.machine()]

LATER_DESCRIPTOR = 'api = "0.10"\n[buildpack]\nid = "acme/later"\nversion = "1.0.0"\n'
LATER_BUILD = "#!/bin/sh\ntool from a later buildpack\n"


@pytest.fixture
def platform(
    open_home: Path, lifecycle: Lifecycle, calls: Calls, pyz: Path, tls_ca: Authority
) -> Platform:
    """``tool`` for launch and build, ``other`` for launch, Procfile with a web."""
    calls.artifact("tool")["layer"] = {"build": True}
    calls.artifact("tool")["process"] = {"wrap": "web"}
    calls.publish("other")
    made = Platform(open_home, lifecycle, {"Procfile": "web: echo 'hello  you'\n"})
    made.trust(tls_ca.ca_file)
    calls.write()
    made.add_buildpack(vendor(calls.buildpack, pyz))
    return made


def change(platform: Platform, calls: Calls) -> None:
    """Give the buildpack the manifest as it is now."""
    calls.write()
    (place,) = (platform.home / "buildpacks" / "acme_tools").iterdir()
    shutil.copy(calls.buildpack / "fetchkit.toml", place / "fetchkit.toml")


def good_build(platform: Platform) -> str:
    built = platform.build()
    assert built.returncode == 0, built.stdout + built.stderr
    return built.stdout + built.stderr


def content_requests(calls: Calls) -> int:
    return len([one for one in calls.site.served() if one.status == 200])


def test_web_is_launched_wrapped(platform: Platform) -> None:
    good_build(platform)
    started = platform.launch("web")
    assert started.stdout == f"tool 1.0.0 {ARCH}: echo hello  you\n"


def test_a_rebuild_asks_for_nothing_and_keeps_the_layers(
    platform: Platform, calls: Calls
) -> None:
    good_build(platform)
    asked = len(calls.site.served())
    before = (platform.layers_of(BUILDPACK) / "tool/bin/tool").stat()
    platform.start_again()
    said = good_build(platform)
    assert said.count("its layer is as it was") == 2
    assert len(calls.site.served()) == asked
    after = (platform.layers_of(BUILDPACK) / "tool/bin/tool").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert platform.launch("web").stdout.startswith("tool 1.0.0")


def test_a_new_version_makes_one_layer_anew(platform: Platform, calls: Calls) -> None:
    good_build(platform)
    platform.start_again()
    other = platform.layers_of(BUILDPACK) / "other/bin/other"
    before = (other.stat().st_ino, content_requests(calls))
    tool = dict(calls.artifact("tool"))
    calls.publish("tool", "2.0.0", layer=tool["layer"], process=tool["process"])
    change(platform, calls)
    said = good_build(platform)
    assert said.count("its layer is as it was") == 1
    assert other.stat().st_ino == before[0]
    assert platform.launch("web").stdout.startswith(f"tool 2.0.0 {ARCH}")


def test_the_run_images_architecture_decides(platform: Platform) -> None:
    platform.target("arm64")
    good_build(platform)
    assert platform.launch("web").stdout.startswith("tool 1.0.0 arm64")


def test_a_later_buildpack_sees_the_path_of_a_build_layer(
    platform: Platform, tmp_path: Path
) -> None:
    later = tmp_path / "later"
    add_scripts(later_dir(later), detect="#!/bin/sh\nexit 0\n", build=LATER_BUILD)
    platform.add_buildpack(later)
    assert f"tool 1.0.0 {ARCH}: from a later buildpack" in good_build(platform)


def later_dir(path: Path) -> Path:
    path.mkdir()
    (path / "buildpack.toml").write_text(LATER_DESCRIPTOR)
    return path


def test_bills_of_materials_land_where_the_lifecycle_keeps_them(
    platform: Platform,
) -> None:
    """N-34: a layer with launch = true counts for the launch image."""
    good_build(platform)
    found = platform.sboms()
    names = {
        path: [each["name"] for each in document["components"]]
        for path, document in found.items()
        if path.startswith("launch/")
    }
    assert names == {
        "launch/acme_tools/sbom.cdx.json": ["other", "tool"],
        "launch/acme_tools/other/sbom.cdx.json": ["other"],
        "launch/acme_tools/tool/sbom.cdx.json": ["tool"],
    }


def test_the_image_gets_a_label_and_the_processes(platform: Platform) -> None:
    good_build(platform)
    metadata = platform.metadata()
    assert [each["type"] for each in metadata["processes"]] == ["web"]
    assert [each["key"] for each in metadata["labels"]] == ["dev.fetchkit.artifacts"]


def test_a_buildpack_that_does_not_apply_fails_detection(
    platform: Platform, calls: Calls
) -> None:
    """N-5: 20 is "nobody passed"; 21 would say that somebody failed."""
    calls.manifest["detect"] = {"files": ["go.mod"]}
    change(platform, calls)
    assert platform.detect().returncode == 20


def test_a_buildpack_that_is_broken_is_an_error(
    platform: Platform, calls: Calls
) -> None:
    calls.manifest["surprise"] = True
    change(platform, calls)
    assert platform.detect().returncode == 21


def test_provides_alone_needs_somebody_who_requires(
    platform: Platform, calls: Calls
) -> None:
    """N-6."""
    calls.manifest["plan"] = {"provides": ["tool"]}
    change(platform, calls)
    assert platform.detect().returncode == 20
    calls.manifest["plan"]["or"] = [{}]
    change(platform, calls)
    assert platform.detect().returncode == 0


def test_a_layer_for_launch_alone_is_left_in_the_image(
    platform: Platform, calls: Calls
) -> None:
    """N-20: the builder takes types without a directory."""
    calls.artifact("other")["layer"] = {"cache": False}
    change(platform, calls)
    good_build(platform)
    asked = len(calls.site.served())
    platform.start_again()
    assert not (platform.layers_of(BUILDPACK) / "other").exists()
    good_build(platform)
    assert not (platform.layers_of(BUILDPACK) / "other").exists()
    assert len(calls.site.served()) == asked


def test_a_new_buildpack_is_one_the_lifecycle_takes(
    open_home: Path,
    lifecycle: Lifecycle,
    calls: Calls,
    pyz: Path,
    tls_ca: Authority,
    tmp_path: Path,
) -> None:
    """As ``buildpack new`` makes it, with its own scripts and buildpack.toml."""
    calls.artifact("tool")["process"] = {"wrap": "web"}
    calls.write()
    made = tmp_path / "made"
    ended = run(
        [sys.executable, pyz, "buildpack", "new", made, "--id", "acme/made"],
        cwd=calls.buildpack,
    )
    assert ended.returncode == 0, ended.stderr
    platform = Platform(open_home, lifecycle, {"Procfile": "web: node x\n"})
    platform.trust(tls_ca.ca_file)
    assert platform.add_buildpack(made) == "acme/made"
    good_build(platform)
    assert platform.launch("web").stdout == f"tool 1.0.0 {ARCH}: node x\n"
