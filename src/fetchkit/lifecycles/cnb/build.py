"""Make the layers that have to be made, and leave the others as they are."""

from __future__ import annotations

import os
from fetchkit.values import frozen, replace
from typing import TYPE_CHECKING

from fetchkit.errors import DigestMismatchError
from fetchkit.fs import ensure_dir, remove_tree, translated, write_atomic
from fetchkit.installation import install
from fetchkit.lifecycles.cnb.layers import is_ours, read_record
from fetchkit.lifecycles.cnb.restored import find_usable
from fetchkit.sbom import component_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from fetchkit.artifact import Stored
    from fetchkit.kit import Kit
    from fetchkit.lifecycles.cnb.layers import Layer
    from fetchkit.ports import Reporter
    from fetchkit.receipt import Inputs, Receipt
    from fetchkit.sbom import Component


@frozen
class BuiltLayer:
    """A layer that holds, or whose image already holds, what it should."""

    layer: Layer
    component: Component
    is_reused: bool


def clear_leftovers(layers_dir: str, layers: Iterable[Layer]) -> None:
    """Take away what an earlier run in this directory left, and what nobody names.

    That is layers of ours whose artifact is gone from the manifest, and every
    ``<layer>.ignore``: the lifecycle fails where it wants to make one (N-13).

    Raises:
        StorageError: the directory cannot be changed.
    """
    wanted = {layer.name for layer in layers}
    with translated(layers_dir):
        names = sorted(os.listdir(layers_dir))
    for name in names:
        path = os.path.join(layers_dir, name)
        stem, ending = os.path.splitext(name)
        if ending == ".ignore":
            remove_tree(path)
        elif ending == ".toml" and stem not in wanted and is_ours(path):
            remove_layer(os.path.join(layers_dir, stem))


def remove_layer(path: str) -> None:
    """Remove a layer and its files.

    Raises:
        StorageError: it cannot be removed.
    """
    for ending in ("", ".toml", ".sbom.cdx.json"):
        remove_tree(f"{path}{ending}")


def build_layers(
    layers: Sequence[Layer], kit: Kit, *, reporter: Reporter, is_offline: bool
) -> tuple[BuiltLayer, ...]:
    """Make every layer hold what it should, in the order of `layers`.

    What can be used again is; only if that is not all, anything is fetched. No
    layer is touched before all that is needed has arrived and was verified.

    Raises:
        FetchkitError: an artifact cannot be had, must not be used, or cannot be
            put in place.
    """
    usable = {
        layer.name: component
        for layer in layers
        if (component := _find_usable(layer, kit)) is not None
    }
    asked = [
        layer.resolved.name
        for layer in layers
        if layer.name not in usable or (layer.resolved.is_mutable and not is_offline)
    ]
    stored = kit.fetch(asked) if asked else ()
    fetched = {each.resolved.name: each for each in stored}
    return tuple(
        _settle(layer, usable.get(layer.name), fetched, kit, reporter)
        for layer in layers
    )


def _find_usable(layer: Layer, kit: Kit) -> Component | None:
    record = read_record(f"{layer.path}.toml")
    inputs = _inputs(layer, kit)
    return find_usable(layer, record, owner=kit.manifest.name, inputs=inputs)


def _settle(
    layer: Layer,
    usable: Component | None,
    fetched: Mapping[str, Stored],
    kit: Kit,
    reporter: Reporter,
) -> BuiltLayer:
    """Leave a usable layer as it is, unless something else was fetched for it."""
    name = layer.resolved.name
    if usable is not None and (
        name not in fetched or fetched[name].digest == usable.digest
    ):
        reporter.reused(layer.resolved, "its layer is as it was")
        return BuiltLayer(layer=layer, component=usable, is_reused=True)
    receipt = _make(layer, fetched[name], kit)
    files = sum(entry.kind == "file" for entry in receipt.entries)
    reporter.installed(layer.resolved, files)
    component = component_of(receipt.items[0], receipt.inputs.target)
    return BuiltLayer(layer=layer, component=component, is_reused=False)


def _inputs(layer: Layer, kit: Kit) -> Inputs:
    """What decides this layer alone: other artifacts of the manifest do not."""
    name = layer.resolved.name
    return replace(kit.inputs([name]), manifest=str(layer.recipe), lock="", environ={})


def _make(layer: Layer, stored: Stored, kit: Kit) -> Receipt:
    """Fill the layer's directory anew.

    Its ``<layer>.toml`` goes first and comes last: a build that is stopped in
    between leaves a layer that nobody takes for a whole one.
    """
    remove_layer(layer.path)
    ensure_dir(layer.path)
    owner, inputs = kit.manifest.name, _inputs(layer, kit)
    try:
        receipt, _ = install([stored], layer.path, owner=owner, inputs=inputs)
    except DigestMismatchError:
        # A blob changed after it was hashed: it is set aside and fetched anew.
        again = kit.fetch([stored.resolved.name])
        receipt, _ = install(again, layer.path, owner=owner, inputs=inputs)
    for name, content in layer.environment.items():
        path = os.path.join(layer.path, name)
        ensure_dir(os.path.dirname(path))
        write_atomic(path, content, is_durable=False)
    return receipt
