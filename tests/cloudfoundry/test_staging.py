"""Whole stagings: fetchkit alone, first, and last of two buildpacks (C-1)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.cloudfoundry.buildpacks import shell_program, write_script
from tests.cloudfoundry.platform import StagingError, launch, load_yaml, tree

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cloudfoundry.buildpacks import Workshop
    from tests.cloudfoundry.platform import Platform

TOOL = shell_program('echo "tool 1.2.3 in $TOOL_HOME"')
SIDECAR = {"sidecar_for": ["web"], "command": "config-server --port 8082", "memory": 64}


@pytest.fixture
def tools(workshop: Workshop) -> Path:
    """A buildpack with one binary on PATH, and a variable."""
    table = workshop.signed("tool", TOOL)
    table["install"]["env"] = {"TOOL_HOME": "{root}/vendor/tool"}
    return workshop.buildpack("tools", tool=table)


@pytest.fixture
def sidecar(workshop: Workshop) -> Path:
    """A buildpack that only runs beside the app."""
    server = shell_program('echo "configuration on $2"')
    table = workshop.signed("config-server", server, process=SIDECAR)
    return workshop.buildpack("config", **{"config-server": table})


def test_alone_it_supplies_and_wires(platform: Platform, tools: Path) -> None:
    droplet = platform.stage(tools)
    home = droplet / "deps/0/vendor/tool"
    assert launch(droplet, "tool") == f"tool 1.2.3 in {home}\n"


def test_first_of_two_is_wired_by_the_last(
    platform: Platform, tools: Path, sidecar: Path
) -> None:
    droplet = platform.stage(sidecar, tools)
    assert launch(droplet, "config-server --port 1") == "configuration on 1\n"
    assert launch(droplet, "tool").startswith("tool 1.2.3")


def test_last_of_ten_keeps_the_padded_index(
    platform: Platform, workshop: Workshop, tools: Path
) -> None:
    """C-5: DEPS_IDX is text."""
    empty = workshop.buildpack("other", other=workshop.signed("other", b"#!/bin/sh\n"))
    droplet = platform.stage(*[empty] * 10, tools)
    assert (droplet / "deps/10/bin/tool").exists()
    assert (droplet / "deps/00/bin/other").exists()
    assert launch(droplet, "tool").startswith("tool 1.2.3")


def test_supply_writes_below_its_index_and_the_cache_only(
    platform: Platform, tools: Path
) -> None:
    """C-13."""
    (platform.app_dir / "app.js").write_text("app")
    for path in (platform.deps_dir / "0", platform.deps_dir / "1"):
        path.mkdir(parents=True)
    (platform.home / "cache").mkdir()
    before = tree(platform.home)
    arguments = (platform.app_dir, platform.home / "cache", platform.deps_dir, "0")
    platform.run(tools, "supply", *arguments)
    after = tree(platform.home)
    changed = {path for path in after if after[path] != before.get(path)}
    assert changed
    assert before.keys() <= after.keys()
    assert all(path.startswith(("cache/", "contents/deps/0/")) for path in changed)


def test_nothing_for_run_time_names_the_staging(
    platform: Platform, tools: Path
) -> None:
    """C-16: relative links, and $DEPS_DIR in scripts."""
    droplet = platform.stage(tools)
    links = [path for path in droplet.rglob("*") if path.is_symlink()]
    assert [path.name for path in links] == ["tool"]
    assert not os.path.isabs(os.readlink(links[0]))
    for directory in ("profile.d", "deps/0/profile.d"):
        for script in (droplet / directory).iterdir():
            assert str(platform.home) not in script.read_text()


def test_a_later_buildpack_has_programs_and_variables(
    platform: Platform, tools: Path, tmp_path: Path
) -> None:
    """C-19, C-20: bin and env of DEPS_DIR/IDX."""
    other = tmp_path / "other"
    write_script(other / "bin/supply", '#!/bin/sh\nls "$3/0/bin"; cat "$3"/0/env/*\n')
    write_script(other / "bin/finalize", "#!/bin/sh\n")
    platform.stage(tools, other)
    expected = f"tool\n{platform.deps_dir}/0/vendor/tool"
    assert expected in platform.said


def test_config_launch_and_release_give_equal_data(
    platform: Platform, workshop: Workshop
) -> None:
    """C-4: the platform reads either of them."""
    worker = {"command": "worker --queue 'a b'", "type": "worker"}
    table = workshop.signed("worker", TOOL, process=worker)
    buildpack = workshop.buildpack("workers", worker=table)
    droplet = platform.stage(buildpack)
    launched = load_yaml(droplet / "deps/0/launch.yml")["processes"]
    released = platform.release(buildpack)["default_process_types"]
    assert {each["type"]: each["command"] for each in launched} == released
    assert load_yaml(droplet / "deps/0/config.yml") == {
        "name": "workers",
        "config": {"worker": "1.2.3"},
    }


def test_a_sidecar_has_its_limits(platform: Platform, sidecar: Path) -> None:
    """C-29: and is no process type, whoever asks."""
    droplet = platform.stage(sidecar)
    assert load_yaml(droplet / "deps/0/launch.yml") == {
        "processes": [
            {
                "type": "config-server",
                "command": "config-server --port 8082",
                "limits": {"memory": 64},
                "platforms": {"cloudfoundry": {"sidecar_for": ["web"]}},
            }
        ]
    }
    assert platform.release(sidecar) == {"default_process_types": {}}


def test_a_sidecar_only_buildpack_is_not_detected(
    platform: Platform, sidecar: Path
) -> None:
    """C-34: exit 1, and nothing on standard output."""
    ended = platform.call(sidecar, "detect", platform.app_dir)
    assert (ended.code, ended.stdout) == (1, "")
    assert "put it in front of the app's buildpack" in ended.stderr


def test_detect_says_its_name(platform: Platform, tools: Path) -> None:
    assert platform.run(tools, "detect", platform.app_dir) == "tools\n"


def test_the_last_buildpack_wraps_a_process(
    platform: Platform, workshop: Workshop
) -> None:
    """C-13: only finalize may change the app."""
    table = workshop.signed("mesh", shell_program('exec "$@"'), process={"wrap": "web"})
    (platform.app_dir / "Procfile").write_text("web: echo hello\n")
    droplet = platform.stage(workshop.buildpack("mesh", mesh=table))
    assert (droplet / "app/Procfile").read_text() == "web: mesh echo hello\n"
    assert launch(droplet, "mesh echo hello") == "hello\n"


def test_staging_again_is_the_same_and_fetches_nothing(
    platform: Platform, tools: Path
) -> None:
    first = tree(platform.stage(tools))
    assert "Fetching tool" in platform.said
    assert tree(platform.stage(tools)) == first
    assert "Fetching tool" not in platform.said


def test_an_old_platform_calls_compile_alone(platform: Platform, tools: Path) -> None:
    """C-25: dependencies inside the app."""
    platform.run(tools, "compile", platform.app_dir, platform.home / "cache")
    droplet = platform.home / "elsewhere"
    droplet.mkdir()
    os.rename(platform.app_dir, droplet / "app")
    (droplet / "profile.d").mkdir()
    said = launch(droplet, "tool", DEPS_DIR="/nowhere")
    assert said == f"tool 1.2.3 in {droplet}/app/.cloudfoundry/0/vendor/tool\n"


def test_a_read_only_buildpack_is_enough(platform: Platform, tools: Path) -> None:
    """C-12."""
    before = tree(tools)
    platform.stage(tools)
    assert tree(tools) == before


@pytest.mark.parametrize("name", ["launch.yml", "config.yml", "profile.d/config.sh"])
def test_a_file_of_somebody_else_is_not_replaced(
    platform: Platform, sidecar: Path, name: str
) -> None:
    foreign = platform.deps_dir / "0" / name
    foreign.parent.mkdir(parents=True)
    foreign.write_text("processes: []\n")
    arguments = (platform.app_dir, platform.home / "cache", platform.deps_dir, "0")
    ended = platform.call(sidecar, "supply", *arguments)
    assert ended.code == 44
    assert f"0/{name}` is in the way" in ended.stderr
    assert foreign.read_text() == "processes: []\n"
    assert not (platform.deps_dir / "0/vendor").exists()


def test_an_unsigned_binary_is_not_supplied(
    platform: Platform, workshop: Workshop
) -> None:
    table = workshop.signed("tool", TOOL)
    workshop.site.add("tool", TOOL + b"\n")
    with pytest.raises(StagingError, match="32"):
        platform.stage(workshop.buildpack("tools", tool=table))
    assert not (platform.deps_dir / "0/vendor").exists()
