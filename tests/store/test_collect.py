"""Collections on a real disk: what goes, what stays, who waits for whom."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from fetchkit.digest import Digest
from fetchkit.errors import LockTimeoutError, NoSpaceError
from fetchkit.store.cache import Cache
from fetchkit.store.gc import carry_out, look
from fetchkit.store.layout import Layout
from fetchkit.store.leases import MOST_LEASES, is_held
from fetchkit.store.plan import plan_gc
from fetchkit.store.policy import DAY, Policy
from fetchkit.store.upkeep import Upkeep
from tests.store.processes import SRC
from tests.store.shelf import KIB, NOW, Shelf

if TYPE_CHECKING:
    from pathlib import Path

    from tests.store.processes import Python

OLD = 400.0

FINDER = """
import sys
from fetchkit.digest import Digest
from fetchkit.store.cache import Cache
cache = Cache(sys.argv[1])
assert cache.find(Digest(sys.argv[2]), subject="it")
print("found", flush=True)
sys.stdin.read()
"""


def test_old_blobs_go_with_all_that_is_known_of_them(shelf: Shelf) -> None:
    old, new = shelf.put(b"old", days=OLD), shelf.put(b"new", days=1)
    notes = [
        shelf.remember(old, "old", days=OLD),
        shelf.vouch(old, days=OLD),
        shelf.remember(new, "new", days=OLD),
        shelf.vouch(new, days=OLD),
    ]
    collected = shelf.cache.upkeep.collect()
    assert shelf.digests() == {new}
    assert [note.exists() for note in notes] == [False, False, True, True]
    assert len(collected.removals) == 3


def test_a_dry_run_says_the_same_and_removes_nothing(shelf: Shelf) -> None:
    shelf.put_many(5, size=KIB, days=OLD)
    shelf.write("ingest/killed.part", days=2)
    dry = shelf.cache.upkeep.collect(dry_run=True)
    assert len(shelf.digests()) == 5
    assert dry.is_dry
    collected = shelf.cache.upkeep.collect()
    assert collected.removals == dry.removals
    assert collected.freed_bytes == dry.freed_bytes == 5 * KIB + 1


def test_leftovers_of_killed_runs_go(shelf: Shelf) -> None:
    names = ("ingest/killed.part", "quarantine/abc.1", "locks/old.lock")
    leftovers = [shelf.write(name, days=8) for name in names]
    (shelf.root / "quarantine" / "a directory.2").mkdir()
    shelf.age(shelf.root / "quarantine" / "a directory.2", 8)
    shelf.cache.upkeep.collect()
    assert not any(path.exists() for path in leftovers)
    assert os.listdir(shelf.root / "quarantine") == []


def test_what_is_no_blob_is_left_alone(shelf: Shelf) -> None:
    strange = shelf.write("blobs/sha256/notes.txt", days=OLD)
    link = shelf.root / "blobs/sha256" / ("a" * 64)
    link.symlink_to(strange)
    shelf.cache.upkeep.collect()
    assert strange.exists()
    assert link.is_symlink()


def test_a_blob_that_another_process_found_stays(shelf: Shelf, python: Python) -> None:
    used, unused = shelf.put(b"used"), shelf.put(b"unused", days=OLD)
    python.start_saying("found", FINDER, shelf.cache.layout.cache_dir, used.hex)
    shelf.age(shelf.blob(used), OLD)
    shelf.cache.upkeep.collect()
    assert shelf.digests() == {used}
    shelf.cache.upkeep.clear()
    assert shelf.digests() == {used}
    assert unused not in shelf.digests()


def test_what_a_killed_process_found_may_go(shelf: Shelf, python: Python) -> None:
    used = shelf.put(b"used")
    process = python.start_saying(
        "found", FINDER, shelf.cache.layout.cache_dir, used.hex
    )
    process.kill()
    process.wait()
    shelf.cache.upkeep.clear()
    assert shelf.digests() == set()


def test_a_closed_cache_relies_on_nothing(shelf: Shelf) -> None:
    digest = shelf.put(b"used")
    cache = shelf.with_policy(Policy())
    assert cache.find(digest, subject="it")
    assert is_held(cache.layout.blob(digest))
    cache.close()
    assert not is_held(cache.layout.blob(digest))


def test_what_was_used_since_the_plan_was_made_stays(shelf: Shelf) -> None:
    class Using:
        """Asked whether a blob is needed, uses it and says no."""

        def __contains__(self, blob: object) -> bool:
            shelf.age(shelf.root / "blobs/sha256" / str(blob), 0)
            return False

    digest = shelf.put(b"old", days=OLD)
    holding = look(shelf.cache.layout)
    plan = plan_gc(holding, Policy(), now=NOW, needed=Using())
    assert [removal.entry.blob for removal in plan.removals] == [digest.hex]
    assert list(carry_out(plan, shelf.cache.layout)) == []
    assert shelf.digests() == {digest}


@pytest.mark.parametrize("error", ["ENOLCK", "ENOSYS", "EBADF"])
def test_without_locks_what_was_used_today_stays(shelf: Shelf, error: str) -> None:
    """As on NFS: nobody can see who uses what."""
    strace = shutil.which("strace")
    assert strace is not None, "this test needs strace: apt-get install strace"
    used, unused = shelf.put(b"used", days=1), shelf.put(b"unused", days=1.1)
    script = """
