"""Behaviours of origins that give parts of files: rightly, or in wrong ways."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

from tests.origins.misbehaving import answer, render_head

if TYPE_CHECKING:
    from tests.origins.misbehaving import Behaviour, Request, Wire

_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


def serving(
    body: bytes, *, etag: str | None = '"one"', rate: float | None = None
) -> Behaviour:
    """As a good server does (RFC 9110, 13.1.5 and 14).

    Args:
        rate: most bytes per second of one connection.
    """

    def behave(wire: Wire, request: Request) -> bool:
        tag = {"ETag": etag} if etag else {}
        span = find_span(request, len(body))
        if_range = request.headers.get("if-range")
        if span is None or (if_range is not None and if_range != etag):
            headers = {"Content-Length": str(len(body)), "Accept-Ranges": "bytes"}
            wire.send(render_head(200, {**headers, **tag}))
            return _send(wire, body, rate)
        start, stop = span
        if start >= len(body):
            place = {"Content-Range": f"bytes */{len(body)}"}
            return answer(status=416, headers=place)(wire, request)
        place = {"Content-Range": f"bytes {start}-{stop - 1}/{len(body)}"}
        length = {"Content-Length": str(stop - start)}
        wire.send(render_head(206, {**length, **place, **tag}))
        return _send(wire, body[start:stop], rate)

    return behave


def breaking_off(
    behaviour: Behaviour, body: bytes, *, after: int, etag: str | None = '"one"'
) -> Behaviour:
    """The head and `after` bytes of a whole answer, for the first request alone."""
    first = threading.Lock()

    def behave(wire: Wire, request: Request) -> bool:
        if not first.acquire(blocking=False):
            return behaviour(wire, request)
        head = {"Content-Length": str(len(body)), "Accept-Ranges": "bytes"}
        tag = {"ETag": etag} if etag else {}
        wire.send(render_head(200, {**head, **tag}) + body[:after])
        return False

    return behave


def lying(body: bytes, *, part: Behaviour, rate: float | None = None) -> Behaviour:
    """Right for the whole file, and `part` to whoever asks for a part."""
    whole = serving(body, rate=rate)

    def behave(wire: Wire, request: Request) -> bool:
        return (part if "range" in request.headers else whole)(wire, request)

    return behave


def find_span(request: Request, size: int) -> tuple[int, int] | None:
    """The part that is asked for: its first byte, and the first behind it."""
    match = _RANGE.fullmatch(request.headers.get("range", ""))
    if match is None:
        return None
    return int(match[1]), min(int(match[2]) + 1, size) if match[2] else size


def _send(wire: Wire, data: bytes, rate: float | None) -> bool:
    if rate is None:
        wire.send(data)
        return True
    block = 256 * 1024
    for start in range(0, len(data), block):
        wire.send(data[start : start + block])
        wire.wait(block / rate)
    return True
