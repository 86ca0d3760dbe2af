"""A bundle is all that a machine without a network needs, and the same every time."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.flow.program import Program
from tests.flow.trees import listing
from tests.project import content

if TYPE_CHECKING:
    from pathlib import Path

    from tests.project import Project

MACHINES = (("077", "Pacific/Auckland"), ("000", "America/Anchorage"))


@pytest.fixture
def project(project: Project) -> Project:
    """Two artifacts, locked; the key of one has to be fetched."""
    project.publish("one")
    project.publish("two")
    key = project.keys.second
    project.manifest["keys"]["second"] = {
        "fingerprints": [key.fingerprint],
        "url": project.offer("second.asc", key.public_armor),
    }
    for arch in ("amd64", "arm64"):
        data = content("two", "1.0.0") + arch.encode()
        project.offer(f"two-1.0.0-{arch}.asc", project.keys.sign(data, by="second"))
    project.artifact("two")["signed_by"] = ["second"]
    project.succeed("lock")
    return project


@pytest.fixture
def carried(project: Project) -> Project:
    """The bundle was made; the publisher is gone, and the machine is a new one."""
    project.succeed("bundle", "create", "-o", "app.bundle")
    (project.directory / "cache").rename(project.directory / "old-cache")
    for path in list(project.origin.paths):
        project.origin.on(path, lambda wire, request: False)
    return project


def _inspect(project: Project, name: str = "app.bundle") -> list[dict[str, str]]:
    parts: list[dict[str, str]] = json.loads(
        project.succeed("bundle", "inspect", name, "--json").stdout
    )["parts"]
    return parts


# ---------------------------------------------------------------- the file


def test_bundle_holds_what_the_lock_needs(carried: Project) -> None:
    parts = _inspect(carried)
    assert sorted(part["kind"] for part in parts) == [
        *["artifact"] * 4,
        *["document"] * 5,
        *["key"],
        *["lock"],
        *["manifest"],
    ]
    held = {(part["name"], part["platform"]) for part in parts if part["platform"]}
    assert held == {
        (name, platform)
        for name in ("one", "two")
        for platform in ("linux-amd64", "linux-arm64")
    }
    carried.succeed("bundle", "verify", "app.bundle")


def test_two_machines_make_the_same_bundle(project: Project, tmp_path: Path) -> None:
    project.write_manifest()
    made = []
    for umask, zone in MACHINES:
        file = tmp_path / f"{umask}.bundle"
        shell = ("sh", "-c", f'umask {umask}; exec "$@"', "sh")
        program = Program(prefix=shell).with_variables(
            TZ=zone, FETCHKIT_CACHE_DIR=str(tmp_path / zone)
        )
        ended = program.run(
            *("bundle", "create", "-o", file, "--without-program"),
            *("--manifest", project.manifest_file),
        )
        assert ended.code == 0, ended.said
        made.append(file.read_bytes())
    assert made[0] == made[1]


def test_only_one_platform_makes_a_smaller_bundle(project: Project) -> None:
    project.succeed("bundle", "create", "-o", "small", "--only", "linux-arm64")
    project.succeed("bundle", "verify", "small")
    platforms = {part["platform"] for part in _inspect(project, "small")}
    assert platforms == {"", "linux-arm64"}


def test_platform_that_is_not_published_is_refused(project: Project) -> None:
    project.refuse(10, "plan9-amd64", by="bundle create --only plan9-amd64")
    assert not (project.directory / "fetchkit.bundle").exists()


def test_bundle_needs_a_lock(project: Project) -> None:
    project.lock_file.unlink()
    project.refuse(10, "fetchkit lock", by="bundle create")


def test_skopeo_reads_a_bundle(carried: Project) -> None:
    if shutil.which("skopeo") is None:
        pytest.skip("SKOPEO IS MISSING, no other tool looks: apt-get install skopeo")
    source = "oci-archive:app.bundle:bundle"
    raw = _skopeo(carried, "inspect", "--raw", source)
    layers = {each["digest"] for each in json.loads(raw)["layers"]}
    assert layers == {part["digest"] for part in _inspect(carried)}
    _skopeo(carried, "copy", source, "oci:layout:bundle")
    blobs = carried.directory / "layout/blobs/sha256"
    assert {f"sha256:{path.name}" for path in blobs.iterdir()} > layers


def _skopeo(project: Project, *arguments: str) -> str:
    return subprocess.run(
        ["skopeo", "--tmpdir", str(project.directory), *arguments],
        cwd=project.directory,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout


# ------------------------------------------------------------------- its use


def test_imported_bundle_is_enough(carried: Project) -> None:
    carried.succeed("bundle", "import", "app.bundle")
    carried.succeed("install", "app", "--offline", "--locked")
    installed = carried.directory / "app/vendor/two-1.0.0-amd64"
    assert installed.read_bytes() == content("two", "1.0.0") + b"amd64"


def test_bundle_alone_is_enough_as_a_layer(
    carried: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FETCHKIT_CACHE_LAYERS", "app.bundle")
    carried.succeed("install", "app", "--offline", "--locked")
    installed = carried.directory / "app/vendor/two-1.0.0-amd64"
    assert installed.read_bytes() == content("two", "1.0.0") + b"amd64"


def test_install_from_a_bundle_connects_to_nobody(carried: Project) -> None:
    if shutil.which("strace") is None:
        pytest.skip("STRACE IS MISSING, connections go unseen: apt-get install strace")
    log = carried.directory / "network.log"
    program = Program(
        prefix=("strace", "-f", "-e", "trace=network", "-o", str(log))
    ).with_variables(
        FETCHKIT_CACHE_DIR=str(carried.directory / "cache"),
        FETCHKIT_CACHE_LAYERS=str(carried.directory / "app.bundle"),
    )
    ended = program.run(
        *("install", carried.directory / "app", "--offline"),
        *("--platform", "linux-amd64", "--manifest", carried.manifest_file),
    )
    assert ended.code == 0, ended.said
    assert "exited with 0" in log.read_text()
    assert "AF_INET" not in log.read_text()  # of the C library's own there is AF_UNIX


def test_wrong_bytes_in_a_layer_are_not_used(
    carried: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = carried.directory / "app.bundle"
    data = content("one", "1.0.0") + b"amd64"
    file.write_bytes(file.read_bytes().replace(data, bytes(len(data))))
    monkeypatch.setenv("FETCHKIT_CACHE_LAYERS", "app.bundle")
    carried.refuse(22, "app.bundle cannot be used", by="install app --offline")
    assert not (carried.directory / "app/vendor").exists()


def test_layer_that_is_no_layout_is_refused(
    carried: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FETCHKIT_CACHE_LAYERS", "fetchkit.toml")
    carried.refuse(11, "fetchkit.toml", "no bundle", by="install app")


def test_layer_that_is_a_pipe_is_not_waited_for(
    carried: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(carried.directory / "pipe")
    monkeypatch.setenv("FETCHKIT_CACHE_LAYERS", "pipe")
    carried.refuse(11, "pipe", by="install app")


# ------------------------------------------------------------------- unpacking


def test_unpacked_bundle_is_a_project(carried: Project) -> None:
    carried.succeed("bundle", "import", "app.bundle", "--unpack", "there")
    there = carried.directory / "there"
    assert sorted(listing(there)) == [
        *("", "fetchkit.lock", "fetchkit.toml", "keys", "keys/good.asc")
    ]
    for name in ("fetchkit.toml", "fetchkit.lock"):
        assert (there / name).read_bytes() == (carried.directory / name).read_bytes()
    carried.succeed(
        *("install", "app", "--offline", "--manifest", there / "fetchkit.toml")
    )


def test_unpacking_twice_changes_nothing(carried: Project) -> None:
    command = ("bundle", "import", "app.bundle", "--unpack", "there")
    carried.succeed(*command)
    before = listing(carried.directory / "there")
    carried.succeed(*command)
    assert listing(carried.directory / "there") == before


def test_unpacking_overwrites_nothing_of_yours(carried: Project) -> None:
    there = carried.directory / "there"
    there.mkdir()
    (there / "fetchkit.lock").write_text("mine")
    carried.refuse(
        44, "there/fetchkit.lock", by="bundle import app.bundle --unpack there"
    )
    assert (there / "fetchkit.lock").read_text() == "mine"


# -------------------------------------------------------------------- deltas


@pytest.fixture
def delta(project: Project) -> Project:
    """``old`` was made, then something new was locked: ``new``, and the difference."""
    project.succeed("bundle", "create", "-o", "old")
    project.publish("three")
    project.succeed("lock")
    project.succeed("bundle", "create", "-o", "new")
    project.succeed("bundle", "diff", "old", "new", "-o", "delta")
    (project.directory / "cache").rename(project.directory / "old-cache")
    return project


def test_delta_holds_only_what_is_new(delta: Project) -> None:
    parts = _inspect(delta, "delta")
    here = {part["name"] for part in parts if part["here"] and part["platform"]}
    assert here == {"three"}
    assert [part["digest"] for part in parts] == [
        part["digest"] for part in _inspect(delta, "new")
    ]


def test_delta_without_its_base_is_refused(delta: Project) -> None:
    delta.refuse(30, "Import that bundle first", by="bundle import delta")
    assert not (delta.directory / "cache/v1/blobs").exists()


def test_base_and_delta_together_are_enough(delta: Project) -> None:
    delta.succeed("bundle", "import", "old")
    delta.succeed("bundle", "import", "delta")
    delta.succeed("install", "app", "--offline", "--locked")
    assert (delta.directory / "app/vendor/three-1.0.0-amd64").exists()
    assert (delta.directory / "app/vendor/one-1.0.0-amd64").exists()


def test_difference_can_be_asked_for_without_writing(delta: Project) -> None:
    found = json.loads(delta.succeed("bundle", "diff", "old", "new", "--json").stdout)
    assert len(found["new"]) == 6  # two builds, their signatures, manifest and lock
    delta.refuse(2, "-o", by="bundle diff old new")
