"""Several sources of one artifact: which is asked when, and which one delivers.

The first is asked; when it fails, the next one at once, and when it merely stays
silent the next one as well. Who answers first delivers, the others are told to stop.
A host that failed is asked last from then on.
"""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING, NamedTuple

from fetchkit.errors import NetworkError, TransferCancelledError, VerificationError
from fetchkit.retry import may_pass

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fetchkit.artifact import Location, Stored
    from fetchkit.ports import Cancel

HEDGE_SECONDS = 3.0
"""A source that has not answered by then gets company. A near one needs a tenth; one
that has to fetch the file itself first may need ten times as long, and may have it."""


class Health:
    """Which hosts failed in this run. Shared by its threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures: dict[tuple[str, str, int], int] = {}

    def order(self, locations: Sequence[Location]) -> list[Location]:
        """The same, hosts that failed last; else in the order they were given."""
        with self._lock:
            return sorted(
                locations, key=lambda each: self._failures.get(each.url.origin, 0)
            )

    def note(self, location: Location, error: Exception) -> None:
        """A source failed; it counts against its host if the host is to blame."""
        if isinstance(error, NetworkError) and may_pass(error):
            with self._lock:
                origin = location.url.origin
                self._failures[origin] = self._failures.get(origin, 0) + 1


class Lane:
    """One source of a race. Also tells its transfer when to stop."""

    def __init__(self, location: Location, race: Race) -> None:
        self.location = location
        self._race = race

    def is_set(self) -> bool:
        """Whether another one delivers, or the run is over."""
        return self._race.is_lost(self)

    def wait(self, timeout: float) -> bool:
        """Sleep, unless the run is over."""
        return self._race.cancel.wait(timeout)

    def claim(self) -> None:
        """The source has answered: deliver, unless another one does already.

        Raises:
            TransferCancelledError: another one does.
        """
        if not self._race.claim(self):
            raise TransferCancelledError(f"{self.location.url}: another was faster")


class Failed(NamedTuple):
    """A source that did not deliver, and why."""

    location: Location
    error: NetworkError | VerificationError


class _Ended(NamedTuple):
    lane: Lane
    stored: Stored | None
    error: Exception | None


class Race:
    """Asks sources one after the other until one delivers."""

    def __init__(
        self,
        fetch: Callable[[Lane], Stored],
        cancel: Cancel,
        failed: Callable[[Failed, bool], None],
    ) -> None:
        """Prepare to ask; nothing is asked yet.

        Args:
            fetch: fetches from the source of a lane; calls its `claim`.
            failed: told of each failure, and whether there is another source.
        """
        self.cancel = cancel
        self._fetch = fetch
        self._failed = failed
        self._lock = threading.Lock()
        self._winner: Lane | None = None
        self._ended: queue.Queue[_Ended] = queue.Queue()

    def run(self, locations: Sequence[Location]) -> Stored | None:
        """What the first source to answer delivers; None if none does."""
        waiting = list(locations)
        running = 0
        while waiting or running:
            if waiting and self._winner is None and not self.cancel.is_set():
                self._start(waiting.pop(0))
                running += 1
            elif not running:
                return None
            ended = self._wait(has_others=bool(waiting))
            if ended is None:
                continue  # silent for too long: the next one joins
            running -= 1
            if ended.stored is not None:
                return ended.stored
            self._settle(ended, waiting, running)
        return None

    def is_lost(self, lane: Lane) -> bool:
        """Whether `lane` need not go on."""
        return self._winner not in {None, lane} or self.cancel.is_set()

    def claim(self, lane: Lane) -> bool:
        """Let `lane` be the one that delivers, if there is none yet."""
        with self._lock:
            if self._winner is None:
                self._winner = lane
            return self._winner is lane

    def _start(self, location: Location) -> None:
        lane = Lane(location, self)
        # Nobody waits at the end for one that hangs in its connect.
        threading.Thread(
            target=self._ask, args=(lane,), name="source", daemon=True
        ).start()

    def _ask(self, lane: Lane) -> None:
        try:
            self._ended.put(_Ended(lane, self._fetch(lane), None))
        except Exception as error:  # noqa: BLE001 -- raised again by `_settle`
            self._ended.put(_Ended(lane, None, error))

    def _wait(self, *, has_others: bool) -> _Ended | None:
        while True:
            is_hedged = has_others and self._winner is None
            try:
                return self._ended.get(timeout=HEDGE_SECONDS if is_hedged else None)
            except queue.Empty:
                if self._winner is None:
                    return None

    def _settle(self, ended: _Ended, waiting: list[Location], running: int) -> None:
        """Note why a source did not deliver, and who may be asked instead."""
        was_winner = ended.lane is self._winner
        error = ended.error
        if isinstance(error, TransferCancelledError) and not was_winner:
            waiting.append(ended.lane.location)  # it lost; the winner may yet fail
            return
        if was_winner:
            with self._lock:
                self._winner = None
        if not isinstance(error, NetworkError | VerificationError):
            raise error or RuntimeError("a source ended without a result")
        self._failed(Failed(ended.lane.location, error), bool(waiting or running))
