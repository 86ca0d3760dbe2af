"""``manifest.yml`` as a source of artifacts (platform-contracts 3)."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import tomli_w

from fetchkit.discovery import Found
from fetchkit.errors import FetchkitError
from fetchkit.manifest.verbatim import parse_verbatim
from fetchkit.shelf import Surroundings, mirrored
from tests.cloudfoundry import catalogues
from tests.cloudfoundry.platform import launch

if TYPE_CHECKING:
    from fetchkit.manifest import Manifest
    from tests.cloudfoundry.buildpacks import Workshop
    from tests.cloudfoundry.platform import Platform

NOON = 1_767_268_800.0
"""2026-01-01, in seconds since the epoch."""

DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
TWO_LINES = f"""\
language: tools
default_versions:
- {{name: tool, version: 1.x}}
dependency_deprecation_dates:
- {{name: tool, version_line: 1.x, date: 2026-01-15, link: "https://example.com/eol"}}
dependencies:
- {{name: tool, version: 1.2.0, uri: "https://example.com/tool-1.2.0.tgz",
   sha256: {DIGEST}, cf_stacks: [cflinuxfs4, cflinuxfs5]}}
- {{name: tool, version: 1.2.10, uri: "https://example.com/tool-1.2.10.tgz",
   sha256: {DIGEST}, cf_stacks: [cflinuxfs4]}}
- {{name: tool, version: 2.0.0, uri: "https://example.com/tool-2.0.0.tgz",
   sha256: {DIGEST}, cf_stacks: [cflinuxfs4]}}
"""


def read(home: Path, text: str, **surroundings: Any) -> Manifest:
    """The manifest that a ``manifest.yml`` amounts to."""
    path = home / "manifest.yml"
    path.write_text(text)
    around = {"stack": "cflinuxfs4", "now": NOON, **surroundings}
    found = Found(
        data=path.read_bytes(), document=str(path), surroundings=Surroundings(**around)
    )
    return found.parse()


@pytest.mark.parametrize("stack", catalogues.STACKS)
def test_a_manifest_like_javas_resolves_on_both_stacks(
    tmp_path: Path, stack: str
) -> None:
    """M-2, M-3."""
    manifest = read(tmp_path, catalogues.java_like(), stack=stack)
    assert len(manifest.artifacts) == catalogues.DEFAULTS
    assert manifest.name == "java"
    assert manifest.artifacts["component-00"].version == "1.1.10+9"
    assert manifest.artifacts["component-35"].version == "1.0.10+9"


def test_the_real_java_manifest_resolves(tmp_path: Path) -> None:
    """The Java buildpack's own, out of Go's module cache."""
    text = real_java_manifest()
    for stack in catalogues.STACKS:
        manifest = read(tmp_path, text, stack=stack)
        assert len(manifest.artifacts) >= catalogues.DEFAULTS


def real_java_manifest() -> str:
    """Its text, or a loud skip where the module is not to be had."""
    try:
        cache = subprocess.run(
            ["go", "env", "GOMODCACHE"], capture_output=True, text=True, check=True
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("NOT TESTED: the real manifest.yml of Java needs Go")
    found = sorted(
        Path(cache).glob("github.com/cloudfoundry/java-buildpack*/manifest.yml")
    )
    if not found:
        pytest.skip(
            "NOT TESTED: the real manifest.yml of Java is not in Go's module cache: "
            "go mod download github.com/cloudfoundry/java-buildpack@latest"
        )
    return found[-1].read_text()


@pytest.mark.parametrize(
    ("asked", "stack", "expected"),
    [
        pytest.param({}, "cflinuxfs4", "1.2.10", id="default"),
        pytest.param({}, "cflinuxfs5", "1.2.0", id="stack filter"),
        pytest.param({"tool": "2.x"}, "cflinuxfs4", "2.0.0", id="constraint"),
        pytest.param({"tool": "1.2.0"}, "cflinuxfs4", "1.2.0", id="exact"),
    ],
)
def test_the_version_that_is_asked_for(
    tmp_path: Path, asked: dict[str, str], stack: str, expected: str
) -> None:
    """M-7, M-10, M-11."""
    manifest = read(tmp_path, TWO_LINES, stack=stack, versions=asked)
    artifact = manifest.artifacts["tool"]
    assert artifact.version == expected
    assert str(artifact.sha256) == f"sha256:{DIGEST}"


def test_warnings_are_the_platforms(tmp_path: Path) -> None:
    """M-31, M-32: a newer patch, the end of a line."""
    manifest = read(tmp_path, TWO_LINES, versions={"tool": "1.2.0"})
    newer, end = manifest.notes
    assert "use version 1.2.10 instead of version 1.2.0 as soon as possible" in newer
    assert end == (
        "tool 1.x will no longer be available in new buildpacks released after "
        "2026-01-15. See: https://example.com/eol"
    )
    month_before = NOON - 30 * 24 * 3600
    calm = read(tmp_path, TWO_LINES, now=month_before)
    assert calm.notes == ()


def test_a_packaged_manifest_is_for_its_stack_alone(tmp_path: Path) -> None:
    """M-6: entries of it name no stack."""
    text = f"""\
