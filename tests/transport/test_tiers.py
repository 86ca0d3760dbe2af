"""A cache that machines share, kept by a real nginx that takes PUT."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

import pytest

from tests.flow.scene import publish
from tests.origins.misbehaving import answer, raw
from tests.transport.website import Website

if TYPE_CHECKING:
    from tests.flow.program import Ended
    from tests.flow.scene import Scene
    from tests.origins.misbehaving import Behaviour, Origin
    from tests.origins.nginx import Site

BINARY = os.urandom(300_000)
DIGEST = hashlib.sha256(BINARY).hexdigest()
URL = "/tool-1.2.3"


@pytest.fixture
def pinned(scene: Scene, origin: Origin) -> Scene:
    publish(scene, Website(origin), BINARY)
    scene.artifact()["sha256"] = DIGEST
    return scene


def compile_with(scene: Scene, template: str, role: str = "reader") -> Ended:
    scene.write_manifest()
    program = scene.running().with_variables(
        FETCHKIT_TIERS=template, FETCHKIT_TIER_ROLE=role
    )
    return program.run(*scene.arguments())


def assert_installed(scene: Scene, ended: Ended) -> None:
    assert ended.code == 0, ended.said
    file = scene.app_dir / "vendor/tool/bin/tool-1.2.3"
    assert file.read_bytes() == BINARY


def test_a_tier_is_asked_before_the_publisher(
    pinned: Scene, origin: Origin, nginx: Site
) -> None:
    nginx.add(f"cas/{DIGEST}", BINARY)
    assert_installed(pinned, compile_with(pinned, nginx.url("cas/{sha256}")))
    assert URL not in origin.paths


def test_a_writer_gives_back_what_it_verified(
    pinned: Scene, origin: Origin, nginx: Site
) -> None:
    template = nginx.url("cas/{sha256}")
    assert_installed(pinned, compile_with(pinned, template, "writer"))
    assert (nginx.root / "cas" / DIGEST).read_bytes() == BINARY
    assert URL in origin.paths


def test_a_reader_gives_nothing(pinned: Scene, nginx: Site) -> None:
    ended = compile_with(pinned, nginx.url("cas/{sha256}"))
    assert_installed(pinned, ended)
    assert [one.method for one in nginx.served()] == ["GET"]
    assert "next source" not in ended.said, "to have nothing is no failure"


def test_what_is_not_pinned_is_not_asked_for(scene: Scene, nginx: Site) -> None:
    publish(scene, nginx, BINARY)
    assert_installed(scene, compile_with(scene, nginx.url("cas/{sha256}")))
    assert not any("/cas/" in one.path for one in nginx.served())


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(answer(bytes(300_000)), id="other bytes"),
        pytest.param(answer(status=500), id="broken"),
        pytest.param(answer(status=401), id="locked"),
        pytest.param(raw(b"what?\r\n\r\n"), id="no HTTP"),
        pytest.param(answer(b"<html>login"), id="a web page"),
    ],
)
def test_a_tier_that_fails_is_no_failure_of_the_build(
    pinned: Scene, plain_origin: Origin, behaviour: Behaviour
) -> None:
    template = plain_origin.on(f"/{DIGEST}", behaviour).replace(DIGEST, "{sha256}")
    ended = compile_with(pinned, template, "writer")
    assert_installed(pinned, ended)
    assert plain_origin.url("/") in ended.said


def test_the_publishers_failure_is_told_before_a_tiers(
    pinned: Scene, origin: Origin, plain_origin: Origin
) -> None:
    tier = plain_origin.on(f"/{DIGEST}", answer(status=501))
    origin.on(URL, answer(status=404))
    ended = compile_with(pinned, tier.replace(DIGEST, "{sha256}"))
    assert ended.code == 21
    assert f"error: {origin.url(URL)}: HTTP 404" in ended.said


@pytest.mark.parametrize(
    "variables",
    [
        pytest.param({"FETCHKIT_TIERS": "https://cache/cas"}, id="no digest"),
        pytest.param({"FETCHKIT_TIERS": "cache/{sha256}"}, id="no url"),
        pytest.param({"FETCHKIT_TIERS": "https://me:secret@cache/"}, id="a secret"),
        pytest.param({"FETCHKIT_TIER_ROLE": "owner"}, id="no role"),
    ],
)
def test_a_setting_that_is_none_is_named(
    pinned: Scene, variables: dict[str, str]
) -> None:
    pinned.write_manifest()
    ended = pinned.running().with_variables(**variables).run(*pinned.arguments())
    assert ended.code == 11
    assert next(iter(variables)) in ended.said
    assert "secret" not in ended.said
