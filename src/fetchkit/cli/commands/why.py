"""Say why an artifact is trusted: what was chosen, from where, and who signed it.

Asks the receipt of an installation, or else the cache, whose bytes are verified
anew. Touches no network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fetchkit.cli.account import overrides_of, signers_of
from fetchkit.cli.columns import facts, moment
from fetchkit.errors import OfflineError, UnknownArtifactError
from fetchkit.evidence import render_evidence
from fetchkit.values import frozen

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from fetchkit.artifact import Evidence
    from fetchkit.cli.session import Session
    from fetchkit.digest import Digest

EXAMPLES = """\
  fetchkit why jq
  fetchkit why jq --installed ./vendor --json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own arguments."""
    parser.add_argument("name", metavar="NAME", help="the artifact")
    parser.add_argument(
        "--installed", metavar="DIR", help="ask the receipt below DIR, not the cache"
    )


def run(args: argparse.Namespace, session: Session) -> int:
    """Explain."""
    if args.installed is not None:
        known = _ask_receipts(args.name, args.installed)
    else:
        known = _ask_cache(args.name, session)
    demands = session.config.demand_origins
    document = {**_as_json(known), "demands": dict(demands)}
    session.emit(document, _as_lines(known, demands))
    return 0


@frozen
class _Known:
    """What is known of one artifact, whoever knows it."""

    name: str
    version: str
    platform: str
    source: str
    url: str
    digest: Digest
    origins: Mapping[str, str]
    evidence: Evidence


def _ask_receipts(name: str, root: str) -> _Known:
    from fetchkit.audit import find_receipts

    receipts = find_receipts(root)
    for receipt in receipts:
        for item in receipt.items:
            if item.name == name:
                return _Known(
                    name=name,
                    version=item.version,
                    platform=receipt.inputs.target,
                    source=f"receipt of {receipt.owner}",
                    url=item.url,
                    digest=item.digest,
                    origins=item.origins,
                    evidence=item.evidence,
                )
    there = ", ".join(item.name for receipt in receipts for item in receipt.items)
    raise UnknownArtifactError(
        f"`{name[:60]}` is not installed in {root}; there is {there}"
    )


def _ask_cache(name: str, session: Session) -> _Known:
    found = session.find()
    kit = session.offline_kit(found, found.parse())
    try:
        (stored,) = kit.fetch([name])
    except OfflineError as error:
        raise OfflineError(
            f"`{name}` is not in the cache: nothing is known of it yet",
            hint=f"Run `fetchkit fetch {name}`, or ask a receipt with --installed DIR.",
        ) from error
    return _Known(
        name=name,
        version=stored.resolved.version,
        platform=stored.resolved.target.name,
        source="cache",
        url=str(stored.resolved.url),
        digest=stored.digest,
        origins=stored.resolved.origins,
        evidence=stored.evidence,
    )


def _as_json(known: _Known) -> dict[str, Any]:
    return {
        "name": known.name,
        "version": known.version,
        "platform": known.platform,
        "known_from": known.source,
        "url": known.url,
        "digest": str(known.digest),
        "overrides": dict(known.origins),
        "evidence": render_evidence(known.evidence),
    }


def _as_lines(known: _Known, demands: Mapping[str, str]) -> list[str]:
    evidence = known.evidence
    expires = evidence.expires_at
    return facts(
        f"{known.name} {known.version} for {known.platform}",
        [
            ("known from", known.source),
            ("url", known.url),
            ("digest", str(known.digest)),
            *overrides_of(known.origins),
            ("accepted", evidence.rule),
            *signers_of(evidence),
            ("signature", str(evidence.signature) if evidence.signature else None),
            ("expires", moment(expires) if expires else None),
            *(
                ("demanded", f"trust.{name} ({origin})")
                for name, origin in demands.items()
            ),
            *(("warning", warning) for warning in evidence.warnings),
        ],
    )
