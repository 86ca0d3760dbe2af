"""A run, and a transfer, may be given a time after which they end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.flow.scene import publish
from tests.origins.misbehaving import dripping, render_head
from tests.transport.website import Website

if TYPE_CHECKING:
    from tests.flow.program import Ended
    from tests.flow.scene import Scene
    from tests.origins.misbehaving import Origin

URL = "/tool-1.2.3"
MIB = 1024 * 1024


def compile_dripping(scene: Scene, origin: Origin, **variables: str) -> Ended:
    """From an origin that is never too slow, and never done."""
    publish(scene, Website(origin))
    head = render_head(200, {"Content-Length": str(900 * MIB)})
    origin.on(URL, dripping(head, bytes(MIB), every=0.05))
    scene.write_manifest()
    return scene.running().with_variables(**variables).run(*scene.arguments())


def test_a_run_ends_at_its_deadline_and_is_not_tried_again(
    scene: Scene, origin: Origin
) -> None:
    ended = compile_dripping(scene, origin, FETCHKIT_DEADLINE="2s")
    assert ended.code == 25, ended.said
    assert "the time for this run is over" in ended.said
    assert "FETCHKIT_DEADLINE" in ended.said
    assert origin.paths.count(URL) == 1
    assert not (scene.app_dir / "vendor").exists()


def test_a_transfer_ends_at_its_own_and_may_be_tried_again(
    scene: Scene, origin: Origin
) -> None:
    ended = compile_dripping(
        scene, origin, FETCHKIT_TRANSFER_TIMEOUT="1s", FETCHKIT_DEADLINE="3s"
    )
    assert ended.code == 25, ended.said
    assert "the time for this transfer is over; trying again" in ended.said
    assert origin.paths.count(URL) > 1