import sys
from fetchkit.store.cache import Cache
from fetchkit.store.policy import Policy
now = float(sys.argv[2])
cache = Cache(sys.argv[1], policy=Policy(quota_bytes=1), clock=lambda: now)
cache.upkeep.collect()
"""
    inject = f"inject=flock:error={error}"
    tracer = (strace, "-f", "-qq", "-o", "/dev/null", "-e", inject)
    script_arguments = ("-c", script, shelf.cache.layout.cache_dir, str(NOW))
    subprocess.run(
        [*tracer, sys.executable, *script_arguments],
        env={"PYTHONPATH": str(SRC)},
        check=True,
        timeout=60,
    )
    assert shelf.digests() == {used}
    assert unused not in shelf.digests()


def test_a_run_with_many_artifacts_keeps_descriptors_for_others(
    shelf: Shelf,
) -> None:
    digests = [
        shelf.put(bytes([number % 256, number // 256]), days=OLD)
        for number in range(300)
    ]
    before = len(os.listdir("/proc/self/fd"))
    cache = Cache(shelf.cache.layout.cache_dir)
    for digest in digests:
        assert cache.find(digest, subject="it")
    assert len(os.listdir("/proc/self/fd")) - before == MOST_LEASES
    Cache(shelf.cache.layout.cache_dir, policy=Policy(quota_bytes=1)).upkeep.collect()
    assert shelf.digests() == set(digests)
    cache.close()
    assert len(os.listdir("/proc/self/fd")) == before


def test_what_is_arriving_is_not_cleared(shelf: Shelf) -> None:
    with shelf.cache.blobs.staged() as path:
        shelf.cache.upkeep.clear()
        assert os.path.exists(path)


def test_a_found_blob_is_touched_once_a_day(shelf: Shelf) -> None:
    digest = shelf.put(b"used", days=0.9)
    before = shelf.blob(digest).stat().st_mtime_ns
    assert shelf.cache.find(digest, subject="it")
    assert shelf.blob(digest).stat().st_mtime_ns == before
    shelf.age(shelf.blob(digest), 1.1)
    assert shelf.cache.find(digest, subject="it")
    assert shelf.blob(digest).stat().st_mtime == NOW


def test_a_hit_writes_nothing(shelf: Shelf) -> None:
    digest = shelf.put(b"used", days=0.5)
    before = snapshot(shelf.root)
    assert shelf.cache.find(digest, subject="it")
    shelf.cache.close()
    assert snapshot(shelf.root) == before


def test_a_lock_file_protects_what_it_names(shelf: Shelf, tmp_path: Path) -> None:
    lock_file = tmp_path / "fetchkit.lock"
    lock_file.touch()
    named, other = shelf.put(b"named", days=OLD), shelf.put(b"other", days=OLD)
    shelf.cache.references.keep(str(lock_file), [named])
    shelf.cache.upkeep.collect()
    assert shelf.digests() == {named}
    lock_file.unlink()
    shelf.cache.upkeep.collect()
    assert shelf.digests() == set()
    assert os.listdir(shelf.root / "refs") == []
    assert other not in shelf.digests()


def test_a_reference_is_written_once(shelf: Shelf, tmp_path: Path) -> None:
    lock_file = tmp_path / "fetchkit.lock"
    lock_file.touch()
    shelf.cache.references.keep(str(lock_file), [Digest.of(b"a"), Digest.of(b"b")])
    before = snapshot(shelf.root)
    shelf.cache.references.keep(str(lock_file), [Digest.of(b"b"), Digest.of(b"a")])
    assert snapshot(shelf.root) == before


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"lock": 1}', '{"lock": "/dev/null/x", "digests": 5}'],
    ids=["empty", "cut", "a list", "another type", "no such place"],
)
def test_a_reference_that_says_nothing_goes(shelf: Shelf, text: str) -> None:
    (shelf.root / "refs").mkdir()
    reference = shelf.write("refs/x.json", text)
    shelf.cache.upkeep.collect()
    assert not reference.exists()


def test_a_pruned_cache_keeps_what_is_named(shelf: Shelf) -> None:
    kept, other = shelf.put(b"kept"), shelf.put(b"other")
    url, verdict = shelf.remember(kept, "kept"), shelf.vouch(kept)
    gone = shelf.remember(other, "other")
    shelf.cache.close()
    shelf.cache.upkeep.prune_ci([kept])
    assert shelf.digests() == {kept}
    assert [path.exists() for path in (url, verdict, gone)] == [True, True, False]


def test_clocks_may_jump_by_a_year(shelf: Shelf) -> None:
    blobs = set(shelf.put_many(3, size=KIB, days=10))
    shelf.collected(days=0.1)
    for days in (365, 365.1, 0.2, -365, 0.3):
        now = NOW + days * DAY
        shelf.with_policy(Policy(), now).upkeep.collect()
        assert shelf.digests() == blobs, days


def test_runs_collect_once_an_hour(shelf: Shelf) -> None:
    shelf.put(b"old", days=OLD)
    shelf.collected(days=0.9 / 24)
    assert shelf.cache.upkeep.maintain() is None
    shelf.collected(days=1.1 / 24)
    collected = shelf.cache.upkeep.maintain()
    assert collected is not None
    assert len(collected.removals) == 1
    shelf.put(b"old", days=OLD)
    assert shelf.cache.upkeep.maintain() is None


def test_a_stamp_of_the_future_does_not_stop_collections(shelf: Shelf) -> None:
    shelf.collected(days=-365)
    assert shelf.cache.upkeep.maintain() is not None


def test_a_new_cache_is_not_collected(tmp_path: Path) -> None:
    cache = Cache(str(tmp_path / "cache"))
    cache.blobs.put(b"first")
    assert cache.upkeep.maintain() is None


def test_no_cache_is_nothing_to_collect(tmp_path: Path) -> None:
    upkeep = Upkeep(Layout(str(tmp_path / "none")), Policy(), clock=lambda: NOW)
    assert upkeep.maintain() is None
    assert upkeep.collect().removals == ()
    assert upkeep.usage().blobs == 0
    assert not (tmp_path / "none").exists()


def test_of_two_collections_one_does_nothing(shelf: Shelf, python: Python) -> None:
    shelf.put(b"old", days=OLD)
    holder = """
