"""Bills of materials: valid, complete, and the same for the same install."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from fetchkit.digest import Digest
from fetchkit.sbom import Component, document_component, parse_component, render_sbom

if TYPE_CHECKING:
    from tests.flow.scene import Scene
    from tests.origins.nginx import Site

COMPONENT = Component(
    name="node.js",
    version="1.0+build",
    target="linux-amd64",
    url="https://example.com/a b/node?token=***",
    digest=Digest.of(b"x"),
    size=1,
    rule="signed by k",
    signers=("A" * 40,),
    license="MIT OR Apache-2.0",
)


def faults(data: bytes) -> str | None:
    """What the official schema says against a document; None is nothing."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    found = JsonStrictValidator(SchemaVersion.V1_5).validate_str(data.decode())
    return None if found is None else str(found)


@pytest.mark.parametrize(
    "components",
    [
        pytest.param([], id="nothing"),
        pytest.param([COMPONENT], id="one"),
        pytest.param(
            [
                COMPONENT,
                parse_component({**document_component(COMPONENT), "name": "b"}),
            ],
            id="two",
        ),
    ],
)
def test_the_official_schema_accepts_it(components: list[Component]) -> None:
    assert faults(render_sbom(components)) is None


def test_the_schema_would_refuse_what_is_wrong() -> None:
    document = json.loads(render_sbom([COMPONENT]))
    document["components"][0]["hashes"][0]["content"] = "short"
    assert faults(json.dumps(document).encode()) is not None


def test_order_and_time_change_nothing() -> None:
    other = parse_component({**document_component(COMPONENT), "name": "a"})
    assert render_sbom([COMPONENT, other]) == render_sbom([other, COMPONENT])
    assert b"timestamp" not in render_sbom([COMPONENT])


def test_another_component_has_another_serial_number() -> None:
    other = parse_component({**document_component(COMPONENT), "size": 2})
    numbers = {
        json.loads(render_sbom([each]))["serialNumber"] for each in (COMPONENT, other)
    }
    assert len(numbers) == 2


def test_a_component_says_what_it_is_and_why_it_is_trusted() -> None:
    (found,) = json.loads(render_sbom([COMPONENT]))["components"]
    properties = [(each["name"], each["value"]) for each in found["properties"]]
    assert found["purl"].startswith("pkg:generic/node.js@1.0%2Bbuild?checksum=sha256:")
    assert found["hashes"] == [{"alg": "SHA-256", "content": COMPONENT.digest.hex}]
    assert found["licenses"] == [{"expression": "MIT OR Apache-2.0"}]
    assert ("fetchkit:signer", "A" * 40) in properties
    assert ("fetchkit:trust", "signed by k") in properties


def test_sbom_command_tells_what_compile_installed(scene: Scene, nginx: Site) -> None:
    from tests.flow.scene import publish

    publish(scene, nginx)
    scene.artifact()["license"] = "Apache-2.0"
    assert scene.compile().code == 0
    ended = scene.running().run("sbom", scene.app_dir)
    document: dict[str, Any] = json.loads(ended.stdout)
    assert faults(ended.stdout.encode()) is None
    (component,) = document["components"]
    assert (component["name"], component["version"]) == ("tool", "1.2.3")
    assert component["licenses"] == [{"expression": "Apache-2.0"}]


def test_a_directory_without_an_install_has_none(scene: Scene) -> None:
    assert scene.running().run("sbom", scene.app_dir).code == 10