stack: cflinuxfs5
dependencies:
- {{name: tool, version: 1.0.0, uri: "https://example.com/t.tgz", sha256: {DIGEST}}}
"""
    assert read(tmp_path, text, stack="cflinuxfs5").artifacts["tool"].version == "1.0.0"
    with pytest.raises(FetchkitError, match="required stack cflinuxfs4 was not found"):
        read(tmp_path, text)


@pytest.mark.parametrize(
    ("before", "after", "code", "message"),
    [
        pytest.param(
            "- {name: tool, version: 1.x}",
            "- {name: tool, version: 1.x}\n- {name: tool, version: 2.x}",
            12,
            "found 2 default versions for tool",
            id="two defaults",
        ),
        pytest.param(
            "version: 1.x}",
            "version: 9.x}",
            15,
            "no match found for 9.x in [1.2.0 1.2.10 2.0.0]",
            id="default nothing matches",
        ),
        pytest.param(
            f"sha256: {DIGEST}", "md5: x", 12, "nothing to trust it by", id="no sha256"
        ),
        pytest.param(DIGEST, DIGEST[1:], 12, "not a sha256 digest", id="short sha256"),
        pytest.param("2026-01-15", "soon", 12, "not a date: `soon`", id="date"),
        pytest.param(
            "version: 2.0.0,",
            "",
            12,
            "dependencies[2].version: is missing",
            id="no version",
        ),
        pytest.param(
            "dependencies:", "dependencies: 1\nx:", 12, "expected a list", id="no list"
        ),
        pytest.param("language: tools", "language: [", 12, "not YAML", id="no YAML"),
        pytest.param(
            "language: tools",
            "language: a\nlanguage: b",
            12,
            "`language` stands twice",
            id="key twice",
        ),
        pytest.param(
            "https://example.com/tool-1.2.10.tgz",
            "http://example.com/t.tgz",
            12,
            "plain http to another machine",
            id="plain http",
        ),
    ],
)
def test_what_is_wrong_is_told_at_its_place(
    tmp_path: Path, before: str, after: str, code: int, message: str
) -> None:
    with pytest.raises(FetchkitError) as caught:
        read(tmp_path, TWO_LINES.replace(before, after))
    assert message in caught.value.message
    assert caught.value.exit_code == code
    assert "manifest.yml" in caught.value.message


def test_no_stack_is_no_stack(tmp_path: Path) -> None:
    """M-8: no CF_STACK."""
    with pytest.raises(FetchkitError) as caught:
        read(tmp_path, TWO_LINES, stack="")
    assert "required stack (none) was not found" in caught.value.message
    assert "CF_STACK" in (caught.value.hint or "")


def test_upper_case_digests_are_accepted(tmp_path: Path) -> None:
    """M-17 compares them as texts; ours are numbers."""
    manifest = read(tmp_path, TWO_LINES.replace(DIGEST, DIGEST.upper()))
    assert str(manifest.artifacts["tool"].sha256) == f"sha256:{DIGEST}"


def test_an_override_replaces(tmp_path: Path) -> None:
    """M-14: also an entry of the same name and version."""
    other = tmp_path / "deps/0"
    other.mkdir(parents=True)
    (other / "override.yml").write_text(
        f"""\
tools:
  default_versions:
  - {{name: tool, version: 1.2.0}}
  dependencies:
  - {{name: tool, version: 1.2.0, uri: "https://other.example/t.tgz",
      sha256: {DIGEST}, cf_stacks: [cflinuxfs4]}}
