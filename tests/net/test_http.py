"""What an origin may do to a fetch, over real sockets and real TLS."""

from __future__ import annotations

import gzip
import socket
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from fetchkit.errors import (
    HttpStatusError,
    NetworkError,
    RefusedError,
    StalledError,
    TooLargeError,
    TransferCancelledError,
)
from fetchkit.net.http import HttpSource
from fetchkit.ports import Validators
from fetchkit.urls import Url
from fetchkit.values import replace
from tests.origins.misbehaving import (
    answer,
    dripping,
    echoing_validators,
    endless,
    in_turn,
    raw,
    redirect,
    render_head,
    resetting,
    stalling,
)

if TYPE_CHECKING:
    from fetchkit.net.settings import NetSettings
    from fetchkit.ports import Source
    from tests.net.conftest import Fetch, Fetching
    from tests.origins.misbehaving import Behaviour, Origin

PAYLOAD = bytes(range(256)) * 2048
OK = b"HTTP/1.1 200 OK\r\n"


# ---------------------------------------------------------------- good answers


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(answer(PAYLOAD), id="with a length"),
        pytest.param(
            raw(OK + b"Connection: close\r\n\r\n" + PAYLOAD), id="until it closes"
        ),
        pytest.param(
            raw(
                OK
                + b"Transfer-Encoding: chunked\r\n\r\n"
                + f"{len(PAYLOAD):x}\r\n".encode()
                + PAYLOAD
                + b"\r\n0\r\n\r\n"
            ),
            id="chunked",
        ),
        pytest.param(
            raw(
                b"HTTP/1.1 100 Continue\r\n\r\n" * 3
                + render_head(200, {"Content-Length": str(len(PAYLOAD))})
                + PAYLOAD
            ),
            id="after a few 100 Continue",
        ),
    ],
)
def test_bytes_arrive_as_published(
    origin: Origin, fetch: Fetch, behaviour: Behaviour
) -> None:
    assert fetch(origin.on("/tool", behaviour)) == PAYLOAD


def test_length_and_validators_are_told_before_the_bytes(
    origin: Origin, source: Source
) -> None:
    headers = {"ETag": '"v1"', "Last-Modified": "Sat, 21 Nov 2026 00:00:00 GMT"}
    url = Url.parse(origin.on("/tool", answer(PAYLOAD, headers=headers)))
    with source.open(url, limit=1 << 20) as body:
        assert body.size == len(PAYLOAD)
        assert body.url == url
        assert body.validators == Validators(
            etag='"v1"', last_modified="Sat, 21 Nov 2026 00:00:00 GMT"
        )


def test_a_body_of_exactly_the_limit_is_taken(origin: Origin, fetch: Fetch) -> None:
    url = origin.on("/tool", answer(PAYLOAD))
    assert fetch(url, limit=len(PAYLOAD)) == PAYLOAD


def test_one_connection_serves_many_requests(
    origin: Origin, net_settings: NetSettings
) -> None:
    origin.on("/a", redirect("/b"))
    origin.on("/b", answer(PAYLOAD))
    source = HttpSource(net_settings)
    for _ in range(3):
        with source.open(Url.parse(origin.url("/a")), limit=1 << 20) as body:
            assert b"".join(body.chunks) == PAYLOAD
    source.close()
    assert origin.paths == ["/a", "/b"] * 3
    assert origin.connection_count == 1


def test_threads_share_one_source(origin: Origin, fetch: Fetch) -> None:
    url = origin.on("/tool", answer(PAYLOAD))
    results: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: results.append(fetch(url))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert results == [PAYLOAD] * 8


def test_identity_is_asked_for_and_no_cookie_is_sent(
    origin: Origin, fetch: Fetch
) -> None:
    url = origin.on("/tool", answer(PAYLOAD, headers={"Set-Cookie": "id=1; Path=/"}))
    fetch(url)
    fetch(url)
    for request in origin.requests:
        assert request.headers["accept-encoding"] == "identity"
        assert request.headers["user-agent"].startswith("fetchkit/")
        assert "cookie" not in request.headers
        assert "authorization" not in request.headers


# ------------------------------------------------------------ unusable answers


