"""``fetchkit.toml``: bytes to `Manifest`, every fault collected (design 3).

Structure is read in `tables`, rules that span several fields are in `rules`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fetchkit.digest import Digest
from fetchkit.errors import Fault, ManifestError
from fetchkit.manifest.fields import Fields
from fetchkit.manifest.model import Manifest
from fetchkit.manifest.platforms import read_detect, read_plans
from fetchkit.manifest.sources import expand
from fetchkit.manifest.tables import read_artifact, read_key
from fetchkit.paths import parse_name
from fetchkit.toml import parse_toml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fetchkit.manifest.sources import LookUp

SCHEMA = 1
MAX_MANIFEST_BYTES = 1024 * 1024
MAX_LOCK_BYTES = 16 * 1024 * 1024
"""Some 20,000 builds."""
DEFAULT_NAME = "fetchkit"


def parse_manifest(
    data: bytes, document: str, *, look_up: LookUp | None = None
) -> Manifest:
    """Read a manifest.

    Args:
        data: the bytes of the document.
        document: where they are from, for messages: a path or a masked url.
        look_up: asks the files that artifacts are taken ``from``.

    Raises:
        FetchkitError: such a file has nothing that fits.
        ManifestError: anything wrong with it; all faults are in `faults`, each
            with its place, such as ``artifacts.jq.install.links[0]``.
    """
    text = parse_toml(data, document)
    return read_manifest(text, document, digest=Digest.of(data), look_up=look_up)


def read_manifest(
    text: Mapping[str, Any],
    document: str,
    *,
    digest: Digest,
    look_up: LookUp | None = None,
) -> Manifest:
    """The manifest that a parsed document says; see `parse_manifest`.

    Raises:
        FetchkitError: see there.
    """
    faults: list[Fault] = []
    top = Fields(_expanded(text, look_up, document), "", faults)
    _check_schema(top)
    name = top.parsed("name", parse_name) or DEFAULT_NAME
    keys = {
        key_name: key
        for key_name, table in top.tables("keys").items()
        if (key := read_key(key_name, table)) is not None
    }
    key_names = tuple(top.table_names("keys"))
    artifacts = {}
    for artifact_name, table in top.tables("artifacts").items():
        artifact = read_artifact(artifact_name, table, keys, key_names)
        if artifact is not None:
            artifacts[artifact_name] = artifact
    if not top.table_names("artifacts"):
        top.fault("artifacts", "there is no artifact", "Add a table [artifacts.NAME].")
    detect = read_detect(top)
    plans = read_plans(top)
    top.close()
    if faults:
        raise ManifestError(document, faults)
    return Manifest(
        document=document,
        name=name,
        keys=keys,
        artifacts=artifacts,
        detect=detect,
        plans=plans,
        digest=digest,
    )


def _expanded(
    text: Mapping[str, Any], look_up: LookUp | None, document: str
) -> Mapping[str, Any]:
    artifacts = text.get("artifacts")
    if not isinstance(artifacts, dict):
        return text
    expanded = {
        name: expand(name, table, look_up, document)
        if isinstance(table, dict)
        else table
        for name, table in artifacts.items()
    }
    return {**text, "artifacts": expanded}


def _check_schema(top: Fields) -> None:
    schema = top.whole("schema", least=1)
    if not top.has("schema"):
        top.fault("schema", "is missing", f"Add `schema = {SCHEMA}` as the first line.")
    elif schema is not None and schema != SCHEMA:
        top.fault(
            "schema",
            f"is {schema}, this fetchkit reads {SCHEMA}",
            "Use a fetchkit that knows this schema.",
        )
