"""Signatures and keys: the small files that vouch for a binary.

They are fetched beside the binary, kept in the cache once what they vouch for has
been verified, and asked for again whenever the binary is.
"""

from __future__ import annotations

import os
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING

from fetchkit.checksums import MAX_CHECKSUM_BYTES
from fetchkit.digest import Digest
from fetchkit.errors import (
    BadSignatureError,
    HttpStatusError,
    NetworkError,
    StorageError,
    TooLargeError,
    UnsignedError,
    UntrustedKeyError,
    WebPageError,
)
from fetchkit.evidence import policy_digest
from fetchkit.keyring import load_key
from fetchkit.openpgp import (
    MAX_KEY_BYTES,
    MAX_SIGNATURE_BYTES,
    SignatureFile,
    read_signatures,
)
from fetchkit.ports import Validators
from fetchkit.retry import plan_retry
from fetchkit.store.memory import Remembered
from fetchkit.values import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fetchkit.artifact import Key, Location, Resolved
    from fetchkit.equipment import Equipment
    from fetchkit.keyring import LoadedKey
    from fetchkit.ports import Cancel
    from fetchkit.urls import Url

_GONE = frozenset({403, 404, 410})
_WHAT = {"signature": "signature", "checksums": "checksum file"}


class Freshness(Enum):
    """How far a small file that the cache holds is enough."""

    CACHED = "as it is"
    CURRENT = "if the publisher says that it has not changed"
    ANEW = "not at all"


@frozen
class Document:
    """A small file as it was published."""

    url: Url
    data: bytes
    validators: Validators
    is_cached: bool = False
    """It came from the cache: there is nothing to keep."""

    @property
    def digest(self) -> Digest:
        """Of the bytes as published."""
        return Digest.of(self.data)


@frozen
class Vouching:
    """All that decides, besides the bytes themselves, whether they are trusted."""

    signature: Document | None = None
    """The detached signature; None where a checksum file is not signed."""
    signature_file: SignatureFile | None = None
    """The same, sorted out."""
    checksums: Document | None = None
    """The list that gives the digest; if it is there, the signature is over it."""
    keys: tuple[LoadedKey, ...] = ()

    @property
    def documents(self) -> tuple[Document, ...]:
        """Signature and list, as far as there are such."""
        return tuple(each for each in (self.signature, self.checksums) if each)

    def policy(self, resolved: Resolved) -> Digest:
        """The question that a verdict on `resolved` answers."""
        return policy_digest(
            resolved,
            signature=self.signature.digest if self.signature else None,
            checksums=self.checksums.digest if self.checksums else None,
            keys=[key.digest for key in self.keys],
        )


