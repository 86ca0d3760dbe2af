"""``build`` called directly: layers, their reuse, processes, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.flow.program import Program

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.lifecycles.cnb.calls import Calls


def test_each_artifact_has_a_layer_of_its_own(calls: Calls) -> None:
    calls.publish("other")
    calls.good_build()
    for name in ("tool", "other"):
        assert (calls.layers / name / "bin" / name).stat().st_mode & 0o777 == 0o755
        assert calls.layer_file(name)["types"] == {
            "launch": True,
            "build": False,
            "cache": True,
        }
    assert calls.layer_file("fetchkit-cache")["types"]["cache"] is True


def test_metadata_is_what_decided_the_bytes(calls: Calls) -> None:
    """N-22."""
    calls.good_build()
    metadata = calls.layer_file("tool")["metadata"]
    component = metadata["component"]
    assert component["digest"].startswith("sha256:")
    assert component["version"] == "1.0.0"
    assert component["target"] == "linux-amd64"
    assert component["signers"] == [calls.keys.good.fingerprint]
    assert metadata["format"] == 1


def test_a_restored_layer_is_used_again_without_a_request(calls: Calls) -> None:
    """N-19: the types come back only because they are written again."""
    calls.good_build()
    before, asked = calls.tree(), calls.requests()
    calls.start_again()
    ended = calls.good_build()
    assert "its layer is as it was" in ended.stderr
    assert calls.requests() == asked
    assert calls.tree() == before


def test_two_builds_give_the_same_layers(calls: Calls) -> None:
    """N-23."""
    calls.good_build()
    before = calls.tree()
    for path in sorted(calls.layers.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    calls.good_build()
    assert calls.tree() == before


def test_another_version_makes_one_layer_anew(calls: Calls) -> None:
    calls.publish("other")
    calls.good_build()
    before = calls.tree()
    calls.start_again()
    calls.publish("tool", "2.0.0")
    ended = calls.good_build()
    after = calls.tree()
    changed = {path for path in after if after[path] != before.get(path)}
    assert {path.partition("/")[0].partition(".")[0] for path in changed - {""}} == {
        "tool",
        "launch",
    }
    assert "Using other 1.0.0" in ended.stderr
    assert b"tool 2.0.0" in (calls.layers / "tool/bin/tool").read_bytes()


def test_latest_is_asked_for_and_its_layer_kept(calls: Calls) -> None:
    calls.publish("tool", "latest")
    calls.good_build()
    before = calls.tree()
    calls.start_again()
    calls.good_build()
    assert calls.tree() == before
    bodies = [one for one in calls.site.served() if one.path.endswith("latest-amd64")]
    assert [one.status for one in bodies] == [200, 304]


def test_a_layer_for_launch_alone_stays_in_the_image(calls: Calls) -> None:
    """N-20: no directory, but types: the lifecycle takes the layer of before."""
    calls.artifact("tool")["layer"] = {"cache": False}
    calls.good_build()
    asked = calls.requests()
    calls.start_again()
    assert not (calls.layers / "tool").exists()
    calls.good_build()
    assert not (calls.layers / "tool").exists()
    assert calls.layer_file("tool")["types"]["launch"] is True
    assert (calls.layers / "tool.sbom.cdx.json").exists()
    assert calls.requests() == asked


def test_an_artifact_that_is_gone_takes_its_layer_along(calls: Calls) -> None:
    calls.publish("other")
    calls.good_build()
    calls.start_again()
    del calls.manifest["artifacts"]["other"]
    calls.good_build()
    assert not [path for path in calls.tree() if path.startswith("other")]


def change_file(layer: Path) -> None:
    (layer / "bin/tool").write_bytes((layer / "bin/tool").read_bytes()[:-2] + b"#\n")


def remove_file(layer: Path) -> None:
    (layer / "bin/tool").unlink()


def add_file(layer: Path) -> None:
    (layer / "extra").write_text("surprise")


def add_directory(layer: Path) -> None:
    (layer / "exec.d").mkdir()


def add_deep_file(layer: Path) -> None:
    (layer / "bin/surprise").write_text("#!/bin/sh\n")


def change_mode(layer: Path) -> None:
    (layer / "bin/tool").chmod(0o4755)


def replace_by_link(layer: Path) -> None:
    (layer / "bin/tool").unlink()
    (layer / "bin/tool").symlink_to("/bin/true")


def forge_environment(layer: Path) -> None:
    (layer / "env/MODE.default").write_text("evil")


def older_format(layer: Path) -> None:
    path = layer.with_suffix(".toml")
    path.write_text(path.read_text().replace("format = 1", "format = 0"))


def no_metadata(layer: Path) -> None:
    layer.with_suffix(".toml").write_text("[metadata]\n")


def broken_metadata(layer: Path) -> None:
    layer.with_suffix(".toml").write_text("[metadata\n")


def other_digest(layer: Path) -> None:
    path = layer.with_suffix(".toml")
    path.write_text(path.read_text().replace('digest = "sha256:', 'digest = "sha256:0'))


def broken_receipt(layer: Path) -> None:
    (layer / ".fetchkit/fetchkit.json").write_text("{")


@pytest.mark.parametrize(
    "spoil",
    [
        *(change_file, remove_file, add_file, add_directory, add_deep_file),
        *(change_mode, replace_by_link, forge_environment),
        *(older_format, no_metadata, broken_metadata, other_digest, broken_receipt),
    ],
    ids=lambda spoil: spoil.__name__,
)
def test_a_restored_layer_that_is_not_as_it_was_is_made_anew(
    calls: Calls, spoil: Callable[[Path], None]
) -> None:
    calls.artifact("tool")["install"]["env"] = {"MODE": "good"}
    calls.good_build()
    before = calls.tree()
    calls.start_again()
    spoil(calls.layers / "tool")
    ended = calls.good_build()
    assert "its layer is as it was" not in ended.stderr
    assert calls.tree() == before


def test_a_rebuilt_layer_comes_from_the_cache_layer(calls: Calls) -> None:
    calls.good_build()
    calls.start_again()
    change_file(calls.layers / "tool")
    before = len([one for one in calls.site.served() if one.status == 200])
    calls.good_build()
    assert len([one for one in calls.site.served() if one.status == 200]) == before


def test_an_ignored_layer_of_before_is_taken_away(calls: Calls) -> None:
    """N-13."""
    (calls.layers / "tool.ignore").mkdir()
    (calls.layers / "tool.ignore" / "file").touch()
    calls.good_build()
    assert not (calls.layers / "tool.ignore").exists()


@pytest.mark.parametrize(
    "name", ["node.js", "build", "launch", "store", "fetchkit-cache"]
)
def test_layer_names_fit_the_lifecycle(calls: Calls, name: str) -> None:
    """N-10."""
    calls.manifest["artifacts"].clear()
    calls.publish(name)
    calls.good_build()
    layers = {path.name for path in calls.layers.iterdir() if path.is_dir()}
    (layer,) = layers - {"fetchkit-cache"}
    assert "." not in layer
    assert layer not in {"build", "launch", "store"}
    assert calls.layer_file(layer)["types"]["launch"] is True


def test_files_end_in_toml_only_where_the_lifecycle_reads_them(calls: Calls) -> None:
    """N-12."""
    calls.good_build()
    names = {path.name for path in calls.layers.glob("*.toml")}
    assert names == {"tool.toml", "fetchkit-cache.toml", "launch.toml"}


def test_the_environment_has_delimiters_and_no_line_ends(calls: Calls) -> None:
    """N-25; a directory called bin is put on PATH by the lifecycle (N-28)."""
    install = calls.artifact("tool")["install"]
    install |= {"dir": "opt", "env": {"TOOL_HOME": "{root}/opt"}}
    calls.good_build()
    found = {
        path.name: path.read_text() for path in (calls.layers / "tool/env").iterdir()
    }
    assert found == {
        "PATH.delim": ":",
        "PATH.prepend": f"{calls.layers}/tool/opt",
        "TOOL_HOME.default": f"{calls.layers}/tool/opt",
    }


def test_the_bin_directory_needs_no_variable(calls: Calls) -> None:
    calls.good_build()
    assert not (calls.layers / "tool/env").exists()


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        pytest.param("node server.js", ["tool", "node", "server.js"], id="plain"),
        pytest.param(
            "node 'my server.js'", ["tool", "node", "my server.js"], id="quoted"
        ),
        pytest.param(
            "PORT=80 exec node x", ["env", "PORT=80", "tool", "node", "x"], id="prefix"
        ),
        pytest.param(
            "node --port $PORT", ["sh", "-c", "exec tool node --port $PORT"], id="value"
        ),
        pytest.param(
            'A=1 node "$X"', ["sh", "-c", 'A=1 exec tool node "$X"'], id="both"
        ),
        pytest.param(
            "cd web && npm start",
            ["tool", "sh", "-c", "cd web && npm start"],
            id="syntax",
        ),
        pytest.param("tool node x", ["tool", "node", "x"], id="wrapped already"),
        pytest.param(
            '"tool" node "x y"', ["tool", "node", "x y"], id="wrapped, quoted"
        ),
    ],
)
def test_web_is_wrapped_once(calls: Calls, command: str, expected: list[str]) -> None:
    """N-31: arguments, and a shell only where one is needed."""
    calls.artifact("tool")["process"] = {"wrap": "web"}
    procfile = calls.app / "Procfile"
    procfile.write_text(f"web: {command}\nworker: rake work\n")
    calls.good_build()
    assert calls.processes() == {"web": expected, "worker": ["rake", "work"]}
    defaults = [
        each["type"]
        for each in calls.layer_file("launch")["processes"]
        if each.get("default")
    ]
    assert defaults == ["web"]
    assert procfile.read_text() == f"web: {command}\nworker: rake work\n"


@pytest.mark.parametrize(
    ("procfile", "said"),
    [
        pytest.param(None, "there is no Procfile", id="none"),
        pytest.param("worker: x\n", "the Procfile has no `web`", id="without web"),
    ],
)
def test_without_a_web_process_there_is_advice(
    calls: Calls, procfile: str | None, said: str
) -> None:
    calls.artifact("tool")["process"] = {"wrap": "web"}
    if procfile is not None:
        (calls.app / "Procfile").write_text(procfile)
    assert said in calls.good_build().stderr
    assert "web" not in calls.processes()


def test_a_procfile_that_is_none_stops_the_build(calls: Calls) -> None:
    calls.artifact("tool")["process"] = {"wrap": "web"}
    (calls.app / "Procfile").write_bytes(b"web: \xff\n")
    assert calls.build().code == 10


def test_the_label_says_what_the_app_got(calls: Calls) -> None:
    calls.good_build()
    (label,) = calls.layer_file("launch")["labels"]
    assert label["key"] == "dev.fetchkit.artifacts"
    (told,) = json.loads(label["value"])
    assert (told["name"], told["version"]) == ("tool", "1.0.0")


@pytest.mark.parametrize("arch", ["amd64", "arm64"])
def test_the_target_is_the_run_images(calls: Calls, arch: str) -> None:
    """N-17: never the machine's own where the lifecycle names one."""
    calls.good_build(CNB_TARGET_ARCH=arch)
    assert arch.encode() in (calls.layers / "tool/bin/tool").read_bytes()


