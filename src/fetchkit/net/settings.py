"""What the outside may tune about the network, as values. Reads no environment."""

from __future__ import annotations

import ipaddress

from fetchkit import __version__
from fetchkit.errors import InvalidValueError, SettingsError
from fetchkit.urls import Url
from fetchkit.values import field, frozen


@frozen
class Proxies:
    """Which proxy stands between us and an ``https:`` host.

    There is none for plain http: it is spoken to this machine only, and this
    machine is never asked for by way of another.
    """

    https: Url | None = None
    bypass: tuple[str, ...] = ()
    """Hosts reached directly: ``host``, ``.domain``, ``host:port``, an address, a
    network such as ``10.0.0.0/8``, or ``*`` for all."""

    @classmethod
    def parse(cls, *, https: str = "", no_proxy: str = "") -> Proxies:
        """Read the texts of ``https_proxy`` and ``no_proxy``; empty means none.

        A proxy without a scheme is taken as ``http://``, as curl does.

        Raises:
            SettingsError: the proxy is no http or https url.
        """
        bypass = (entry.strip().lower() for entry in no_proxy.split(","))
        return cls(
            https=_parse_proxy(https.strip()) if https.strip() else None,
            bypass=tuple(entry for entry in bypass if entry),
        )

    def choose(self, url: Url) -> Url | None:
        """The proxy for `url`, or None to reach it directly."""
        if self.https is None or url.scheme != "https" or url.is_loopback:
            return None
        _, host, port = url.origin
        if any(_covers(entry, host, port) for entry in self.bypass):
            return None
        return self.https


@frozen
class NetSettings:
    """Limits and habits of every transfer. Times are in seconds."""

    connect_timeout: float = 10.0
    """For the TCP connection, and again for the TLS handshake."""
    head_timeout: float = 30.0
    """From the request to the end of the answer's headers, redirects not counted."""
    floor_bytes: int = 30 * 1024
    floor_seconds: float = 30.0
    """A body has to bring `floor_bytes` in every `floor_seconds` we wait for it:
    1 KiB/s, below which a 10 MB binary takes three hours."""
    total_timeout: float | None = None
    """For one transfer from first byte sent to last byte read; None: no limit."""
    deadline: float | None = None
    """The moment of `time.monotonic` at which the run has to be over; None: none."""
    max_redirects: int = 5
    max_connections: int = 32
    user_agent: str = f"fetchkit/{__version__}"
    ca_file: str | None = None
    """PEM file of authorities believed in addition to the system's."""
    proxies: Proxies = field(default_factory=Proxies)


def _parse_proxy(text: str) -> Url:
    try:
        url = Url.parse(text if "://" in text else f"http://{text}")
    except InvalidValueError as error:
        raise SettingsError(f"https_proxy: {error.message}") from None
    if url.scheme == "file":
        raise SettingsError(
            f"https_proxy: not a proxy: `{url}`",
            hint="Write it as http://host:port.",
        )
    return url


def _covers(entry: str, host: str, port: int) -> bool:
    if entry == "*":
        return True
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        pass  # one of the two is a name
    name, colon, entry_port = entry.rpartition(":")
    if colon and entry_port.isdigit():
        if int(entry_port) != port:
            return False
        entry = name
    domain = entry.lstrip("*").lstrip(".")
    return host == domain or host.endswith(f".{domain}")
