"""One GET, its redirects and its body: the `Source` of ``https:`` urls."""

from __future__ import annotations

import itertools
import threading
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from fetchkit.net import answers
from fetchkit.ports import Body, Validators
from fetchkit.trace import UNTRACED

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from fetchkit.net.settings import NetSettings
    from fetchkit.net.transfer import Answer
    from fetchkit.ports import Cancel, Clock, Span, Tracer
    from fetchkit.urls import Url


class HttpSource:
    """Fetches over HTTP/1.1; shared by threads, one pool of connections for all.

    The client is made with the first request: making it loads httpx, reads the
    CA store, and is not needed where everything is in the cache.
    """

    def __init__(
        self,
        settings: NetSettings,
        *,
        clock: Clock = time.time,
        tracer: Tracer = UNTRACED,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._tracer = tracer
        self._lock = threading.Lock()
        self._client: httpx.Client | None = None

    def close(self) -> None:
        """Close all connections. The next request would open new ones."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    @contextmanager
    def open(
        self,
        url: Url,
        *,
        limit: int,
        validators: Validators | None = None,
        span: Span | None = None,
        cancel: Cancel | None = None,
    ) -> Iterator[Body]:
        """Start to fetch `url`; see `fetchkit.ports.Source`.

        When the block is entered, the answer is known to carry an artifact: right
        status, a length below `limit`, first bytes that are no web page.

        Raises:
            NetworkError: here, or while the chunks are read.
            SettingsError: the CA file cannot be used.
        """
        client = self._ready_client()
        from fetchkit.net.transfer import Transfer  # loads httpx

        transfer = Transfer(
            client,
            self._settings,
            clock=self._clock,
            cancel=cancel,
            tracer=self._tracer,
        )
        known = validators or Validators()
        with closing(transfer.follow(url, known, span)) as answer:
            if answer.status == answers.NOT_MODIFIED:
                yield Body(
                    url=answer.url, chunks=iter(()), validators=known, not_modified=True
                )
                return
            answers.check_coding(
                answer.headers.get("content-encoding", ""), url, answer.url
            )
            if answer.status == answers.PARTIAL and span is not None:
                body = _part(answer, span, limit)
            else:
                body = _whole(answer, limit)
            # Not yielded at once: chunks nobody holds would close the connection.
            yield body

    def put(self, url: Url, path: str, *, cancel: Cancel) -> None:
        """Put the file at `path` to `url`. Redirects are not followed.

        Raises:
            NetworkError: the server did not take it.
            SettingsError: the CA file cannot be used.
        """
        client = self._ready_client()
        from fetchkit.net.upload import put  # loads httpx

        put(client, self._settings, url, path, cancel=cancel)

    def _ready_client(self) -> httpx.Client:
        with self._lock:
            if self._client is None:
                with self._tracer.span("prepare network"):
                    self._client = self._make_client()
            return self._client

    def _make_client(self) -> httpx.Client:
        from concurrent.futures import ThreadPoolExecutor

        from fetchkit.net.tls import build_context  # loads ssl

        with ThreadPoolExecutor(1, thread_name_prefix="authorities") as aside:
            # OpenSSL reads the CA store outside the interpreter, and for about as
            # long as it takes to load httpx within.
            context = aside.submit(build_context, self._settings.ca_file)
            from fetchkit.net.transport import build_client  # loads httpx

            return build_client(self._settings, context.result(), self._tracer)


def _whole(answer: Answer, limit: int) -> Body:
    answers.check_size(answer.size, limit, answer.url)
    chunks = answer.read(limit)
    first = list(itertools.islice(chunks, 1))
    answers.check_is_no_page(
        answer.headers.get("content-type", ""), b"".join(first), answer.url
    )
    return Body(
        url=answer.url,
        chunks=itertools.chain(first, chunks),
        size=answer.size,
        has_parts=answer.headers.get("accept-ranges", "").strip() == "bytes",
        validators=answers.parse_validators(answer.headers),
    )


def _part(answer: Answer, span: Span, limit: int) -> Body:
    size = answers.check_part(answer.headers, span, answer.url)
    answers.check_size(size, limit, answer.url)
    stop = span.stop if span.stop is not None else limit
    return Body(
        url=answer.url,
        chunks=answer.read(stop - span.start),
        size=size,
        start=span.start,
        has_parts=True,
        validators=answers.parse_validators(answer.headers),
    )
