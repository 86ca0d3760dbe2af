"""A build with a lock takes exactly those bytes, or says what differs and stops."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import tomli_w

from tests.project import ARCHES, content

if TYPE_CHECKING:
    from tests.project import Project

INSTALLED = "app/vendor/tool-1.0.0-amd64"


@pytest.fixture
def locked(project: Project) -> Project:
    """A locked artifact; the cache is as empty as on a new machine."""
    project.publish("tool")
    project.succeed("lock")
    _forget_cache(project)
    return project


def _forget_cache(project: Project) -> None:
    project.directory.joinpath("cache").rename(project.directory / "old-cache")


def _is_installed(project: Project) -> bool:
    return (project.directory / "app" / "vendor").exists()


# ------------------------------------------------------------ it does its work


def test_locked_bytes_are_installed(locked: Project) -> None:
    locked.succeed("install", "app", "--locked")
    data = (locked.directory / INSTALLED).read_bytes()
    assert data == content("tool", "1.0.0") + b"amd64"


def test_install_never_writes_the_lock(locked: Project) -> None:
    before = locked.lock_file.read_bytes(), locked.lock_file.stat().st_mtime_ns
    locked.succeed("install", "app")
    after = locked.lock_file.read_bytes(), locked.lock_file.stat().st_mtime_ns
    assert after == before


@pytest.mark.parametrize("version", ["latest", "1.0.0"])
def test_replaced_release_is_refused_though_its_signature_is_good(
    project: Project, version: str
) -> None:
    project.publish("tool", version)
    project.succeed("lock")
    _forget_cache(project)
    locked = project.locked_build("tool")["sha256"]
    project.offer_signed("tool", version, b"X" * len(content("tool", version)))
    ended = project.refuse(31, locked, by="install app")
    assert ended.stderr.count("sha256:") >= 2
    assert not _is_installed(project)


def test_locked_latest_asks_nobody_when_it_is_in_place(project: Project) -> None:
    project.publish("tool", "latest")
    project.succeed("lock")
    project.succeed("install", "app")
    before = len(project.origin.requests)
    project.offer_signed("tool", "latest", b"replaced ")
    assert "Nothing to do" in project.succeed("install", "app").stderr
    assert len(project.origin.requests) == before


# ------------------------------------------------------------- without a lock


def test_locked_without_a_lock_is_refused(project: Project) -> None:
    project.publish("tool")
    project.refuse(12, "no fetchkit.lock", "fetchkit lock", by="install app --locked")
    assert not _is_installed(project)


def test_no_lock_takes_what_is_published(locked: Project) -> None:
    locked.offer_signed("tool", "1.0.0", b"replaced ")
    locked.succeed("install", "app", "--no-lock")
    assert (locked.directory / INSTALLED).read_bytes() == b"replaced amd64"


def test_locked_and_no_lock_contradict_each_other(locked: Project) -> None:
    locked.refuse(2, "--locked", "--no-lock", by="install app --locked --no-lock")


# ---------------------------------------------------------- changed by hand


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        pytest.param("sha256", "0" * 64, 31, id="digest"),
        pytest.param("size", 7, 23, id="smaller"),
        pytest.param("size", 7000, 30, id="larger"),
        pytest.param("urls", ["https://evil.example/tool"], 12, id="url"),
        pytest.param("signers", ["A" * 40], 12, id="signer"),
    ],
)
def test_lock_that_was_changed_by_hand_is_refused(
    locked: Project, key: str, value: object, code: int
) -> None:
    for platform in ("linux-amd64", "linux-arm64"):
        old = locked.locked_build("tool", platform)[key]
        locked.edit_lock(*(_line(key, each) for each in (old, value)))
    locked.refuse(code, "tool", by="install app")
    assert not _is_installed(locked)


def _line(key: str, value: object) -> str:
    return tomli_w.dumps({key: value}, multiline_strings=False)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        pytest.param("schema = 1", "schema = 2", "is 2, this fetchkit reads 1", id="2"),
        pytest.param("schema = 1\n", "", "schema", id="no schema"),
        pytest.param("size =", "sise =", "unknown key", id="unknown key"),
        pytest.param("size = ", "size = -", "at least 0", id="negative size"),
        pytest.param("files = 1", "", "files: is missing", id="incomplete"),
        pytest.param("[artifacts", "<<<<<<< HEAD\n[artifacts", "TOML", id="conflict"),
        pytest.param("linux-arm64", "plan9", "plan9", id="no platform"),
    ],
)
def test_damaged_lock_is_refused_with_its_place(
    locked: Project, old: str, new: str, words: str
) -> None:
    locked.edit_lock(old, new)
    locked.refuse(12, "fetchkit.lock", words, by="install app")


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7, 0.95])
def test_lock_that_is_cut_off_is_refused(locked: Project, share: float) -> None:
    data = locked.lock_file.read_bytes()
    locked.lock_file.write_bytes(data[: int(len(data) * share)])
    locked.refuse(12, "fetchkit.lock", by="install app")


def test_missing_platform_is_named(locked: Project) -> None:
    text = locked.lock_file.read_text()
    locked.lock_file.write_text(
        text[: text.index("[artifacts.tool.platforms.linux-ar")]
    )
    locked.refuse(12, "linux-arm64", "is missing", by="install app")


def test_platform_the_manifest_does_not_have_is_named(locked: Project) -> None:
    locked.artifact("tool")["arch"] = {"x86_64": "amd64"}
    locked.refuse(12, "linux-arm64", "is not in the manifest", by="install app")


# --------------------------------------- what the manifest says now, and the lock


def test_manifest_that_no_longer_asks_for_the_signature_is_refused(
    locked: Project,
) -> None:
    table = locked.artifact("tool")
    del table["signature"], table["signed_by"]
    table["sha256"] = locked.locked_build("tool")["sha256"]
    locked.refuse(12, "signature", "no longer asks for it", by="install app")


def test_manifest_that_trusts_somebody_else_is_refused(locked: Project) -> None:
    locked.trust("second")
    locked.artifact("tool")["signed_by"] = ["second"]
    fingerprint = locked.keys.good.fingerprint
    locked.refuse(12, fingerprint, "does not trust it", by="install app")


@pytest.mark.parametrize(
    ("key", "value"), [("sha256", "0" * 64), ("size", 12)], ids=["digest", "size"]
)
def test_manifest_that_pins_something_else_is_refused(
    locked: Project, key: str, value: object
) -> None:
    locked.artifact("tool")[key] = value
    locked.refuse(12, key, str(value), by="install app")


def test_artifact_that_is_not_locked_is_named(locked: Project) -> None:
    locked.publish("other")
    locked.refuse(12, "artifacts.other", "is missing", by="install app")


def test_variable_cannot_move_what_is_locked(
    locked: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked.artifact("tool")["env"] = {"version": "TOOL_VERSION"}
    locked.succeed("lock")
    locked.offer_signed("tool", "2.0.0", b"second ")
    monkeypatch.setenv("TOOL_VERSION", "2.0.0")
    locked.refuse(12, "1.0.0", "2.0.0", "Unset TOOL_VERSION", by="install app")
    assert not _is_installed(locked)


def test_variable_that_asks_for_what_is_locked_is_no_trouble(
    locked: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked.artifact("tool")["env"] = {"version": "TOOL_VERSION"}
    locked.succeed("lock")
    monkeypatch.setenv("TOOL_VERSION", "1.0.0")
    locked.succeed("install", "app")


# -------------------------------------------------------------- first sight


@pytest.fixture
def unsigned(project: Project) -> Project:
    """An artifact that nobody signs: its digest is taken when it is locked."""
    project.publish("tool")
    table = project.artifact("tool")
    del table["signature"], table["signed_by"]
    table["trust"] = "lock"
    return project


def test_unsigned_artifact_is_held_to_the_digest_of_its_lock(
    unsigned: Project,
) -> None:
    unsigned.succeed("lock")
    _forget_cache(unsigned)
    unsigned.succeed("install", "app")
    _forget_app(unsigned)
    unsigned.directory.joinpath("cache").rename(unsigned.directory / "older-cache")
    for arch in ARCHES:
        size = len(content("tool", "1.0.0") + arch.encode())
        unsigned.offer(f"tool-1.0.0-{arch}", b"X" * size)
    unsigned.refuse(31, unsigned.locked_build("tool")["sha256"], by="install app")


def test_unsigned_artifact_without_a_lock_is_refused(unsigned: Project) -> None:
    unsigned.refuse(35, "fetchkit lock", by="install app")
    assert not _is_installed(unsigned)


def _forget_app(project: Project) -> None:
    project.directory.joinpath("app").rename(project.directory / "old-app")


def test_an_edited_version_does_not_pass_by_what_the_cache_holds(
    project: Project,
) -> None:
    project.publish("tool")
    project.offer_signed("tool", "2.0.0", b"other")
    project.succeed("lock")
    project.succeed("install", "app")
    text = project.lock_file.read_text().replace("-1.0.0-", "-2.0.0-")
    text = text.replace('version = "1.0.0"', 'version = "2.0.0"')
    project.lock_file.write_text(text.replace("size = 31", "size = 10"))
    project.artifact("tool")["version"] = "2.0.0"
    project.write_manifest()
    project.refuse(31, "sha256", by="install other")
