from __future__ import annotations

import pytest

from fetchkit.digest import Digest
from fetchkit.errors import (
    BadSignatureError,
    DigestMismatchError,
    FetchkitError,
    HttpStatusError,
    NetworkError,
    NoSpaceError,
    OfflineError,
    RefusedError,
    StalledError,
    TooLargeError,
    TransferCancelledError,
)
from fetchkit.retry import MAX_DELAY, MAX_TRIES, plan_retry


def status(number: int, retry_after: float | None = None) -> HttpStatusError:
    return HttpStatusError("x", status=number, retry_after=retry_after)


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(NetworkError("connection reset"), id="connection"),
        pytest.param(StalledError("too slow"), id="stall"),
        *(
            pytest.param(status(number), id=str(number))
            for number in (408, 425, 429, 500, 502, 503, 504, 599)
        ),
    ],
)
def test_what_may_pass_is_tried_again(error: FetchkitError) -> None:
    assert plan_retry(error, 1, jitter=0.5) is not None


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(RefusedError("web page"), id="refused"),
        pytest.param(TooLargeError("too large"), id="too large"),
        pytest.param(OfflineError("offline"), id="offline"),
        pytest.param(TransferCancelledError("given up"), id="cancelled"),
        pytest.param(NoSpaceError("full"), id="disk full"),
        pytest.param(BadSignatureError("bad"), id="signature"),
        pytest.param(
            DigestMismatchError("x", expected=Digest.of(b"a"), actual=Digest.of(b"b")),
            id="digest",
        ),
        *(
            pytest.param(status(number), id=str(number))
            for number in (400, 401, 403, 404, 407, 410, 416, 451)
        ),
    ],
)
def test_what_stays_as_it_is_is_not_tried_again(error: FetchkitError) -> None:
    assert plan_retry(error, 1, jitter=0.5) is None


def test_tries_are_counted_from_the_first() -> None:
    error = NetworkError("reset")
    delays = [plan_retry(error, attempt, jitter=0) for attempt in range(1, 6)]
    assert delays == [0.25, 0.5, 1.0, None, None]
    assert len([delay for delay in delays if delay is not None]) == MAX_TRIES - 1


def test_half_of_a_delay_is_left_to_chance() -> None:
    error = NetworkError("reset")
    assert plan_retry(error, 3, jitter=0.0) == 1.0
    assert plan_retry(error, 3, jitter=0.5) == 1.5


@pytest.mark.parametrize(
    ("asked", "waited"),
    [
        pytest.param(None, 0.25, id="nothing"),
        pytest.param(0.0, 0.25, id="zero"),
        pytest.param(7.0, 7.0, id="seconds"),
        pytest.param(86400.0, MAX_DELAY, id="a day"),
    ],
)
def test_retry_after_is_honoured_up_to_the_cap(
    asked: float | None, waited: float
) -> None:
    assert plan_retry(status(503, asked), 1, jitter=0) == waited


def test_no_number_of_tries_waits_longer_than_the_cap() -> None:
    assert plan_retry(NetworkError("x"), 90, jitter=0.9, tries=100) == MAX_DELAY
