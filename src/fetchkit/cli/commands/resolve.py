"""Show what would be fetched for a platform, and where each value comes from.

Asks the manifest, the lock and the environment; touches no network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fetchkit.cli.account import origins_of
from fetchkit.cli.columns import facts
from fetchkit.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping
    from typing import Any

    from fetchkit.artifact import Resolved
    from fetchkit.cli.session import Session
    from fetchkit.manifest import Manifest

EXAMPLES = """\
  fetchkit resolve
  fetchkit resolve jq --platform linux-arm64
  JQ_VERSION=1.7 fetchkit resolve jq --json
  fetchkit resolve openjdk@17.x --manifest manifest.yml --stack cflinuxfs4
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own arguments."""
    parser.add_argument(
        "names",
        metavar="NAME[@RANGE]",
        nargs="*",
        help="artifacts; none: all. A range is for what is from a manifest.yml",
    )
    parser.add_argument("--stack", metavar="STACK", help="such as cflinuxfs4")


def run(args: argparse.Namespace, session: Session) -> int:
    """Resolve, and say how."""
    asked = dict(_split(name) for name in args.names)
    versions = {name: range_ for name, range_ in asked.items() if range_}
    found = session.find(stack=args.stack, versions=versions)
    manifest = found.parse()
    _check_ranges(manifest, versions)
    lock = session.read_lock(found)
    documents, lines = [], []
    for resolved in session.kit(found, manifest).resolve(tuple(asked)):
        origins = origins_of(
            resolved,
            manifest.artifacts[resolved.name],
            document=manifest.document,
            lock=lock.document if lock else None,
        )
        origins["platform"] = session.target_origin
        documents.append(_as_json(resolved, origins))
        lines += _as_lines(resolved, origins)
    session.emit({"manifest": manifest.document, "artifacts": documents}, lines)
    return 0


def _split(text: str) -> tuple[str, str]:
    name, _, range_ = text.partition("@")
    return name, range_


def _check_ranges(manifest: Manifest, versions: Mapping[str, str]) -> None:
    """Refuse a range for what has one version, which nobody could choose from."""
    for name, range_ in versions.items():
        if name in manifest.artifacts and not manifest.is_listed(name):
            raise UsageError(
                f"{name}@{range_}: {manifest.document} gives {name} one version",
                hint=f"Take it from a manifest.yml by `from`, or ask for {name}.",
            )


def _as_json(resolved: Resolved, origins: Mapping[str, str]) -> dict[str, Any]:
    return {
        "name": resolved.name,
        "version": resolved.version,
        "platform": resolved.target.name,
        "urls": [str(location.url) for location in resolved.locations],
        "signatures": [
            str(location.signature)
            for location in resolved.locations
            if location.signature is not None
        ],
        "signed_by": {key.name: list(key.fingerprints) for key in resolved.signed_by},
        "signers": resolved.signers if resolved.is_signed else 0,
        "digest": str(resolved.sha256) if resolved.sha256 else None,
        "size": resolved.size,
        "mutable": resolved.is_mutable,
        "origins": dict(origins),
    }


def _as_lines(resolved: Resolved, origins: Mapping[str, str]) -> list[str]:
    urls = [("url", str(location.url)) for location in resolved.locations]
    signature = resolved.locations[0].signature
    keys = [
        ("signed by", f"{key.name} ({', '.join(key.fingerprints)})")
        for key in resolved.signed_by
        if resolved.is_signed
    ]
    return facts(
        f"{resolved.name} {resolved.version} for {resolved.target}",
        [
            *urls,
            ("signature", str(signature) if signature else None),
            *keys,
            ("digest", str(resolved.sha256) if resolved.sha256 else "not pinned"),
            ("unverified", resolved.unverified_reason),
            *((f"{name} from", place) for name, place in origins.items()),
        ],
    )
