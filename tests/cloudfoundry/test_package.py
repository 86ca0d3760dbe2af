"""``buildpack package --cf``: what libbuildpack's packager makes (contracts 3.8)."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest

from fetchkit.errors import InputError
from fetchkit.manifest.packaged import Choice, cached_path, package_name, select
from tests.cloudfoundry import catalogues
from tests.cloudfoundry.platform import launch, load_yaml
from tests.cloudfoundry.test_manifest_yml import archive

if TYPE_CHECKING:
    from pathlib import Path

    from fetchkit.manifest.verbatim import Node
    from tests.cloudfoundry.buildpacks import Workshop
    from tests.cloudfoundry.platform import Platform
    from tests.flow.program import Ended

MANIFEST: dict[str, Node] = {
    "dependencies": [
        {"name": "a", "version": "1", "cf_stacks": ["cflinuxfs4", "cflinuxfs5"]},
        {"name": "b", "version": "1", "cf_stacks": ["cflinuxfs5"]},
    ],
    "packaging_profiles": {
        "minimal": {"exclude": ["b"]},
        "broken": {"exclude": ["c"]},
    },
}


@pytest.fixture
def buildpack(workshop: Workshop) -> Path:
    """A buildpack of one dependency, for two stacks."""
    data = archive("cached")
    url = workshop.site.add("tool-1.2.0.tar.gz", data)
    home = workshop.buildpack("tools")
    (home / "fetchkit.toml").write_text(
        'schema = 1\n[artifacts.tool]\nfrom = "manifest.yml"\n'
        '[artifacts.tool.install]\ndir = "tool"\nstrip = 1\npath = ["bin"]\n'
    )
    (home / "VERSION").write_text("1.10\n")
    text = f"dependencies:\n{catalogues.entry('tool', '1.2.0', url, data)}"
    (home / "manifest.yml").write_text(text)
    return home


def package(workshop: Workshop, buildpack: Path, *options: str | Path) -> Ended:
    """One call of the command."""
    return workshop.program.with_variables(HOME=str(workshop.home)).run(
        "buildpack", "package", buildpack, "--cf", *options
    )


def test_a_package_is_the_same_bytes_and_runs(
    workshop: Workshop, buildpack: Path, tmp_path: Path
) -> None:
    """C-9: scripts keep their right to run."""
    paths = [tmp_path / name for name in ("one.zip", "two.zip")]
    for path in paths:
        ended = package(workshop, buildpack, "-o", path)
        assert ended.code == 0, ended.said
        (buildpack / "bin/supply").touch()
    assert paths[0].read_bytes() == paths[1].read_bytes()
    with zipfile.ZipFile(paths[0]) as opened:
        modes = {
            each.filename: each.external_attr >> 16 & 0o777
            for each in opened.infolist()
        }
    assert modes["bin/supply"] == 0o755
    assert modes["manifest.yml"] == 0o644


def test_a_cached_package_stages_without_a_network(
    workshop: Workshop, platform: Platform, buildpack: Path, tmp_path: Path
) -> None:
    """M-34 to M-36."""
    path = tmp_path / "cached.zip"
    options = ("--cached", "--stack", "cflinuxfs4", "-o", path)
    ended = package(workshop, buildpack, *options)
    assert ended.code == 0, ended.said
    with zipfile.ZipFile(path) as opened:
        opened.extractall(buildpack)
    manifest = load_yaml(buildpack / "manifest.yml")
    (entry,) = manifest["dependencies"]
    assert manifest["stack"] == "cflinuxfs4"
    assert "cf_stacks" not in entry
    assert entry["file"] == cached_path(entry["uri"])
    assert (buildpack / entry["file"]).is_file()
    platform.variables["FETCHKIT_OFFLINE"] = "1"
    assert launch(platform.stage(buildpack), "tool") == "cached\n"


def test_a_wrong_digest_leaves_no_package(
    workshop: Workshop, buildpack: Path, tmp_path: Path
) -> None:
    workshop.site.add("tool-1.2.0.tar.gz", archive("something else"))
    path = tmp_path / "cached.zip"
    assert package(workshop, buildpack, "--cached", "-o", path).code == 31
    assert not path.exists()


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        pytest.param(Choice(), ["a", "b"], id="all"),
        pytest.param(Choice(stack="cflinuxfs4"), ["a"], id="stack"),
        pytest.param(Choice(exclude=("a",)), ["b"], id="exclude"),
        pytest.param(Choice(profile="minimal"), ["a"], id="profile"),
        pytest.param(
            Choice(profile="minimal", include=("b",)), ["a", "b"], id="include"
        ),
    ],
)
def test_dependencies_are_chosen(choice: Choice, expected: list[str]) -> None:
    """M-36, M-39."""
    chosen = select(MANIFEST, choice)["dependencies"]
    assert [each["name"] for each in chosen] == expected  # type: ignore[index,call-overload]


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        pytest.param(Choice(stack="x"), "Stack `x` not found in manifest"),
        pytest.param(Choice(profile="A"), 'profile name "A" is invalid'),
        pytest.param(
            Choice(profile="x"), 'packaging profile "x" not found in manifest'
        ),
        pytest.param(Choice(exclude=("x",)), 'dependency "x" not found in manifest'),
        pytest.param(
            Choice(profile="broken"),
            'profile "broken" references unknown dependency "c"',
        ),
        pytest.param(Choice(include=("a",)), "--include requires --profile"),
        pytest.param(
            Choice(profile="minimal", include=("a",)), '--include "a" has no effect'
        ),
    ],
)
def test_what_cannot_be_chosen_is_told_in_the_packagers_words(
    choice: Choice, message: str
) -> None:
    with pytest.raises(InputError) as caught:
        select(MANIFEST, choice)
    assert caught.value.message == message


def test_packages_are_named_as_the_packager_does() -> None:
    """M-38."""
    choice = Choice(stack="cflinuxfs4", profile="minimal", exclude=("a",))
    assert package_name("java", "1.2", choice, is_cached=True) == (
        "java_buildpack-cached-minimal+custom-cflinuxfs4-v1.2.zip"
    )
    assert package_name("java", "1.2", Choice(), is_cached=False) == (
        "java_buildpack-v1.2.zip"
    )


# ------------------------------------------------------------- a Python inside


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """An archive of the shape of a relocatable Python."""
    path = tmp_path / "cpython-3.12-linux.tar.gz"
    members = {
        "python/bin/python3.12": (b"#!/bin/sh\necho the vendored one\n", 0o755),
        "python/lib/python3.12/os.py": (b"", 0o644),
        "python/lib/python3.12/test/test_os.py": (b"", 0o644),
        "python/lib/python3.12/site-packages/pip.py": (b"", 0o644),
        "python/include/Python.h": (b"", 0o644),
    }
    with tarfile.open(path, "w:gz") as tar:
        for name, (data, mode) in members.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(data), mode
            tar.addfile(member, io.BytesIO(data))
        link = tarfile.TarInfo("python/bin/python3")
        link.type, link.linkname = tarfile.SYMTYPE, "python3.12"
        tar.addfile(link)
    return path


def test_a_python_is_put_in_and_trimmed(
    workshop: Workshop, buildpack: Path, python: Path, tmp_path: Path
) -> None:
    path = tmp_path / "with.zip"
    sha256 = hashlib.sha256(python.read_bytes()).hexdigest()
    options = ("--with-python", python, "--python-sha256", sha256, "-o", path)
    ended = package(workshop, buildpack, *options)
    assert ended.code == 0, ended.said
    with zipfile.ZipFile(path) as opened:
        vendored = {
            each.filename: each.external_attr >> 16 & 0o777
            for each in opened.infolist()
            if each.filename.startswith("vendor/")
        }
    assert vendored == {
        "vendor/python/bin/python3": 0o755,
        "vendor/python/lib/python3.12/os.py": 0o644,
    }


@pytest.mark.parametrize(
    ("digest", "code"),
    [
        pytest.param(("--python-sha256", "1" * 64), 31, id="other bytes"),
        pytest.param((), 2, id="no digest"),
    ],
)
def test_a_python_that_is_not_vouched_for_is_refused(
    workshop: Workshop,
    buildpack: Path,
    python: Path,
    tmp_path: Path,
    digest: tuple[str, ...],
    code: int,
) -> None:
    path = tmp_path / "with.zip"
    ended = package(workshop, buildpack, "--with-python", python, *digest, "-o", path)
    assert ended.code == code
    assert not path.exists()
