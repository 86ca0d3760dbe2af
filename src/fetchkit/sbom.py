"""What is installed, as a bill of materials in CycloneDX 1.5 JSON.

Pure and deterministic: no times, no chance; the serial number is derived from what
is listed. https://cyclonedx.org/docs/1.5/json/ is the format.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from fetchkit import __version__
from fetchkit.digest import Digest
from fetchkit.values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fetchkit.receipt import Receipt, ReceiptItem

MEDIA_TYPE = "application/vnd.cyclonedx+json"
SPEC_VERSION = "1.5"

_IN_URLS = ":/?#[]@!$&'()*+,;=%~"
"""What stands in a url as it is (RFC 3986); anything else a url may not hold."""


@frozen
class Component:
    """One installed artifact, as far as a bill of materials tells it."""

    name: str
    version: str
    target: str
    """``os-arch``."""
    url: str
    """Where it came from, masked."""
    digest: Digest
    size: int
    rule: str
    """Why it is trusted, in one phrase."""
    signers: tuple[str, ...] = ()
    """Fingerprints of the primary keys that signed."""
    license: str = ""

    @property
    def purl(self) -> str:
        """The package url (https://github.com/package-url/purl-spec), type generic."""
        return (
            f"pkg:generic/{quote(self.name, safe='')}@{quote(self.version, safe='')}"
            f"?checksum={self.digest}&download_url={quote(self.url, safe='')}"
        )


def component_of(item: ReceiptItem, target: str) -> Component:
    """The component that an item of a receipt is."""
    return Component(
        name=item.name,
        version=item.version,
        target=target,
        url=item.url,
        digest=item.digest,
        size=item.size,
        rule=item.evidence.rule,
        signers=tuple(dict.fromkeys(each.primary for each in item.evidence.signers)),
        license=item.license,
    )


def components_of(receipts: Iterable[Receipt]) -> tuple[Component, ...]:
    """Every component that `receipts` list."""
    return tuple(
        component_of(item, receipt.inputs.target)
        for receipt in receipts
        for item in receipt.items
    )


def document_component(component: Component) -> dict[str, Any]:
    """`component` as plain values, from which `parse_component` makes it again."""
    return {
        "name": component.name,
        "version": component.version,
        "target": component.target,
        "url": component.url,
        "digest": str(component.digest),
        "size": component.size,
        "rule": component.rule,
        "signers": list(component.signers),
        "license": component.license,
    }


def parse_component(document: Mapping[str, Any]) -> Component:
    """The component that `document_component` wrote down.

    Raises:
        KeyError, TypeError, ValueError, InvalidValueError: it was not written by it.
    """
    return Component(
        name=str(document["name"]),
        version=str(document["version"]),
        target=str(document["target"]),
        url=str(document["url"]),
        digest=Digest.parse(document["digest"]),
        size=int(document["size"]),
        rule=str(document["rule"]),
        signers=tuple(str(each) for each in document["signers"]),
        license=str(document["license"]),
    )


def render_sbom(components: Iterable[Component]) -> bytes:
    """A bill of materials of `components`: equal ones give equal bytes."""
    ordered = sorted(components, key=lambda each: (each.name, each.purl, each.target))
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": SPEC_VERSION,
        "version": 1,
        "metadata": {
            "tools": {
                "components": [
                    {"type": "application", "name": "fetchkit", "version": __version__}
                ]
            }
        },
        "components": [_render(each) for each in ordered],
    }
    document["serialNumber"] = _serial_number(_json(document))
    return _json(document)


def _render(component: Component) -> dict[str, Any]:
    hashes = [{"alg": "SHA-256", "content": component.digest.hex}]
    document: dict[str, Any] = {
        "type": "application",
        "bom-ref": f"{component.purl}#{component.target}",
        "name": component.name,
        "version": component.version,
        "purl": component.purl,
        "hashes": hashes,
        "externalReferences": [
            {
                "type": "distribution",
                "url": quote(component.url, safe=_IN_URLS),
                "hashes": hashes,
            }
        ],
        "properties": [
            {"name": f"fetchkit:{name}", "value": value}
            for name, value in (
                ("platform", component.target),
                ("size", str(component.size)),
                ("trust", component.rule),
                *(("signer", signer) for signer in component.signers),
            )
        ],
    }
    if component.license:
        document["licenses"] = [{"expression": component.license}]
    return document


def _serial_number(data: bytes) -> str:
    """A UUID of version 8 (RFC 9562), made of the digest of `data`."""
    digits = Digest.of(data).hex
    return (
        f"urn:uuid:{digits[:8]}-{digits[8:12]}-8{digits[13:16]}"
        f"-8{digits[17:20]}-{digits[20:32]}"
    )


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, indent=1, sort_keys=True).encode() + b"\n"
