"""A buildpack's directory as an OCI image: what ``pack`` calls a buildpackage.

Form: the distribution specification of Cloud Native Buildpacks 0.3, an image layout
with one layer below ``/cnb/buildpacks``. Nothing in it is compressed: compressors
differ between machines, and the image shall not.
"""

from __future__ import annotations

import io
import json
import os
from typing import TYPE_CHECKING, Any

from fetchkit import oci
from fetchkit.archive.layout_tar import blob_name, write_layout
from fetchkit.archive.tree_tar import TreeFile, write_tree
from fetchkit.buildpack.layout import ARCHITECTURES, parse_id, parse_version
from fetchkit.digest import Digest
from fetchkit.errors import ConflictError, FetchkitError, InputError
from fetchkit.fs import atomic_write, ensure_dir, translated, write_atomic
from fetchkit.paths import printable
from fetchkit.toml import parse_toml
from fetchkit.values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar"
DISTRIBUTION_API = "0.3"

_LEFT_OUT = frozenset({".git", "export"})
"""The history, and what a build on another platform wrote."""
_IMAGE_ENDING = ".cnb"


@frozen
class Image:
    """An image in memory: its top document, and every blob."""

    digest: Digest
    """Of the image's manifest: what a registry knows it by."""
    index: bytes
    blobs: Mapping[str, bytes]
    """Hex digest -> content."""


def read_image(directory: str) -> Image:
    """The image of the buildpack in `directory`.

    Raises:
        InputError: it is no buildpack, or holds what an image of one must not.
        StorageError: it cannot be read.
    """
    files = dict(_files_below(directory))
    if "buildpack.toml" not in files:
        raise InputError(
            f"{printable(directory)} has no buildpack.toml",
            hint="Make a buildpack with `fetchkit buildpack new DIR`.",
        )
    document = os.path.join(directory, "buildpack.toml")
    descriptor = parse_toml(files["buildpack.toml"].data, document)
    buildpack = descriptor.get("buildpack", {})
    try:
        name = parse_id(str(buildpack.get("id", "")))
        version = parse_version(str(buildpack.get("version", "")))
    except FetchkitError as error:
        raise InputError(f"{document}: {error.message}", hint=error.hint) from None
    root = f"cnb/buildpacks/{name.replace('/', '_')}/{version}"
    layer = io.BytesIO()
    write_tree(
        layer,
        (each._replace(path=f"{root}/{path}") for path, each in files.items()),
    )
    return _assemble(layer.getvalue(), descriptor)


def write_archive(path: str, image: Image) -> None:
    """Write `image` as one file, an image layout in a tar: ``NAME.cnb``.

    Raises:
        StorageError: it cannot be written.
    """
    with atomic_write(path) as file:
        write_layout(
            file, ((name, len(data), io.BytesIO(data)) for name, data in _parts(image))
        )


def write_layout_directory(path: str, image: Image) -> None:
    """Write `image` as a directory in OCI image layout.

    Raises:
        ConflictError: there is something of that name that is no empty directory.
        StorageError: it cannot be written.
    """
    ensure_dir(path)
    with translated(path):
        if os.listdir(path):
            raise ConflictError(
                f"{printable(path)} is not empty",
                hint="Name a directory that does not exist, or is empty.",
            )
    # The index comes last: until then nobody takes it for a layout.
    for name, data in reversed(list(_parts(image))):
        final = os.path.join(path, name)
        ensure_dir(os.path.dirname(final))
        write_atomic(final, data)


def _parts(image: Image) -> Iterator[tuple[str, bytes]]:
    yield oci.LAYOUT_FILE, oci.LAYOUT
    yield oci.INDEX_FILE, image.index
    for hex_digest in sorted(image.blobs):
        yield blob_name(hex_digest), image.blobs[hex_digest]


def _assemble(layer: bytes, descriptor: Mapping[str, Any]) -> Image:
    """One layer, its config with the labels that make it a buildpackage, an index."""
    diff_id = str(Digest.of(layer))
    # The layer is text and bytecode-free Python: one image does for every machine.
    config = oci.render(
        {
            "architecture": ARCHITECTURES[0],
            "os": "linux",
            "config": {"Labels": _labels(descriptor, diff_id)},
            "rootfs": {"type": "layers", "diff_ids": [diff_id]},
        }
    )
    manifest = oci.render_manifest(
        oci.ImageManifest(
            config=oci.Descriptor.of(config, CONFIG_TYPE),
            layers=(oci.Descriptor.of(layer, LAYER_TYPE),),
        )
    )
    top = oci.Descriptor.of(manifest, oci.MANIFEST_TYPE)
    return Image(
        digest=top.digest,
        index=oci.render_index(oci.Index(manifests=(top,))),
        blobs={Digest.of(data).hex: data for data in (layer, config, manifest)},
    )


def _labels(descriptor: Mapping[str, Any], diff_id: str) -> dict[str, str]:
    buildpack = descriptor["buildpack"]
    name, version = buildpack["id"], buildpack["version"]
    told = {
        key: buildpack[key]
        for key in ("id", "name", "version", "homepage", "description")
        if key in buildpack
    }
    layer: dict[str, Any] = {"api": descriptor.get("api"), "layerDiffID": diff_id}
    layer |= {key: told[key] for key in ("name", "homepage") if key in told}
    if "targets" in descriptor:
        layer["targets"] = descriptor["targets"]
    return {
        "io.buildpacks.buildpackage.metadata": json.dumps(told, sort_keys=True),
        "io.buildpacks.buildpack.layers": json.dumps(
            {name: {version: layer}}, sort_keys=True
        ),
        "io.buildpacks.distribution.api": DISTRIBUTION_API,
    }


def _files_below(directory: str) -> Iterator[tuple[str, TreeFile]]:
    """Every file of a buildpack, by its path.

    Raises:
        InputError: there is something that is neither file nor directory.
    """
    with translated(directory):
        for parent, directories, names in os.walk(directory):
            directories[:] = sorted(set(directories) - _LEFT_OUT)
            for name in sorted(names):
                path = os.path.join(parent, name)
                below = os.path.relpath(path, directory)
                if below in _LEFT_OUT or name.endswith(_IMAGE_ENDING):
                    continue
                if os.path.islink(path) or not os.path.isfile(path):
                    raise InputError(
                        f"{printable(path)} is no regular file",
                        hint="A buildpack's image holds plain files only: copy what "
                        "the link points to.",
                    )
                with open(path, "rb") as file:
                    mode = 0o755 if os.access(path, os.X_OK) else 0o644
                    yield below, TreeFile(below, file.read(), mode)
