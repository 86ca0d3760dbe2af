"""Several sources of one artifact: a dead or silent one costs little."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

import pytest

from tests.flow.scene import publish
from tests.origins.misbehaving import Origin, answer, in_turn, raw, stalling
from tests.origins.ranges import breaking_off, serving
from tests.transport.website import Website

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.flow.scene import Scene
    from tests.origins.authority import Certificate
    from tests.origins.misbehaving import Behaviour

MIB = 1024 * 1024
BINARY = os.urandom(3 * MIB)
CUT = 2 * MIB
URL = "/tool-1.2.3"


@pytest.fixture
def mirror(loopback_certificate: Certificate) -> Iterator[Origin]:
    with Origin(tls=loopback_certificate.server_context()) as running:
        yield running


@pytest.fixture
def mirrored(scene: Scene, origin: Origin, mirror: Origin) -> Scene:
    """A signed binary that is published at two places, both right."""
    publish(scene, Website(mirror), BINARY)
    table = scene.artifact()
    table["mirrors"] = [table["url"]]
    publish(scene, Website(origin), BINARY)
    scene.artifact()["mirrors"] = table["mirrors"]
    return scene


def pin(scene: Scene) -> None:
    scene.artifact()["sha256"] = hashlib.sha256(BINARY).hexdigest()


def assert_installed(scene: Scene) -> None:
    file = scene.app_dir / "vendor/tool/bin/tool-1.2.3"
    assert file.read_bytes() == BINARY
    assert scene.arriving() == []


def asked(origin: Origin) -> list[str | None]:
    """The part that each request for the binary asked for."""
    return [one.headers.get("range") for one in origin.requests if one.path == URL]


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(answer(status=404), id="gone"),
        pytest.param(answer(status=503), id="busy"),
        pytest.param(raw(b""), id="hangs up"),
        pytest.param(answer(BINARY[:-1]), id="other bytes"),
    ],
)
def test_a_source_that_fails_is_asked_once_and_the_next_one_delivers(
    mirrored: Scene, origin: Origin, behaviour: Behaviour
) -> None:
    origin.on(URL, behaviour)
    ended = mirrored.compile()
    assert ended.code == 0, ended.said
    assert len(asked(origin)) == 1
    assert "trying the next source" in ended.said
    assert_installed(mirrored)


def test_what_a_dying_source_gave_is_continued_from_the_next(
    mirrored: Scene, origin: Origin, mirror: Origin
) -> None:
    pin(mirrored)
    origin.on(URL, breaking_off(answer(status=503), BINARY, after=CUT))
    mirror.on(URL, serving(BINARY, etag='"another"'))
    ended = mirrored.compile()
    assert ended.code == 0, ended.said
    assert asked(mirror) == [f"bytes={CUT}-"]
    assert_installed(mirrored)


def test_bytes_of_a_wrong_source_are_not_kept_for_the_next(
    mirrored: Scene, origin: Origin, mirror: Origin
) -> None:
    pin(mirrored)
    wrong = bytes(len(BINARY))
    origin.on(URL, breaking_off(answer(status=503), wrong, after=CUT))
    mirror.on(URL, serving(BINARY))
    ended = mirrored.compile()
    assert ended.code == 0, ended.said
    assert asked(mirror) == [f"bytes={CUT}-", None]
    assert_installed(mirrored)


def test_without_a_digest_bytes_of_two_sources_are_not_joined(
    mirrored: Scene, origin: Origin, mirror: Origin
) -> None:
    origin.on(URL, breaking_off(answer(status=503), BINARY, after=CUT))
    mirror.on(URL, serving(BINARY))
    assert mirrored.compile().code == 0
    assert asked(mirror) == [None]


def test_a_silent_source_gets_company(
    mirrored: Scene, origin: Origin, mirror: Origin
) -> None:
    origin.on(URL, stalling(b""))
    ended = mirrored.compile()
    assert ended.code == 0, ended.said
    assert len(asked(origin)) == len(asked(mirror)) == 1
    assert_installed(mirrored)


def test_trouble_that_passes_is_waited_for_once_all_sources_failed(
    mirrored: Scene, origin: Origin, mirror: Origin
) -> None:
    origin.on(URL, in_turn(answer(status=503), answer(BINARY)))
    mirror.on(URL, answer(status=404))
    ended = mirrored.compile()
    assert ended.code == 0, ended.said
    assert (len(asked(origin)), len(asked(mirror))) == (2, 1)


def test_the_first_failure_is_the_one_that_is_told(
    mirrored: Scene, origin: Origin, mirror: Origin
) -> None:
    origin.on(URL, answer(status=403))
    mirror.on(URL, answer(status=404))
    ended = mirrored.compile()
    assert ended.code == 21
    assert f"error: {origin.url(URL)}: HTTP 403" in ended.said


def test_a_host_that_failed_is_asked_last_from_then_on(
    mirrored: Scene, origin: Origin, mirror: Origin
) -> None:
    origin.on(URL, raw(b""))
    sources = [Website(one).add("other", BINARY) for one in (origin, mirror)]
    for one in (origin, mirror):
        Website(one).add("other.asc", mirrored.keys.sign(BINARY))
    mirrored.manifest["artifacts"]["tool2"] = {
        **mirrored.artifact(),
        "url": sources[0],
        "mirrors": sources[1:],
        "install": {"dir": "vendor/other"},
    }
    ended = mirrored.compile("--jobs", "1")
    assert ended.code == 0, ended.said
    assert "/other" in mirror.paths
    assert "/other" not in origin.paths
