"""Where the values of a build come from, and who vouches for it: for people."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from fetchkit.cli.columns import moment
from fetchkit.evidence import render_evidence

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fetchkit.artifact import Artifact, Evidence, Resolved
    from fetchkit.kit import Outcome


def origins_of(
    resolved: Resolved, artifact: Artifact, *, document: str, lock: str | None
) -> dict[str, str]:
    """For each value of a build that was chosen, the place it is from.

    Args:
        artifact: as the manifest has it.
        document: what the manifest calls itself.
        lock: what the lock calls itself, if it decides.
    """
    platform = resolved.target.name
    override = artifact.platforms.get(platform)
    own = f"{document}: {artifact.place}"
    special = f"{own}.platforms.{platform}"
    found = {
        "version": lock or f"{own}.version",
        "url": f"{special}.url" if override and override.url else f"{own}.url",
    }
    if resolved.is_signed:
        is_special = override is not None and override.signature is not None
        found["signature"] = f"{special if is_special else own}.signature"
        found["signed_by"] = f"{own}.signed_by"
    if resolved.sha256 is not None:
        is_special = override is not None and override.sha256 is not None
        found["digest"] = lock or f"{special if is_special else own}.sha256"
    for name, variable in resolved.origins.items():
        found[name] = f"environment variable {variable}"
    return found


def describe_outcome(outcome: Outcome, root: str) -> dict[str, Any]:
    """What an installation came to, for ``--json``."""
    return {
        "root": os.path.abspath(root),
        "unchanged": outcome.is_unchanged,
        "removed": list(outcome.removed),
        "artifacts": [
            {
                "name": item.name,
                "version": item.version,
                "digest": str(item.digest),
                "files": [entry.path for entry in item.entries if entry.kind != "dir"],
                "evidence": render_evidence(item.evidence),
            }
            for item in outcome.receipt.items
        ],
    }


def signers_of(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """One pair for each good signature: who, with what, when."""
    for signer in evidence.signers:
        subkey = (
            f", with subkey {signer.fingerprint}"
            if signer.fingerprint != signer.primary
            else ""
        )
        who = f"{signer.primary} (key {signer.key}){subkey}"
        yield "signer", f"{who}, on {moment(signer.signed_at)}"


def overrides_of(origins: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """One pair for each value that an environment variable gave."""
    for name, variable in origins.items():
        yield "override", f"{name} is from environment variable {variable}"
