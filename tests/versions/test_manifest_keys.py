"""The keys of a manifest that have to do with ranges."""

from __future__ import annotations

import pytest

from fetchkit.artifact import Artifact, VersionList
from fetchkit.errors import InvalidValueError, ManifestError
from fetchkit.manifest import parse_manifest
from fetchkit.versions.location import version_url


def read(*lines: str) -> Artifact:
    manifest = parse_manifest(
        "\n".join(
            [
                "schema = 1",
                "[artifacts.jdk]",
                'url = "https://example.com/{version}"',
                f'sha256 = "{"a" * 64}"',
                'vars = { channel = "stable" }',
                *lines,
                "[artifacts.jdk.install]",
                'dir = "vendor"',
            ]
        ).encode(),
        "fetchkit.toml",
    )
    return manifest.artifacts["jdk"]


def listed(*lines: str) -> VersionList:
    versions = read('version = "17.x"', *lines).versions
    assert versions is not None
    return versions


def faults(*lines: str) -> str:
    with pytest.raises(ManifestError) as caught:
        read(*lines)
    return "\n".join(f"{fault} {fault.hint}" for fault in caught.value.faults)


def url(location: str, *, base_dir: str | None = "/srv/app") -> str:
    line = f'versions = "{location}"'
    found = version_url(read('version = "17"', line), listed(line), base_dir=base_dir)
    return found.secret


def test_everything_at_once() -> None:
    versions = listed(
        'versions = "https://example.com/{name}.json"',
        'versions_path = "releases[].tag"',
        "versions_match = '^v(.+)$'",
        "prereleases = true",
        'min_release_age = "3d"',
    )
    assert versions.path == ("releases", "[]", "tag")
    assert versions.match is not None
    assert versions.match.pattern == "^v(.+)$"
    assert versions.prereleases
    assert versions.min_age == 3 * 86_400


def test_nothing_but_the_list() -> None:
    assert listed('versions = "list.txt"') == VersionList(location="list.txt")


@pytest.mark.parametrize(
    ("age", "seconds"),
    [("90m", 5400), ("12h", 43_200), ("3d", 259_200), ("2w", 1_209_600), ("0d", 0)],
)
def test_spans_of_time(age: str, seconds: int) -> None:
    found = listed('versions = "list"', f'min_release_age = "{age}"')
    assert found.min_age == seconds


@pytest.mark.parametrize("version", ["17.x", "^1.2", ">=1, <2", "*", "~> 1"])
def test_a_range_needs_a_list(version: str) -> None:
    found = faults(f'version = "{version}"')
    assert "artifacts.jdk.version" in found
    assert "nothing lists the versions there are" in found
    assert 'versions = "github:owner/repo"' in found


@pytest.mark.parametrize("version", ["latest", "17", "1.2", "1.2.3", "1.2~rc1"])
def test_the_name_of_a_version_needs_none(version: str) -> None:
    artifact = read(f'version = "{version}"')
    assert (artifact.version, artifact.versions) == (version, None)


@pytest.mark.parametrize(
    "line",
    [
        'versions_path = "a"',
        "versions_match = '(.+)'",
        "prereleases = false",
        'min_release_age = "3d"',
    ],
)
def test_a_rule_without_a_list_is_a_fault(line: str) -> None:
    assert "belongs to `versions`, which is not set" in faults('version = "1"', line)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('versions = "github:owner"', "not a repository"),
        ('versions = "github:owner/.."', "not a repository"),
        ('versions = "github:owner/repo/x"', "not a repository"),
        ('versions = "../list"', "it holds `..`"),
        ('versions = "/etc/list"', "it is absolute"),
        ('versions = "http://example.com/list"', "plain http to another machine"),
        ('versions = "ftp://example.com/list"', "scheme `ftp`"),
        ('versions = "https://example.com/{version}"', "unknown variable `{version}`"),
        ('versions = "https://example.com/{arch}"', "unknown variable `{arch}`"),
        ('versions = "l"\nversions_path = "a..b"', "not a path into a document"),
        ('versions = "l"\nversions_path = "a[0]"', "not a path into a document"),
        ('versions = "l"\nversions_match = "v.+"', "has 0 groups, expected 1"),
        ('versions = "l"\nversions_match = "(v)(.)"', "has 2 groups, expected 1"),
        ('versions = "l"\nversions_match = "(v"', "not a regular expression"),
        ('versions = "l"\nmin_release_age = "3"', "not a span of time: `3`"),
        ('versions = "l"\nmin_release_age = 3', "expected a string"),
        ('versions = "l"\nprereleases = "yes"', "expected true or false"),
    ],
)
def test_faults_are_named(line: str, message: str) -> None:
    assert message in faults('version = "17.x"', line)


def test_a_range_that_is_none_is_named() -> None:
    found = faults('version = "1.2 || 2"', 'versions = "list"')
    assert "not a range of versions: `1.2 || 2`" in found


def test_github_is_asked_for_its_newest_hundred_releases() -> None:
    asked = "https://api.github.com/repos/a-b/c.d/releases?per_page=100"
    assert url("github:a-b/c.d") == asked
    assert listed('versions = "github:a-b/c.d"').path == ("[]", "tag_name")


def test_a_url_knows_the_name_and_the_variables() -> None:
    location = "https://example.com/{name}/{channel}.json"
    assert url(location) == "https://example.com/jdk/stable.json"


def test_a_file_lies_beside_the_manifest() -> None:
    assert url("lists/a b.txt") == "file:///srv/app/lists/a%20b.txt"


def test_a_manifest_from_nowhere_has_nothing_beside_it() -> None:
    with pytest.raises(InvalidValueError, match="which is not a file here"):
        url("list.txt", base_dir=None)
