"""Several changes below one directory: all of them, or none, whoever left what."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from fetchkit.errors import ConflictError, StorageError
from fetchkit.paths import RelPath
from fetchkit.transaction import left_behind, recover, transaction, work_dir
from tests.flow.trees import listing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fetchkit.transaction import Transaction

RECEIPT = ".fetchkit/owner.json"


class StopError(Exception):
    """Ends a block in the middle."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An app with files of its own, and with some of ours."""
    root = tmp_path / "app"
    for path in ("mine/file", "ours/bin/old", "ours/lib/gone"):
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(path)
    (root / "ours/link").symlink_to("bin/old")
    (root / "ours/lib").chmod(0o711)
    (root / ".fetchkit").mkdir()
    (root / RECEIPT).write_text("old receipt")
    return root


def stage(changes: Transaction, name: str, files: dict[str, str]) -> str:
    """A tree to be moved in."""
    base = os.path.join(changes.stage_dir, name)
    for path, text in files.items():
        file = os.path.join(base, path)
        os.makedirs(os.path.dirname(file), exist_ok=True)
        with open(file, "w") as opened:
            opened.write(text)
    return base


def owns_ours(path: RelPath) -> bool:
    return path.startswith("ours/")


def change(changes: Transaction, stop_after: int) -> None:
    """Everything a transaction can do, step by step."""
    new = stage(changes, "0", {"ours/bin/old": "new", "ours/new/deep/file": "x"})
    steps: list[Callable[[], None]] = [
        lambda: changes.take_away(RelPath("ours/lib/gone")),
        lambda: changes.take_away_empty(RelPath("ours/lib")),
        lambda: changes.take_away(RelPath("ours/link")),
        lambda: changes.take_away(RelPath("not/there")),
        lambda: changes.take_away_empty(RelPath("mine")),
        lambda: changes.move_in(new, owns_ours),
        lambda: changes.commit(RECEIPT, b"new receipt"),
    ]
    for number, step in enumerate(steps):
        if number == stop_after:
            raise StopError
        step()


def do(root: Path, *steps: Callable[[Transaction], object]) -> None:
    """Take the steps in one transaction, and stop at its end."""
    with transaction(str(root)) as changes:
        for step in steps:
            step(changes)
        raise StopError


def test_committed_changes_stand(root: Path) -> None:
    with transaction(str(root)) as changes:
        change(changes, 99)
    assert listing(root).keys() == {
        *("", ".fetchkit", RECEIPT, "mine", "mine/file"),
        *("ours", "ours/bin", "ours/bin/old", "ours/new", "ours/new/deep"),
        "ours/new/deep/file",
    }
    assert (root / "ours/bin/old").read_text() == "new"
    assert (root / RECEIPT).read_text() == "new receipt"


@pytest.mark.parametrize("step", range(7))
def test_error_after_any_step_puts_everything_back(root: Path, step: int) -> None:
    before = listing(root)
    with pytest.raises(StopError), transaction(str(root)) as changes:
        change(changes, step)
    assert listing(root) == before


@pytest.mark.parametrize("step", range(7))
def test_kill_after_any_step_is_settled_by_the_next(root: Path, step: int) -> None:
    before = listing(root)
    _killed_after(root, step)
    assert left_behind(str(root))
    recover(str(root))
    assert listing(root) == before
    recover(str(root))
    assert listing(root) == before


def test_kill_after_the_commit_leaves_the_new(root: Path) -> None:
    _killed_after(root, 7)
    recover(str(root))
    assert (root / "ours/bin/old").read_text() == "new"
    assert (root / RECEIPT).read_text() == "new receipt"
    assert left_behind(str(root)) == []


def test_error_after_the_commit_keeps_the_new(root: Path) -> None:
    """As when SIGTERM comes while the directory is synced."""
    with pytest.raises(StopError):
        do(root, lambda changes: change(changes, 99))
    assert (root / "ours/bin/old").read_text() == "new"
    assert (root / RECEIPT).read_text() == "new receipt"
    assert left_behind(str(root)) == []


def test_file_of_somebody_else_is_not_replaced(root: Path) -> None:
    before = listing(root)
    with pytest.raises(ConflictError, match="mine/file"):
        do(
            root,
            lambda changes: changes.take_away(RelPath("ours/bin/old")),
            lambda changes: changes.move_in(
                stage(changes, "0", {"mine/file": "x"}), owns_ours
            ),
        )
    assert listing(root) == before


