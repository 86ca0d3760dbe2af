"""httpx as fetchkit wants it: nothing followed, decoded, remembered or guessed.

Imported by need only: this module loads httpx.
"""

from __future__ import annotations

from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any

import httpcore
import httpx

from fetchkit.errors import SettingsError
from fetchkit.net.stream import PacedBackend
from fetchkit.trace import UNTRACED
from fetchkit.urls import Url

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

    from fetchkit.net.pace import Pace
    from fetchkit.net.settings import NetSettings
    from fetchkit.ports import Tracer

IDLE_SECONDS = 30.0
"""How long an unused connection is kept: longer than verifying a file takes."""


def build_client(
    settings: NetSettings, authorities: ssl.SSLContext, tracer: Tracer = UNTRACED
) -> httpx.Client:
    """A client that sends what it is given, and no cookie it was handed.

    Args:
        authorities: from `fetchkit.net.tls.build_context`.

    Raises:
        SettingsError: the proxy cannot be used.
    """
    return httpx.Client(
        transport=PacedTransport(settings, authorities, tracer),
        headers={
            "User-Agent": settings.user_agent,
            "Accept": "*/*",
            "Accept-Encoding": "identity",
        },
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        trust_env=False,
        follow_redirects=False,
    )


def timeouts(pace: Pace, settings: NetSettings) -> dict[str, Any]:
    """The ``timeout`` extension of a request that is read at `pace`."""
    return {
        "connect": settings.connect_timeout,
        "write": settings.head_timeout,
        "pool": settings.head_timeout,
        "read": pace,
    }


class PacedTransport(httpx.BaseTransport):
    """A pool of connections for what is reached directly, and one for each proxy.

    Errors leave as httpcore raises them; `fetchkit.net.faults` knows those.
    """

    def __init__(
        self,
        settings: NetSettings,
        authorities: ssl.SSLContext,
        tracer: Tracer = UNTRACED,
    ) -> None:
        self._proxies = settings.proxies
        options: dict[str, Any] = {
            "ssl_context": authorities,
            "max_connections": settings.max_connections,
            "keepalive_expiry": IDLE_SECONDS,
            "network_backend": PacedBackend(tracer),
        }
        self._pools: dict[Url | None, httpcore.ConnectionPool] = {
            None: httpcore.ConnectionPool(**options)
        }
        if proxy := settings.proxies.https:
            self._pools[proxy] = _build_proxy_pool(proxy, options)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send `request` and return its answer, the body not yet read."""
        url = request.url
        pool = self._pools[self._proxies.choose(Url.parse(str(url)))]
        response = pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=url.raw_scheme,
                    host=url.raw_host,
                    port=url.port,
                    target=url.raw_path,
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(
            status_code=response.status,
            headers=response.headers,
            stream=_ResponseStream(response),
            extensions=response.extensions,
        )

    def close(self) -> None:
        """Close every connection, used or idle."""
        for pool in self._pools.values():
            pool.close()


class _ResponseStream(httpx.SyncByteStream):
    """The body of an httpcore response, as httpx wants it."""

    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        return self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


def _build_proxy_pool(proxy: Url, options: dict[str, Any]) -> httpcore.ConnectionPool:
    try:
        url = httpx.URL(proxy.secret)
    except (httpx.InvalidURL, UnicodeError):
        raise SettingsError(f"https_proxy: not a host: `{proxy}`") from None
    return httpcore.HTTPProxy(
        proxy_url=httpcore.URL(
            scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=b"/"
        ),
        proxy_auth=(
            (url.username.encode(), url.password.encode()) if url.username else None
        ),
        proxy_ssl_context=options["ssl_context"] if proxy.scheme == "https" else None,
        **options,
    )
