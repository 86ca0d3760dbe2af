"""What `lock` and `update` write, what they keep, and when they write nothing."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from fetchkit.manifest.lock import parse_lock, render_lock
from tests.flow.program import Program
from tests.origins import misbehaving
from tests.project import ARCHES, content

if TYPE_CHECKING:
    from pathlib import Path

    from tests.origins.misbehaving import Behaviour
    from tests.project import Project

MACHINES = {
    "strict, far east": ("077", "Pacific/Auckland", "C"),
    "lax, far west": ("000", "America/Anchorage", "C.UTF-8"),
}


@pytest.fixture
def locked(project: Project) -> Project:
    """Two artifacts, locked; everything they come from may change now."""
    project.publish("one")
    project.publish("two")
    project.succeed("lock")
    return project


# ---------------------------------------------------------------- the bytes


def test_lock_names_every_build_of_every_platform(locked: Project) -> None:
    artifacts = locked.locked()["artifacts"]
    assert {name: set(table["platforms"]) for name, table in artifacts.items()} == {
        name: {f"linux-{arch}" for arch in ARCHES} for name in ("one", "two")
    }
    build = locked.locked_build("one")
    assert build["urls"] == [locked.origin.url("/one-1.0.0-amd64")]
    assert build["size"] == build["unpacked_size"] == len(content("one", "1.0.0")) + 5
    assert build["signers"] == [locked.keys.good.fingerprint]


def test_locking_again_gives_the_same_bytes(locked: Project) -> None:
    before = locked.lock_file.read_bytes()
    locked.lock_file.unlink()
    locked.succeed("lock")
    assert locked.lock_file.read_bytes() == before


def test_order_of_the_manifest_does_not_matter(locked: Project) -> None:
    before = locked.lock_file.read_bytes()
    artifacts = locked.manifest["artifacts"]
    locked.manifest["artifacts"] = dict(reversed(artifacts.items()))
    locked.lock_file.unlink()
    locked.succeed("lock")
    assert locked.lock_file.read_bytes() == before


def test_lock_that_is_read_and_written_stays_as_it_is(locked: Project) -> None:
    data = locked.lock_file.read_bytes()
    assert render_lock(parse_lock(data, "fetchkit.lock")) == data


def test_two_machines_write_the_same_lock(project: Project, tmp_path: Path) -> None:
    project.publish("one")
    project.publish("two")
    project.write_manifest()
    written = set()
    for umask, zone, locale in MACHINES.values():
        program = Program().with_variables(
            TZ=zone, LC_ALL=locale, FETCHKIT_CACHE_DIR=str(tmp_path / zone)
        )
        shell = ("sh", "-c", f'umask {umask}; exec "$@"', "sh")
        ended = program.behind(*shell).run("lock", "--manifest", project.manifest_file)
        assert ended.code == 0, ended.said
        mode = stat.S_IMODE(os.stat(project.lock_file).st_mode)
        written.add((project.lock_file.read_bytes(), mode))
        project.lock_file.unlink()
    assert len(written) == 1


def test_lock_that_needs_no_change_is_not_written(locked: Project) -> None:
    before = os.stat(locked.lock_file)
    said = locked.succeed("lock").stderr
    assert "Nothing to change" in said
    assert os.stat(locked.lock_file).st_ino == before.st_ino


# ------------------------------------------------------------ what is kept


def test_what_is_locked_stays_when_something_is_added(project: Project) -> None:
    project.publish("one", "latest")
    project.succeed("lock")
    before = project.locked()["artifacts"]["one"]
    project.offer_signed("one", "latest", b"replaced ")
    project.publish("two")
    project.succeed("lock")
    artifacts = project.locked()["artifacts"]
    assert artifacts["one"] == before
    assert "two" in artifacts


def test_what_the_manifest_no_longer_names_leaves_the_lock(locked: Project) -> None:
    del locked.manifest["artifacts"]["two"]
    locked.succeed("lock")
    assert set(locked.locked()["artifacts"]) == {"one"}


@pytest.mark.parametrize(
    "change",
    [
        {"version": "2.0.0"},
        {"mirrors": ["https://mirror.example/{name}"]},
        {"signature": "{url}.sig"},
    ],
    ids=", ".join,
)
def test_entry_that_no_longer_fits_is_made_anew(
    locked: Project, change: dict[str, object]
) -> None:
    two = locked.locked()["artifacts"]["two"]
    locked.offer_signed("one", "2.0.0", b"second ")
    for arch in ARCHES:
        data = content("one", "1.0.0") + arch.encode()
        locked.offer(f"one-1.0.0-{arch}.sig", locked.keys.sign(data))
    locked.artifact("one").update(change)
    locked.succeed("lock")
    locked.succeed("lock", "--check")
    assert locked.locked()["artifacts"]["two"] == two


def test_update_of_one_name_moves_nothing_else(project: Project) -> None:
    project.publish("one", "latest")
    project.publish("two", "latest")
    project.succeed("lock")
    before = project.locked()["artifacts"]
    for name in ("one", "two"):
        project.offer_signed(name, "latest", b"replaced ")
    said = project.succeed("update", "two", "--verbose").stderr
    after = project.locked()["artifacts"]
    assert "two: latest has other bytes" in said
    assert after["one"] == before["one"]
    assert after["two"] != before["two"]


def test_update_without_a_name_moves_all(project: Project) -> None:
    project.publish("one", "latest")
    project.publish("two", "latest")
    project.succeed("lock")
    before = project.locked()["artifacts"]
    for name in ("one", "two"):
        project.offer_signed(name, "latest", b"replaced ")
    project.succeed("update")
    after = project.locked()["artifacts"]
    assert [name for name in after if after[name] == before[name]] == []


# -------------------------------------------------------- nothing or all of it


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        pytest.param(misbehaving.answer(status=404), 21, id="missing"),
        pytest.param(misbehaving.answer(b"evil"), 32, id="tampered"),
    ],
)
def test_lock_that_cannot_be_whole_leaves_the_old_one(
    locked: Project, answer: Behaviour, code: int
) -> None:
    before = locked.lock_file.read_bytes()
    locked.publish("two", "2")
    locked.origin.on("/two-2-arm64", answer)
    locked.refuse(code, "two", by="lock")
    assert locked.lock_file.read_bytes() == before


def test_update_of_an_unknown_name_writes_nothing(locked: Project) -> None:
    before = locked.lock_file.read_bytes()
    locked.refuse(13, "`on`", "one", by="update on")
    assert locked.lock_file.read_bytes() == before


def test_manifest_from_a_pipe_has_no_place_for_a_lock(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.publish("one")
    project.write_manifest()
    with project.manifest_file.open() as piped:
        monkeypatch.setattr("sys.stdin", piped)
        ended = project.cli("lock", "--manifest", "-")
    assert ended.code == 10
    assert "no place for a lock" in ended.stderr


# --------------------------------------------------------------- `lock --check`


def test_check_asks_nobody(locked: Project) -> None:
    before = len(locked.origin.requests)
    assert "fits" in locked.succeed("lock", "--check").stderr
    assert len(locked.origin.requests) == before


def test_check_names_what_differs(locked: Project) -> None:
    locked.artifact("one")["version"] = "2.0.0"
    locked.refuse(12, "artifacts.one.version", "1.0.0", "2.0.0", by="lock --check")


def test_check_without_a_lock_says_what_to_do(project: Project) -> None:
    project.publish("one")
    project.refuse(10, "fetchkit lock", by="lock --check")


def test_secrets_of_a_url_stay_out_of_the_lock(project: Project) -> None:
    project.publish("one")
    project.artifact("one")["url"] += "?token=s3cret"
    project.artifact("one")["signature"] = project.origin.url(
        "/{name}-{version}-{arch}.asc"
    )
    project.succeed("lock")
    assert "s3cret" not in project.lock_file.read_text()
    project.succeed("lock", "--check")


def test_an_update_that_goes_back_says_so(project: Project) -> None:
    versions = project.directory / "versions.json"
    project.publish("tool", "1.10.0", versions="versions.json")
    project.offer_signed("tool", "1.9.0", b"older")
    project.artifact("tool")["version"] = "1.x"
    project.write_manifest()
    versions.write_text('["1.9.0", "1.10.0"]')
    project.succeed("lock")
    versions.write_text('["1.9.0"]')
    ended = project.succeed("update")
    assert "tool goes back from 1.10.0 to 1.9.0" in ended.stderr
