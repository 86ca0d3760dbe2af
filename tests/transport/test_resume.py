"""A transfer that breaks off goes on where it was, or begins anew: never a mix."""

from __future__ import annotations

import hashlib
import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.flow.scene import publish
from tests.origins.misbehaving import answer, in_turn, render_head, stalling
from tests.origins.ranges import breaking_off, lying, serving
from tests.transport.website import Website

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.flow.scene import Scene
    from tests.origins.misbehaving import Behaviour, Origin

MIB = 1024 * 1024
BINARY = os.urandom(3 * MIB)
CUT = 2 * MIB
URL = "/tool-1.2.3"


@pytest.fixture
def offer(scene: Scene, origin: Origin) -> Callable[[Behaviour], None]:
    """Publish a signed `BINARY` whose url behaves as given."""

    def offer(behaviour: Behaviour) -> None:
        publish(scene, Website(origin), BINARY)
        origin.on(URL, behaviour)

    return offer


def asked(origin: Origin, header: str) -> list[str | None]:
    """What each request for the binary said in `header`."""
    return [one.headers.get(header) for one in origin.requests if one.path == URL]


def ranges(origin: Origin) -> list[str | None]:
    return asked(origin, "range")


def pin(scene: Scene) -> None:
    scene.artifact()["sha256"] = hashlib.sha256(BINARY).hexdigest()


def assert_installed(scene: Scene) -> None:
    file = scene.app_dir / "vendor/tool/bin/tool-1.2.3"
    assert file.read_bytes() == BINARY
    assert scene.arriving() == []


def test_what_breaks_off_goes_on_from_there(
    scene: Scene, origin: Origin, offer: Callable[[Behaviour], None]
) -> None:
    offer(breaking_off(serving(BINARY), BINARY, after=CUT))
    ended = scene.compile()
    assert ended.code == 0, ended.said
    assert ranges(origin) == [None, f"bytes={CUT}-"]
    assert asked(origin, "if-range") == [None, '"one"']
    assert f"got {CUT} of {len(BINARY)} bytes; trying again" in ended.said
    assert_installed(scene)


@pytest.mark.parametrize(
    ("part", "requests"),
    [
        pytest.param(answer(BINARY), 2, id="the server knows no parts"),
        pytest.param(serving(BINARY, etag='"two"'), 2, id="the file has changed"),
        pytest.param(answer(status=416), 3, id="the server has no such part"),
        pytest.param(answer(BINARY[CUT:], status=206), 3, id="a part without a place"),
        pytest.param(
            answer(
                BINARY[1:],
                status=206,
                headers={"Content-Range": f"bytes 1-{len(BINARY) - 1}/{len(BINARY)}"},
            ),
            3,
            id="another part",
        ),
        pytest.param(
            answer(
                BINARY[CUT:],
                status=206,
                headers={
                    "Content-Range": f"bytes {CUT}-{len(BINARY) - 1}/{len(BINARY)}",
                    "ETag": '"two"',
                },
            ),
            3,
            id="a part of another version",
        ),
        pytest.param(
            answer(
                BINARY[CUT:] + b"!",
                status=206,
                headers={"Content-Range": f"bytes {CUT}-{len(BINARY)}/{3 * MIB + 1}"},
            ),
            3,
            id="a part of a file of another size",
        ),
        pytest.param(
            answer(
                bytes(MIB),
                status=206,
                headers={"Content-Range": f"bytes {CUT}-{3 * MIB - 1}/{3 * MIB}"},
            ),
            3,
            id="other bytes in the right place",
        ),
    ],
)
def test_a_part_that_does_not_fit_is_given_up_for_the_whole(
    scene: Scene,
    origin: Origin,
    offer: Callable[[Behaviour], None],
    part: Behaviour,
    requests: int,
) -> None:
    offer(breaking_off(lying(BINARY, part=part), BINARY, after=CUT))
    ended = scene.compile()
    assert ended.code == 0, ended.said
    assert len(ranges(origin)) == requests
    assert_installed(scene)


def test_without_a_validator_nothing_is_joined(
    scene: Scene, origin: Origin, offer: Callable[[Behaviour], None]
) -> None:
    weak = 'W/"one"'
    serves = serving(BINARY, etag=weak)
    offer(breaking_off(serves, BINARY, after=CUT, etag=weak))
    assert scene.compile().code == 0
    assert ranges(origin) == [None, None]


