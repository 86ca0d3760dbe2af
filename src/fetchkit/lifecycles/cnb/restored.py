"""Can a layer of an earlier build be used again? Every byte of it is looked at.

A restored layer comes from a cache or image that somebody else may have written to
(N-22): it counts as long as it is what its receipt says, and holds nothing else.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from fetchkit.audit import compare
from fetchkit.errors import StorageError
from fetchkit.fs import translated
from fetchkit.installation import read_receipt
from fetchkit.receipt import STATE_DIR, receipt_name
from fetchkit.sbom import component_of

if TYPE_CHECKING:
    from fetchkit.lifecycles.cnb.layers import Layer, LayerRecord
    from fetchkit.receipt import Inputs, Receipt
    from fetchkit.sbom import Component


def find_usable(
    layer: Layer, record: LayerRecord | None, *, owner: str, inputs: Inputs
) -> Component | None:
    """What `layer` holds from an earlier build, if that is what it should hold.

    A layer that only the app has comes without its contents: they are in the image
    of before, and stay there (N-20).

    Args:
        record: what the lifecycle gave back as the layer's metadata.
        inputs: what decides the layer now.

    Raises:
        StorageError: a part of it cannot be read.
    """
    if record is None or record.recipe != layer.recipe:
        return None
    if layer.is_launch_only and not os.path.lexists(layer.path):
        return record.component
    try:
        receipt = read_receipt(layer.path, owner)
    except StorageError:
        return None
    if receipt is None or receipt.inputs != inputs or len(receipt.items) != 1:
        return None
    component = component_of(receipt.items[0], receipt.inputs.target)
    pinned = layer.resolved.sha256
    if component != record.component or pinned not in {None, component.digest}:
        return None
    return component if _is_untouched(layer, receipt, owner) else None


def _is_untouched(layer: Layer, receipt: Receipt, owner: str) -> bool:
    """Whether the layer has every file of its receipt, as it was, and no other."""
    environment = layer.environment
    known = {str(entry.path) for entry in receipt.entries}
    known |= {STATE_DIR, receipt_name(owner), *environment}
    known |= {os.path.dirname(path) for path in environment}
    with translated(layer.path):
        for name, content in environment.items():
            if _read(os.path.join(layer.path, name), len(content) + 1) != content:
                return False
        if _names_below(layer.path) != known:
            return False
    return not compare(layer.path, [receipt])


def _names_below(root: str) -> set[str]:
    return {
        os.path.relpath(os.path.join(directory, name), root)
        for directory, directories, files in os.walk(root)
        for name in (*directories, *files)
    }


def _read(path: str, limit: int) -> bytes | None:
    if os.path.islink(path) or not os.path.isfile(path):
        return None
    with open(path, "rb") as file:
        return file.read(limit)
