"""URLs that cannot leak: a `Url` prints itself without its secrets.

Pure: parses, masks and joins; opens nothing. Which schemes may carry what is
decided here, in one place (design 3; security 3, rule 1).
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from fetchkit.errors import InvalidValueError
from fetchkit.values import frozen

MAX_URL_CHARS = 8192
_DEFAULT_PORTS = {"http": 80, "https": 443}
_PLAIN_NETLOC = re.compile(r"([^:\[\]]*|\[[0-9a-fA-F:.]*\])(:[0-9]*)?")
_SECRET_FREE_QUERY = frozenset({"versionId", "version", "v"})


@frozen(kw_only=False)
class Url:
    """A checked ``https:``, ``http:`` or ``file:`` URL.

    ``str(url)`` and every error text show it with user info and query values
    masked; `secret` is the real text and goes to the transport only.
    """

    secret: str
    """The whole URL, credentials included. Never print it."""

    @classmethod
    def parse(cls, text: str) -> Url:
        """Check `text` and return it as a `Url`.

        Raises:
            InvalidValueError: no scheme we fetch from, no host, a control character
                or space, or longer than 8,192 characters.
        """
        shown = mask(text[:200])
        if len(text) > MAX_URL_CHARS:
            raise InvalidValueError(f"url of {len(text)} characters: `{shown}…`")
        if any(_is_unsafe(char) for char in text):
            raise InvalidValueError(
                f"space, backslash or control character in url: {shown!r}",
                hint="Percent-encode it.",
            )
        try:
            parts = urlsplit(text)
            _ = parts.port
        except ValueError:
            # The library's reason quotes what stands where the port should.
            raise InvalidValueError(
                f"not a url: `{shown}`: host or port cannot be read"
            ) from None
        if parts.scheme not in {"https", "http", "file"}:
            raise InvalidValueError(
                f"cannot fetch from `{shown}`: scheme `{parts.scheme or 'none'}`",
                hint="Use https:, file:, or http: to this machine.",
            )
        if parts.scheme == "file":
            if parts.netloc not in {"", "localhost"} or not parts.path.startswith("/"):
                raise InvalidValueError(
                    f"a file url needs an absolute path: `{shown}`",
                    hint="Write file:///absolute/path.",
                )
        elif not parts.hostname:
            raise InvalidValueError(f"url without a host: `{shown}`")
        return cls(text)

    @property
    def parts(self) -> SplitResult:
        """The URL split by the standard library."""
        return urlsplit(self.secret)

    @property
    def scheme(self) -> str:
        """``https``, ``http`` or ``file``."""
        return self.parts.scheme

    @property
    def host(self) -> str:
        """The host in lower case; empty for ``file:``."""
        return self.parts.hostname or ""

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port: what a credential is bound to."""
        parts = self.parts
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)
        return parts.scheme, self.host, port

    @property
    def is_loopback(self) -> bool:
        """Whether the host is this machine, by name or address."""
        if self.host == "localhost":
            return True
        if not self.host[-1:].isdigit():
            return False  # every loopback address ends in a digit
        import ipaddress  # 1 ms, for the few urls that have an address

        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def file_path(self) -> str:
        """The local path of a ``file:`` URL."""
        return unquote(self.parts.path)

    @property
    def last_part(self) -> str:
        """The last part of the path, decoded. Outside text: check it before use."""
        return unquote(self.parts.path.rsplit("/", 1)[-1])

    def join(self, location: str) -> Url:
        """The URL a ``Location`` header of this URL's answer names.

        Raises:
            InvalidValueError: it is not a URL we would fetch.
        """
        return Url.parse(urljoin(self.secret, location))

    def __str__(self) -> str:
        return mask(self.secret)

    def __repr__(self) -> str:
        return f"Url({mask(self.secret)!r})"


def _is_unsafe(char: str) -> bool:
    """Whether `char` would be dropped, misread or not encodable on the way."""
    code = ord(char)
    return code <= 0x20 or code == 0x7F or char == "\\" or 0xD800 <= code <= 0xDFFF


def mask(text: str) -> str:
    """`text` with user info, query values and fragment of a URL made unreadable.

    Where it is no proper URL, all that could be user info is masked with it: a
    password with a slash or a missing slash in front must not show either.
    """
    head, _, _fragment = text.partition("#")
    head, question, query = head.partition("?")
    scheme, separator, rest = head.partition("://")
    if not separator:
        scheme, rest = "", head
    netloc, slash, path = rest.partition("/")
    if "@" in netloc:
        rest = f"***@{netloc.rpartition('@')[2]}{slash}{path}"
    elif "@" in rest and not (separator and _PLAIN_NETLOC.fullmatch(netloc)):
        rest = f"***@{rest.rpartition('@')[2]}"
    head = f"{scheme}{separator}{rest}"
    if not question:
        return head
    return f"{head}?{'&'.join(_mask_pair(pair) for pair in query.split('&'))}"


def _mask_pair(pair: str) -> str:
    name, equals, value = pair.partition("=")
    if name in _SECRET_FREE_QUERY:
        return pair
    return f"{name}=***" if equals and value else pair
