"""Bound services, from three places read as one (C-35, C-36)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from fetchkit.bindings import read_services
from fetchkit.errors import InputError
from fetchkit.services import find_services, parse_vcap_services
from tests.cloudfoundry.buildpacks import shell_program
from tests.cloudfoundry.platform import launch

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cloudfoundry.buildpacks import Workshop
    from tests.cloudfoundry.platform import Platform

SECRET = "s3cr3t-credential"


def instance(name: str, label: str, *tags: str) -> dict[str, Any]:
    """One service as the platform describes it."""
    return {
        "name": name,
        "label": label,
        "tags": list(tags),
        "credentials": {"password": SECRET},
    }


VCAP = {
    "user-provided": [instance("my-newrelic", "user-provided")],
    "redis": [instance("cache-b", "redis"), instance("cache-a", "redis", "nosql")],
}


def test_three_places_are_read_as_one(tmp_path: Path) -> None:
    text = json.dumps(VCAP)
    (tmp_path / "vcap").write_text(text)
    for service in (each for listed in VCAP.values() for each in listed):
        directory = tmp_path / "bindings" / str(service["name"])
        directory.mkdir(parents=True)
        (directory / "type").write_text(f"{service['label']}\n")
        (directory / "password").write_text(SECRET)
    found = [
        read_services(environ)
        for environ in (
            {"VCAP_SERVICES": text},
            {"VCAP_SERVICES_FILE_PATH": str(tmp_path / "vcap")},
            {"SERVICE_BINDING_ROOT": str(tmp_path / "bindings")},
        )
    ]
    names = [[(each.label, each.name) for each in services] for services in found]
    assert names[0] == names[1] == names[2]
    assert names[0] == sorted(names[0])
    assert all(each.credentials["password"] == SECRET for each in found[2])


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        pytest.param("Redis", ["cache-a", "cache-b"], id="label"),
        pytest.param("nosql", ["cache-a"], id="tag"),
        pytest.param("newrelic", ["my-newrelic"], id="part of the name"),
        pytest.param("mysql", [], id="nothing"),
    ],
)
def test_a_service_is_found_by_label_tag_or_name(
    wanted: str, expected: list[str]
) -> None:
    services = parse_vcap_services(json.dumps(VCAP), "VCAP_SERVICES")
    assert [each.name for each in find_services(services, wanted)] == expected


def test_credentials_are_not_shown() -> None:
    services = parse_vcap_services(json.dumps(VCAP), "VCAP_SERVICES")
    assert SECRET not in f"{services!r} {services[0]}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(f"{{{SECRET}", "is not JSON", id="not JSON"),
        pytest.param(f'["{SECRET}"]', "is not an object", id="not an object"),
        pytest.param(f'{{"x": "{SECRET}"}}', "is not a list", id="not a list"),
        pytest.param(f'{{"x": ["{SECRET}"]}}', "x[0] is not an object", id="no object"),
        pytest.param(f'{{"x": [{{"n": "{SECRET}"}}]}}', "has no name", id="no name"),
        pytest.param(
            f'{{"x": [{{"name": "n", "credentials": "{SECRET}"}}]}}',
            "are no object",
            id="credentials",
        ),
    ],
)
def test_malformed_services_are_told_without_secrets(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_vcap_services(text, "VCAP_SERVICES")
    assert message in caught.value.message
    assert SECRET not in caught.value.message


def test_missing_credentials_are_none() -> None:
    (service,) = parse_vcap_services('{"x": [{"name": "n"}]}', "VCAP_SERVICES")
    assert service.credentials == {}


def test_an_artifact_is_for_apps_with_its_service(
    platform: Platform, workshop: Workshop
) -> None:
    agent = workshop.signed(
        "agent", shell_program("echo agent"), services=["newrelic", "nr"]
    )
    tool = workshop.signed("tool", shell_program("echo tool"))
    buildpack = workshop.buildpack("agents", agent=agent, tool=tool)
    droplet = platform.stage(buildpack)
    assert not (droplet / "deps/0/bin/agent").exists()
    assert launch(droplet, "tool") == "tool\n"
    assert "left out, no service newrelic or nr is bound" in platform.said
    platform.variables["VCAP_SERVICES"] = json.dumps(VCAP)
    droplet = platform.stage(buildpack)
    assert launch(droplet, "agent") == "agent\n"
    assert "for the service my-newrelic (user-provided)" in platform.said
    assert SECRET not in platform.said
    written = [path for path in droplet.rglob("*") if path.is_file()]
    assert all(SECRET.encode() not in path.read_bytes() for path in written)


def test_a_new_version_of_the_buildpack_is_told(
    platform: Platform, workshop: Workshop
) -> None:
    """C-40: VERSION lies beside the program."""
    from fetchkit.lifecycles.cloudfoundry.metadata import note_version
    from fetchkit.lifecycles.cloudfoundry.supply import Buildpack

    cache = str(platform.home / "cache")
    assert note_version(cache, Buildpack("java", "1.10")) is None
    assert note_version(cache, Buildpack("java", "1.10")) is None
    said = note_version(cache, Buildpack("java", "1.11"))
    assert said == "buildpack version changed from 1.10 to 1.11"
    assert note_version(cache, Buildpack("ruby", "1.12")) is None
