from __future__ import annotations

import errno
import io
import os
import threading
from typing import TYPE_CHECKING

import pytest

from fetchkit.digest import CHUNK_BYTES, Digest
from fetchkit.errors import ConflictError, NoSpaceError, StorageError
from fetchkit.fs import (
    atomic_write,
    copy_measured,
    fsync_dir,
    link_or_rename,
    private_dir,
    remove_tree,
    translated,
    write_atomic,
)

if TYPE_CHECKING:
    from pathlib import Path


def _mode(path: Path) -> int:
    return path.stat().st_mode & 0o7777


@pytest.mark.parametrize("mode", [0o644, 0o755, 0o444, 0o600])
def test_written_file_has_exactly_the_mode(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "file"
    write_atomic(path, b"content", mode)
    assert path.read_bytes() == b"content"
    assert _mode(path) == mode
    assert os.listdir(tmp_path) == ["file"]


def test_reader_sees_the_old_file_until_the_block_ends(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with atomic_write(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_text() == "old"
    assert path.read_text() == "new"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_failed_block_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, error: type[BaseException]
) -> None:
    path = tmp_path / "file"
    path.write_text("old")

    def write_half() -> None:
        with atomic_write(path) as file:
            file.write(b"ne")
            raise error

    with pytest.raises(error):
        write_half()
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["file"]


def test_link_at_the_path_is_replaced_not_followed(tmp_path: Path) -> None:
    sentinel = tmp_path / "sentinel"
    sentinel.write_text("untouched")
    path = tmp_path / "link"
    path.symlink_to(sentinel)
    write_atomic(path, b"new")
    assert sentinel.read_text() == "untouched"
    assert not path.is_symlink()


def test_relative_path_without_directory_is_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_atomic("file", b"content")
    assert (tmp_path / "file").read_bytes() == b"content"


def test_directory_in_the_way_is_a_conflict(tmp_path: Path) -> None:
    path = tmp_path / "taken"
    path.mkdir()
    with pytest.raises(ConflictError, match="taken"):
        write_atomic(path, b"content")
    assert os.listdir(tmp_path) == ["taken"]


def test_missing_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="missing") as caught:
        write_atomic(tmp_path / "missing" / "file", b"content")
    assert caught.value.hint == "Make that directory, or choose one that exists."


def test_private_dir_is_private_and_goes_away(tmp_path: Path) -> None:
    with private_dir(tmp_path, prefix="stage-") as path:
        assert os.path.basename(path).startswith("stage-")
        assert os.stat(path).st_mode & 0o7777 == 0o700
        with open(os.path.join(path, "file"), "w", encoding="utf-8") as file:
            file.write("content")
    assert os.listdir(tmp_path) == []


def test_private_dir_that_was_renamed_stays(tmp_path: Path) -> None:
    with private_dir(tmp_path) as path:
        os.rename(path, tmp_path / "kept")
    assert os.listdir(tmp_path) == ["kept"]


def test_private_dir_goes_away_when_its_block_fails(tmp_path: Path) -> None:
    def fail() -> None:
        with private_dir(tmp_path) as path:
            os.mkdir(os.path.join(path, "sub"))
            raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        fail()
    assert os.listdir(tmp_path) == []


def test_copy_is_measured() -> None:
    content = os.urandom(CHUNK_BYTES * 2 + 1)
    target = io.BytesIO()
    measure = copy_measured(io.BytesIO(content), target)
    assert target.getvalue() == content
    assert (measure.size, measure.digest()) == (len(content), Digest.of(content))


def test_first_to_publish_wins(tmp_path: Path) -> None:
    final = tmp_path / "final"
    for number, is_first in ((1, True), (2, False)):
        temporary = tmp_path / "temporary"
        temporary.write_text(str(number))
        assert link_or_rename(temporary, final) is is_first
        assert os.listdir(tmp_path) == ["final"]
    assert final.read_text() == "1"


def test_one_of_many_publishers_wins(tmp_path: Path) -> None:
    results: list[bool] = []
    start = threading.Barrier(8)

    def publish(number: int) -> None:
        temporary = tmp_path / f"temporary-{number}"
        temporary.write_text("same content")
        start.wait(timeout=10)
        results.append(link_or_rename(temporary, tmp_path / "final"))

    threads = [threading.Thread(target=publish, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
    assert sorted(results) == [False] * 7 + [True]
    assert os.listdir(tmp_path) == ["final"]


def test_removal_does_not_follow_links(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("untouched")
    tree = tmp_path / "tree"
    (tree / "sub").mkdir(parents=True)
    (tree / "sub" / "to-directory").symlink_to(outside)
    (tree / "to-file").symlink_to(outside / "file")
    (tree / "dangling").symlink_to("nowhere")
    remove_tree(tree)
    assert os.listdir(tmp_path) == ["outside"]
    assert (outside / "file").read_text() == "untouched"


@pytest.mark.parametrize("kind", ["file", "link", "nothing"])
def test_removal_of_what_is_no_directory(tmp_path: Path, kind: str) -> None:
    (tmp_path / "outside").mkdir()
    path = tmp_path / "path"
    if kind == "file":
        path.touch()
    elif kind == "link":
        path.symlink_to("outside")
    remove_tree(path)
    assert os.listdir(tmp_path) == ["outside"]


def test_two_removals_do_not_disturb_each_other(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    for number in range(200):
        (tree / f"d{number % 10}" / f"e{number}").mkdir(parents=True)
        (tree / f"d{number % 10}" / f"f{number}").touch()
    errors: list[StorageError] = []

    def remove() -> None:
        try:
            remove_tree(tree)
        except StorageError as error:
            errors.append(error)

    threads = [threading.Thread(target=remove) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert errors == []
    assert not tree.exists()


def test_missing_directory_cannot_be_synced(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="gone"):
        fsync_dir(tmp_path / "gone")


@pytest.mark.parametrize(
    ("number", "error", "exit_code"),
    [
        pytest.param(errno.ENOSPC, NoSpaceError, 43, id="disk full"),
        pytest.param(errno.EDQUOT, NoSpaceError, 43, id="quota"),
        pytest.param(errno.EFBIG, NoSpaceError, 43, id="file size limit"),
        pytest.param(errno.EEXIST, ConflictError, 44, id="exists"),
        pytest.param(errno.ELOOP, ConflictError, 44, id="link in the way"),
        pytest.param(errno.EACCES, StorageError, 40, id="not allowed"),
        pytest.param(errno.EROFS, StorageError, 40, id="read-only"),
        pytest.param(errno.EIO, StorageError, 40, id="broken disk"),
    ],
)
def test_what_the_system_says_becomes_ours(
    number: int, error: type[StorageError], exit_code: int
) -> None:
    with pytest.raises(StorageError) as caught, translated("/some\n/place"):
        raise OSError(number, os.strerror(number))
    assert type(caught.value) is error
    assert caught.value.exit_code == exit_code
    assert "`/some\\n/place`" in caught.value.message
    assert os.strerror(number) in caught.value.message
    assert caught.value.hint or number == errno.EIO


def test_our_own_errors_pass_through_unchanged() -> None:
    with (
        pytest.raises(StorageError, match="inner"),
        translated("/outer"),
        translated("/inner"),
    ):
        raise OSError(errno.EIO, os.strerror(errno.EIO))


@pytest.mark.parametrize("is_first", [True, False])
def test_without_hard_links_publishing_is_a_rename(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_first: bool
) -> None:
    """What FAT and some overlays say; no such disk can be had in a test."""

    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)
    temporary, final = tmp_path / "temporary", tmp_path / "final"
    temporary.write_text("new")
    if not is_first:
        final.write_text("old")
    assert link_or_rename(temporary, final) is is_first
    assert final.read_text() == ("new" if is_first else "old")
    assert os.listdir(tmp_path) == ["final"]
