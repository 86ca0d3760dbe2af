"""One PUT of one file. Imported by need only: this module loads httpx."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from fetchkit.digest import CHUNK_BYTES
from fetchkit.errors import HttpStatusError, NetworkError, TransferCancelledError
from fetchkit.net.faults import translated
from fetchkit.net.pace import Pace
from fetchkit.net.redirects import first_hop
from fetchkit.net.transport import timeouts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    import httpx

    from fetchkit.net.settings import NetSettings
    from fetchkit.ports import Cancel
    from fetchkit.urls import Url

_TAKEN = frozenset({200, 201, 202, 204, 412})
"""412: it is there already, and what is named by its digest cannot differ."""


def put(
    client: httpx.Client,
    settings: NetSettings,
    url: Url,
    path: str,
    *,
    cancel: Cancel,
) -> None:
    """Put the file at `path` to `url`.

    A redirect is refused: the bytes, and what proves that we may write, are meant
    for this server alone.

    Raises:
        HttpStatusError: the server did not take it.
        NetworkError: it could not be reached, or the file could not be read.
    """
    hop = first_hop(url)
    try:
        file = open(path, "rb")  # noqa: SIM115 -- closed below, with its own errors
    except OSError as error:
        raise NetworkError(f"{path}: {error.strerror}") from None
    pace = Pace(hop.url, settings, cancel=cancel)
    headers = {
        "Content-Length": str(os.fstat(file.fileno()).st_size),
        "Content-Type": "application/octet-stream",
    }
    if hop.authorization:
        headers["Authorization"] = hop.authorization
    with file, translated(hop.url, settings):
        request = client.build_request(
            "PUT",
            hop.url.secret,
            headers=headers,
            content=_read(file, hop.url, cancel),
            extensions={"timeout": timeouts(pace, settings)},
        )
        response = client.send(request, stream=True)
        response.close()
    if response.status_code not in _TAKEN:
        status = response.status_code
        raise HttpStatusError(f"{hop.url}: HTTP {status} to PUT", status=status)


def _read(file: BinaryIO, url: Url, cancel: Cancel) -> Iterator[bytes]:
    while chunk := file.read(CHUNK_BYTES):
        if cancel.is_set():
            raise TransferCancelledError(f"{url}: transfer given up")
        yield chunk
