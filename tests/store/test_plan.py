"""What a collection removes, decided without a disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fetchkit.store.plan import Entry, Holding, Plan, plan_gc, plan_purge
from fetchkit.store.policy import DAY, HOUR, Disk, Policy

if TYPE_CHECKING:
    from collections.abc import Container

    from fetchkit.store.plan import Kind

NOW = 1_800_000_000.0
MIB = 1024**2
GIB = 1024**3
ROOMY = Disk(total_bytes=1000 * GIB, free_bytes=900 * GIB)
TIGHT = Disk(total_bytes=100 * GIB, free_bytes=4 * GIB)
"""One GiB short of the twentieth that has to stay free."""


def entry(
    name: str, *, days: float, size: int = MIB, kind: Kind = "blob", blob: str = ""
) -> Entry:
    blob = blob or (name if kind == "blob" else "")
    return Entry(kind, f"/cache/{name}", size, int((NOW - days * DAY) * 1e9), blob)


def plan(
    *entries: Entry,
    needed: Container[str] = frozenset(),
    disk: Disk = ROOMY,
    policy: Policy | None = None,
    collected_days: float | None = 0.1,
    room: int = 0,
) -> Plan:
    collected_at = None if collected_days is None else NOW - collected_days * DAY
    holding = Holding(entries=entries, disk=disk, collected_at=collected_at)
    policy = policy or Policy()
    return plan_gc(holding, policy, now=NOW, needed=needed, room=room)


def gone(made: Plan) -> list[str]:
    return [removal.entry.path.rpartition("/")[2] for removal in made.removals]


LEFTOVERS = {
    "a staged file of a killed run": (entry("x", days=1.1, kind="staged"), True),
    "a file that is arriving": (entry("x", days=0.9, kind="staged"), False),
    "a damaged blob after a week": (entry("x", days=7.1, kind="damaged"), True),
    "a damaged blob to be looked at": (entry("x", days=6.9, kind="damaged"), False),
    "a lock nobody wanted for a week": (entry("x", days=7.1, kind="lock"), True),
    "a lock of this week": (entry("x", days=6.9, kind="lock"), False),
    "a reference to a lock that is gone": (
        entry("x", days=0, kind="reference"),
        True,
    ),
    "a url whose blob is gone": (
        entry("x", days=1, kind="memory", blob="absent"),
        True,
    ),
    "a url whose blob is not there yet": (
        entry("x", days=0.01, kind="memory", blob="absent"),
        False,
    ),
    "a verdict whose blob is gone": (
        entry("x", days=1, kind="verdict", blob="absent"),
        True,
    ),
    "a note that says nothing": (entry("x", days=1, kind="memory"), True),
    "a blob unused for longer than the default": (entry("x", days=90.1), True),
    "a blob used within the default": (entry("x", days=89.9), False),
}


@pytest.mark.parametrize(("one", "goes"), LEFTOVERS.values(), ids=list(LEFTOVERS))
def test_each_kind_has_its_time(one: Entry, goes: bool) -> None:  # noqa: FBT001
    assert gone(plan(one)) == (["x"] if goes else [])


def test_what_is_known_of_a_blob_stays_with_it() -> None:
    made = plan(
        entry("kept", days=1),
        entry("url", days=400, kind="memory", blob="kept"),
        entry("vouched", days=400, kind="verdict", blob="kept"),
    )
    assert gone(made) == []


def test_what_is_known_of_a_blob_goes_after_it() -> None:
    made = plan(
        entry("url", days=400, kind="memory", blob="old"),
        entry("old", days=100),
    )
    assert gone(made) == ["old", "url"]


def test_over_the_quota_the_least_recently_used_go_down_to_four_fifths() -> None:
    policy = Policy(quota_bytes=10 * MIB)
    blobs = [entry(f"{days:02}", days=days) for days in range(1, 12)]
    made = plan(*blobs, policy=policy)
    assert gone(made) == ["11", "10", "09"]
    assert made.kept_bytes == 8 * MIB
    assert made.excess_bytes == 0


def test_at_the_quota_nothing_goes() -> None:
    policy = Policy(quota_bytes=10 * MIB)
    assert gone(plan(*[entry(str(n), days=n) for n in range(10)], policy=policy)) == []


def test_damaged_blobs_count_and_go_first() -> None:
    policy = Policy(quota_bytes=10 * MIB)
    made = plan(
        entry("good", days=80, size=8 * MIB),
        entry("damaged", days=0, size=3 * MIB, kind="damaged"),
        policy=policy,
    )
    assert gone(made) == ["damaged"]


def test_signatures_and_keys_go_last() -> None:
    policy = Policy(quota_bytes=2 * MIB)
    made = plan(
        entry("signature", days=80, size=833),
        entry("binary", days=2),
        entry("newer", days=1),
        policy=policy,
    )
    assert gone(made) == ["binary"]


def test_what_is_needed_stays_and_the_next_one_goes() -> None:
    policy = Policy(quota_bytes=2 * MIB, ttl_seconds=DAY)
    blobs = [entry(name, days=days) for name, days in (("a", 9), ("b", 8), ("c", 7))]
    assert gone(plan(*blobs, policy=policy, needed={"a"})) == ["b", "c"]


def test_a_quota_smaller_than_what_is_in_use_is_said() -> None:
    made = plan(
        entry("huge", days=9, size=300 * MIB),
        policy=Policy(quota_bytes=100 * MIB),
        needed={"huge"},
    )
    assert gone(made) == []
    assert made.excess_bytes == 200 * MIB


def test_young_blobs_stay_whatever_the_quota() -> None:
    policy = Policy(quota_bytes=1)
    blobs = (entry("young", days=1.9 / 24), entry("old", days=2.1 / 24))
    assert gone(plan(*blobs, policy=policy)) == ["old"]


def test_on_a_full_disk_as_much_goes_as_is_short() -> None:
    blobs = [entry(f"{n}", days=9 - n, size=600 * MIB) for n in range(5)]
    made = plan(*blobs, disk=TIGHT)
    assert gone(made) == ["0", "1"]
    assert "disk" in made.removals[0].reason


def test_room_is_made_for_what_is_about_to_come() -> None:
    disk = Disk(total_bytes=100 * GIB, free_bytes=6 * GIB)
    blobs = [entry(f"{n}", days=9 - n, size=600 * MIB) for n in range(5)]
    assert gone(plan(*blobs, disk=disk)) == []
    assert gone(plan(*blobs, disk=disk, room=2 * GIB)) == ["0", "1"]


def test_a_disk_that_says_nothing_is_not_full() -> None:
    assert gone(plan(entry("x", days=1), disk=Disk(0, 0), room=GIB)) == []


def test_only_blobs_that_would_go_are_asked_about() -> None:
    class Asked(set[str]):
        def __contains__(self, blob: object) -> bool:
            self.add(str(blob))
            return True

    asked = Asked()
    plan(entry("old", days=100), entry("new", days=1), needed=asked)
    assert set(asked) == {"old"}


CLOCKS = {
    "set forward by a year": (1.0, 365.0),
    "the machine was off for half a year": (1.0, 180.0),
}


@pytest.mark.parametrize(("days", "pause"), CLOCKS.values(), ids=list(CLOCKS))
def test_a_long_pause_counts_for_no_blob(days: float, pause: float) -> None:
    blob = entry("blob", days=pause + days)
    made = plan(blob, collected_days=pause)
    assert gone(made) == []
    ((renewed, used_at),) = made.renewals
    assert renewed == blob
    assert used_at == pytest.approx(NOW - days * DAY, abs=1)


def test_what_was_unused_before_the_pause_goes_all_the_same() -> None:
    assert gone(plan(entry("old", days=180 + 91), collected_days=180)) == ["old"]


def test_a_time_in_the_future_counts_as_now_and_is_put_right() -> None:
    blob = entry("blob", days=-365)
    made = plan(blob, policy=Policy(quota_bytes=1))
    assert gone(made) == []
    assert made.renewals == ((blob, NOW),)


def test_a_clock_that_differs_a_little_is_left_alone() -> None:
    assert plan(entry("blob", days=-0.1)).renewals == ()


def test_purging_keeps_what_is_named_and_what_is_in_use() -> None:
    holding = Holding(
        entries=(
            entry("url of kept", days=0, kind="memory", blob="kept"),
            entry("url of other", days=0, kind="memory", blob="other"),
            entry("verdict", days=0, kind="verdict", blob="kept"),
            entry("kept", days=500),
            entry("other", days=0),
            entry("in use", days=500),
            entry("arriving", days=0, kind="staged"),
            entry("damaged", days=0, kind="damaged"),
        ),
        disk=ROOMY,
    )
    made = plan_purge(holding, keep={"kept"}, needed={"in use"})
    assert gone(made) == ["other", "url of other", "arriving", "damaged"]
    assert made.kept_bytes == 2 * MIB


DEFAULTS = {
    "a large disk": (Disk(1000 * GIB, 0), 10 * GIB, 50 * GIB),
    "a small disk": (Disk(40 * GIB, 0), 4 * GIB, 2 * GIB),
    "a tiny disk": (Disk(GIB, 0), GIB // 10, GIB // 4),
}


@pytest.mark.parametrize(
    ("disk", "quota", "reserve"), DEFAULTS.values(), ids=list(DEFAULTS)
)
def test_the_usual_bounds_follow_the_disk(disk: Disk, quota: int, reserve: int) -> None:
    assert Policy().quota(disk) == quota
    assert Policy().shortage(disk) == reserve


@given(
    blobs=st.lists(
        st.tuples(
            st.floats(min_value=-400, max_value=400),
            st.integers(min_value=0, max_value=GIB),
            st.booleans(),
        ),
        max_size=30,
    ),
    quota=st.integers(min_value=1, max_value=10 * GIB),
    free=st.integers(min_value=0, max_value=100 * GIB),
    pause=st.one_of(st.none(), st.floats(min_value=-400, max_value=400)),
)
def test_nothing_needed_or_young_ever_goes(
    blobs: list[tuple[float, int, bool]], quota: int, free: int, pause: float | None
) -> None:
    entries = [
        entry(str(number), days=days, size=size)
        for number, (days, size, _) in enumerate(blobs)
    ]
    needed = {
        str(number) for number, (_, _, is_needed) in enumerate(blobs) if is_needed
    }
    made = plan(
        *entries,
        needed=needed,
        policy=Policy(quota_bytes=quota),
        disk=Disk(100 * GIB, free),
        collected_days=pause,
    )
    removed = {removal.entry for removal in made.removals}
    assert not needed & {one.blob for one in removed}
    assert all(NOW - one.mtime_ns / 1e9 >= 2 * HOUR for one in removed)
    kept = sum(one.size for one in entries if one not in removed)
    assert made.kept_bytes == kept
    assert made.excess_bytes == max(0, kept - quota)
