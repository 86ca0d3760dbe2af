"""The install receipt: what was put where, from what bytes, and why trusted.

Pure: value to canonical JSON and back. No times and no build paths are in it, so
that the same inputs give the same receipt on every machine. It is the list of what
may be removed later, the proof that a second run has nothing to do, and the answer
to "why is this here".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from fetchkit.artifact import Entry, Installation
from fetchkit.digest import Digest
from fetchkit.errors import FetchkitError, StorageError
from fetchkit.evidence import parse_evidence, render_evidence
from fetchkit.paths import RelPath, parse_rel_path
from fetchkit.values import field, frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fetchkit.artifact import Evidence, Installed

FORMAT = 1
STATE_DIR = ".fetchkit"
"""Below an install root: receipts, and what a running installation needs."""


def is_reserved(path: str) -> bool:
    """Whether `path`, below an install root, belongs to fetchkit itself."""
    return path.partition("/")[0].lower() == STATE_DIR


def receipt_name(owner: str) -> str:
    """The receipt of the manifest called `owner`, below an install root."""
    return f"{STATE_DIR}/{owner}.json"


@frozen
class Inputs:
    """Everything that decided what was installed, besides the network."""

    manifest: str
    """Digest of the manifest's bytes."""
    lock: str = ""
    """Digest of the lock's bytes; empty without one."""
    target: str
    environ: Mapping[str, str] = field(default_factory=dict)
    """Variable that may override something -> digest of its value, or ``""``."""
    names: tuple[str, ...] = ()
    """The artifacts that were asked for; none means all."""
    keys: str = ""
    """Digest of the key files beside the manifest, revocations included."""
    demands: str = ""
    """What the configuration demanded of every manifest."""


@frozen
class ReceiptItem:
    """One installed artifact."""

    name: str
    version: str
    url: str
    """Where it came from, masked."""
    digest: Digest
    size: int
    is_mutable: bool
    """The url may serve other bytes tomorrow: a later run has to ask."""
    evidence: Evidence
    installation: Installation
    """How it was installed: enough to do it again from the bytes alone."""
    license: str = ""
    """SPDX expression, where the manifest gives one."""
    origins: Mapping[str, str] = field(default_factory=dict)
    entries: tuple[Entry, ...] = ()


