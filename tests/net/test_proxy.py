"""Proxies: which one, for which host, and what goes through it."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from fetchkit.errors import NetworkError, RefusedError, SettingsError
from fetchkit.net.settings import Proxies
from fetchkit.urls import Url
from tests.origins.misbehaving import Origin, answer, tunnel

if TYPE_CHECKING:
    from tests.net.conftest import Fetching
    from tests.origins.authority import Authority

HOST = "artifacts.test"


@pytest.mark.parametrize(
    ("no_proxy", "url", "is_proxied"),
    [
        ("", "https://example.org/x", True),
        ("example.org", "https://example.org/x", False),
        ("EXAMPLE.org", "https://example.ORG/x", False),
        ("example.org", "https://sub.example.org/x", False),
        ("example.org", "https://notexample.org/x", True),
        (".corp", "https://files.corp/x", False),
        (".corp", "https://corp.example/x", True),
        ("*.corp", "https://files.corp/x", False),
        ("*", "https://example.org/x", False),
        ("example.org:8443", "https://example.org/x", True),
        ("example.org:8443", "https://example.org:8443/x", False),
        ("10.0.0.0/8", "https://10.1.2.3/x", False),
        ("10.0.0.0/8", "https://11.1.2.3/x", True),
        ("10.1.2.3", "https://10.1.2.3/x", False),
        ("a, ,.corp ,b", "https://files.corp/x", False),
        ("", "https://localhost/x", False),
        ("", "https://127.0.0.1/x", False),
        ("", "http://localhost/x", False),
        ("", "file:///x", False),
    ],
)
def test_a_proxy_serves_what_no_proxy_does_not_name(
    no_proxy: str, url: str, *, is_proxied: bool
) -> None:
    proxies = Proxies.parse(https="http://proxy:3128", no_proxy=no_proxy)
    assert (proxies.choose(Url.parse(url)) is not None) is is_proxied


def test_a_proxy_without_scheme_is_http() -> None:
    assert str(Proxies.parse(https="proxy.corp:3128").https) == "http://proxy.corp:3128"


@pytest.mark.parametrize("text", ["socks5://u:pw@proxy:1", "file:///x", "http://"])
def test_what_is_no_proxy_is_a_setting_to_change(text: str) -> None:
    with pytest.raises(SettingsError, match="https_proxy") as caught:
        Proxies.parse(https=text)
    assert "pw" not in caught.value.message


@pytest.fixture
def far_origin(tls_ca: Authority) -> Origin:
    """An origin under a name only the proxy knows."""
    certificate = tls_ca.issue(HOST, hosts=f"DNS:{HOST}")
    return Origin(tls=certificate.server_context())


def test_https_goes_through_a_tunnel_and_is_checked_end_to_end(
    far_origin: Origin, plain_origin: Origin, fetching: Fetching
) -> None:
    with far_origin, fetching(proxies=Proxies.parse(https=plain_origin.url(""))) as get:
        far_origin.on("/tool", answer(b"bytes" * 100_000))
        plain_origin.on(f"{HOST}:443", tunnel(far_origin.port))
        assert get(f"https://{HOST}/tool") == b"bytes" * 100_000
    assert [request.method for request in plain_origin.requests] == ["CONNECT"]


def test_a_proxys_credential_stays_with_the_proxy(
    far_origin: Origin, plain_origin: Origin, fetching: Fetching
) -> None:
    credential = f"Basic {base64.b64encode(b'me:pw').decode()}"
    proxy = plain_origin.url("", user="me:pw")
    with far_origin, fetching(proxies=Proxies.parse(https=proxy)) as get:
        far_origin.on("/tool", answer(b"bytes"))
        plain_origin.on(
            f"{HOST}:443", tunnel(far_origin.port, authorization=credential)
        )
        assert get(f"https://{HOST}/tool") == b"bytes"
    assert "proxy-authorization" not in far_origin.requests[0].headers
    assert "authorization" not in far_origin.requests[0].headers


def test_a_proxy_that_wants_a_password_says_so_without_showing_one(
    plain_origin: Origin, fetching: Fetching
) -> None:
    plain_origin.on(f"{HOST}:443", tunnel(1, authorization="Basic right"))
    proxy = plain_origin.url("", user="me:wrong")
    with (
        fetching(proxies=Proxies.parse(https=proxy)) as get,
        pytest.raises(RefusedError, match="the proxy refused: `407") as caught,
    ):
        get(f"https://{HOST}/tool")
    assert "wrong" not in f"{caught.value.message} {caught.value.hint}"


def test_a_proxy_that_is_not_there_is_a_network_error(fetching: Fetching) -> None:
    proxies = Proxies.parse(https="http://127.0.0.1:1")
    with (
        fetching(proxies=proxies) as get,
        pytest.raises(
            NetworkError, match=r"by way of proxy http://127\.0\.0\.1:1: connection ref"
        ),
    ):
        get(f"https://{HOST}/tool")


def test_a_proxy_whose_name_is_none_is_a_setting_to_change(fetching: Fetching) -> None:
    with (
        fetching(proxies=Proxies.parse(https="http://-é.org:3128")) as get,
        pytest.raises(SettingsError, match="https_proxy: not a host"),
    ):
        get(f"https://{HOST}/tool")


def test_an_encrypted_proxy_works_too(
    far_origin: Origin, origin: Origin, fetching: Fetching
) -> None:
    with far_origin, fetching(proxies=Proxies.parse(https=origin.url(""))) as get:
        far_origin.on("/tool", answer(b"bytes" * 100_000))
        origin.on(f"{HOST}:443", tunnel(far_origin.port))
        assert get(f"https://{HOST}/tool") == b"bytes" * 100_000
