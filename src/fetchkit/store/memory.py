"""What a url gave last time, and who vouched for a digest.

Small JSON documents beside the blobs. All of it may be deleted at any time, and
all of it may be wrong: a document that does not read is as good as none, bytes are
hashed whatever it says, and a verdict counts only for exactly its question.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from fetchkit.digest import Digest
from fetchkit.errors import FetchkitError
from fetchkit.evidence import parse_evidence, render_evidence
from fetchkit.fs import write_atomic
from fetchkit.ports import Validators
from fetchkit.values import field, frozen

if TYPE_CHECKING:
    from fetchkit.artifact import Evidence
    from fetchkit.store.layout import Layout
    from fetchkit.urls import Url

MAX_DOCUMENT_BYTES = 64 * 1024
_MALFORMED = (ValueError, KeyError, TypeError, AttributeError, FetchkitError)


@frozen
class Remembered:
    """The last verified answer of a url."""

    digest: Digest
    size: int
    validators: Validators = field(default_factory=Validators)


class Memory:
    """The documents of one cache. Reading never writes, writing is atomic."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def recall(self, url: Url) -> Remembered | None:
        """What `url` gave last time, if that is known."""
        document = read_document(self._layout.memory(url))
        try:
            return Remembered(
                digest=Digest.parse(document["digest"]),
                size=int(document["size"]),
                validators=Validators(
                    etag=document.get("etag"),
                    last_modified=document.get("last_modified"),
                ),
            )
        except _MALFORMED:
            return None

    def remember(self, url: Url, remembered: Remembered) -> None:
        """Note what `url` gave. To be called with verified bytes only.

        Raises:
            StorageError: the cache cannot be written to.
        """
        document = {
            "url": str(url),
            "digest": str(remembered.digest),
            "size": remembered.size,
            "etag": remembered.validators.etag,
            "last_modified": remembered.validators.last_modified,
        }
        write_document(self._layout.memory(url), document)

    def urls(self) -> dict[Digest, tuple[str, ...]]:
        """For each digest that is remembered, the masked urls that gave it."""
        found: dict[Digest, set[str]] = {}
        directory = self._layout.memory_dir
        with suppress(OSError):
            for name in os.listdir(directory):
                document = read_document(os.path.join(directory, name))
                with suppress(*_MALFORMED):
                    digest = Digest.parse(document["digest"])
                    found.setdefault(digest, set()).add(str(document["url"]))
        return {digest: tuple(sorted(urls)) for digest, urls in found.items()}

    def forget(self, url: Url) -> None:
        """Drop what is known of `url`: it turned out to be wrong."""
        with suppress(OSError):
            os.unlink(self._layout.memory(url))

    def verdict(self, digest: Digest, policy: Digest, *, now: float) -> Evidence | None:
        """Who vouched for `digest` under exactly `policy`, if that still holds."""
        document = read_document(self._layout.verdict(digest, policy))
        try:
            if document["digest"] != str(digest) or document["policy"] != str(policy):
                return None
            evidence = parse_evidence(document["evidence"])
        except _MALFORMED:
            return None
        if evidence.expires_at is not None and evidence.expires_at <= now:
            return None
        # An exception is dated; its last day is judged anew, by the verifier.
        return None if evidence.warnings else evidence

    def keep_verdict(self, digest: Digest, policy: Digest, evidence: Evidence) -> None:
        """Note who vouched for `digest` under `policy`.

        Raises:
            StorageError: the cache cannot be written to.
        """
        document = {
            "digest": str(digest),
            "policy": str(policy),
            "evidence": render_evidence(evidence),
        }
        write_document(self._layout.verdict(digest, policy), document)


def read_document(path: str, *, limit: int = MAX_DOCUMENT_BYTES) -> dict[str, Any]:
    """The JSON object at `path`; empty if there is none that reads."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        try:  # unbuffered: a collection reads many thousands of them
            document = json.loads(os.read(descriptor, limit))
        finally:
            os.close(descriptor)
    except (OSError, ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def write_document(path: str, document: dict[str, Any]) -> None:
    """Make `document` the content of `path`, for nobody else to read.

    Raises:
        StorageError: the cache cannot be written to.
    """
    text = json.dumps(document, indent=1, sort_keys=True, ensure_ascii=True)
    write_atomic(path, text.encode() + b"\n", mode=0o600, is_durable=False)
