"""Progress at a terminal: one bar a download, drawn by tqdm."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from fetchkit.cli.talk import Talk

if TYPE_CHECKING:
    from tqdm import tqdm
    from typing_extensions import Never, Self

    from fetchkit.artifact import Resolved
    from fetchkit.urls import Url

_NAME_WIDTH = 20
"""So that bars of several downloads start below each other."""


class BarTalk(Talk):
    """`Talk` with a bar for every transfer, with speed and time left."""

    _bars: dict[str, tqdm[Never]]

    def __enter__(self) -> Self:
        from tqdm import tqdm

        self._bars = {}
        # tqdm's own lock is also for processes: it would import multiprocessing.
        tqdm.set_lock(threading.RLock())
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            for bar in self._bars.values():
                bar.close()
            if self._bars:
                # Bars of several lines leave the cursor where the last one ended.
                self._stream.write("\r\033[K")
                self._stream.flush()

    def downloading(self, resolved: Resolved, url: Url, size: int | None) -> None:
        """Start the transfer's bar, over again if it is a second try."""
        from tqdm import tqdm

        super().downloading(resolved, url, size)
        with self._lock:
            old = self._bars.pop(resolved.name, None)
            if old is not None:
                old.close()
            self._bars[resolved.name] = tqdm(
                desc=f"{self._form.detail}{resolved.name:<{_NAME_WIDTH}}",
                total=size,
                unit="B",
                unit_scale=True,
                leave=False,
                dynamic_ncols=True,
                file=self._stream,
            )

    def received(self, resolved: Resolved, count: int) -> None:
        """Move the bar."""
        with self._lock:
            self._bars[resolved.name].update(count)

    def downloaded(self, resolved: Resolved, size: int, seconds: float) -> None:
        """Take the bar away; what follows is said in a line."""
        with self._lock:
            self._bars.pop(resolved.name).close()
        super().downloaded(resolved, size, seconds)

    def _show(self, text: str) -> None:
        from tqdm import tqdm

        tqdm.write(text, file=self._stream)
