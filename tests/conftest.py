"""For every test: a clean environment, and the fixtures of tests/ by their name."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.origins.fixtures import (
    loopback_certificate,
    nginx,
    nginx_server,
    origin,
    plain_origin,
    tls_ca,
)
from tests.product.fixtures import installer, pyz
from tests.signing import keys

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "installer",
    "keys",
    "loopback_certificate",
    "nginx",
    "nginx_server",
    "origin",
    "plain_origin",
    "pyz",
    "tls_ca",
]

_KEPT = frozenset({"FETCHKIT_PYZ"})
"""Says what is tested, not how it behaves."""


def _changes_behaviour(variable: str) -> bool:
    return (
        variable.startswith(("FETCHKIT_", "XDG_", "PYTHON", "CNB_", "CF_", "GNUPG"))
        or variable.lower().endswith("_proxy")
        or variable
        in {"STACK", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "NO_COLOR", "COLUMNS"}
    ) and variable not in _KEPT


@pytest.fixture(scope="session", autouse=True)
def usual_umask() -> Iterator[None]:
    """Modes do not depend on who runs the tests."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture(autouse=True)
def clean_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A home of one's own, and nothing set that fetchkit reads."""
    for variable in filter(_changes_behaviour, list(os.environ)):
        monkeypatch.delenv(variable)
    monkeypatch.setenv("HOME", str(tmp_path_factory.getbasetemp() / "home"))
    monkeypatch.setenv("TERM", "dumb")
