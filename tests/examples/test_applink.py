"""The AppLink buildpack as it is shipped, against a release on this machine.

Only the manifest is changed: where the release lies, and whose key signs it.
"""

from __future__ import annotations

import os
import platform
import shutil
from typing import TYPE_CHECKING

import pytest

from fetchkit.manifest import parse_manifest
from fetchkit.resolution import resolve_all
from fetchkit.target import Target
from tests.examples.heroku import Heroku
from tests.examples.release import BUCKET, NAME, S3, SHIPPED, Release, vendor

if TYPE_CHECKING:
    from pathlib import Path

    from tests.origins.authority import Authority
    from tests.origins.nginx import Site
    from tests.signing import TestKeys

VERSION = "HEROKU_APPLINK_SERVICE_MESH_RELEASE_VERSION"
S3_BUCKET = "HEROKU_APPLINK_SERVICE_MESH_S3_BUCKET"
ARCH = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
BIN = "vendor/heroku-applink/bin"

pytestmark = pytest.mark.product


@pytest.fixture
def release(nginx: Site, keys: TestKeys) -> Release:
    found = Release(nginx, keys)
    found.publish("latest")
    return found


@pytest.fixture
def heroku(
    tmp_path: Path, pyz: Path, release: Release, keys: TestKeys, tls_ca: Authority
) -> Heroku:
    buildpack = vendor(tmp_path / "buildpack", pyz, release, keys)
    made = Heroku(tmp_path / "heroku", buildpack)
    made.variables["FETCHKIT_CA_FILE"] = str(tls_ca.ca_file)
    return made


def installed(version: str) -> dict[str, str]:
    """What the buildpack leaves in an app, and nothing else."""
    file = f"{NAME}-{version}-{ARCH}"
    return {
        ".fetchkit": "0755/",
        ".fetchkit/heroku-applink.json": "0644",
        ".profile.d": "0755/",
        ".profile.d/heroku-applink.sh": "0644",
        "vendor": "0755/",
        "vendor/heroku-applink": "0755/",
        BIN: "0755/",
        f"{BIN}/{NAME}": f"-> {file}",
        f"{BIN}/{file}": "0755",
    }


@pytest.mark.parametrize("arch", ["amd64", "arm64"])
def test_the_shipped_manifest_names_what_is_published(arch: str) -> None:
    manifest = parse_manifest((SHIPPED / "fetchkit.toml").read_bytes(), "fetchkit.toml")
    artifacts = manifest.select(())
    (found,) = resolve_all(artifacts, Target("linux", arch), {})
    url = f"https://{BUCKET}{S3}{NAME}-latest-{arch}"
    assert str(found.url) == url
    assert str(found.locations[0].signature) == f"{url}.asc"
    assert dict(artifacts[0].env) == {"version": VERSION, "bucket": S3_BUCKET}


def test_detect_prints_one_name(heroku: Heroku) -> None:
    ended = heroku.detect()
    assert (ended.returncode, ended.stdout) == (0, "heroku-applink\n")


def test_release_prints_yaml_and_nothing_else(heroku: Heroku) -> None:
    ended = heroku.release()
    assert ended.returncode == 0
    assert (ended.stdout, ended.stderr) == ("default_process_types: {}\n", "")


def test_compile_leaves_exactly_this(heroku: Heroku) -> None:
    ended = heroku.compile()
    assert ended.returncode == 0, ended.stderr
    assert heroku.tree() == installed("latest")


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_the_program_runs_by_its_well_known_name(heroku: Heroku, shell: str) -> None:
    heroku.compile()
    ended = heroku.start(shell, f"set -u; {NAME} npm start")
    assert (ended.stdout, ended.stderr) == (f"mesh latest {ARCH}: npm start\n", "")


def test_later_buildpacks_find_the_program(heroku: Heroku) -> None:
    heroku.compile()
    export = heroku.buildpack / "export"
    assert str(heroku.build_dir / BIN) in export.read_text()


def test_the_next_build_takes_it_from_the_cache(heroku: Heroku, nginx: Site) -> None:
    heroku.compile()
    heroku.clear_build()
    before = len(nginx.served())
    ended = heroku.compile()
    assert ended.returncode == 0, ended.stderr
    assert heroku.tree() == installed("latest")
    assert {each.status for each in nginx.served()[before:]} == {304}


def test_a_config_var_chooses_the_version(heroku: Heroku, release: Release) -> None:
    release.publish("v1.1.0")
    heroku.set(VERSION, "v1.1.0")
    ended = heroku.compile()
    assert ended.returncode == 0, ended.stderr
    assert heroku.tree() == installed("v1.1.0")


def test_another_version_replaces_the_one_before(
    heroku: Heroku, release: Release
) -> None:
    release.publish("v1.1.0")
    heroku.compile()
    heroku.set(VERSION, "v1.1.0\n")
    ended = heroku.compile()
    assert ended.returncode == 0, ended.stderr
    assert heroku.tree() == installed("v1.1.0")
    assert heroku.start("sh", NAME).stdout == f"mesh v1.1.0 {ARCH}: \n"


