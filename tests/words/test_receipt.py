"""Receipts and evidence: what is written is read back, and nothing else passes."""

from __future__ import annotations

import datetime
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fetchkit.artifact import (
    Entry,
    Evidence,
    ExpiryException,
    Installation,
    Key,
    Location,
    Resolved,
    Signer,
)
from fetchkit.digest import Digest
from fetchkit.errors import StorageError
from fetchkit.evidence import parse_evidence, policy_digest, render_evidence
from fetchkit.paths import RelPath
from fetchkit.receipt import (
    Inputs,
    Receipt,
    ReceiptItem,
    is_reserved,
    parse_receipt,
    render_receipt,
)
from fetchkit.target import Target
from fetchkit.urls import Url
from fetchkit.values import fields as fields_of
from fetchkit.values import replace

if TYPE_CHECKING:
    from collections.abc import Callable

_DIGESTS = st.binary(min_size=1).map(Digest.of)
_NUMBERS = st.integers(0, 2**62)
_MAPS = st.dictionaries(st.text(max_size=9), st.text(max_size=9), max_size=3)
_PATHS = st.sampled_from(["a", "a/b", "vendor/x-1", "ü"]).map(RelPath)
_SIGNERS = st.builds(
    Signer,
    primary=st.text(),
    fingerprint=st.text(),
    signed_at=_NUMBERS,
    key=st.text(),
)
_EVIDENCE = st.builds(
    Evidence,
    rule=st.text(),
    signers=st.lists(_SIGNERS, max_size=2).map(tuple),
    signature=st.none() | _DIGESTS,
    pinned=st.booleans(),
    warnings=st.lists(st.text(), max_size=2).map(tuple),
    expires_at=st.none() | _NUMBERS,
)
_ENTRIES = st.one_of(
    st.builds(
        Entry,
        path=_PATHS,
        kind=st.just("file"),
        mode=st.sampled_from([0o644, 0o755]),
        size=_NUMBERS,
        sha256=_DIGESTS.map(lambda digest: digest.hex),
    ),
    st.builds(Entry, path=_PATHS, kind=st.just("dir")),
    st.builds(Entry, path=_PATHS, kind=st.just("link"), target=st.text()),
)
_INSTALLATIONS = st.builds(
    Installation,
    dir=_PATHS | st.just(RelPath(".")),
    file=st.none() | _PATHS,
    links=st.dictionaries(_PATHS, _PATHS, max_size=2),
    path=st.lists(_PATHS, max_size=2).map(tuple),
    env=_MAPS,
    strip=st.integers(0, 9),
    include=st.lists(st.text(), max_size=2).map(tuple),
    executable=st.booleans(),
)
_ITEMS = st.builds(
    ReceiptItem,
    name=st.text(),
    version=st.text(),
    url=st.text(),
    digest=_DIGESTS,
    size=_NUMBERS,
    is_mutable=st.booleans(),
    evidence=_EVIDENCE,
    installation=_INSTALLATIONS,
    origins=_MAPS,
    entries=st.lists(_ENTRIES, max_size=3).map(tuple),
)
_RECEIPTS = st.builds(
    Receipt,
    owner=st.text(),
    inputs=st.builds(
        Inputs,
        manifest=st.text(),
        target=st.text(),
        environ=_MAPS,
        names=st.lists(st.text(), max_size=2).map(tuple),
    ),
    items=st.lists(_ITEMS, max_size=2).map(tuple),
)


@given(_EVIDENCE)
def test_evidence_is_read_as_it_was_written(evidence: Evidence) -> None:
    document = json.loads(json.dumps(render_evidence(evidence)))
    assert parse_evidence(document) == evidence


@given(_RECEIPTS)
def test_receipt_is_read_as_it_was_written(receipt: Receipt) -> None:
    data = render_receipt(receipt)
    assert parse_receipt(data, "r") == receipt
    assert render_receipt(parse_receipt(data, "r")) == data


def a_receipt() -> dict[str, Any]:
    """A receipt's document, as JSON gives it."""
    entry = Entry(path=RelPath("a"), kind="file", mode=0o755, size=1, sha256="a" * 64)
    item = ReceiptItem(
        name="n",
        version="1",
        url="u",
        digest=Digest.of(b"x"),
        size=1,
        is_mutable=False,
        evidence=Evidence(rule="r"),
        installation=Installation(dir=RelPath("."), file=RelPath("a")),
        entries=(entry,),
    )
    receipt = Receipt(owner="o", inputs=Inputs(manifest="m", target="t"), items=(item,))
    document: dict[str, Any] = json.loads(render_receipt(receipt))
    return document


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda d: d.update(format=99), id="format of the future"),
        pytest.param(lambda d: d.pop("inputs"), id="no inputs"),
        pytest.param(lambda d: d.update(artifacts=3), id="no artifacts"),
        pytest.param(lambda d: d["artifacts"][0].pop("digest"), id="no digest"),
        pytest.param(lambda d: d["artifacts"].append([]), id="a list as artifact"),
        *(
            pytest.param(
                lambda d, path=path: d["artifacts"][0]["entries"][0].update(path=path),
                id=f"path {path!r}",
            )
            for path in ("../x", "/etc/passwd", "a/../../x", "", "a\nb", "a\0b", 7)
        ),
    ],
)
def test_receipt_that_was_tampered_with_is_none(
    spoil: Callable[[dict[str, Any]], object],
) -> None:
    document = a_receipt()
    spoil(document)
    with pytest.raises(StorageError):
        parse_receipt(json.dumps(document).encode(), "r")