@pytest.mark.parametrize("status", [401, 403, 404, 410, 418, 429, 500, 503])
def test_an_error_status_is_told_with_its_number(
    origin: Origin, fetch: Fetch, status: int
) -> None:
    url = origin.on("/tool?token=SECRET", answer(b"no", status=status))
    with pytest.raises(HttpStatusError, match=f"HTTP {status}") as caught:
        fetch(url)
    assert caught.value.status == status
    assert "SECRET" not in caught.value.message


@pytest.mark.parametrize("status", [201, 203, 204, 206, 300, 304, 305])
def test_a_status_without_the_whole_artifact_is_refused(
    origin: Origin, fetch: Fetch, status: int
) -> None:
    body = b"" if status in {204, 304} else PAYLOAD
    with pytest.raises(RefusedError, match=f"HTTP {status}"):
        fetch(origin.on("/tool", answer(body, status=status)))


def test_retry_after_reaches_the_error(origin: Origin, fetch: Fetch) -> None:
    url = origin.on("/tool", answer(status=503, headers={"Retry-After": "7"}))
    with pytest.raises(HttpStatusError) as caught:
        fetch(url)
    assert caught.value.retry_after == 7


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        pytest.param(b"\n <!DOCTYPE HTML><p>log in", "text/plain", id="doctype"),
        pytest.param(b"<html><body>blocked", "application/octet-stream", id="html"),
        pytest.param(b"<p>moved", "text/html; charset=utf-8", id="markup by type"),
    ],
)
def test_a_web_page_is_refused(
    origin: Origin, fetch: Fetch, body: bytes, content_type: str
) -> None:
    url = origin.on("/tool", answer(body, headers={"Content-Type": content_type}))
    with pytest.raises(RefusedError, match="web page"):
        fetch(url)


def test_a_coding_put_on_by_the_way_is_refused(origin: Origin, fetch: Fetch) -> None:
    url = origin.on(
        "/tool", answer(gzip.compress(PAYLOAD), headers={"Content-Encoding": "gzip"})
    )
    with pytest.raises(RefusedError, match="coded as `gzip`"):
        fetch(url)


def test_a_files_own_compression_called_a_coding_is_left_alone(
    origin: Origin, fetch: Fetch
) -> None:
    data = gzip.compress(PAYLOAD)
    url = origin.on("/tool.tar.gz", answer(data, headers={"Content-Encoding": "gzip"}))
    assert fetch(url) == data


# ------------------------------------------------------------------- lengths


def test_a_short_body_is_told_with_both_numbers(origin: Origin, fetch: Fetch) -> None:
    url = origin.on("/tool", raw(OK + b"Content-Length: 1000000\r\n\r\n" + b"x" * 500))
    with pytest.raises(NetworkError, match="got 500 of 1000000 bytes"):
        fetch(url)


def test_what_is_announced_too_large_is_not_read(origin: Origin, fetch: Fetch) -> None:
    head = render_head(200, {"Content-Length": str(10**15)})
    url = origin.on("/tool", endless(head, b"x" * 65536))
    with pytest.raises(TooLargeError, match=r"announces 1000000000000000 bytes"):
        fetch(url, limit=1000)


def test_an_endless_body_stops_at_the_limit(origin: Origin, fetch: Fetch) -> None:
    url = origin.on("/tool", endless(OK + b"\r\n", b"x" * 65536))
    with pytest.raises(TooLargeError, match="more than 1000000 bytes"):
        fetch(url, limit=1_000_000)


def test_a_connection_that_breaks_is_told_with_both_numbers(
    origin: Origin, fetch: Fetch
) -> None:
    data = OK + b"Content-Length: 1000000\r\n\r\n" + b"x" * 200_000
    with pytest.raises(NetworkError, match="got 200000 of 1000000 bytes"):
        fetch(origin.on("/tool", resetting(data)))


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"Content-Length: -5\r\n", id="negative length"),
        pytest.param(b"Content-Length: " + b"9" * 5000 + b"\r\n", id="5,000 digits"),
        pytest.param(b"Content-Length: 1e3\r\n", id="length with an exponent"),
        pytest.param(
            b"Content-Length: 3\r\nContent-Length: 4\r\n", id="two lengths that differ"
        ),
        pytest.param(b"Transfer-Encoding: gzip\r\n", id="unknown transfer coding"),
    ],
)
def test_a_nonsense_length_is_an_error(
    origin: Origin, fetch: Fetch, head: bytes
) -> None:
    with pytest.raises(NetworkError):
        fetch(origin.on("/tool", raw(OK + head + b"\r\nabcd")))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"4\r\nabcd\r\n", id="last chunk missing"),
        pytest.param(b"4\r\nab", id="cut inside a chunk"),
        pytest.param(b"FFFFFFFFFFFFFFFF\r\nab", id="absurd chunk size"),
        pytest.param(b"hello\r\nab", id="chunk size is no number"),
    ],
)
def test_a_broken_chunked_body_is_an_error(
    origin: Origin, fetch: Fetch, body: bytes
) -> None:
    data = OK + b"Transfer-Encoding: chunked\r\n\r\n" + body
    with pytest.raises(NetworkError):
        fetch(origin.on("/tool", raw(data)))


