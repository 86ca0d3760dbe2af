"""Patience, on a clock that stands still until it is told."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import pytest

from fetchkit.errors import RefusedError, StalledError, TransferCancelledError
from fetchkit.net.pace import MAX_HEAD_BYTES, TICK_SECONDS, Pace
from fetchkit.net.settings import NetSettings
from fetchkit.urls import Url

URL = Url.parse("https://example.org/tool")
SETTINGS = NetSettings(head_timeout=10, floor_bytes=1000, floor_seconds=30)


@dataclass
class Hands:
    """A clock, and a server that delivers on it."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now

    def deliver(self, pace: Pace, count: int, *, after: float) -> None:
        pace.allowance()
        since = pace.now()
        self.now += after
        pace.record(count, since=since)


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def pace(clock: Hands) -> Pace:
    return Pace(URL, SETTINGS, monotonic=clock)


def test_a_read_never_blocks_longer_than_a_tick(pace: Pace) -> None:
    assert pace.allowance() == TICK_SECONDS


def test_a_head_has_its_time_however_many_bytes_come(clock: Hands, pace: Pace) -> None:
    for _ in range(10):
        clock.deliver(pace, 1000, after=1)
    with pytest.raises(StalledError, match="no complete answer within 10 s"):
        pace.allowance()


def test_the_last_moment_is_short(clock: Hands, pace: Pace) -> None:
    clock.deliver(pace, 1, after=9.9)
    assert pace.allowance() == pytest.approx(0.1)


def test_a_head_without_end_is_refused(clock: Hands, pace: Pace) -> None:
    clock.deliver(pace, MAX_HEAD_BYTES + 1, after=0)
    with pytest.raises(RefusedError, match="before the body"):
        pace.allowance()


def test_a_body_at_the_floor_goes_on_for_ever(clock: Hands, pace: Pace) -> None:
    pace.begin_body()
    for _ in range(1000):
        clock.deliver(pace, 500, after=14)
    pace.allowance()


def test_a_body_below_the_floor_is_left_with_both_numbers(
    clock: Hands, pace: Pace
) -> None:
    pace.begin_body()
    for _ in range(30):
        clock.deliver(pace, 20, after=1)
    with pytest.raises(StalledError, match="600 bytes in 30 s, at least 1000"):
        pace.allowance()


def test_a_quick_start_buys_no_patience(clock: Hands, pace: Pace) -> None:
    pace.begin_body()
    clock.deliver(pace, 10**9, after=1)
    clock.deliver(pace, 0, after=30)
    with pytest.raises(StalledError):
        pace.allowance()


def test_time_spent_elsewhere_is_not_the_servers(clock: Hands, pace: Pace) -> None:
    pace.begin_body()
    clock.now += 3600
    assert pace.allowance() == TICK_SECONDS


def test_a_deadline_counts_all_time(clock: Hands) -> None:
    pace = Pace(URL, SETTINGS, deadline=100, monotonic=clock)
    pace.begin_body()
    clock.now = 99.9
    assert pace.allowance() == pytest.approx(0.1)
    clock.now = 100
    with pytest.raises(StalledError, match="the time for this transfer is over"):
        pace.allowance()


def test_a_cancelled_transfer_asks_for_nothing_more() -> None:
    cancel = threading.Event()
    pace = Pace(URL, SETTINGS, cancel=cancel)
    pace.allowance()
    cancel.set()
    with pytest.raises(TransferCancelledError):
        pace.allowance()