somebody else: {{}}
"""
    )
    manifest = read(tmp_path, TWO_LINES, deps_dir=str(tmp_path / "deps"))
    artifact = manifest.artifacts["tool"]
    assert (artifact.version, artifact.url) == ("1.2.0", "https://other.example/t.tgz")


def test_a_malformed_override_is_named(tmp_path: Path) -> None:
    other = tmp_path / "deps/0"
    other.mkdir(parents=True)
    (other / "override.yml").write_text("tools: [")
    with pytest.raises(FetchkitError, match=r"deps/0/override\.yml: not YAML"):
        read(tmp_path, TWO_LINES, deps_dir=str(tmp_path / "deps"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("v: 1.10", {"v": "1.10"}, id="number"),
        pytest.param("v: 2026-01-01", {"v": "2026-01-01"}, id="date"),
        pytest.param("v: no", {"v": "no"}, id="boolean"),
        pytest.param("v: 12e45", {"v": "12e45"}, id="digest like a float"),
        pytest.param("v: 0x1F", {"v": "0x1F"}, id="hexadecimal"),
        pytest.param("v: 12:30:45", {"v": "12:30:45"}, id="sexagesimal"),
        pytest.param(
            "a: &x {k: 1}\nb: *x", {"a": {"k": "1"}, "b": {"k": "1"}}, id="alias"
        ),
        pytest.param(
            "a: &x {k: 1}\nb: {<<: *x, l: 2}",
            {"a": {"k": "1"}, "b": {"k": "1", "l": "2"}},
            id="merge",
        ),
        pytest.param("", "", id="empty"),
    ],
)
def test_scalars_stay_texts(text: str, expected: object) -> None:
    """M-4."""
    assert parse_verbatim(text.encode(), "x.yml") == expected


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        pytest.param({}, "https://my-host.org/a/b.tgz", id="none"),
        pytest.param(
            {"BP_DEPENDENCY_MIRROR": "https://mirror.test/x/"},
            "https://mirror.test/x/a/b.tgz",
            id="for all",
        ),
        pytest.param(
            {
                "BP_DEPENDENCY_MIRROR": "https://mirror.test",
                "BP_DEPENDENCY_MIRROR_MY__HOST_ORG": "file:///m/{originalHost}",
            },
            "file:///m/my-host.org/a/b.tgz",
            id="for a host",
        ),
    ],
)
def test_mirrors_replace_hosts(environ: dict[str, str], expected: str) -> None:
    """M-22."""
    assert mirrored("https://my-host.org/a/b.tgz", environ) == expected


def test_a_mirror_is_https_or_a_file() -> None:
    with pytest.raises(FetchkitError, match="starts with https:// or file://"):
        mirrored("https://h.test/a", {"BP_DEPENDENCY_MIRROR": "http://m.test"})


# --------------------------------------------------------------- whole stagings


def archive(text: str) -> bytes:
    """A program in a directory of a tar.gz."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        member = tarfile.TarInfo("tool-1.2.0/bin/tool")
        data = f"#!/bin/sh\necho {text}\n".encode()
        member.size, member.mode = len(data), 0o755
        tar.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


@pytest.fixture
def buildpack(workshop: Workshop) -> Path:
    """A buildpack that takes a dependency from its manifest.yml."""
    data = archive("from the manifest")
    url = workshop.site.add("tool-1.2.0.tar.gz", data)
    home = workshop.buildpack("tools")
    table = {
        "from": "manifest.yml",
        "version": "1.x",
        "env": {"version": "BP_TOOL_VERSION"},
        "install": {"dir": "tool", "strip": 1, "path": ["bin"]},
    }
    manifest = {"schema": 1, "name": "tools", "artifacts": {"tool": table}}
    (home / "fetchkit.toml").write_text(tomli_w.dumps(manifest))
    text = f"dependencies:\n{catalogues.entry('tool', '1.2.0', url, data)}"
    (home / "manifest.yml").write_text(text)
    return home


def test_a_dependency_of_the_manifest_is_supplied(
    platform: Platform, buildpack: Path
) -> None:
    droplet = platform.stage(buildpack)
    assert launch(droplet, "tool") == "from the manifest\n"


def test_the_app_may_choose_a_version(platform: Platform, buildpack: Path) -> None:
    platform.variables["BP_TOOL_VERSION"] = "3.x"
    arguments = (platform.app_dir, platform.home / "cache", platform.deps_dir, "0")
    platform.deps_dir.mkdir(parents=True)
    ended = platform.call(buildpack, "supply", *arguments)
    assert ended.code == 15
    assert "no match found for 3.x in [1.2.0]" in ended.stderr


def test_wrong_bytes_are_never_installed(
    platform: Platform, buildpack: Path, workshop: Workshop
) -> None:
    """M-17."""
    workshop.site.add("tool-1.2.0.tar.gz", archive("from somebody else"))
    platform.deps_dir.mkdir(parents=True)
    arguments = (platform.app_dir, platform.home / "cache", platform.deps_dir, "0")
    ended = platform.call(buildpack, "supply", *arguments)
    assert ended.code == 31
    assert not (platform.deps_dir / "0/tool").exists()


def test_a_corrupt_cache_heals(platform: Platform, buildpack: Path) -> None:
    """M-17 fails for ever."""
    platform.stage(buildpack)
    for blob in (platform.home / "cache/final/fetchkit/v1/blobs/sha256").iterdir():
        blob.chmod(0o644)
        blob.write_bytes(b"rotten" + blob.read_bytes()[6:])
    assert launch(platform.stage(buildpack), "tool") == "from the manifest\n"


def test_a_cached_copy_needs_no_network(
    platform: Platform, buildpack: Path, workshop: Workshop
) -> None:
    """M-16, M-35: ``file:``, relative to the manifest."""
    cached = buildpack / "dependencies/0123/tool-1.2.0.tar.gz"
    cached.parent.mkdir(parents=True)
    cached.write_bytes(archive("from the manifest"))
    text = (buildpack / "manifest.yml").read_text()
    name = os.path.relpath(cached, buildpack)
    text = text.replace("uri:", f"file: {name}, uri:")
    (buildpack / "manifest.yml").write_text(text)
    platform.variables["FETCHKIT_OFFLINE"] = "1"
    assert launch(platform.stage(buildpack), "tool") == "from the manifest\n"
