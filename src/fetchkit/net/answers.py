"""What a status line, headers and first bytes tell us. Pure.

Decides which answers carry an artifact (RFC 9110, sections 8, 10 and 15), and
says why the others do not.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fetchkit.errors import (
    HttpStatusError,
    PartError,
    RefusedError,
    TooLargeError,
    WebPageError,
)
from fetchkit.ports import Validators

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fetchkit.ports import Span
    from fetchkit.urls import Url

OK = 200
PARTIAL = 206
NOT_MODIFIED = 304
UNSATISFIABLE = 416

_STATUS_HINTS = {
    401: "The server asks for credentials: put them into the url, or use a mirror.",
    403: "Check the url and version: object stores answer 403 for what is not there.",
    404: "Check the url and version: nothing is published there.",
    407: "Put the proxy's user and password into https_proxy.",
    410: "It was withdrawn: choose another version.",
    429: "Too many requests: wait, or use a mirror.",
}

_COMPRESSED = (
    ".gz", ".tgz", ".bz2", ".tbz", ".tbz2", ".xz", ".txz", ".lzma", ".zst", ".tzst",
    ".br", ".z", ".zip", ".jar", ".whl", ".apk", ".deb", ".rpm", ".svgz",
)  # fmt: skip

_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)")

_MAX_VALIDATOR_CHARS = 1024
"""Longer than any entity tag in use; what is longer we could not store and repeat."""

_MAX_PAGE_PREFIX = 512
"""Comments and space a page may start with before it has to say what it is."""


def check_status(
    status: int,
    url: Url,
    *,
    conditional: bool,
    partial: bool = False,
    retry_after: float | None = None,
) -> None:
    """Refuse every answer that does not carry the artifact, or the part asked for.

    Args:
        conditional: whether validators were sent, so that 304 is an answer.
        partial: whether a part was asked for, so that 206 is one.

    Raises:
        HttpStatusError: 4xx and 5xx.
        RefusedError: any other status; a 2xx besides 200 has no body, a part of
            it, or one that somebody on the way changed.
    """
    if status == OK or (status == NOT_MODIFIED and conditional):
        return
    if status == PARTIAL and partial:
        return
    if status == UNSATISFIABLE and partial:
        raise PartError(f"{url}: HTTP {status}: there is no such part of it")
    if status >= 400:
        raise HttpStatusError(
            f"{url}: HTTP {status}",
            status=status,
            retry_after=retry_after,
            hint=_STATUS_HINTS.get(status),
        )
    reason = "nothing was asked about it" if status == NOT_MODIFIED else "no artifact"
    raise RefusedError(f"{url}: HTTP {status}: {reason}")


def check_coding(coding: str, *urls: Url) -> None:
    """Refuse a content coding that was put on by the way.

    We ask for ``identity`` and never decode. Some servers name the file's own
    compression as its coding, so a coding on what looks compressed is taken as
    that: the raw bytes are the published ones. On anything else it is not, and
    the bytes would match no digest.

    Args:
        urls: the addresses of this answer, before and after redirects.

    Raises:
        RefusedError: a coding other than ``identity`` on an uncompressed name.
    """
    if coding.strip().lower() in {"", "identity"}:
        return
    if any(url.last_part.lower().endswith(_COMPRESSED) for url in urls):
        return
    raise RefusedError(
        f"{urls[-1]}: the answer is coded as `{coding[:40]}`, `identity` was asked"
    )


def check_size(size: int | None, limit: int, url: Url) -> None:
    """Refuse early what is announced as too large.

    Raises:
        TooLargeError: `size` is known and above `limit`.
    """
    if size is not None and size > limit:
        raise TooLargeError(f"{url}: announces {size} bytes, the limit is {limit}")


def parse_length(headers: Mapping[str, str]) -> int | None:
    """The announced length of the body, or None if none is announced.

    A chunked body has none, whatever else is said (RFC 9112, 6.3).
    """
    text = headers.get("content-length", "").strip()
    if "transfer-encoding" in headers or not (text.isascii() and text.isdigit()):
        return None
    return int(text)


def render_range(span: Span) -> dict[str, str]:
    """The headers that ask for `span`.

    Without an entity tag nothing says what the part has to be of: then a digest,
    or a comparison with what came before, has to.
    """
    last = "" if span.stop is None else str(span.stop - 1)
    headers = {"Range": f"bytes={span.start}-{last}"}
    if span.etag:
        headers["If-Range"] = span.etag
    return headers


def check_part(headers: Mapping[str, str], span: Span, url: Url) -> int | None:
    """Refuse a part that is not the one asked for (RFC 9110, 14.4 and 15.3.7).

    Returns:
        The size of the whole file, if the server knows it.

    Raises:
        PartError: another part, of another size, or of another version.
    """
    text = headers.get("content-range", "").strip()
    match = _CONTENT_RANGE.fullmatch(text)
    if match is None:
        raise PartError(f"{url}: a part without a place: `{text[:60]}`")
    start, last, total = match.groups()
    size = None if total == "*" else int(total)
    stop = span.stop if span.stop is not None else size
    if int(start) != span.start or (stop is not None and int(last) + 1 != stop):
        raise PartError(
            f"{url}: asked for the part from byte {span.start}, got `{text}`"
        )
    length = parse_length(headers)
    if length is not None and length != int(last) + 1 - int(start):
        raise PartError(f"{url}: sends {length} bytes as the part `{text}`")
    if None not in {size, span.size} and size != span.size:
        raise PartError(f"{url}: has {size} bytes now, {span.size} before")
    etag = headers.get("etag")
    if span.etag and etag and etag != span.etag:
        raise PartError(f"{url}: changed while it was fetched: {etag}, was {span.etag}")
    return size


def is_strong(etag: str | None) -> bool:
    """Whether two answers with this tag have the same bytes (RFC 9110, 8.8.1)."""
    return bool(etag) and str(etag).startswith('"')


def parse_validators(headers: Mapping[str, str]) -> Validators:
    """The validators of an answer, as far as they can be sent back unchanged."""
    return Validators(
        etag=_repeatable(headers.get("etag")),
        last_modified=_repeatable(headers.get("last-modified")),
    )


def parse_retry_after(text: str | None, *, now: float) -> float | None:
    """Seconds a server asks us to wait; None if it does not, or says it badly.

    Args:
        text: a count of seconds or an HTTP date (RFC 9110, 10.2.3).
        now: seconds since the epoch.
    """
    if not text:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    from email.utils import parsedate_to_datetime  # heavy, and rarely needed

    try:
        moment = parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return None
    return max(0.0, moment - now)


def looks_like_page(content_type: str, first_bytes: bytes) -> bool:
    """Whether a body is a web page: a login, a block notice, a "not found".

    The bytes decide. A content type alone is no proof: servers that do not know
    a suffix call binaries ``text/html``; it only makes any markup enough.
    """
    start = (
        first_bytes[:_MAX_PAGE_PREFIX].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    )
    if start.startswith((b"<!doctype html", b"<html")):
        return True
    kind = content_type.partition(";")[0].strip().lower()
    return kind in {"text/html", "application/xhtml+xml"} and start.startswith(b"<")


def check_is_no_page(content_type: str, first_bytes: bytes, url: Url) -> None:
    """Refuse a web page where an artifact is expected.

    Raises:
        WebPageError: `looks_like_page`.
    """
    if looks_like_page(content_type, first_bytes):
        raise WebPageError(
            f"{url}: the server returned a web page",
            hint="A login, a block page, or a url meant for people: open it in a "
            "browser and copy the address of the file itself.",
        )


def _repeatable(text: str | None) -> str | None:
    if (
        text
        and len(text) <= _MAX_VALIDATOR_CHARS
        and text.isascii()
        and text.isprintable()
    ):
        return text
    return None
