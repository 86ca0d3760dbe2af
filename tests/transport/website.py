"""An origin that misbehaves, as somewhere to publish."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.origins.misbehaving import answer

if TYPE_CHECKING:
    from tests.origins.misbehaving import Origin


class Website:
    """An origin as a `tests.flow.scene.Site`."""

    def __init__(self, origin: Origin) -> None:
        self._origin = origin

    def add(self, path: str, data: bytes) -> str:
        return self._origin.on(f"/{path}", answer(data))

    def url(self, path: str) -> str:
        return self._origin.url(f"/{path}")
