from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from fetchkit.net.settings import NetSettings
from fetchkit.net.sources import Sources, open_source
from fetchkit.urls import Url
from fetchkit.values import replace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from fetchkit.ports import Source
    from tests.origins.authority import Authority


class Fetch(Protocol):
    def __call__(self, url: str, *, limit: int = ...) -> bytes: ...


class Fetching(Protocol):
    def __call__(self, **changes: Any) -> AbstractContextManager[Fetch]: ...


@pytest.fixture
def net_settings(tls_ca: Authority) -> NetSettings:
    """The defaults, and the test's authority."""
    return NetSettings(ca_file=str(tls_ca.ca_file))


@pytest.fixture
def source(net_settings: NetSettings) -> Iterator[Sources]:
    with open_source(net_settings) as opened:
        yield opened


@pytest.fixture
def fetch(source: Source) -> Fetch:
    """Fetch a url whole."""
    return fetch_with(source)


@pytest.fixture
def fetching(net_settings: NetSettings) -> Fetching:
    """The same, opened with other settings."""

    @contextmanager
    def opened(**changes: Any) -> Iterator[Fetch]:
        with open_source(replace(net_settings, **changes)) as source:
            yield fetch_with(source)

    return opened


def fetch_with(source: Source) -> Fetch:
    def fetch(url: str, *, limit: int = 1 << 20) -> bytes:
        with source.open(Url.parse(url), limit=limit) as body:
            return b"".join(body.chunks)

    return fetch
