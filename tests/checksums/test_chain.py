"""An artifact vouched for by a list: signed, unsigned, spoiled, and in a lock."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from tests.project import ARCHES, content

if TYPE_CHECKING:
    from tests.project import Project

INSTALLED = "app/vendor/tool-1.0.0-amd64"


def offer_list(project: Project, *, of: bytes = b"", by: str = "good") -> None:
    """Serve a signed list of the builds; `of` stands in for what is published."""
    data = "".join(
        f"{hashlib.sha256(of or content('tool', '1.0.0') + arch.encode()).hexdigest()}"
        f"  tool-1.0.0-{arch}\n"
        for arch in ARCHES
    ).encode()
    project.offer("1.0.0/SHASUMS", data)
    project.offer("1.0.0/SHASUMS.asc", project.keys.sign(data, by=by))


@pytest.fixture
def listed(project: Project) -> Project:
    """The list is signed, the artifact is not."""
    project.publish("tool")
    table = project.artifact("tool")
    del table["signature"]
    table["checksums"] = project.origin.url("/{version}/SHASUMS")
    table["checksums_signature"] = "{checksums}.asc"
    offer_list(project)
    return project


def test_listed_artifact_is_installed(listed: Project) -> None:
    listed.succeed("install", "app")
    data = (listed.directory / INSTALLED).read_bytes()
    assert data == content("tool", "1.0.0") + b"amd64"


def test_lock_records_the_chain(listed: Project) -> None:
    listed.succeed("lock")
    build = listed.locked_build("tool")
    chain = build["checksums"]
    assert "signature" not in build
    assert chain["url"] == listed.origin.url("/1.0.0/SHASUMS")
    assert chain["signers"] == [listed.keys.good.fingerprint]
    assert len(chain["sha256"]) == len(chain["signature"]) == 64
    listed.succeed("install", "app", "--locked")


def test_artifact_with_another_digest_is_refused(listed: Project) -> None:
    offer_list(listed, of=b"something else")
    listed.refuse(31, hashlib.sha256(b"something else").hexdigest(), by="install app")
    assert not (listed.directory / "app/vendor").exists()


def test_list_that_was_changed_is_refused(listed: Project) -> None:
    listed.offer("1.0.0/SHASUMS", b"0" * 64 + b"  tool-1.0.0-amd64\n")
    listed.refuse(32, "checksum file", by="install app")
    assert not (listed.directory / "app/vendor").exists()


def test_list_signed_by_a_stranger_is_refused(listed: Project) -> None:
    offer_list(listed, by="stranger")
    listed.refuse(33, "`tool`", by="install app")


def test_list_of_another_release_is_refused(listed: Project) -> None:
    data = b"0" * 64 + b"  tool-2.0.0-amd64\n"
    listed.offer("1.0.0/SHASUMS", data)
    listed.offer("1.0.0/SHASUMS.asc", listed.keys.sign(data))
    listed.refuse(30, "no line names `tool-1.0.0-amd64`", by="install app")


def test_unsigned_list_vouches_only_by_way_of_a_lock(listed: Project) -> None:
    table = listed.artifact("tool")
    del table["checksums_signature"], table["signed_by"]
    listed.refuse(35, "only a lock vouches for it", by="install app")
    listed.succeed("lock")
    listed.succeed("install", "app")


def test_unsigned_list_is_held_against_the_bytes_at_first_sight(
    listed: Project,
) -> None:
    table = listed.artifact("tool")
    del table["checksums_signature"], table["signed_by"]
    offer_list(listed, of=b"something else")
    listed.refuse(31, "tool", by="lock")
    assert not listed.lock_file.exists()


def test_signature_of_the_list_may_not_go_once_it_is_locked(listed: Project) -> None:
    listed.succeed("lock")
    table = listed.artifact("tool")
    del table["checksums_signature"], table["signed_by"]
    listed.refuse(12, "checksums.signature", "no longer asks", by="install app")
    assert not (listed.directory / "app/vendor").exists()


def test_list_that_is_replaced_does_not_move_a_locked_build(listed: Project) -> None:
    listed.succeed("lock")
    listed.succeed("cache", "clear")
    listed.offer_signed("tool", "1.0.0", b"X" * len(content("tool", "1.0.0")))
    of = b"X" * len(content("tool", "1.0.0")) + b"amd64"
    offer_list(listed, of=of)
    ended = listed.run("install", "app")
    assert ended.code in {30, 31}, ended.stderr
    assert not (listed.directory / "app/vendor").exists()
