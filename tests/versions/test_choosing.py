"""From a manifest to one version, through real sockets and files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NoReturn

import pytest

from fetchkit.artifact import Artifact, InstallSpec, VersionList
from fetchkit.choosing import resolve_version
from fetchkit.errors import (
    HttpStatusError,
    InvalidValueError,
    OfflineError,
    RefusedError,
    TooLargeError,
)
from fetchkit.net.settings import NetSettings
from fetchkit.net.sources import open_source
from fetchkit.silent import SilentReporter
from fetchkit.versions.listing import MAX_LIST_BYTES
from fetchkit.versions.wanted import parse_match
from tests.origins.misbehaving import answer, in_turn, resetting

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fetchkit.errors import FetchkitError
    from fetchkit.ports import Cancel, Source, Span, Validators
    from fetchkit.urls import Url
    from tests.origins.misbehaving import Origin

NOW = 1_800_000_000.0
RELEASES = json.dumps(
    [
        {"tag_name": "v18.0.0", "published_at": "2026-01-01T00:00:00Z"},
        {"tag_name": "v17.0.9", "published_at": "2026-01-01T00:00:00Z"},
        {"tag_name": "v17.0.10", "published_at": "2027-01-15T00:00:00Z"},
    ]
).encode()


class Retries(SilentReporter):
    """Counts what is tried again."""

    def __init__(self) -> None:
        self.count = 0

    def retrying(self, url: Url, error: FetchkitError, delay: float) -> None:
        self.count += 1


@pytest.fixture
def source() -> Iterator[Source]:
    with open_source(NetSettings()) as opened:
        yield opened


@pytest.fixture
def reporter() -> Retries:
    return Retries()


def jdk(location: str, version: str = "17.x", *, min_age: int = 0) -> Artifact:
    return Artifact(
        name="jdk",
        version=version,
        versions=VersionList(
            location=location,
            path=("[]", "tag_name"),
            match=parse_match("^v(.+)$"),
            min_age=min_age,
        ),
        url="https://example.com/{version}",
        install=InstallSpec(dir="."),
    )


def resolved(
    artifact: Artifact,
    source: Source,
    reporter: Retries | None = None,
    base_dir: str | None = None,
) -> str:
    return resolve_version(
        artifact,
        source=source,
        reporter=reporter or Retries(),
        now=NOW,
        base_dir=base_dir,
    )


def test_a_range_becomes_the_newest_version(
    plain_origin: Origin, source: Source
) -> None:
    url = plain_origin.on("/releases", answer(RELEASES))
    assert resolved(jdk(url), source) == "17.0.10"
    assert resolved(jdk(url, "latest"), source) == "18.0.0"


def test_a_young_release_is_passed_over(plain_origin: Origin, source: Source) -> None:
    url = plain_origin.on("/releases", answer(RELEASES))
    assert resolved(jdk(url, min_age=3 * 86_400), source) == "17.0.9"


@pytest.mark.parametrize("version", ["17.0.9", "1.8.0_292", "stable"])
def test_an_exact_version_needs_no_list(
    version: str, plain_origin: Origin, source: Source
) -> None:
    url = plain_origin.on("/releases", answer(RELEASES))
    assert resolved(jdk(url, version), source) == version
    assert plain_origin.requests == []


@pytest.mark.parametrize("version", ["latest", "17", "1.2.3"])
def test_without_a_list_the_version_stays(version: str, source: Source) -> None:
    artifact = Artifact(
        name="jdk",
        version=version,
        url="https://example.com/{version}",
        install=InstallSpec(dir="."),
    )
    assert resolved(artifact, source) == version


def test_a_file_beside_the_manifest_is_read(tmp_path: Path, source: Source) -> None:
    (tmp_path / "releases.json").write_bytes(RELEASES)
    assert resolved(jdk("releases.json"), source, base_dir=str(tmp_path)) == "17.0.10"


def test_a_missing_file_is_named(tmp_path: Path, source: Source) -> None:
    with pytest.raises(RefusedError, match=r"releases\.json: no such file"):
        resolved(jdk("releases.json"), source, base_dir=str(tmp_path))


def test_nothing_that_fits_names_the_place(
    plain_origin: Origin, source: Source
) -> None:
    url = plain_origin.on("/releases", answer(RELEASES))
    with pytest.raises(
        InvalidValueError,
        match=r"^artifacts\.jdk\.version: .* fits `9\.x`; there is 17\.0\.9, ",
    ) as caught:
        resolved(jdk(url, "9.x"), source)
    assert caught.value.exit_code == 15


def test_a_broken_connection_is_tried_again(
    plain_origin: Origin, source: Source, reporter: Retries
) -> None:
    url = plain_origin.on("/releases", in_turn(resetting(b"HTTP/"), answer(RELEASES)))
    assert resolved(jdk(url), source, reporter) == "17.0.10"
    assert reporter.count == 1


def test_a_missing_list_is_not(
    plain_origin: Origin, source: Source, reporter: Retries
) -> None:
    with pytest.raises(HttpStatusError, match="404"):
        resolved(jdk(plain_origin.url("/releases")), source, reporter)
    assert reporter.count == 0


def test_a_list_that_is_none_names_artifact_and_url(
    plain_origin: Origin, source: Source
) -> None:
    url = plain_origin.on("/releases", answer(b"{"))
    with pytest.raises(RefusedError, match=f"`jdk`: {url} is not JSON"):
        resolved(jdk(url), source)


def test_a_list_beyond_the_limit_is_not_read(
    plain_origin: Origin, source: Source
) -> None:
    head = {"Content-Length": str(MAX_LIST_BYTES + 1)}
    url = plain_origin.on("/releases", answer(b"[", headers=head))
    with pytest.raises(TooLargeError):
        resolved(jdk(url), source)


def test_offline_says_what_was_needed() -> None:
    with (
        open_source(NetSettings(), offline=True) as source,
        pytest.raises(OfflineError, match="releases"),
    ):
        resolved(jdk("github:owner/repo"), source)


class OverQuota:
    """A `Source` that answers as GitHub does after sixty questions."""

    def open(
        self,
        url: Url,
        *,
        limit: int,
        validators: Validators | None = None,
        span: Span | None = None,
        cancel: Cancel | None = None,
    ) -> NoReturn:
        raise HttpStatusError(f"{url}: 403 rate limit exceeded", status=403)


def test_githubs_quota_has_a_hint_of_its_own() -> None:
    with pytest.raises(HttpStatusError) as caught:
        resolved(jdk("github:owner/repo"), OverQuota())
    assert caught.value.status == 403
    assert "60 questions an hour" in (caught.value.hint or "")
