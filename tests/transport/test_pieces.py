"""A large file over several connections, when one of them is slow."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

import pytest

from fetchkit.pieces import (
    FAST_BYTES_PER_SECOND,
    LARGE_BYTES,
    PROBE_BYTES,
    is_worth_help,
)
from tests.flow.scene import publish
from tests.origins.misbehaving import answer, in_turn, raw, render_head, resetting
from tests.origins.ranges import breaking_off, find_span, lying, serving
from tests.origins.relay import Relay
from tests.transport.website import Website

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.flow.program import Ended
    from tests.flow.scene import Scene
    from tests.origins.misbehaving import Behaviour, Origin, Request, Wire
    from tests.origins.nginx import Site

MIB = 1024 * 1024
SLOW = 20e6
SIZE = 30 * MIB
URL = "/tool-1.2.3"


@cache
def binary() -> bytes:
    """Made when it is needed: how large this process is, its children inherit."""
    return os.urandom(SIZE)


def compile_from(scene: Scene, origin: Origin, behaviour: Behaviour) -> Ended:
    publish(scene, Website(origin), binary())
    origin.on(URL, behaviour)
    return scene.compile()


def asked(origin: Origin) -> list[str]:
    """The parts that were asked for."""
    headers = [one.headers for one in origin.requests if one.path == URL]
    return [each["range"] for each in headers if "range" in each]


def assert_installed(scene: Scene, ended: Ended) -> None:
    assert ended.code == 0, ended.said
    assert (scene.app_dir / "vendor/tool/bin/tool-1.2.3").read_bytes() == binary()
    assert scene.arriving() == []


@pytest.mark.parametrize(
    ("position", "seconds", "helps"),
    [
        pytest.param(PROBE_BYTES - 1, 9.0, None, id="too few bytes to tell"),
        pytest.param(PROBE_BYTES, 0.01, None, id="too little time to tell"),
        pytest.param(PROBE_BYTES, 1.0, True, id="slow"),
        pytest.param(int(FAST_BYTES_PER_SECOND), 1.0, False, id="fast"),
        pytest.param(10 * LARGE_BYTES - 9, 99.0, False, id="slow, and nearly there"),
    ],
)
def test_others_are_called_when_one_connection_is_slow(
    position: int,
    seconds: float,
    helps: bool | None,  # noqa: FBT001 -- a column of the table
) -> None:
    assert is_worth_help(10 * LARGE_BYTES, 0, position, seconds) is helps


def test_a_slow_large_file_is_fetched_in_pieces(scene: Scene, nginx: Site) -> None:
    port = nginx.server.port
    with Relay(("127.0.0.1", port), bytes_per_second=SLOW) as relay:
        publish(scene, nginx, binary())
        table = scene.artifact()
        table["url"] = table["url"].replace(f":{port}/", f":{relay.port}/")
        assert_installed(scene, scene.compile())
    parts = [one for one in nginx.served() if one.status == 206]
    assert len(parts) > 3


def test_a_fast_large_file_is_fetched_at_once(scene: Scene, origin: Origin) -> None:
    # Without a rate the whole file is on the line before the first look.
    ended = compile_from(scene, origin, answer(binary(), headers={"ETag": '"one"'}))
    assert_installed(scene, ended)
    assert asked(origin) == []


def test_one_connection_can_be_asked_for(scene: Scene, origin: Origin) -> None:
    publish(scene, Website(origin), binary())
    origin.on(URL, serving(binary(), rate=SLOW))
    scene.write_manifest()
    program = scene.running().with_variables(FETCHKIT_CONNECTIONS="1")
    assert_installed(scene, program.run(*scene.arguments()))
    assert asked(origin) == []


def test_every_byte_is_asked_for_once(scene: Scene, origin: Origin) -> None:
    assert_installed(scene, compile_from(scene, origin, serving(binary(), rate=SLOW)))
    spans = [find_span(each, SIZE) for each in origin.requests]
    pieces = sorted(span for span in spans if span is not None)
    assert len(pieces) > 3
    assert [start for start, _ in pieces[1:]] == [stop for _, stop in pieces[:-1]]
    assert pieces[-1][1] == SIZE


@pytest.mark.parametrize(
    "part",
    [
        pytest.param(lambda: answer(binary()), id="all of it instead of a part"),
        pytest.param(lambda: answer(status=416), id="no such part"),
        pytest.param(
            lambda: answer(b"?" * MIB, status=206), id="a part without a place"
        ),
        pytest.param(
            lambda: raw(
                render_head(
                    206,
                    {
                        "Content-Range": f"bytes 0-{MIB - 1}/{SIZE}",
                        "Content-Length": str(MIB),
                    },
                )
                + binary()[:MIB]
            ),
            id="another part",
        ),
        pytest.param(
            lambda: serving(binary(), etag='"two"'), id="the file has changed"
        ),
        pytest.param(lambda: serving(bytes(SIZE)), id="other bytes"),
    ],
)
def test_a_server_that_lies_about_parts_is_asked_for_the_whole(
    scene: Scene, origin: Origin, part: Callable[[], Behaviour]
) -> None:
    ended = compile_from(scene, origin, lying(binary(), part=part(), rate=SLOW))
    assert_installed(scene, ended)
    assert "part" not in ended.said, "that is nothing the user has to know"


def test_a_piece_that_breaks_off_goes_on_from_there(
    scene: Scene, origin: Origin
) -> None:
    good = serving(binary(), rate=SLOW)
    broken: list[tuple[int, int]] = []

    def behave(wire: Wire, request: Request) -> bool:
        span = find_span(request, SIZE)
        if span is None or broken:
            return good(wire, request)
        broken.append(span)
        start, stop = span
        place = f"bytes {start}-{stop - 1}/{SIZE}"
        head = {"Content-Length": str(stop - start), "Content-Range": place}
        head_bytes = render_head(206, {**head, "ETag": '"one"'})
        return resetting(head_bytes + binary()[start : start + MIB])(wire, request)

    ended = compile_from(scene, origin, behave)
    assert_installed(scene, ended)
    assert "trying again" in ended.said
    (start, stop), *_ = broken
    assert f"bytes={start + MIB}-{stop - 1}" in asked(origin)


def test_what_arrived_in_order_is_kept_for_the_next_run(
    scene: Scene, origin: Origin
) -> None:
    good = serving(binary(), rate=SLOW)

    def behave(wire: Wire, request: Request) -> bool:
        span = find_span(request, SIZE)
        if span is not None and span[0] > 20 * MIB:
            return answer(status=403)(wire, request)
        return good(wire, request)

    ended = compile_from(scene, origin, behave)
    assert ended.code == 21, ended.said
    before = len(asked(origin))
    origin.on(URL, good)
    assert_installed(scene, scene.compile())
    first = asked(origin)[before]
    assert int(first.removeprefix("bytes=").partition("-")[0]) >= MIB


def test_pieces_follow_what_was_resumed(scene: Scene, origin: Origin) -> None:
    good = serving(binary(), rate=SLOW)
    broken = breaking_off(good, binary(), after=3 * MIB)
    ended = compile_from(scene, origin, in_turn(broken, good))
    assert_installed(scene, ended)
    assert asked(origin)[0] == f"bytes={3 * MIB}-"
    assert len(asked(origin)) > 3