def test_a_digest_makes_up_for_a_missing_validator(
    scene: Scene, origin: Origin, offer: Callable[[Behaviour], None]
) -> None:
    offer(breaking_off(serving(BINARY, etag=None), BINARY, after=CUT, etag=None))
    pin(scene)
    ended = scene.compile()
    assert ended.code == 0, ended.said
    assert ranges(origin) == [None, f"bytes={CUT}-"]
    assert asked(origin, "if-range") == [None, None]
    assert_installed(scene)


# ------------------------------------------------------------- across processes


def test_the_next_run_goes_on_where_this_one_gave_up(
    scene: Scene, origin: Origin, offer: Callable[[Behaviour], None]
) -> None:
    offer(in_turn(breaking_off(answer(), BINARY, after=CUT), answer(status=403)))
    ended = scene.compile()
    assert ended.code == 21, ended.said
    assert sorted(name.partition(".")[2] for name in scene.arriving()) == [
        "part",
        "part.json",
    ]
    origin.on(URL, serving(BINARY))
    ended = scene.compile()
    assert ended.code == 0, ended.said
    assert ranges(origin)[-1] == f"bytes={CUT}-"
    assert_installed(scene)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_the_next_run_goes_on_where_this_one_was_ended(
    scene: Scene,
    origin: Origin,
    offer: Callable[[Behaviour], None],
    number: signal.Signals,
) -> None:
    head = render_head(200, {"Content-Length": str(len(BINARY)), "ETag": '"one"'})
    offer(stalling(head + BINARY[:CUT]))
    scene.write_manifest()
    process = scene.running().start(*scene.arguments())
    wait_until_large(scene, CUT)
    process.send_signal(number)
    process.communicate()
    origin.on(URL, serving(BINARY))
    ended = scene.compile()
    assert ended.code == 0, ended.said
    assert ranges(origin)[-1] == f"bytes={CUT}-"
    assert_installed(scene)


def test_a_part_that_was_damaged_meanwhile_is_fetched_anew(
    scene: Scene, origin: Origin, offer: Callable[[Behaviour], None]
) -> None:
    leave_a_part(scene, origin, offer)
    part = only_part(scene)
    part.write_bytes(bytes(CUT))
    ended = scene.compile()
    assert ended.code == 0, ended.said
    assert ranges(origin)[-2:] == [f"bytes={CUT}-", None]
    assert_installed(scene)


@pytest.mark.parametrize("trap", ["symlink", "second name", "for others", "no note"])
def test_a_part_that_is_not_ours_alone_is_not_used(
    scene: Scene, origin: Origin, offer: Callable[[Behaviour], None], trap: str
) -> None:
    leave_a_part(scene, origin, offer)
    part = only_part(scene)
    victim = scene.home / "victim"
    victim.write_bytes(BINARY)
    if trap == "symlink":
        part.unlink()
        part.symlink_to(victim)
    elif trap == "second name":
        part.unlink()
        os.link(victim, part)
    elif trap == "for others":
        part.chmod(0o666)
    else:
        part.with_name(f"{part.name}.json").unlink()
    ended = scene.compile()
    assert ended.code == 0, ended.said
    assert ranges(origin)[-1] is None
    assert victim.read_bytes() == BINARY
    assert_installed(scene)


def test_a_part_of_another_url_is_not_used_without_a_digest(
    scene: Scene, origin: Origin, offer: Callable[[Behaviour], None]
) -> None:
    leave_a_part(scene, origin, offer)
    note = only_part(scene).with_name(f"{only_part(scene).name}.json")
    note.write_text(note.read_text().replace('"source": "', '"source": "0'))
    assert scene.compile().code == 0
    assert ranges(origin)[-1] is None


def leave_a_part(
    scene: Scene, origin: Origin, offer: Callable[[Behaviour], None]
) -> None:
    offer(in_turn(breaking_off(answer(), BINARY, after=CUT), answer(status=403)))
    assert scene.compile().code == 21
    origin.on(URL, serving(BINARY))


def only_part(scene: Scene) -> Path:
    (part,) = (scene.store_dir / "ingest").glob("*.part")
    return part


def wait_until_large(scene: Scene, size: int) -> None:
    for _ in range(400):
        for part in (scene.store_dir / "ingest").glob("*.part"):
            if part.stat().st_size >= size:
                return
        time.sleep(0.05)
    raise TimeoutError
