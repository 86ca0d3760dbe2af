"""The services bound to an app, however the platform tells of them (contracts 2.7).

``VCAP_SERVICES``, a file of the same JSON, and a directory of bindings are
alternatives; one of them is set (C-35). Pure: text in, values out; `fetchkit.bindings`
reads the files.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from fetchkit.errors import InputError
from fetchkit.values import field, frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@frozen
class Service:
    """One bound service."""

    name: str
    """The binding's name if it has one, else the instance's (C-36)."""
    label: str
    """What kind it is; ``user-provided`` if a user made it."""
    tags: tuple[str, ...] = ()
    credentials: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Secrets: never shown, never written."""

    def __str__(self) -> str:
        return f"{self.name} ({self.label})"


def parse_vcap_services(text: str, origin: str) -> tuple[Service, ...]:
    """Read ``VCAP_SERVICES``, ordered by label and name: the platform has no order.

    Args:
        origin: the variable or file, for messages. Those never quote the text.

    Raises:
        InputError: not JSON, not an object of lists, or an entry has no name.
    """
    if not text.strip():
        return ()
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise _malformed(origin, "is not JSON") from None
    if not isinstance(document, dict):
        raise _malformed(origin, "is not an object of labels")
    found = []
    for label, instances in document.items():
        if not isinstance(instances, list):
            raise _malformed(origin, f"{label!r} is not a list of services")
        for position, instance in enumerate(instances):
            found.append(_service(label, instance, f"{label}[{position}]", origin))
    return tuple(sorted(found, key=lambda each: (each.label, each.name)))


def find_services(services: Iterable[Service], wanted: str) -> tuple[Service, ...]:
    """Those that `wanted` means: by label, else by tag, else by part of the name.

    Case does not matter. The first way that finds any decides, so that a service
    whose name happens to hold the word does not stand beside the one that is meant.

    Example:
        >>> mine = [Service(name="my-newrelic", label="user-provided")]
        >>> [each.name for each in find_services(mine, "newrelic")]
        ['my-newrelic']
    """
    word = wanted.lower()
    listed = tuple(services)
    ways = (
        [each for each in listed if each.label.lower() == word],
        [each for each in listed if word in (tag.lower() for tag in each.tags)],
        [each for each in listed if word in each.name.lower()],
    )
    return tuple(next((found for found in ways if found), []))


def binding(name: str, entries: Mapping[str, bytes]) -> Service:
    """One directory of ``SERVICE_BINDING_ROOT``: every file is a credential.

    ``type`` is the label and ``provider`` a tag, as servicebinding.io has it.
    """
    texts = {
        key: data.decode("utf-8", "surrogateescape") for key, data in entries.items()
    }
    label = texts.pop("type", "").strip() or "user-provided"
    provider = texts.pop("provider", "").strip()
    return Service(
        name=name,
        label=label,
        tags=(provider,) if provider else (),
        credentials=texts,
    )


def _service(label: str, instance: object, place: str, origin: str) -> Service:
    if not isinstance(instance, dict):
        raise _malformed(origin, f"{place} is not an object")
    name = instance.get("name") or instance.get("instance_name")
    if not isinstance(name, str):
        raise _malformed(origin, f"{place} has no name")
    tags = instance.get("tags") or []
    credentials = instance.get("credentials")
    if credentials is not None and not isinstance(credentials, dict):
        raise _malformed(origin, f"the credentials of {place} are no object")
    return Service(
        name=name,
        label=label,
        tags=tuple(tag for tag in tags if isinstance(tag, str))
        if isinstance(tags, list)
        else (),
        credentials=credentials or {},
    )


def _malformed(origin: str, message: str) -> InputError:
    return InputError(
        f"{origin} {message}",
        hint="The platform sets it: look at `cf env APP`, and bind the services anew.",
    )
