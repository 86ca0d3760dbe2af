"""Foreign exceptions -> errors of ours, once, around every use of httpx.

A foreign text that could hold a url is not passed on; ours mask what is secret.
"""

from __future__ import annotations

import socket
import ssl
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpcore
import httpx

from fetchkit.errors import NetworkError, RefusedError, StalledError
from fetchkit.paths import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fetchkit.net.settings import NetSettings
    from fetchkit.urls import Url

_ADD_CA = "Behind a company's proxy, add its CA: FETCHKIT_CA_FILE or SSL_CERT_FILE."

# Numbers of X509_verify_cert_error_string(3).
_CERTIFICATE_FAULTS = {
    9: ("is not valid yet", "Check this machine's clock."),
    10: ("has expired", "Check this machine's clock, or use a mirror."),
    18: ("is signed by itself", _ADD_CA),
    19: ("comes from an unknown CA", _ADD_CA),
    20: ("comes from an unknown CA", _ADD_CA),
    21: ("comes from an unknown CA", _ADD_CA),
    23: ("was revoked", None),
    62: ("is for another host", "Check the host in the url."),
    64: ("is for another address", "Use the host's name in the url."),
}


@contextmanager
def translated(url: Url, settings: NetSettings) -> Iterator[None]:
    """Turn whatever httpx, httpcore, ssl or the socket raise into a `NetworkError`."""
    try:
        yield
    except httpcore.TimeoutException as error:
        where = _describe_way(url, settings)
        raise StalledError(f"{where}: {_waited_for(error, settings)}") from None
    except httpcore.ProxyError as error:
        raise RefusedError(
            f"{url}: the proxy refused: {printable(str(error))}",
            hint="Check https_proxy, its user and password, and no_proxy.",
        ) from None
    except (httpcore.ProtocolError, httpcore.UnsupportedProtocol) as error:
        raise NetworkError(
            f"{url}: not an HTTP answer: {printable(str(error))}"
        ) from None
    except (httpcore.NetworkError, OSError) as error:
        raise _describe(error, url, settings) from None
    except (httpx.InvalidURL, UnicodeError):
        raise RefusedError(
            f"{url}: host `{url.host}` is no name that could be looked up",
            hint="Check the url for missing or surplus dots and letters.",
        ) from None


def _waited_for(error: httpcore.TimeoutException, settings: NetSettings) -> str:
    if isinstance(error, httpcore.ConnectTimeout):
        return f"no connection within {settings.connect_timeout:g} s"
    if isinstance(error, httpcore.PoolTimeout):
        return f"all {settings.max_connections} connections stayed busy"
    return f"the request was not taken within {settings.head_timeout:g} s"


def _describe_way(url: Url, settings: NetSettings) -> str:
    proxy = settings.proxies.choose(url)
    return f"{url} by way of proxy {proxy}" if proxy else str(url)


def _describe(error: BaseException, url: Url, settings: NetSettings) -> NetworkError:
    """Say which host, and why, from the innermost exception that knows."""
    where = _describe_way(url, settings)
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _describe_certificate(cause, url)
        if isinstance(cause, ssl.SSLError):
            reason = cause.reason or "broken off"
            return NetworkError(f"{where}: TLS: {reason.lower().replace('_', ' ')}")
        if isinstance(cause, socket.gaierror):
            peer = settings.proxies.choose(url) or url
            return NetworkError(
                f"{where}: host `{peer.host}` has no address",
                hint="Check the name, and whether this machine reaches the network.",
            )
        if isinstance(cause, OSError) and cause.strerror:
            return NetworkError(f"{where}: {cause.strerror.lower()}")
    return NetworkError(f"{where}: the connection broke")


def _describe_certificate(
    error: ssl.SSLCertVerificationError, url: Url
) -> RefusedError:
    fault, hint = _CERTIFICATE_FAULTS.get(
        error.verify_code, (f"is not good: {error.verify_message}", _ADD_CA)
    )
    return RefusedError(f"{url}: the certificate of `{url.host}` {fault}", hint=hint)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
