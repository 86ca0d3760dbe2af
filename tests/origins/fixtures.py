"""Fixtures for whoever fetches: a CA, a real nginx, an origin that misbehaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.origins.authority import Authority, Certificate
from tests.origins.misbehaving import Origin
from tests.origins.nginx import Nginx, Site, find_nginx

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def tls_ca(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The authority of this session; give `tls_ca.ca_file` to what shall trust it."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def loopback_certificate(tls_ca: Authority) -> Certificate:
    """A good certificate for localhost and 127.0.0.1."""
    return tls_ca.issue("loopback")


@pytest.fixture(scope="session")
def nginx_server(
    tmp_path_factory: pytest.TempPathFactory, loopback_certificate: Certificate
) -> Iterator[Nginx]:
    """The one nginx of this session. Tests want `nginx`."""
    if find_nginx() is None:
        pytest.skip("NGINX IS MISSING, nothing real is fetched: apt-get install nginx")
    with Nginx(tmp_path_factory.mktemp("nginx"), loopback_certificate) as server:
        yield server


@pytest.fixture
def nginx(nginx_server: Nginx, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A directory served over https by a real nginx, empty and this test's own."""
    return nginx_server.site(tmp_path_factory.mktemp("site").name)


@pytest.fixture
def origin(loopback_certificate: Certificate) -> Iterator[Origin]:
    """An https origin whose every path answers as the test says."""
    with Origin(tls=loopback_certificate.server_context()) as running:
        yield running


@pytest.fixture
def plain_origin() -> Iterator[Origin]:
    """The same over plain http, which is allowed to this machine."""
    with Origin() as running:
        yield running
