"""Reads which services are bound to an app, from wherever the platform says."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from fetchkit.errors import InputError
from fetchkit.fs import translated
from fetchkit.services import binding, parse_vcap_services

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fetchkit.services import Service

MAX_BYTES = 16 * 1024 * 1024
"""Of all that is bound: a variable could not hold a hundredth of it (C-38)."""


def read_services(environ: Mapping[str, str]) -> tuple[Service, ...]:
    """The services of ``VCAP_SERVICES``, its file, or the bindings directory (C-35).

    Of several the first in this order that is set decides.

    Raises:
        InputError: what is there is no description of services.
        StorageError: it cannot be read.
    """
    if environ.get("VCAP_SERVICES"):
        return parse_vcap_services(environ["VCAP_SERVICES"], "VCAP_SERVICES")
    if path := environ.get("VCAP_SERVICES_FILE_PATH"):
        text = _read(path).decode("utf-8", "surrogateescape")
        return parse_vcap_services(text, f"VCAP_SERVICES_FILE_PATH ({path})")
    if root := environ.get("SERVICE_BINDING_ROOT"):
        return _read_bindings(root)
    return ()


def _read_bindings(root: str) -> tuple[Service, ...]:
    with translated(root):
        if not os.path.isdir(root):
            return ()
        names = sorted(name for name in os.listdir(root) if not name.startswith("."))
    found = []
    for name in names:
        directory = os.path.join(root, name)
        with translated(directory):
            if not os.path.isdir(directory):
                continue
            # What starts with `..` is how Kubernetes swaps files in one step.
            keys = [key for key in os.listdir(directory) if not key.startswith(".")]
            paths = {key: os.path.join(directory, key) for key in sorted(keys)}
            entries = {
                key: _read(path) for key, path in paths.items() if os.path.isfile(path)
            }
        found.append(binding(name, entries))
    return tuple(sorted(found, key=lambda each: (each.label, each.name)))


def _read(path: str) -> bytes:
    with translated(path), open(path, "rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise InputError(f"{path} is larger than {MAX_BYTES} bytes")
    return data