@pytest.mark.parametrize(
    ("there", "files"),
    [
        pytest.param("dir", {"ours/x": "file"}, id="file over directory"),
        pytest.param("file", {"ours/x/y": "file"}, id="directory over file"),
        pytest.param("link", {"ours/x/y": "file"}, id="directory over link"),
    ],
)
def test_kinds_are_not_exchanged(root: Path, there: str, files: dict[str, str]) -> None:
    path = root / "ours/x"
    if there == "dir":
        path.mkdir()
    elif there == "file":
        path.write_text("x")
    else:
        path.symlink_to(root / "mine")
    before = listing(root)
    with pytest.raises(ConflictError), transaction(str(root)) as changes:
        changes.move_in(stage(changes, "0", files), lambda path: True)
    assert listing(root) == before


def test_undo_that_fails_keeps_what_it_would_restore(root: Path) -> None:
    with pytest.raises(StorageError, match="cannot put") as caught:
        do(
            root,
            lambda changes: changes.take_away(RelPath("ours/lib/gone")),
            lambda _: (root / "ours/lib").rmdir(),
            lambda _: (root / "ours/lib").write_text("somebody was quicker"),
        )
    (work,) = left_behind(str(root))
    assert work in (caught.value.hint or "")
    (root / "ours/lib").unlink()
    (root / "ours/lib").mkdir()
    recover(str(root))
    assert (root / "ours/lib/gone").read_text() == "ours/lib/gone"


def test_work_of_a_build_that_is_alive_is_left_to_it(root: Path) -> None:
    with transaction(str(root)) as changes:
        changes.take_away(RelPath("ours/bin/old"))
        assert left_behind(str(root)) == []
        recover(str(root))
        assert not (root / "ours/bin/old").exists()
        changes.commit(RECEIPT, b"new")
    with work_dir(str(root)) as path:
        recover(str(root))
        assert os.path.isdir(path)


def test_nothing_is_removed_or_restored_through_a_link(
    root: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("precious")
    (root / "ours/away").symlink_to(outside)
    with transaction(str(root)) as changes:
        changes.take_away(RelPath("ours/away/file"))
        changes.take_away_empty(RelPath("ours/away"))
        changes.commit(RECEIPT, b"new")
    assert (outside / "file").read_text() == "precious"
    planted = root / ".fetchkit/work-planted"
    (planted / "undo").mkdir(parents=True)
    (planted / "undo/1").write_text("planted")
    steps = [
        ("made", "ours/away/file", ""),
        ("made", str(outside), ""),
        ("made", "../outside", ""),
        ("saved", "ours/away/new", "1"),
        ("saved", "stolen", "../../../../outside/file"),
        ("emptied", "ours/away/new", "755"),
        ("emptied", "ours/x", "99999"),
        ("unheard of", "ours/x", ""),
    ]
    (planted / "journal").write_text("".join(json.dumps(one) + "\n" for one in steps))
    recover(str(root))
    assert listing(outside).keys() == {"", "file"}
    assert not (root / "stolen").exists()
    assert not planted.exists()


@pytest.mark.parametrize("kind", ["link", "file"])
def test_our_directory_has_to_be_one(tmp_path: Path, kind: str) -> None:
    root, outside = tmp_path / "app", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    if kind == "link":
        (root / ".fetchkit").symlink_to(outside)
    else:
        (root / ".fetchkit").write_text("x")
    with pytest.raises(ConflictError, match=r"\.fetchkit"), transaction(str(root)):
        raise AssertionError("must not start")
    assert list(outside.iterdir()) == []


def test_first_transaction_that_fails_leaves_no_directory(tmp_path: Path) -> None:
    with pytest.raises(StopError), transaction(str(tmp_path)):
        raise StopError
    assert list(tmp_path.iterdir()) == []


def _killed_after(root: Path, step: int) -> None:
    """Run the steps in a child that ends there without any cleaning up."""
    child = os.fork()
    if child == 0:
        with transaction(str(root)) as changes:
            try:
                change(changes, step)
            finally:
                os._exit(0)
    os.waitpid(child, 0)
