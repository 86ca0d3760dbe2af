"""What the lifecycle reads when a build is over."""

from __future__ import annotations

import json
import os
import shlex
from typing import TYPE_CHECKING, Any

from fetchkit.fs import remove_tree, write_atomic
from fetchkit.lifecycles.cnb.call import CACHE_LAYER
from fetchkit.lifecycles.cnb.layers import LayerRecord, render_layer
from fetchkit.lifecycles.processes import (
    Notes,
    program_of,
    read_procfile,
    wrap_processes,
)
from fetchkit.procfile import launch_command
from fetchkit.sbom import render_sbom

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fetchkit.lifecycles.cnb.build import BuiltLayer
    from fetchkit.lifecycles.cnb.call import BuildCall
    from fetchkit.procfile import Procfile

LABEL = "dev.fetchkit.artifacts"
"""Image label: name, version and digest of everything the app got, as JSON."""

_DEFAULT_PROCESS = "web"


def write_layers(call: BuildCall, built: Sequence[BuiltLayer]) -> None:
    """Write ``<layer>.toml`` and bill of materials of every layer, and of all.

    Raises:
        StorageError: the layers directory cannot be written to.
    """
    for each in built:
        record = LayerRecord(recipe=each.layer.recipe, component=each.component)
        data = render_layer(each.layer.types, record)
        write_atomic(f"{each.layer.path}.toml", data, is_durable=False)
        _write_sbom(call, each.layer.name, [each])
    launched = [each for each in built if each.layer.types.launch]
    _write_sbom(call, "launch", launched)
    if os.path.isdir(os.path.join(call.layers_dir, CACHE_LAYER)):
        _write_toml(
            call,
            CACHE_LAYER,
            {"types": {"launch": False, "build": False, "cache": True}},
        )


def write_launch(call: BuildCall, built: Sequence[BuiltLayer]) -> Notes:
    """Write ``launch.toml``: the Procfile's processes, wrapped, and a label.

    The app's own Procfile stays as it is. Processes are written only where the
    manifest has something to say about one: else they are other buildpacks' business.

    Returns:
        What there is to tell the developer.

    Raises:
        InputError: the Procfile cannot be read.
        StorageError: the layers directory cannot be written to.
    """
    launched = [each for each in built if each.layer.types.launch]
    resolved = [each.layer.resolved for each in launched]
    paths = {each.layer.resolved.name: each.layer.path for each in launched}
    procfile: Procfile | None = None
    notes = Notes()
    if any(each.wrap or each.advise for each in resolved):
        procfile, notes = wrap_processes(
            read_procfile(call.context.app_dir),
            resolved,
            lambda each: program_of(each, shlex.quote(paths[each.name])),
        )
    document: dict[str, Any] = {}
    if launched:
        document["labels"] = [{"key": LABEL, "value": _label(launched)}]
    if procfile is not None:
        document["processes"] = [
            _process(name, command) for name, command in procfile.commands.items()
        ]
    _write_toml(call, "launch", document)
    return notes


def _process(name: str, command: str) -> dict[str, Any]:
    """One process: a list of arguments, started without a shell (N-31)."""
    document: dict[str, Any] = {"type": name, "command": [*launch_command(command)]}
    if name == _DEFAULT_PROCESS:
        document["default"] = True
    return document


def _label(built: Sequence[BuiltLayer]) -> str:
    return json.dumps(
        [
            {
                "name": each.component.name,
                "version": each.component.version,
                "digest": str(each.component.digest),
            }
            for each in built
        ],
        sort_keys=True,
    )


def _write_sbom(call: BuildCall, name: str, built: Sequence[BuiltLayer]) -> None:
    path = os.path.join(call.layers_dir, f"{name}.sbom.cdx.json")
    if not call.has_sbom or not built:
        remove_tree(path)
        return
    data = render_sbom(each.component for each in built)
    write_atomic(path, data, is_durable=False)


def _write_toml(call: BuildCall, name: str, document: Mapping[str, Any]) -> None:
    import tomli_w

    path = os.path.join(call.layers_dir, f"{name}.toml")
    write_atomic(path, tomli_w.dumps(document).encode(), is_durable=False)
