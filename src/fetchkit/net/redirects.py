"""May this hop be followed, and with which credentials? Pure.

The rules (security 3, rule 1): at most so many hops; never from https to http;
plain http only between addresses of this machine; nothing but http and https;
no user info in a ``Location``. A credential belongs to the scheme, host and port
it was given for: it is gone with the first step away, and stays gone when a later
hop comes back.
"""

from __future__ import annotations

import base64
import ipaddress
from urllib.parse import unquote, urlsplit, urlunsplit

from fetchkit.errors import InvalidValueError, RefusedError
from fetchkit.paths import printable
from fetchkit.urls import Url
from fetchkit.values import field, frozen, replace

REDIRECTS = frozenset({301, 302, 303, 307, 308})


@frozen
class Hop:
    """One request of a chain. Built by `first_hop` and `next_hop`."""

    url: Url
    """Where to, without user info."""
    authorization: str | None = field(default=None, repr=False)
    """Value of the ``Authorization`` header, while it may still be sent."""
    count: int = 0
    """How many redirects led here."""


def first_hop(url: Url) -> Hop:
    """The request for `url` itself; its user info becomes a credential.

    Raises:
        RefusedError: plain http to another machine.
    """
    if url.scheme == "http" and not url.is_loopback:
        raise RefusedError(
            f"refusing plain http: {url}",
            hint="Use https: anybody on the way could read and change what is sent.",
        )
    parts = url.parts
    userinfo, at, host = parts.netloc.rpartition("@")
    if not at:
        return Hop(url=url)
    user, _, password = userinfo.partition(":")
    credential = f"{unquote(user)}:{unquote(password)}".encode()
    return Hop(
        url=Url.parse(urlunsplit(parts._replace(netloc=host))),
        authorization=f"Basic {base64.b64encode(credential).decode()}",
    )


def next_hop(hop: Hop, location: str | None, *, limit: int) -> Hop:
    """Where an answer of `hop` sends us.

    Args:
        location: the header's text; None if the answer has none.
        limit: most redirects of one chain.

    Raises:
        RefusedError: the chain is too long, or the step breaks a rule.
    """
    if hop.count >= limit:
        raise RefusedError(f"{hop.url}: more than {limit} redirects")
    if not location:
        raise RefusedError(f"{hop.url}: redirect without a Location")
    target = _parse_location(hop.url, location)
    if target.scheme == "http" and hop.url.scheme == "https":
        raise RefusedError(f"refusing redirect to plain http: {hop.url} -> {target}")
    if target.scheme == "http" and not target.is_loopback:
        raise RefusedError(f"refusing redirect to plain http: {hop.url} -> {target}")
    if _is_inside(target) and not _is_inside(hop.url):
        raise RefusedError(
            f"refusing redirect to a private address: {hop.url} -> {target}"
        )
    stays = target.origin == hop.url.origin
    return replace(
        hop,
        url=target,
        authorization=hop.authorization if stays else None,
        count=hop.count + 1,
    )


def _parse_location(base: Url, location: str) -> Url:
    # Before joining: the standard library drops tabs and line ends without a word.
    if any(ord(char) <= 0x20 or ord(char) == 0x7F for char in location):
        raise RefusedError(
            f"{base}: control character or space in Location: {printable(location)}"
        )
    try:
        target = base.join(location)
        has_user_info = "@" in urlsplit(target.secret).netloc
    except (InvalidValueError, ValueError) as error:
        raise RefusedError(f"{base}: unusable redirect: {error}") from None
    if target.scheme == "file":
        raise RefusedError(f"{base}: refusing redirect to a local file: {target}")
    if has_user_info:
        raise RefusedError(f"{base}: refusing redirect with user info: {target}")
    return target


def _is_inside(url: Url) -> bool:
    """Whether the host is written as an address no public server should name."""
    if url.is_loopback:
        return True
    try:
        return not ipaddress.ip_address(url.host).is_global
    except ValueError:
        return False  # a name: whoever answers has to prove by TLS that it is theirs