def test_another_bucket_serves_what_the_same_key_signed(
    heroku: Heroku, release: Release
) -> None:
    release.publish("latest", bucket="our-mirror")
    heroku.set(S3_BUCKET, "our-mirror")
    ended = heroku.compile()
    assert ended.returncode == 0, ended.stderr
    assert heroku.tree() == installed("latest")


def test_another_bucket_with_another_key_is_refused(
    heroku: Heroku, release: Release
) -> None:
    release.publish("latest", bucket="not-ours", by="stranger")
    heroku.set(S3_BUCKET, "not-ours")
    ended = heroku.compile()
    assert ended.returncode == 33, ended.stderr
    assert heroku.tree() == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param(VERSION, "../../etc/passwd", id="a path as version"),
        pytest.param(VERSION, "1.0\nrm -rf", id="two lines as version"),
        pytest.param(S3_BUCKET, "evil.example/", id="another host as bucket"),
    ],
)
def test_a_config_var_is_a_value_and_no_more(
    heroku: Heroku, name: str, value: str
) -> None:
    heroku.set(name, value)
    ended = heroku.compile()
    assert ended.returncode == 15, ended.stderr
    assert name in ended.stderr
    assert heroku.tree() == {}


def test_a_release_that_was_signed_again_is_taken_despite_the_cache(
    heroku: Heroku, release: Release, keys: TestKeys, nginx: Site
) -> None:
    release.publish("v1.1.0")
    heroku.set(VERSION, "v1.1.0")
    heroku.compile()
    heroku.clear_build()
    release.publish("v1.1.0", by="second")
    nginx.add(f"{BUCKET}/public-key.asc", keys.second.public_armor)
    manifest = heroku.buildpack / "fetchkit.toml"
    text = manifest.read_text()
    manifest.write_text(text.replace(keys.good.fingerprint, keys.second.fingerprint))
    ended = heroku.compile()
    assert ended.returncode == 0, ended.stderr
    assert keys.second.fingerprint in ended.stderr
    assert heroku.tree() == installed("v1.1.0")


def test_an_unsupported_architecture_is_named(heroku: Heroku) -> None:
    heroku.variables["FETCHKIT_PLATFORM"] = "linux-s390x"
    ended = heroku.compile()
    assert ended.returncode == 14
    assert "linux-s390x; there is linux-amd64, linux-arm64" in ended.stderr
    assert heroku.tree() == {}


def test_without_a_verifier_nothing_is_installed(
    heroku: Heroku, tmp_path: Path
) -> None:
    heroku.variables["PATH"] = str(only(tmp_path, "sh", "dirname", "python3"))
    ended = heroku.compile()
    assert ended.returncode == 30
    assert "neither gpgv nor gpg is on PATH" in ended.stderr
    assert heroku.tree() == {}


def test_without_python_it_says_so(heroku: Heroku, tmp_path: Path) -> None:
    heroku.variables["PATH"] = str(only(tmp_path, "sh", "dirname"))
    ended = heroku.compile()
    assert ended.returncode == 1
    assert "needs Python 3.10 or newer" in ended.stderr


def test_a_version_nobody_published_is_always_the_same_error(heroku: Heroku) -> None:
    heroku.set(VERSION, "v9.9.9")
    for _ in range(6):  # signature and program are missed at the same time
        ended = heroku.compile()
        assert ended.returncode == 21, ended.stderr
        assert f"{NAME}-v9.9.9-{ARCH}: HTTP 404" in ended.stderr
    assert heroku.tree() == {}


def test_an_apps_own_manifest_does_not_take_the_place(heroku: Heroku) -> None:
    (heroku.build_dir / "fetchkit.toml").write_text("schema = 1\n")
    assert heroku.detect().stdout == "heroku-applink\n"
    ended = heroku.compile()
    assert ended.returncode == 0, ended.stderr
    assert (heroku.build_dir / BIN / NAME).exists()


def test_the_example_app_starts_through_the_mesh(heroku: Heroku) -> None:
    shutil.copytree(heroku.buildpack / "app", heroku.build_dir, dirs_exist_ok=True)
    ended = heroku.compile()
    assert " !     " not in ended.stderr
    command = (heroku.build_dir / "Procfile").read_text().removeprefix("web: ")
    expected = f"mesh latest {ARCH}: python3 server.py\n"
    assert heroku.start("bash", command).stdout == expected


def test_a_procfile_without_the_mesh_gets_advice(heroku: Heroku) -> None:
    procfile = heroku.build_dir / "Procfile"
    procfile.write_text("web: npm start\n")
    ended = heroku.compile()
    assert f"change your Procfile to `web: {NAME} npm start`" in ended.stderr
    assert procfile.read_text() == "web: npm start\n"


def only(directory: Path, *programs: str) -> Path:
    """A directory for PATH in which there are these programs and no others."""
    found = directory / "bin"
    found.mkdir()
    for program in programs:
        path = shutil.which(program, path="/usr/bin:/bin")
        assert path is not None, program
        os.symlink(path, found / program)
    return found
