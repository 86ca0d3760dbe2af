"""`buildpack new` and `buildpack package --cnb`, by the finished pyz."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fetchkit.buildpack import layout
from tests.flow.trees import listing
from tests.product.fixtures import run

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    import subprocess

    from tests.signing import TestKeys

pytestmark = pytest.mark.product

EXAMPLE = Path(__file__).parents[2] / "examples" / "applink"
MANIFEST = """\
schema = 1
name = "jq"
[keys.good]
fingerprints = ["{fingerprint}"]
file = "good.asc"
[artifacts.jq]
version = "1.7.1"
url = "https://example.com/jq-{{version}}-{{arch}}"
signature = "{{url}}.asc"
signed_by = ["good"]
[artifacts.jq.install]
dir = "bin"
file = "jq"
path = true
[detect]
files = ["Procfile"]
"""


@pytest.fixture
def source(tmp_path: Path, keys: TestKeys) -> Path:
    """A directory with a manifest and a key beside it."""
    path = tmp_path / "source"
    (path / "keys").mkdir(parents=True)
    text = MANIFEST.format(fingerprint=keys.good.fingerprint)
    (path / "fetchkit.toml").write_text(text)
    (path / "keys" / "good.asc").write_bytes(keys.good.public_armor)
    return path


def fetchkit(
    pyz: Path, source: Path, *arguments: str
) -> subprocess.CompletedProcess[bytes]:
    return run(
        [sys.executable, pyz, *arguments],
        cwd=source,
        variables={"HOME": str(source)},
    )


@pytest.fixture
def buildpack(pyz: Path, source: Path, tmp_path: Path) -> Path:
    made = tmp_path / "buildpack"
    ended = fetchkit(pyz, source, "buildpack", "new", str(made), "--id", "acme/jq")
    assert ended.returncode == 0, ended.stderr
    return made


def test_a_new_buildpack_has_what_platforms_look_for(buildpack: Path) -> None:
    names = {str(path.relative_to(buildpack)) for path in buildpack.rglob("*")}
    assert names == {
        "bin",
        *(f"bin/{name}" for name in (*layout.SCRIPTS, "fetchkit")),
        *("buildpack.toml", "fetchkit.pyz", "fetchkit.toml", "keys", "keys/good.asc"),
    }
    assert all(os.access(path, os.X_OK) for path in (buildpack / "bin").iterdir())


def test_two_new_buildpacks_are_the_same_bytes(
    pyz: Path, source: Path, buildpack: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    fetchkit(pyz, source, "buildpack", "new", str(other), "--id", "acme/jq")
    assert listing(other) == listing(buildpack)


@pytest.mark.parametrize("name", ["Procfile", "README"])
@pytest.mark.parametrize("platform", ["heroku", "cnb"])
def test_its_detect_serves_both_platforms(
    buildpack: Path, tmp_path: Path, name: str, platform: str
) -> None:
    app = tmp_path / "app"
    app.mkdir()
    (app / name).touch()
    (tmp_path / "plan.toml").touch()
    variables = {
        "heroku": {},
        "cnb": {
            "CNB_BUILD_PLAN_PATH": str(tmp_path / "plan.toml"),
            "CNB_BUILDPACK_DIR": str(buildpack),
        },
    }[platform]
    arguments = [app] if platform == "heroku" else []
    ended = run(
        [buildpack / "bin" / "detect", *arguments],
        cwd=app,
        variables={"HOME": str(tmp_path), **variables},
    )
    missed = {"heroku": 1, "cnb": 100}[platform]
    assert ended.returncode == (0 if name == "Procfile" else missed), ended.stderr


def test_buildpack_toml_passes_an_old_parser(buildpack: Path) -> None:
    """H-29: TOML 0.4, without inline tables, dotted keys and mixed arrays."""
    text = (buildpack / "buildpack.toml").read_text()
    plain = r'(\[{1,2}[a-z]+\]{1,2}|[a-z-]+ = ("[^"]*"|true|\["[^"]*"\])|)'
    assert [line for line in text.splitlines() if not re.fullmatch(plain, line)] == []
    descriptor = tomllib.loads(text)
    assert descriptor["api"] == "0.10"
    assert descriptor["targets"] == [
        {"os": "linux", "arch": "amd64"},
        {"os": "linux", "arch": "arm64"},
    ]


def test_the_example_is_a_buildpack_of_this_kind() -> None:
    descriptor = tomllib.loads((EXAMPLE / "buildpack.toml").read_text())
    again = tomllib.loads(
        layout.render_descriptor(
            buildpack_id="x/y", name="AppLink service mesh", version="0.1.0"
        ).decode()
    )
    assert descriptor["targets"] == again["targets"]
    files = layout.lay_out(
        descriptor=b"", manifest=b"", lock=None, keys={}, program=b""
    )
    for path in (EXAMPLE / "bin").iterdir():
        assert path.read_bytes() == files[f"bin/{path.name}"].data, path.name


def test_a_directory_with_something_in_it_stays(
    pyz: Path, source: Path, tmp_path: Path
) -> None:
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "file").touch()
    ended = fetchkit(pyz, source, "buildpack", "new", str(taken))
    assert ended.returncode == 44
    assert list(taken.iterdir()) == [taken / "file"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["source", "taken"]


@pytest.mark.parametrize("wrong", ["app", "a b", "/x", "x//y", "sbom"])
def test_an_id_that_is_none_is_refused(
    pyz: Path, source: Path, tmp_path: Path, wrong: str
) -> None:
    made = str(tmp_path / "made")
    ended = fetchkit(pyz, source, "buildpack", "new", made, "--id", wrong)
    assert ended.returncode == 15


@pytest.mark.parametrize("wrong", ["1.0", "v1.0.0", "01.0.0", "1.0.0-rc1"])
def test_a_version_that_is_none_is_refused(
    pyz: Path, source: Path, tmp_path: Path, wrong: str
) -> None:
    made = str(tmp_path / "made")
    ended = fetchkit(
        pyz, source, "buildpack", "new", made, "--buildpack-version", wrong
    )
    assert ended.returncode == 15


def package(pyz: Path, buildpack: Path, output: Path, *options: str) -> Path:
    ended = fetchkit(
        pyz,
        buildpack,
        *("buildpack", "package", str(buildpack), "--cnb", "-o", str(output)),
        *options,
    )
    assert ended.returncode == 0, ended.stderr
    return output


def test_an_image_is_the_same_bytes_every_time(
    pyz: Path, buildpack: Path, tmp_path: Path
) -> None:
    first = package(pyz, buildpack, tmp_path / "first.cnb")
    copy = tmp_path / "copy"
    shutil.copytree(buildpack, copy)
    (copy / "export").write_text("what an earlier build wrote")
    second = package(pyz, copy, tmp_path / "second.cnb")
    assert first.read_bytes() == second.read_bytes()


def config_of(path: Path) -> dict[str, Any]:
    """The config of the image in a tar, found as ``pack`` finds it."""
    with tarfile.open(path) as archive:

        def read(name: str) -> dict[str, Any]:
            member = archive.extractfile(name)
            assert member is not None
            document: dict[str, Any] = json.load(member)
            return document

        (top,) = read("index.json")["manifests"]
        assert top["mediaType"] == "application/vnd.oci.image.manifest.v1+json"
        manifest = read(f"blobs/sha256/{top['digest'].removeprefix('sha256:')}")
        config = manifest["config"]["digest"].removeprefix("sha256:")
        return read(f"blobs/sha256/{config}")


def test_an_image_has_the_labels_of_a_buildpackage(
    pyz: Path, buildpack: Path, tmp_path: Path
) -> None:
    config = config_of(package(pyz, buildpack, tmp_path / "jq.cnb"))
    labels = config["config"]["Labels"]
    told = json.loads(labels["io.buildpacks.buildpackage.metadata"])
    assert (told["id"], told["version"]) == ("acme/jq", "0.1.0")
    layers = json.loads(labels["io.buildpacks.buildpack.layers"])
    layer = layers["acme/jq"]["0.1.0"]
    assert layer["api"] == "0.10"
    assert [layer["layerDiffID"]] == config["rootfs"]["diff_ids"]
    assert [each["arch"] for each in layer["targets"]] == ["amd64", "arm64"]


@pytest.mark.skipif(
    shutil.which("skopeo") is None, reason="SKOPEO IS MISSING: apt-get install skopeo"
)
@pytest.mark.parametrize("form", ["tar", "directory"])
def test_skopeo_reads_an_image_and_its_files(
    pyz: Path, buildpack: Path, tmp_path: Path, form: str
) -> None:
    if form == "tar":
        name = f"oci-archive:{package(pyz, buildpack, tmp_path / 'jq.cnb')}"
    else:
        name = f"oci:{package(pyz, buildpack, tmp_path / 'image', '--layout')}"
    unpacked = tmp_path / "unpacked"
    ended = run(
        ["skopeo", "--insecure-policy", "copy", name, f"dir:{unpacked}"],
        variables={"HOME": str(tmp_path)},
    )
    assert ended.returncode == 0, ended.stderr
    manifest = json.loads((unpacked / "manifest.json").read_bytes())
    (layer,) = (each["digest"].removeprefix("sha256:") for each in manifest["layers"])
    with tarfile.open(unpacked / layer) as archive:
        members = {each.name: each for each in archive.getmembers()}
    root = "cnb/buildpacks/acme_jq/0.1.0"
    assert members[f"{root}/bin/build"].mode == 0o755
    assert members[f"{root}/buildpack.toml"].mode == 0o644
    assert {each.mtime for each in members.values()} == {315532801}
    assert {(each.uid, each.gid) for each in members.values()} == {(0, 0)}


def test_what_is_no_buildpack_is_not_packaged(pyz: Path, source: Path) -> None:
    ended = fetchkit(pyz, source, "buildpack", "package", str(source), "--cnb")
    assert ended.returncode == 10
    assert b"no buildpack.toml" in ended.stderr
