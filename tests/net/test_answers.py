from __future__ import annotations

import pytest

from fetchkit.errors import HttpStatusError, RefusedError
from fetchkit.net import answers
from fetchkit.ports import Validators
from fetchkit.urls import Url

URL = Url.parse("https://example.org/tool")
NOW = 1_700_000_000.0  # Tue, 14 Nov 2023 22:13:20 GMT


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("", None),
        ("0", 0),
        ("120", 120),
        (" 7 ", 7),
        ("86400", 86400),
        ("9" * 400, 999_999_999),
        ("Tue, 14 Nov 2023 22:14:20 GMT", 60),
        ("Tue, 14 Nov 2023 22:00:00 GMT", 0),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("Tue, 99 Nov 2023 22:14:20 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_rubbish_is_ignored(
    text: str | None, seconds: float | None
) -> None:
    assert answers.parse_retry_after(text, now=NOW) == seconds


@pytest.mark.parametrize(
    ("content_type", "body", "is_page"),
    [
        ("text/html", b"<!doctype html><p>", True),
        ("", b"\xef\xbb\xbf\r\n<!DOCTYPE html>", True),
        ("application/octet-stream", b"<HTML lang=en>", True),
        ("text/html; charset=utf-8", b"  <head>", True),
        ("application/xhtml+xml", b"<?xml version='1.0'?><html>", True),
        ("text/html", b"\x7fELF\x02\x01\x01", False),
        ("text/html", b"-----BEGIN PGP SIGNATURE-----", False),
        ("text/html", b"", False),
        ("application/xml", b"<?xml version='1.0'?><a/>", False),
        ("", b"#!/bin/sh\n# <html>", False),
    ],
)
def test_a_page_is_known_by_its_first_bytes(
    content_type: str, body: bytes, *, is_page: bool
) -> None:
    assert answers.looks_like_page(content_type, body) is is_page


@pytest.mark.parametrize(
    ("coding", "urls"),
    [
        ("", ["https://example.org/tool"]),
        ("identity", ["https://example.org/tool"]),
        ("gzip", ["https://example.org/tool.TGZ?sig=1"]),
        ("x-gzip", ["https://example.org/tool.gz", "https://cdn.example.org/8f3a"]),
    ],
)
def test_a_coding_that_changes_nothing_is_let_through(
    coding: str, urls: list[str]
) -> None:
    answers.check_coding(coding, *map(Url.parse, urls))


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "identity, gzip"])
def test_a_coding_put_on_by_the_way_is_refused(coding: str) -> None:
    with pytest.raises(RefusedError, match="coded as"):
        answers.check_coding(coding, URL)


def test_not_modified_is_an_answer_only_to_a_condition() -> None:
    answers.check_status(304, URL, conditional=True)
    with pytest.raises(RefusedError):
        answers.check_status(304, URL, conditional=False)


@pytest.mark.parametrize("status", [401, 403, 404, 410, 429])
def test_a_status_people_meet_has_a_hint(status: int) -> None:
    with pytest.raises(HttpStatusError) as caught:
        answers.check_status(status, URL, conditional=False)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("headers", "size"),
    [
        ({}, None),
        ({"content-length": "12"}, 12),
        ({"content-length": "12", "transfer-encoding": "chunked"}, None),
        ({"content-length": "-1"}, None),
    ],
)
def test_a_length_is_known_only_where_it_frames_the_body(
    headers: dict[str, str], size: int | None
) -> None:
    assert answers.parse_length(headers) == size


@pytest.mark.parametrize("etag", ["", '"é"', '"a\tb"', f'"{"x" * 2000}"'])
def test_a_validator_that_cannot_be_repeated_is_not_kept(etag: str) -> None:
    assert answers.parse_validators({"etag": etag}) == Validators()
