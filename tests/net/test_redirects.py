"""Which hops are followed, and what goes along with them."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from fetchkit.errors import RefusedError
from fetchkit.net.redirects import first_hop, next_hop
from fetchkit.urls import Url
from tests.origins.misbehaving import Origin, answer, in_turn, raw, redirect

if TYPE_CHECKING:
    from tests.net.conftest import Fetch, Fetching
    from tests.origins.authority import Certificate

START = "https://example.org/a/tool"
LOCAL = "http://127.0.0.1:8000/a/tool"


@pytest.mark.parametrize(
    ("start", "location", "target"),
    [
        (START, "other", "https://example.org/a/other"),
        (START, "/b/tool", "https://example.org/b/tool"),
        (START, "//cdn.example.net/tool", "https://cdn.example.net/tool"),
        (START, "https://cdn.example.net:8443/t?x=1", "https://cdn.example.net:8443/t?x=1"),
        (START, "https://8.8.8.8/tool", "https://8.8.8.8/tool"),
        (LOCAL, "http://localhost:9000/tool", "http://localhost:9000/tool"),
        (LOCAL, "https://example.org/tool", "https://example.org/tool"),
    ],
)  # fmt: skip
def test_a_harmless_redirect_is_followed(
    start: str, location: str, target: str
) -> None:
    hop = next_hop(first_hop(Url.parse(start)), location, limit=5)
    assert hop.url.secret == target
    assert hop.count == 1


@pytest.mark.parametrize(
    ("start", "location", "complaint"),
    [
        (START, None, "without a Location"),
        (START, "", "without a Location"),
        (START, "http://example.org/a/tool", "plain http"),
        (START, "http://127.0.0.1/tool", "plain http"),
        (LOCAL, "http://example.org/tool", "plain http"),
        (START, "file:///etc/passwd", "local file"),
        (LOCAL, "file:///etc/passwd", "local file"),
        (START, "ftp://example.org/tool", "scheme `ftp`"),
        (START, "data:,hello", "unusable redirect"),
        (START, "https://user:pw@example.org/tool", "user info"),
        (START, "//user@example.org/tool", "user info"),
        (START, "http:\\\\example.org\\tool", "backslash"),
        (START, "/to\tol", "control character"),
        (START, "/to ol", "control character"),
        (START, "/tool\r\nX-Evil: 1", "control character"),
        (START, "https://[::1/tool", "unusable redirect"),
        (START, "https://example.org:99999/tool", "unusable redirect"),
        (START, f"/{'x' * 70_000}", "characters"),
        (START, "https://127.0.0.1/tool", "private address"),
        (START, "https://localhost/tool", "private address"),
        (START, "https://169.254.169.254/latest/meta-data", "private address"),
        (START, "https://[fd00::1]/tool", "private address"),
    ],
)
def test_a_harmful_redirect_is_refused(
    start: str, location: str | None, complaint: str
) -> None:
    with pytest.raises(RefusedError, match=complaint) as caught:
        next_hop(first_hop(Url.parse(start)), location, limit=5)
    assert "pw" not in caught.value.message
    assert caught.value.message.isprintable()


def test_user_info_becomes_a_credential_and_leaves_the_url() -> None:
    hop = first_hop(Url.parse("https://us%40er:p%3Aw@example.org/tool"))
    assert hop.url.secret == "https://example.org/tool"
    assert hop.authorization == f"Basic {base64.b64encode(b'us@er:p:w').decode()}"
    assert "Basic" not in repr(hop)


@pytest.mark.parametrize(
    "away",
    [
        pytest.param("https://other.example.org/tool", id="other host"),
        pytest.param("https://example.org:8443/tool", id="other port"),
    ],
)
def test_a_credential_is_dropped_for_good_when_its_origin_is_left(away: str) -> None:
    hop = first_hop(Url.parse("https://user:pw@example.org/a"))
    there = next_hop(hop, away, limit=5)
    back = next_hop(there, "https://example.org/b", limit=5)
    assert next_hop(hop, "/b", limit=5).authorization == hop.authorization
    assert there.authorization is None
    assert back.authorization is None


def test_five_redirects_are_followed_and_six_are_not(
    origin: Origin, fetch: Fetch
) -> None:
    for number in range(6):
        origin.on(f"/{number}", redirect(f"/{number + 1}"))
    origin.on("/6", answer(b"here"))
    assert fetch(origin.url("/1")) == b"here"
    with pytest.raises(RefusedError, match="more than 5 redirects"):
        fetch(origin.url("/0"))


def test_a_loop_ends(origin: Origin, fetching: Fetching) -> None:
    url = origin.on("/loop", redirect("/loop"))
    with (
        fetching(max_redirects=2) as fetch,
        pytest.raises(RefusedError, match="more than 2 redirects"),
    ):
        fetch(url)
    assert origin.paths == ["/loop"] * 3


def test_nothing_is_asked_of_where_a_refused_redirect_points(
    origin: Origin, plain_origin: Origin, fetch: Fetch
) -> None:
    url = origin.on("/tool", redirect(plain_origin.on("/tool", answer(b"evil"))))
    with pytest.raises(RefusedError, match="refusing redirect to plain http"):
        fetch(url)
    assert plain_origin.requests == []


def test_an_endless_redirect_body_is_not_read(origin: Origin, fetch: Fetch) -> None:
    head = b"HTTP/1.1 302 Found\r\nLocation: /there\r\n"
    origin.on("/here", raw(head + b"Content-Length: 99999999\r\n\r\n" + b"x" * 1000))
    origin.on("/there", answer(b"there"))
    assert fetch(origin.url("/here")) == b"there"


def test_a_credential_never_reaches_another_port(
    origin: Origin, fetch: Fetch, loopback_certificate: Certificate
) -> None:
    with Origin(tls=loopback_certificate.server_context()) as other:
        origin.on("/a", in_turn(redirect(other.url("/b")), answer(b"home")))
        other.on("/b", redirect(origin.url("/a")))
        assert fetch(origin.url("/a", user="user:pw")) == b"home"
        assert "authorization" in origin.requests[0].headers
        assert "authorization" not in other.requests[0].headers
        assert "authorization" not in origin.requests[1].headers
