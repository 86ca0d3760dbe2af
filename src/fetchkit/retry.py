"""Is a failed transfer worth another try, and after how long? Pure.

What may pass is retried: connections that fail or break, bodies cut short, stalls,
and the statuses that mean "later". What would be the same again is not: a missing
file, a refused permission, and above all bytes that did not verify.
"""

from __future__ import annotations

from fetchkit.errors import FetchkitError, HttpStatusError, NetworkError

MAX_TRIES = 4
"""The first one included: with the delays below, about ten seconds in all."""

FIRST_DELAY = 0.5
MAX_DELAY = 60.0
"""Seconds. A server that asks for more is asked again after this much."""

_RETRIED_STATUSES = frozenset({408, 425, 429})


def plan_retry(
    error: FetchkitError, attempt: int, *, jitter: float, tries: int = MAX_TRIES
) -> float | None:
    """Seconds to wait before the next try, or None to give up.

    The delay doubles with each try. Half of it is left to chance, so that many
    builds which failed together do not come back together.

    Args:
        attempt: how many tries were made; 1 after the first.
        jitter: a random number, 0 <= jitter < 1.
        tries: most tries in all.
    """
    if attempt >= tries or not may_pass(error):
        return None
    delay = FIRST_DELAY * (1 << (attempt - 1)) * (0.5 + 0.5 * jitter)
    asked = error.retry_after if isinstance(error, HttpStatusError) else None
    return min(max(delay, asked or 0.0), MAX_DELAY)


def may_pass(error: FetchkitError) -> bool:
    """Whether the same request could end differently the next time."""
    if isinstance(error, HttpStatusError):
        return error.status in _RETRIED_STATUSES or error.status >= 500
    return isinstance(error, NetworkError) and error.retryable