# -------------------------------------------------------------------- patience

IMPATIENT = {"connect_timeout": 0.5, "head_timeout": 0.5, "floor_seconds": 0.5}


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(stalling(b""), id="silent from the start"),
        pytest.param(stalling(OK + b"Content-Le"), id="silent in the head"),
        pytest.param(
            stalling(OK + b"Content-Length: 9999\r\n\r\nabc"), id="silent in the body"
        ),
        pytest.param(dripping(OK + b"X: ", b"x", every=0.02), id="head drips"),
        pytest.param(
            dripping(OK + b"Content-Length: 9999\r\n\r\n", b"x", every=0.02),
            id="body drips",
        ),
        pytest.param(
            dripping(OK + b"Transfer-Encoding: chunked\r\n\r\n1;a=", b"x", every=0.02),
            id="chunk extension drips",
        ),
        pytest.param(
            dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n", every=0.02),
            id="100 Continue drips",
        ),
    ],
)
def test_an_origin_that_is_too_slow_is_left(
    origin: Origin, fetching: Fetching, behaviour: Behaviour
) -> None:
    with fetching(**IMPATIENT) as fetch, pytest.raises(StalledError):
        fetch(origin.on("/tool", behaviour))


def test_a_handshake_that_is_never_answered_is_left(
    plain_origin: Origin, fetching: Fetching
) -> None:
    with fetching(**IMPATIENT) as fetch, pytest.raises(StalledError):
        fetch(plain_origin.url("/tool", scheme="https"))


def test_the_time_for_all_of_it_is_bounded(origin: Origin, fetching: Fetching) -> None:
    head = render_head(200, {"Content-Length": str(10**9)})
    url = origin.on("/tool", dripping(head, b"x" * 4096, every=0.01))
    with (
        fetching(total_timeout=0.5) as fetch,
        pytest.raises(StalledError, match="the time for this transfer is over"),
    ):
        fetch(url, limit=10**10)


def test_a_slow_reader_is_not_the_origins_fault(
    origin: Origin, net_settings: NetSettings
) -> None:
    url = Url.parse(origin.on("/tool", answer(PAYLOAD * 4)))
    source = HttpSource(replace(net_settings, floor_seconds=1.0))
    pause = threading.Event()
    with source.open(url, limit=1 << 24) as body:
        received = 0
        for number, chunk in enumerate(body.chunks):
            received += len(chunk)
            if number == 0:
                pause.wait(1.5)
    source.close()
    assert received == len(PAYLOAD) * 4


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" * 100_000, id="100 Continue"),
        pytest.param(OK + b"X: y\r\n" * 100_000, id="header lines"),
        pytest.param(OK + b"X: " + b"y" * 1_000_000, id="one header"),
        pytest.param(OK + b"Set-Cookie: a=b\r\n" * 10_000, id="cookies"),
    ],
)
def test_a_flood_before_the_body_is_refused(
    origin: Origin, fetch: Fetch, data: bytes
) -> None:
    with pytest.raises(NetworkError):
        fetch(origin.on("/tool", raw(data + b"\r\n\r\n")))


def test_a_cancelled_transfer_ends_even_while_it_waits(
    origin: Origin, source: Source
) -> None:
    cancel = threading.Event()
    url = Url.parse(origin.on("/tool", stalling(OK + b"\r\nsome")))
    with source.open(url, limit=1000, cancel=cancel) as body:
        assert next(body.chunks) == b"some"
        cancel.set()
        with pytest.raises(TransferCancelledError):
            next(body.chunks)


