"""Whom we believe, against real certificates."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest

from fetchkit.errors import RefusedError, SettingsError
from fetchkit.net.settings import NetSettings
from fetchkit.net.sources import open_source
from fetchkit.net.tls import build_context
from fetchkit.urls import Url
from tests.net.conftest import fetch_with
from tests.origins.authority import Authority
from tests.origins.misbehaving import Origin, answer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.net.conftest import Fetch


@pytest.mark.parametrize(
    ("name", "options", "complaint"),
    [
        pytest.param(
            "expired", {"end": "20200201000000Z"}, "has expired", id="expired"
        ),
        pytest.param(
            "future", {"start": "20480101000000Z"}, "is not valid yet", id="not yet"
        ),
        pytest.param(
            "otherhost", {"hosts": "DNS:example.org"}, "is for another address",
            id="for another host",
        ),
    ],
)  # fmt: skip
def test_a_certificate_that_does_not_hold_is_refused(
    tls_ca: Authority, fetch: Fetch, name: str, options: dict[str, str], complaint: str
) -> None:
    certificate = tls_ca.issue(name, **options)
    with Origin(tls=certificate.server_context()) as origin:
        url = origin.on("/tool", answer(b"bytes"))
        with pytest.raises(RefusedError, match=complaint):
            fetch(url)
        assert origin.requests == []


def test_a_host_name_is_checked_too(tls_ca: Authority, fetch: Fetch) -> None:
    certificate = tls_ca.issue("onlyaddress", hosts="IP:127.0.0.1")
    with Origin(tls=certificate.server_context()) as origin:
        url = origin.on("/tool", answer(b"bytes"))
        assert fetch(url) == b"bytes"
        with pytest.raises(RefusedError, match="is for another host"):
            fetch(url.replace("127.0.0.1", "localhost"))


def test_an_unknown_authority_is_refused_and_the_hint_says_how_to_add_it(
    origin: Origin,
) -> None:
    url = origin.on("/tool", answer(b"bytes"))
    with (
        open_source(NetSettings()) as source,
        pytest.raises(RefusedError, match="unknown CA") as caught,
    ):
        fetch_with(source)(url)
    assert "FETCHKIT_CA_FILE" in (caught.value.hint or "")


def test_another_authority_of_ours_is_no_authority_for_this_host(
    tmp_path: Path, origin: Origin
) -> None:
    stranger = Authority(tmp_path)
    url = origin.on("/tool", answer(b"bytes"))
    with (
        open_source(NetSettings(ca_file=str(stranger.ca_file))) as source,
        pytest.raises(RefusedError, match="unknown CA"),
    ):
        fetch_with(source)(url)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(None, id="missing"),
        pytest.param(b"", id="empty"),
        pytest.param(b"not a certificate", id="no PEM"),
        pytest.param(b"\xff\xfe\x00", id="binary"),
        pytest.param(
            b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            id="PEM of nonsense",
        ),
    ],
)
def test_a_ca_file_that_cannot_be_used_is_named(
    tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_bytes(content)
    with (
        open_source(NetSettings(ca_file=str(file))) as source,
        pytest.raises(SettingsError, match=str(file)),
        source.open(Url.parse("https://127.0.0.1:1/tool"), limit=1),
    ):
        pass


def test_certificates_are_always_checked() -> None:
    context = build_context()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_without_a_system_store_the_bundled_authorities_are_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
    assert build_context().cert_store_stats()["x509_ca"] > 50
