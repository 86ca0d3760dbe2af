"""One layer for each artifact, and what it is known again by in the next build."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from fetchkit.digest import Digest
from fetchkit.environ import Action, changes_for
from fetchkit.errors import InvalidValueError, ManifestError
from fetchkit.fs import translated
from fetchkit.lifecycles.cnb.call import CACHE_LAYER
from fetchkit.recipe import recipe_digest
from fetchkit.sbom import Component, document_component, parse_component
from fetchkit.toml import parse_toml
from fetchkit.values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fetchkit.artifact import LayerTypes, Resolved
    from fetchkit.manifest import Manifest

FORMAT = 1
"""Of the metadata and of the way a layer is laid out. Another one is made anew."""

_MADE_BY = "fetchkit"
_RESERVED = frozenset({"build", "launch", "store", CACHE_LAYER})
"""Their files mean something else (N-10)."""
_UNFIT = re.compile(r"[^A-Za-z0-9_-]")
"""A dot ends the name of a layer in the name of its bill of materials (N-10)."""
_MAX_BYTES = 1024 * 1024
_AUTOMATIC = frozenset({"bin"})
"""Directories of a layer that the lifecycle puts on PATH itself (N-28)."""


@frozen
class Layer:
    """Where one artifact goes, and what decides every byte that is there."""

    name: str
    path: str
    resolved: Resolved
    types: LayerTypes
    recipe: Digest

    @property
    def is_launch_only(self) -> bool:
        """Only its metadata comes back, and its contents from the image (N-20)."""
        return not self.types.build and not self.types.cache

    @property
    def environment(self) -> dict[str, bytes]:
        """Files below the layer -> content: what it changes in the environment.

        A value is used as it is: no line end, no variables (N-25). Without its own
        delimiter a list would be glued together.
        """
        files: dict[str, bytes] = {}
        paths: list[str] = []
        for change in changes_for([self.resolved]):
            value = change.value.replace("{root}", self.path)
            if change.action is Action.DEFAULT:
                files[f"env/{change.name}.default"] = _encoded(value)
            elif os.path.relpath(value, self.path) not in _AUTOMATIC:
                paths.insert(0, value)
        if paths:
            files["env/PATH.prepend"] = _encoded(":".join(paths))
            files["env/PATH.delim"] = b":"
        return files


@frozen
class LayerRecord:
    """The metadata of a layer: what decided its bytes, and what they are."""

    recipe: Digest
    component: Component


def layer_name(artifact: str) -> str:
    """The name of an artifact's layer: its own, if that can be one.

    Example:
        >>> layer_name("jq"), layer_name("node.js")
        ('jq', 'node-js-324373d8')
    """
    fit = _UNFIT.sub("-", artifact)
    if fit == artifact and artifact not in _RESERVED:
        return artifact
    return f"{fit}-{Digest.of(artifact.encode()).hex[:8]}"


def plan_layers(
    manifest: Manifest, resolved: Iterable[Resolved], layers_dir: str
) -> tuple[Layer, ...]:
    """The layers of a build, in the order of the manifest."""
    layers = []
    for each in resolved:
        name = layer_name(each.name)
        path = os.path.join(layers_dir, name)
        layers.append(
            Layer(
                name=name,
                path=path,
                resolved=each,
                types=manifest.artifacts[each.name].layer,
                recipe=recipe_digest(each, root=path, layout=FORMAT),
            )
        )
    return tuple(layers)


def render_layer(types: LayerTypes, record: LayerRecord) -> bytes:
    """``<layer>.toml``. The types stand in it every time: without, it is dropped."""
    import tomli_w

    document = {
        "types": {
            "launch": types.launch,
            "build": types.build,
            "cache": types.cache,
        },
        "metadata": {
            "made-by": _MADE_BY,
            "format": FORMAT,
            "recipe": str(record.recipe),
            "component": document_component(record.component),
        },
    }
    return tomli_w.dumps(document).encode()


def read_record(layer_file: str) -> LayerRecord | None:
    """What ``<layer>.toml`` says of an earlier build, if we can use it.

    Anything else than what `render_layer` writes counts as nothing: the layer is
    made anew.

    Raises:
        StorageError: the file is there and cannot be read.
    """
    metadata = _read_metadata(layer_file)
    if metadata.get("made-by") != _MADE_BY or metadata.get("format") != FORMAT:
        return None
    try:
        return LayerRecord(
            recipe=Digest.parse(metadata["recipe"]),
            component=parse_component(metadata["component"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError, InvalidValueError):
        return None


def is_ours(layer_file: str) -> bool:
    """Whether we wrote ``<layer>.toml``, in whatever format.

    Raises:
        StorageError: the file cannot be read.
    """
    return _read_metadata(layer_file).get("made-by") == _MADE_BY


def _read_metadata(layer_file: str) -> Mapping[str, Any]:
    with translated(layer_file):
        try:
            with open(layer_file, "rb") as file:
                data = file.read(_MAX_BYTES + 1)
        except FileNotFoundError:
            return {}
    try:
        metadata = parse_toml(data, layer_file, limit=_MAX_BYTES).get("metadata")
    except ManifestError:
        return {}
    return metadata if isinstance(metadata, dict) else {}


def _encoded(value: str) -> bytes:
    return value.encode("utf-8", "surrogateescape")