def test_settings_are_read_from_the_platform(calls: Calls) -> None:
    """N-15: whatever clear-env says, the files are there."""
    calls.artifact("tool")["env"] = {"version": "TOOL_VERSION"}
    calls.publish("tool", "3.0.0", env={"version": "TOOL_VERSION"})
    calls.artifact("tool")["version"] = "1.0.0"
    (calls.env / "TOOL_VERSION").write_text("3.0.0\n")
    (calls.env / "FETCHKIT_JOBS").write_text("many")
    assert calls.build().code == 11
    (calls.env / "FETCHKIT_JOBS").write_text("2")
    calls.good_build()
    assert calls.layer_file("tool")["metadata"]["component"]["version"] == "3.0.0"


@pytest.mark.parametrize("is_named", [True, False])
def test_bound_certificates_are_trusted(calls: Calls, *, is_named: bool) -> None:
    """N-18: in the directory a variable names, or in the platform's own."""
    ca_file = Path(calls.program.variables["FETCHKIT_CA_FILE"])
    place = calls.home / "bound" if is_named else calls.env.parent / "bindings"
    binding = place / "company"
    binding.mkdir(parents=True)
    (binding / "type").write_text("ca-certificates\n")
    (binding / "company.pem").write_bytes(ca_file.read_bytes())
    calls.program = Program()
    named = {"SERVICE_BINDING_ROOT": str(place)} if is_named else {}
    calls.good_build(**named)