@pytest.mark.parametrize(
    "data", [b"", b"{", b"null", b"[]", b'"x"', b"\xff", b"[" * 100_000, b"{}"]
)
def test_what_is_no_receipt_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(StorageError):
        parse_receipt(data, "r")


@pytest.mark.parametrize(
    ("path", "is_ours"),
    [
        (".fetchkit", True),
        (".fetchkit/x", True),
        (".FETCHKIT/x", True),
        (".fetchkit2", False),
        ("a/.fetchkit", False),
    ],
)
def test_our_own_directory_is_reserved(path: str, *, is_ours: bool) -> None:
    assert is_reserved(path) is is_ours


# ----------------------------------------------- the question a verdict answers

ASKED_EVERY_TIME = {
    "name": "names the artifact in messages",
    "version": "names the artifact in messages",
    "target": "chooses the build; the bytes are what they are",
    "locations": "the signature's own digest is in the question",
    "sha256": "compared on every run",
    "size": "compared on every run",
    "unverified_reason": "nothing is verified, so no verdict is kept",
    "installation": "decides what happens to verified bytes",
    "license": "told to people, decides nothing",
    "wrap": "decides what happens to verified bytes",
    "process": "decides what happens to verified bytes",
    "advise": "decides what happens to verified bytes",
    "origins": "explains a value, changes nothing",
    "is_trusted_by_lock": "asks for a digest, which is compared on every run",
    "documents": "the digest of the signature they lead to is in the question",
}
"""Fields of `Resolved` that a kept verdict does not depend on, and why."""

FOUND_BY = {
    "file": "the digest of what was found is in the question",
    "url": "the digest of what was found is in the question",
}
"""The same for `Key`."""

KEY = Key(name="k", fingerprints=("A" * 40,))
RESOLVED = Resolved(
    name="n",
    version="1",
    target=Target("linux", "amd64"),
    locations=(Location(url=Url.parse("https://h.test/x")),),
    signed_by=(KEY,),
    installation=Installation(dir=RelPath("."), file=RelPath("x")),
)
EXCEPTION = ExpiryException(until=datetime.date(2026, 1, 1), reason="r")


def question(resolved: Resolved = RESOLVED, **changes: Any) -> Digest:
    arguments: dict[str, Any] = {
        "signature": Digest.of(b"s"),
        "checksums": None,
        "keys": [Digest.of(b"1"), Digest.of(b"2")],
    }
    return policy_digest(resolved, **{**arguments, **changes})


def with_key(**changes: Any) -> Resolved:
    return replace(RESOLVED, signed_by=(replace(KEY, **changes),))


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(question(signature=Digest.of(b"t")), id="signature"),
        pytest.param(question(signature=None), id="no signature"),
        pytest.param(question(checksums=Digest.of(b"c")), id="checksums"),
        pytest.param(question(keys=[Digest.of(b"1")]), id="key file"),
        pytest.param(question(replace(RESOLVED, signers=2)), id="signers"),
        pytest.param(question(replace(RESOLVED, signed_by=())), id="keys"),
        pytest.param(question(with_key(name="other")), id="key name"),
        pytest.param(question(with_key(fingerprints=("B" * 40,))), id="fingerprint"),
        pytest.param(question(with_key(allow_expired=EXCEPTION)), id="exception"),
        pytest.param(question(with_key(revoked=("B" * 40,))), id="withdrawn key"),
        pytest.param(question(with_key(min_rsa_bits=4096)), id="demanded bits"),
    ],
)
def test_other_question_is_another_policy(other: Digest) -> None:
    assert other != question()


def test_order_of_key_files_does_not_matter() -> None:
    assert question(keys=[Digest.of(b"2"), Digest.of(b"1")]) == question()


def test_every_field_is_in_the_question_or_named_here() -> None:
    """A new field decides about trust until somebody says why it does not."""
    asked = {"signed_by", "signers", "name", "fingerprints"}
    asked |= {"allow_expired", "revoked", "min_rsa_bits"}
    fields = set(fields_of(Resolved))
    assert fields - asked - set(ASKED_EVERY_TIME) == set()
    fields = set(fields_of(Key))
    assert fields - asked - set(FOUND_BY) == set()
