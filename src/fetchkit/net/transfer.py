"""One transfer: the requests of a chain of redirects, then the body at its end.

Imported by need only: this module loads httpx.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import httpcore

from fetchkit.errors import NetworkError, TooLargeError
from fetchkit.net import answers
from fetchkit.net.faults import translated
from fetchkit.net.pace import Pace
from fetchkit.net.redirects import REDIRECTS, Hop, first_hop, next_hop
from fetchkit.net.transport import timeouts

if TYPE_CHECKING:
    from collections.abc import Generator

    import httpx

    from fetchkit.net.settings import NetSettings
    from fetchkit.ports import Cancel, Clock, Validators
    from fetchkit.urls import Url

_MAX_DRAIN_BYTES = 64 * 1024
"""A redirect's body up to this size is read, so that its connection can be kept."""


class Transfer:
    """What one call of `HttpSource.open` does on the wire."""

    def __init__(
        self,
        client: httpx.Client,
        settings: NetSettings,
        *,
        clock: Clock,
        cancel: Cancel | None,
    ) -> None:
        self._client = client
        self._settings = settings
        self._clock = clock
        self._cancel = cancel
        total = settings.total_timeout
        self._deadline = None if total is None else time.monotonic() + total

    def follow(
        self, url: Url, validators: Validators
    ) -> tuple[Hop, httpx.Response, Pace]:
        """Ask for `url` and go where its answers send us.

        Returns:
            The last hop, its answer (200, or 304 to `validators`) with the body
            still to be read and to be closed, and the pace to read it at.

        Raises:
            NetworkError: no usable answer; nothing is left open.
        """
        hop = first_hop(url)
        while True:
            pace = Pace(
                hop.url, self._settings, cancel=self._cancel, deadline=self._deadline
            )
            response = self._send(hop, validators, pace)
            try:
                if response.status_code not in REDIRECTS:
                    self._check(response, hop, validators)
                    return hop, response, pace
                self._drain(response, hop, pace)
            except BaseException:
                response.close()
                raise
            response.close()
            location = response.headers.get("location")
            hop = next_hop(hop, location, limit=self._settings.max_redirects)

    def read(
        self,
        response: httpx.Response,
        url: Url,
        pace: Pace,
        *,
        size: int | None,
        limit: int,
    ) -> Generator[bytes, None, None]:
        """The raw bytes of the body, each chunk counted before it is handed on.

        Raises:
            TooLargeError: more than `limit` bytes came.
            NetworkError: fewer than announced came, or they came too slowly.
        """
        received = 0
        with translated(url, self._settings):
            try:
                for chunk in response.iter_raw():
                    received += len(chunk)
                    if received > limit:
                        raise TooLargeError(
                            f"{url}: more than {limit} bytes arrived, the limit"
                        )
                    yield chunk
                    pace.check_cancelled()
            except (httpcore.RemoteProtocolError, httpcore.ReadError):
                expected = "unknown" if size is None else size
                raise NetworkError(
                    f"{url}: got {received} of {expected} bytes"
                ) from None

    def _send(self, hop: Hop, validators: Validators, pace: Pace) -> httpx.Response:
        headers = {}
        if hop.authorization:
            headers["Authorization"] = hop.authorization
        if validators.etag:
            headers["If-None-Match"] = validators.etag
        if validators.last_modified:
            headers["If-Modified-Since"] = validators.last_modified
        pace.check_cancelled()
        with translated(hop.url, self._settings):
            request = self._client.build_request(
                "GET",
                hop.url.secret,
                headers=headers,
                extensions={"timeout": timeouts(pace, self._settings)},
            )
            response = self._client.send(request, stream=True)
        pace.begin_body()
        return response

    def _check(
        self, response: httpx.Response, hop: Hop, validators: Validators
    ) -> None:
        answers.check_status(
            response.status_code,
            hop.url,
            conditional=bool(validators),
            retry_after=answers.parse_retry_after(
                response.headers.get("retry-after"), now=self._clock()
            ),
        )

    def _drain(self, response: httpx.Response, hop: Hop, pace: Pace) -> None:
        size = answers.parse_length(response.headers)
        if size is not None and size <= _MAX_DRAIN_BYTES:
            for _ in self.read(response, hop.url, pace, size=size, limit=size):
                pass