def test_other_bindings_are_left_alone(calls: Calls) -> None:
    binding = calls.env.parent / "bindings" / "database"
    binding.mkdir(parents=True)
    (binding / "type").write_text("postgresql")
    (binding / "password").write_text("not a certificate")
    assert "not a certificate" not in calls.good_build().said


@pytest.mark.parametrize(
    "name",
    ["CNB_LAYERS_DIR", "CNB_PLATFORM_DIR", "CNB_BP_PLAN_PATH", "CNB_BUILDPACK_DIR"],
)
def test_a_missing_part_of_the_call_is_named(calls: Calls, name: str) -> None:
    ended = calls.build(**{name: None})
    assert ended.code == 51
    assert name in ended.stderr


def test_positionals_do_where_variables_are_missing(calls: Calls) -> None:
    """N-8: as lifecycles called it before API 0.8."""
    ended = calls.build(
        *map(str, (calls.layers, calls.env.parent, calls.plan_file)),
        CNB_LAYERS_DIR=None,
        CNB_PLATFORM_DIR=None,
        CNB_BP_PLAN_PATH=None,
    )
    assert ended.code == 0, ended.said


@pytest.mark.parametrize("api", ["0.7", "0.13", "1", None])
def test_an_unknown_api_is_refused(calls: Calls, api: str | None) -> None:
    calls.descriptor = {**calls.descriptor, "api": api or ""}
    ended = calls.build()
    assert ended.code == 51
    assert "Buildpack API" in ended.stderr
    assert calls.detect().code == 51