import fcntl, os, sys
fcntl.flock(os.open(sys.argv[1], os.O_RDONLY), fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""
    python.start_saying("held", holder, shelf.cache.layout.collector_lock)
    shelf.collected(days=1)
    assert shelf.cache.upkeep.maintain() is None
    with pytest.raises(LockTimeoutError):
        shelf.cache.upkeep.collect()
    assert len(shelf.digests()) == 1


def test_usage_counts(shelf: Shelf) -> None:
    shelf.put_many(3, size=KIB)
    shelf.write("quarantine/abc.1", "12345")
    usage = shelf.with_policy(Policy(quota_bytes=99)).upkeep.usage()
    assert (usage.blobs, usage.blob_bytes, usage.damaged_bytes) == (3, 3 * KIB, 5)
    assert usage.quota_bytes == 99
    assert usage.disk.total_bytes > usage.disk.free_bytes > 0


def test_no_room_at_all_is_said_before_a_byte_comes(shelf: Shelf) -> None:
    with pytest.raises(NoSpaceError, match="bytes free"):
        shelf.cache.upkeep.make_room(2**60)


def snapshot(root: Path) -> dict[str, tuple[int, int]]:
    """Every file with its size and time."""
    found = {}
    for path in root.rglob("*"):
        info = path.stat()
        found[str(path)] = (info.st_size, info.st_mtime_ns)
    return found
