"""`outdated` compares the lock with what is published today, and changes nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.origins import misbehaving

if TYPE_CHECKING:
    from tests.project import Project


@pytest.fixture
def ranged(project: Project) -> Project:
    """Two artifacts locked by ranges, at the newest that was listed then."""
    for name in ("one", "two"):
        project.publish(name, "^1", versions=project.origin.url("/{name}/versions"))
        project.offer(f"{name}/versions", json.dumps(["0.9.0", "1.0.0"]).encode())
        project.offer_signed(name, "1.0.0", b"first ")
    project.succeed("lock")
    return project


def test_nothing_is_outdated_at_first(ranged: Project) -> None:
    ended = ranged.succeed("outdated", "--exit-code")
    assert ended.stdout == ""
    assert "newest its manifest allows" in ended.stderr


def test_newer_version_is_shown_and_not_fetched(ranged: Project) -> None:
    before = ranged.lock_file.read_bytes()
    ranged.offer("two/versions", b'["1.0.0", "1.1.0", "2.0.0"]')
    ended = ranged.succeed("outdated", "--json")
    assert json.loads(ended.stdout) == {
        "outdated": [{"name": "two", "locked": "1.0.0", "today": "1.1.0"}]
    }
    assert ranged.succeed("outdated").stdout.split() == ["two", "1.0.0", "1.1.0"]
    assert ranged.lock_file.read_bytes() == before
    assert "/two-1.1.0-amd64" not in ranged.origin.paths


def test_exit_code_says_so_where_it_is_asked_for(ranged: Project) -> None:
    ranged.offer("two/versions", b'["1.1.0"]')
    assert ranged.run("outdated", "--exit-code").code == 10


def test_what_outdated_shows_is_what_update_locks(ranged: Project) -> None:
    ranged.offer("two/versions", b'["1.0.0", "1.1.0"]')
    ranged.offer_signed("two", "1.1.0", b"second ")
    ranged.succeed("update")
    assert ranged.locked()["artifacts"]["two"]["version"] == "1.1.0"
    assert ranged.succeed("outdated", "--exit-code").stdout == ""


def test_artifact_that_is_not_locked_yet_counts(ranged: Project) -> None:
    ranged.publish("three", "3.0.0")
    assert ranged.succeed("outdated").stdout.split() == ["three", "-", "3.0.0"]


def test_without_a_lock_there_is_nothing_to_compare(project: Project) -> None:
    project.publish("one")
    project.refuse(10, "no lock", "fetchkit lock", by="outdated")


def test_list_that_is_gone_is_a_network_error(ranged: Project) -> None:
    ranged.origin.on("/two/versions", misbehaving.answer(status=404))
    ranged.refuse(21, "two/versions", "404", by="outdated")
