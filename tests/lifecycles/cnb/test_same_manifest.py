"""One manifest on three platforms: docs/lifecycles.md says what is written where.

Cloud Foundry is the model of tests/cloudfoundry: its own builder cannot be had here.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cloudfoundry.buildpacks import write_script
from tests.cloudfoundry.platform import Platform as CloudFoundry
from tests.cloudfoundry.platform import launch
from tests.examples.heroku import Heroku
from tests.lifecycles.cnb.calls import CACHE
from tests.lifecycles.cnb.platform import Platform, vendor

if TYPE_CHECKING:
    from tests.lifecycles.cnb.calls import Calls
    from tests.lifecycles.cnb.tools import Lifecycle
    from tests.origins.authority import Authority

pytestmark = pytest.mark.product

PAGE = Path(__file__).parents[3] / "docs" / "lifecycles.md"
PROGRAM = b"""#!/bin/sh
echo "$0" "$@"
echo "$TOOL_HOME"
echo "$PATH"
"""
PROCFILE = "web: node 'my server.js'\n"


@pytest.fixture
def tool(calls: Calls) -> Calls:
    """A manifest with everything a platform has to spell in its own way."""
    for arch in ("amd64", "arm64"):
        calls.site.add(f"tool-1.0.0-{arch}", PROGRAM)
        calls.site.add(f"tool-1.0.0-{arch}.asc", calls.keys.sign(PROGRAM))
    calls.artifact("tool")["install"] = {
        "dir": "vendor/tool",
        "file": "tool-{version}",
        "links": ["tool"],
        "path": True,
        "env": {"TOOL_HOME": "{root}/vendor/tool"},
    }
    calls.artifact("tool")["layer"] = {"build": True}
    calls.artifact("tool")["process"] = {"wrap": "web"}
    (calls.app / "Procfile").write_text(PROCFILE)
    calls.write()
    return calls


@pytest.fixture
def heroku(tool: Calls, pyz: Path, tmp_path: Path, tls_ca: Authority) -> Heroku:
    made = Heroku(tmp_path / "heroku", vendor(tool.buildpack, pyz))
    made.variables["FETCHKIT_CA_FILE"] = str(tls_ca.ca_file)
    (made.build_dir / "Procfile").write_text(PROCFILE)
    return made


@pytest.fixture
def cloudfoundry(
    tool: Calls, pyz: Path, tmp_path: Path, tls_ca: Authority
) -> tuple[CloudFoundry, Path]:
    """The platform, and the buildpack as it is vendored there."""
    made = CloudFoundry(
        tmp_path / "cf", variables={"FETCHKIT_CA_FILE": str(tls_ca.ca_file)}
    )
    (made.app_dir / "Procfile").write_text(PROCFILE)
    buildpack = vendor(tool.buildpack, pyz)
    for step in ("supply", "finalize", "release"):
        start = f'exec {sys.executable} "$(dirname "$0")/../fetchkit.pyz" {step} "$@"'
        write_script(buildpack / "bin" / step, f"#!/bin/sh\n{start}\n")
    return made, buildpack


@pytest.fixture
def platform(
    tool: Calls, pyz: Path, open_home: Path, lifecycle: Lifecycle, tls_ca: Authority
) -> Platform:
    made = Platform(open_home, lifecycle, {"Procfile": PROCFILE})
    made.trust(tls_ca.ca_file)
    made.add_buildpack(vendor(tool.buildpack, pyz))
    return made


def told(column: str) -> set[str]:
    """The paths in a column of the page's table."""
    table = PAGE.read_text().partition("| differs")[0]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in table.splitlines()
        if line.startswith("|")
    ]
    position = rows[0].index(column)
    return {
        path
        for row in rows[2:]
        for path in re.findall(r"`([A-Z]+/[^`]+)`", row[position])
    }


def written(**roots: Path) -> set[str]:
    """Every file below the roots, by the name the page has for each."""
    return {
        f"{name}/{path.relative_to(root)}"
        for name, root in roots.items()
        for path in root.rglob("*")
        if path.is_symlink() or path.is_file()
    }


def test_heroku_gets_what_the_page_says(heroku: Heroku) -> None:
    before = written(BUILDPACK=heroku.buildpack)
    ended = heroku.compile()
    assert ended.returncode == 0, ended.stderr
    found = written(APP=heroku.build_dir, BUILDPACK=heroku.buildpack) - before
    found.add("CACHE/fetchkit")
    assert (heroku.cache_dir / "fetchkit").is_dir()
    assert told("Heroku") == found


def test_cnb_gets_what_the_page_says(tool: Calls) -> None:
    tool.good_build()
    cache = f"LAYERS/{CACHE}"
    found = {
        path for path in written(LAYERS=tool.layers) if not path.startswith(f"{cache}/")
    }
    found.add(cache)
    assert (tool.layers / CACHE).is_dir()
    assert told("Cloud Native Buildpacks") == found


def test_cloud_foundry_gets_what_the_page_says(
    cloudfoundry: tuple[CloudFoundry, Path],
) -> None:
    made, buildpack = cloudfoundry
    made.stage(buildpack)
    found = written(
        APP=made.app_dir, DEPS=made.deps_dir / "0", PROFILE=made.profile_dir
    )
    found.add("CACHE/fetchkit")
    assert (made.home / "cache" / "final" / "fetchkit").is_dir()
    assert told("Cloud Foundry") == found


def test_cloud_foundry_launches_the_same_as_heroku(
    heroku: Heroku, cloudfoundry: tuple[CloudFoundry, Path]
) -> None:
    heroku.compile()
    command = (heroku.build_dir / "Procfile").read_text().removeprefix("web: ")
    on_heroku = heroku.start("bash", command).stdout
    app = next(
        line.rpartition("/vendor/tool")[0]
        for line in on_heroku.splitlines()
        if line.endswith("/vendor/tool")
    )
    made, buildpack = cloudfoundry
    droplet = made.stage(buildpack)
    web = (droplet / "app" / "Procfile").read_text().removeprefix("web: ")
    deps = str(droplet / "deps" / "0")
    ours, theirs = essence(launch(droplet, web), deps), essence(on_heroku, app)
    # What is below DEPS_DIR/IDX/bin is on PATH by the platform's own rule (C-15).
    assert [each.replace("ROOT/bin", "ROOT/vendor/tool") for each in ours] == theirs


def test_the_launched_process_sees_the_same(heroku: Heroku, platform: Platform) -> None:
    """Command, arguments, environment and PATH, below each platform's own root."""
    heroku.compile()
    command = (heroku.build_dir / "Procfile").read_text().removeprefix("web: ")
    on_heroku = heroku.start("bash", command)
    built = platform.build()
    assert built.returncode == 0, built.stdout + built.stderr
    launched = platform.launch("web")
    layer = platform.layers / "acme_tools" / "tool"
    app = next(
        line.rpartition("/vendor/tool")[0]
        for line in on_heroku.stdout.splitlines()
        if line.endswith("/vendor/tool")
    )
    assert essence(launched.stdout, str(layer)) == essence(on_heroku.stdout, app)


def essence(output: str, root: str) -> list[str]:
    program, home, path = output.replace(root, "ROOT").splitlines()
    # What the platform itself has on PATH is its own business.
    ours = [each for each in path.split(":") if each.startswith("ROOT")]
    return [program, home, *ours]