@pytest.mark.parametrize("api", ["0.8", "0.9", "0.10", "0.11", "0.12"])
def test_known_apis_build(calls: Calls, api: str) -> None:
    calls.descriptor = {**calls.descriptor, "api": api}
    calls.good_build()


def test_a_plan_that_is_not_toml_is_the_platforms_fault(calls: Calls) -> None:
    calls.plan = "[[entries"
    assert calls.build().code == 51


def test_layers_that_cannot_be_written_are_storage(calls: Calls) -> None:
    """In /proc not even root can make a directory."""
    assert calls.build(CNB_LAYERS_DIR="/proc").code == 40


def test_a_layer_that_is_in_the_way_is_replaced(calls: Calls) -> None:
    (calls.layers / "tool").write_text("a file, where a directory belongs")
    calls.good_build()
    assert (calls.layers / "tool/bin/tool").is_file()


def test_without_the_format_declared_there_is_no_sbom(calls: Calls) -> None:
    """N-34: an undeclared one would fail the build."""
    buildpack = {**calls.descriptor["buildpack"], "sbom-formats": []}
    calls.descriptor = {**calls.descriptor, "buildpack": buildpack}
    ended = calls.good_build()
    assert list(calls.layers.glob("*.sbom.*")) == []
    assert "no bill of materials" in ended.stderr


def test_nothing_outside_the_layers_is_written(calls: Calls) -> None:
    calls.write()
    before = set(calls.home.rglob("*"))
    calls.good_build()
    new = set(calls.home.rglob("*")) - before
    assert [path for path in new if calls.layers not in path.parents] == []


def test_a_failed_download_leaves_restored_layers(calls: Calls) -> None:
    calls.good_build()
    calls.start_again()
    before = calls.tree()
    calls.publish("other")
    calls.artifact("other")["version"] = "9.9.9"
    assert calls.build().code == 21
    assert calls.tree() == before