@frozen
class Receipt:
    """Everything one manifest has installed below one root."""

    owner: str
    inputs: Inputs
    items: tuple[ReceiptItem, ...]

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Every path that was made, of all artifacts."""
        return tuple(entry for item in self.items for entry in item.entries)


def item_for(installed: Installed) -> ReceiptItem:
    """What the receipt keeps of an installed artifact."""
    stored = installed.stored
    return ReceiptItem(
        name=stored.resolved.name,
        version=stored.resolved.version,
        url=str(stored.resolved.url),
        digest=stored.digest,
        size=stored.size,
        is_mutable=stored.resolved.is_mutable,
        evidence=stored.evidence,
        installation=stored.resolved.installation,
        license=stored.resolved.license,
        origins=stored.resolved.origins,
        entries=installed.entries,
    )


def render_receipt(receipt: Receipt) -> bytes:
    """`receipt` as canonical JSON: equal values give equal bytes."""
    document = {
        "format": FORMAT,
        "owner": receipt.owner,
        "inputs": {
            "manifest": receipt.inputs.manifest,
            "lock": receipt.inputs.lock,
            "target": receipt.inputs.target,
            "environ": dict(receipt.inputs.environ),
            "names": list(receipt.inputs.names),
            "keys": receipt.inputs.keys,
            "demands": receipt.inputs.demands,
        },
        "artifacts": [_render_item(item) for item in receipt.items],
    }
    return json.dumps(document, indent=1, sort_keys=True).encode() + b"\n"


def parse_receipt(data: bytes, path: str) -> Receipt:
    """Read a receipt.

    Raises:
        StorageError: it is not one, or was written by another format of fetchkit.
    """
    try:
        document = json.loads(data)
        if document["format"] != FORMAT:
            raise StorageError(
                f"{path} has format {document['format']}, this fetchkit reads {FORMAT}",
                hint="Use the fetchkit that wrote it, or remove what it installed.",
            )
        inputs = document["inputs"]
        return Receipt(
            owner=str(document["owner"]),
            inputs=Inputs(
                manifest=str(inputs["manifest"]),
                lock=str(inputs["lock"]),
                target=str(inputs["target"]),
                environ={str(k): str(v) for k, v in inputs["environ"].items()},
                names=tuple(str(name) for name in inputs["names"]),
                keys=str(inputs.get("keys", "")),
                demands=str(inputs.get("demands", "")),
            ),
            items=tuple(_parse_item(item) for item in document["artifacts"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = f"{type(error).__name__}: {error}"
    except FetchkitError as error:
        if isinstance(error, StorageError):
            raise
        reason = error.message
    raise StorageError(
        f"{path} is no receipt of fetchkit ({reason})",
        hint="Remove it and what was installed beside it, then install again.",
    )


def _render_item(item: ReceiptItem) -> dict[str, Any]:
    return {
        "name": item.name,
        "version": item.version,
        "url": item.url,
        "digest": str(item.digest),
        "size": item.size,
        "mutable": item.is_mutable,
        "evidence": render_evidence(item.evidence),
        "installation": _render_installation(item.installation),
        "license": item.license,
        "origins": dict(item.origins),
        "entries": [_render_entry(entry) for entry in item.entries],
    }


def _parse_item(item: dict[str, Any]) -> ReceiptItem:
    return ReceiptItem(
        name=str(item["name"]),
        version=str(item["version"]),
        url=str(item["url"]),
        digest=Digest.parse(item["digest"]),
        size=int(item["size"]),
        is_mutable=item["mutable"] is True,
        evidence=parse_evidence(item["evidence"]),
        installation=_parse_installation(item["installation"]),
        license=str(item.get("license", "")),
        origins={str(k): str(v) for k, v in item["origins"].items()},
        entries=tuple(_parse_entry(entry) for entry in item["entries"]),
    )


def _render_installation(installation: Installation) -> dict[str, Any]:
    return {
        "dir": installation.dir,
        "file": installation.file,
        "links": dict(installation.links),
        "path": list(installation.path),
        "env": dict(installation.env),
        "strip": installation.strip,
        "include": list(installation.include),
        "executable": installation.executable,
    }


def _parse_installation(document: dict[str, Any]) -> Installation:
    directory, file = document["dir"], document["file"]
    return Installation(
        dir=RelPath(".") if directory == "." else parse_rel_path(directory),
        file=None if file is None else parse_rel_path(file),
        links={
            parse_rel_path(name): parse_rel_path(pointed)
            for name, pointed in document["links"].items()
        },
        path=tuple(str(each) for each in document["path"]),
        env={str(name): str(value) for name, value in document["env"].items()},
        strip=int(document["strip"]),
        include=tuple(str(each) for each in document["include"]),
        executable=document["executable"] is True,
    )


def _render_entry(entry: Entry) -> dict[str, Any]:
    document: dict[str, Any] = {"path": entry.path, "kind": entry.kind}
    if entry.kind == "file":
        document |= {
            "mode": f"{entry.mode:04o}",
            "size": entry.size,
            "sha256": entry.sha256,
        }
    elif entry.kind == "link":
        document["target"] = entry.target
    return document


def _parse_entry(entry: dict[str, Any]) -> Entry:
    return Entry(
        path=parse_rel_path(entry["path"]),
        kind=str(entry["kind"]),
        mode=int(entry.get("mode", "0"), 8),
        size=int(entry.get("size", 0)),
        sha256=str(entry.get("sha256", "")),
        target=str(entry.get("target", "")),
    )