class Documents:
    """Finds what vouches for an artifact. Shared by threads; a key is read once."""

    def __init__(self, equipment: Equipment) -> None:
        self._equipment = equipment
        self._cache = equipment.cache
        self._pool = ThreadPoolExecutor(equipment.jobs, thread_name_prefix="keys")
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._keys: dict[tuple[str, Freshness], Future[tuple[LoadedKey, ...]]] = {}
        self._fetched: dict[Url, Document] = {}

    def close(self) -> None:
        """Let the threads end."""
        self._closed.set()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def vouching(
        self,
        resolved: Resolved,
        location: Location,
        cancel: Cancel,
        *,
        freshness: Freshness,
    ) -> Vouching:
        """What vouches for `resolved` at `location`: signature, list and keys.

        Args:
            freshness: how far what the cache holds is enough.

        Raises:
            UnsignedError: there is no signature, or no list.
            BadSignatureError: what is there is no detached signature.
            UntrustedKeyError: a key is not the pinned one, or is unusable.
            NetworkError: one of them cannot be had.
        """
        pending = [self._key(key, freshness=freshness) for key in resolved.signed_by]
        get = partial(self._vouching_file, resolved, cancel, freshness=freshness)
        checksums = signature = parsed = None
        if location.checksums is not None:
            checksums = get("checksums", location.checksums, MAX_CHECKSUM_BYTES)
        url = location.signature or location.checksums_signature
        if url is not None:
            signature = get("signature", url, MAX_SIGNATURE_BYTES)
            parsed = read_signatures(
                signature.data, subject=f"`{resolved.name}`: signature {url}"
            )
        keys = tuple(key for future in pending for key in future.result())
        return Vouching(
            signature=signature,
            signature_file=parsed,
            checksums=checksums,
            keys=keys,
        )

    @property
    def _todays(self) -> Freshness:
        """As current as this run can have it."""
        return Freshness.CACHED if self._equipment.is_offline else Freshness.CURRENT

    def vouchings(
        self, artifacts: Sequence[Resolved]
    ) -> tuple[tuple[Resolved, Vouching], ...]:
        """What vouches for each of `artifacts` today, at its publisher's.

        Raises:
            FetchkitError: as `vouching`, the first that failed.
        """
        cancel = threading.Event()

        def find(resolved: Resolved) -> Vouching:
            return self.vouching(
                resolved,
                resolved.locations[0],
                cancel,
                freshness=self._todays,
            )

        # Not the pool of the keys: these wait for it.
        with ThreadPoolExecutor(self._equipment.jobs) as workers:
            try:
                found = list(workers.map(find, artifacts))
            finally:
                cancel.set()
        return tuple(zip(artifacts, found, strict=True))

    def keys(self, key: Key, *, freshness: Freshness) -> tuple[LoadedKey, ...]:
        """The public keys that `key` pins, as `vouching` takes them.

        Raises:
            UntrustedKeyError: what is found is not the pinned key, or is unusable.
            InputError: a key file is named that does not exist.
            NetworkError: the key cannot be had.
        """
        return self._key(key, freshness=freshness).result()

    def remembers(self, resolved: Resolved, location: Location) -> bool:
        """Whether the cache knows any file that would vouch for `resolved`."""
        urls = [
            location.signature,
            location.checksums,
            location.checksums_signature,
            *(key.url for key in resolved.signed_by),
        ]
        recall = self._cache.memory.recall
        return any(recall(url) is not None for url in urls if url is not None)

    def keep(self, vouching: Vouching) -> None:
        """Put what vouched for verified bytes into the cache."""
        with self._lock:
            keys = [
                document
                for key in vouching.keys
                if key.key.url and (document := self._fetched.get(key.key.url))
            ]
        for document in (*vouching.documents, *keys):
            if document.is_cached:
                continue
            digest = self._cache.blobs.put(document.data)
            remembered = Remembered(
                digest=digest,
                size=len(document.data),
                validators=document.validators,
            )
            self._cache.memory.remember(document.url, remembered)

    def _vouching_file(
        self,
        resolved: Resolved,
        cancel: Cancel,
        kind: str,
        url: Url,
        limit: int,
        *,
        freshness: Freshness,
    ) -> Document:
        locked = resolved.documents.get(kind)
        data = self._cache.read(locked, limit=limit) if locked else None
        if data is not None:
            return Document(url=url, data=data, validators=Validators(), is_cached=True)
        what = _WHAT[kind]
        try:
            return self._get(
                url,
                limit,
                cancel,
                freshness=freshness,
                hints=resolved.needs_verifier,
            )
        except TooLargeError as error:
            raise BadSignatureError(
                f"`{resolved.name}`: {url} is larger than {limit} bytes, so it is no "
                f"{what}",
                hint="Check its url in the manifest.",
            ) from error
        except WebPageError as error:
            raise BadSignatureError(
                f"`{resolved.name}`: {url} is a web page, not a {what}",
                hint=error.hint,
            ) from error
        except HttpStatusError as error:
            if error.status not in _GONE:
                raise
            raise UnsignedError(
                f"`{resolved.name}`: there is no {what}: {error.message}",
                hint="Check its url in the manifest; the publisher may not have made "
                "one for this version.",
            ) from error

    def _key(self, key: Key, *, freshness: Freshness) -> Future[tuple[LoadedKey, ...]]:
        with self._lock:
            pending = self._keys.get((key.name, freshness))
            if pending is None:
                pending = self._pool.submit(self._load, key, freshness=freshness)
                self._keys[key.name, freshness] = pending
            return pending

    def _load(self, key: Key, *, freshness: Freshness) -> tuple[LoadedKey, ...]:
        def fetch(url: Url) -> bytes:
            try:
                # A key is shared: that one artifact failed must not stop it.
                document = self._get(
                    url, MAX_KEY_BYTES, self._closed, freshness=freshness
                )
            except TooLargeError as error:
                raise UntrustedKeyError(
                    f"key `{key.name}`: {url} is larger than {MAX_KEY_BYTES} bytes",
                    hint="Publish the key alone, without the signatures of others.",
                ) from error
            except WebPageError as error:
                raise UntrustedKeyError(
                    f"key `{key.name}`: {url} is a web page, not a public key",
                    hint=error.hint,
                ) from error
            with self._lock:
                self._fetched[url] = document
            return document.data

        return load_key(
            key,
            key_dirs=self._equipment.key_dirs,
            bundled=self._equipment.read_bundled,
            fetch=fetch,
            now=self._equipment.clock(),
        )

    def _get(
        self,
        url: Url,
        limit: int,
        cancel: Cancel,
        *,
        freshness: Freshness,
        hints: bool = True,
    ) -> Document:
        """A small file: from the cache, or from its url, retried where that helps.

        Args:
            hints: look in layers too: a pinned key will prove it, or it is one.
        """
        known = None
        if freshness is not Freshness.ANEW:
            known = self._recall(url, limit, hints=hints)
        if known is not None and freshness is Freshness.CACHED:
            return known
        attempt = 0
        while True:
            attempt += 1
            try:
                with self._equipment.tracer.span("document", url=str(url)):
                    return self._ask(url, limit, known, cancel)
            except NetworkError as error:
                delay = plan_retry(error, attempt, jitter=os.urandom(1)[0] / 256)
                if delay is None or cancel.is_set():
                    raise
                self._equipment.reporter.retrying(url, error, delay)
                cancel.wait(delay)

    def _ask(
        self, url: Url, limit: int, known: Document | None, cancel: Cancel
    ) -> Document:
        validators = known.validators if known else None
        # One byte more than allowed, so that the reader can say what it is.
        opened = self._equipment.source.open(
            url, limit=limit + 1, validators=validators, cancel=cancel
        )
        with opened as body:
            if body.not_modified and known is not None:
                return known
            return Document(
                url=url, data=b"".join(body.chunks), validators=body.validators
            )

    def _recall(self, url: Url, limit: int, *, hints: bool) -> Document | None:
        own = self._cache.memory.recall(url)
        remembered = own or self._cache.recall(url, hints=hints)
        if remembered is None:
            return None
        data = None
        with suppress(StorageError):
            data = self._cache.read(remembered.digest, limit=limit)
        if data is None:
            return None
        return Document(
            url=url,
            data=data,
            validators=remembered.validators,
            is_cached=own is not None,
        )
