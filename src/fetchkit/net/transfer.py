"""One transfer: the requests of a chain of redirects, and the answer at its end.

Imported by need only: this module loads httpx.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import httpcore

from fetchkit.errors import DeadlineError, NetworkError, TooLargeError
from fetchkit.net import answers
from fetchkit.net.faults import translated
from fetchkit.net.pace import Pace
from fetchkit.net.redirects import REDIRECTS, Hop, first_hop, next_hop
from fetchkit.net.transport import timeouts

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from fetchkit.net.settings import NetSettings
    from fetchkit.ports import Cancel, Clock, Span, Tracer, Validators
    from fetchkit.urls import Url

_MAX_DRAIN_BYTES = 64 * 1024
"""A redirect's body up to this size is read, so that its connection can be kept."""


class Answer:
    """A head that has arrived, and the body that is about to. Close it."""

    def __init__(
        self, url: Url, response: httpx.Response, pace: Pace, settings: NetSettings
    ) -> None:
        self.url = url
        self.status = response.status_code
        self.headers = response.headers
        self.size = answers.parse_length(response.headers)
        self._response = response
        self._pace = pace
        self._settings = settings

    def close(self) -> None:
        """Give the connection back if the body was read, else close it too."""
        self._response.close()

    def read(self, limit: int) -> Iterator[bytes]:
        """The raw bytes of the body, each chunk counted before it is handed on.

        Raises:
            TooLargeError: more than `limit` bytes came.
            NetworkError: fewer than announced came, or they came too slowly.
        """
        received = 0
        with translated(self.url, self._settings):
            try:
                for chunk in self._response.iter_raw():
                    received += len(chunk)
                    if received > limit:
                        raise TooLargeError(
                            f"{self.url}: more than {limit} bytes arrived, the limit"
                        )
                    yield chunk
                    self._pace.check_cancelled()
            except (httpcore.RemoteProtocolError, httpcore.ReadError):
                of_all = "" if self.size is None else f" of {self.size}"
                raise NetworkError(
                    f"{self.url}: broken off, got {received}{of_all} bytes"
                ) from None


class Transfer:
    """What one call of `HttpSource.open` does on the wire."""

    def __init__(
        self,
        client: httpx.Client,
        settings: NetSettings,
        *,
        clock: Clock,
        cancel: Cancel | None,
        tracer: Tracer,
    ) -> None:
        self._client = client
        self._settings = settings
        self._clock = clock
        self._cancel = cancel
        self._tracer = tracer
        total = settings.total_timeout
        own = None if total is None else time.monotonic() + total
        ends = [end for end in (own, settings.deadline) if end is not None]
        self._deadline = min(ends, default=None)

    def follow(
        self, url: Url, validators: Validators, span: Span | None = None
    ) -> Answer:
        """Ask for `url` and go where its answers send us.

        Returns:
            The last answer: 200, 304 to `validators`, or 206 to `span`.

        Raises:
            NetworkError: no usable answer; nothing is left open.
        """
        hop = first_hop(url)
        self._check_deadline(hop.url)
        while True:
            answer = self._ask(hop, validators, span)
            try:
                if answer.status not in REDIRECTS:
                    self._check(answer, validators, span)
                    return answer
                _drain(answer)
            except BaseException:
                answer.close()
                raise
            answer.close()
            location = answer.headers.get("location")
            hop = next_hop(hop, location, limit=self._settings.max_redirects)

    def _check_deadline(self, url: Url) -> None:
        end = self._settings.deadline
        if end is not None and time.monotonic() >= end:
            raise DeadlineError(
                f"{url}: the time for this run is over",
                hint="Raise FETCHKIT_DEADLINE, or find out what took so long: --trace.",
            )

    def _ask(self, hop: Hop, validators: Validators, span: Span | None) -> Answer:
        pace = Pace(
            hop.url, self._settings, cancel=self._cancel, deadline=self._deadline
        )
        pace.check_cancelled()
        with (
            self._tracer.span("request", url=str(hop.url)),
            translated(hop.url, self._settings),
        ):
            request = self._client.build_request(
                "GET",
                hop.url.secret,
                headers=_render_headers(hop, validators, span),
                extensions={"timeout": timeouts(pace, self._settings)},
            )
            response = self._client.send(request, stream=True)
        pace.begin_body()
        return Answer(hop.url, response, pace, self._settings)

    def _check(self, answer: Answer, validators: Validators, span: Span | None) -> None:
        answers.check_status(
            answer.status,
            answer.url,
            conditional=bool(validators),
            partial=span is not None,
            retry_after=answers.parse_retry_after(
                answer.headers.get("retry-after"), now=self._clock()
            ),
        )


def _render_headers(
    hop: Hop, validators: Validators, span: Span | None
) -> dict[str, str]:
    headers = {
        "Authorization": hop.authorization,
        "If-None-Match": validators.etag,
        "If-Modified-Since": validators.last_modified,
    }
    asked = answers.render_range(span) if span else {}
    return {**{name: value for name, value in headers.items() if value}, **asked}


def _drain(answer: Answer) -> None:
    if answer.size is not None and answer.size <= _MAX_DRAIN_BYTES:
        for _ in answer.read(answer.size):
            pass