def test_nothing_is_asked_once_cancelled(origin: Origin, source: Source) -> None:
    cancel = threading.Event()
    cancel.set()
    url = Url.parse(origin.on("/tool", answer(PAYLOAD)))
    with (
        pytest.raises(TransferCancelledError),
        source.open(url, limit=1000, cancel=cancel),
    ):
        pass
    assert origin.paths == []


# ------------------------------------------------------------------ validators


def test_unchanged_is_told_without_bytes(origin: Origin, source: Source) -> None:
    url = Url.parse(origin.on("/tool", echoing_validators(PAYLOAD, etag='"v1"')))
    known = Validators(etag='"v1"')
    with source.open(url, limit=1 << 20, validators=known) as body:
        assert body.not_modified
        assert body.validators == known
        assert list(body.chunks) == []


def test_changed_brings_the_new_bytes(origin: Origin, source: Source) -> None:
    url = Url.parse(origin.on("/tool", echoing_validators(PAYLOAD, etag='"v2"')))
    with source.open(url, limit=1 << 20, validators=Validators(etag='"v1"')) as body:
        assert not body.not_modified
        assert b"".join(body.chunks) == PAYLOAD
        assert body.validators.etag == '"v2"'


# ----------------------------------------------------------- what the user sees


def test_a_body_broken_off_can_be_fetched_again(origin: Origin, fetch: Fetch) -> None:
    cut = raw(OK + b"Content-Length: 1000\r\n\r\nabc")
    url = origin.on("/tool", in_turn(cut, answer(PAYLOAD)))
    with pytest.raises(NetworkError):
        fetch(url)
    assert fetch(url) == PAYLOAD


def test_no_answer_at_all_is_a_network_error(origin: Origin, fetch: Fetch) -> None:
    with pytest.raises(NetworkError, match="without sending a response"):
        fetch(origin.on("/tool", raw(b"")))


def test_something_that_is_not_http_is_a_network_error(
    origin: Origin, fetch: Fetch
) -> None:
    with pytest.raises(NetworkError, match="not an HTTP answer"):
        fetch(origin.on("/tool", raw(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")))


def test_a_refused_connection_names_the_address(fetch: Fetch) -> None:
    with pytest.raises(NetworkError, match=r"127\.0\.0\.1:1/tool: connection refused"):
        fetch("https://127.0.0.1:1/tool")


def test_a_host_without_address_is_named(fetch: Fetch) -> None:
    with pytest.raises(NetworkError, match=r"host `nowhere\.invalid` has no address"):
        fetch("https://nowhere.invalid/tool")


@pytest.mark.parametrize("host", ["a..b", ".org", "xn--", f"{'a' * 70}.org"])
def test_a_host_that_is_no_name_is_refused(fetch: Fetch, host: str) -> None:
    with pytest.raises(NetworkError):
        fetch(f"https://{host}/tool")


def test_plain_speech_where_tls_is_expected_is_a_network_error(fetch: Fetch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def greet() -> None:
            connection, _ = listener.accept()
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            connection.recv(1 << 16)
            connection.close()

        server = threading.Thread(target=greet)
        server.start()
        with pytest.raises(NetworkError, match="TLS: wrong version number"):
            fetch(f"https://127.0.0.1:{listener.getsockname()[1]}/tool")
        server.join(timeout=10)


def test_busy_connections_are_named_as_the_reason(
    origin: Origin, fetching: Fetching, net_settings: NetSettings
) -> None:
    one = replace(net_settings, max_connections=1, head_timeout=0.5)
    url = Url.parse(origin.on("/tool", stalling(OK + b"\r\nsome")))
    source = HttpSource(one)
    with (
        closing(source),
        source.open(url, limit=1000),
        pytest.raises(StalledError, match="all 1 connections stayed busy"),
        source.open(url, limit=1000),
    ):
        pass


def test_plain_http_to_another_machine_is_refused(fetch: Fetch) -> None:
    with pytest.raises(RefusedError, match="refusing plain http"):
        fetch("http://192.0.2.1/tool")


def test_plain_http_to_this_machine_works(plain_origin: Origin, fetch: Fetch) -> None:
    assert fetch(plain_origin.on("/tool", answer(PAYLOAD))) == PAYLOAD
