"""Urls that cannot leak, whatever is in them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fetchkit.errors import InvalidValueError
from fetchkit.urls import Url, mask

SECRET = "hunter2"

_WORDS = st.text("abc.-_~%0", max_size=6)
_SCHEMES = st.sampled_from(["https://", "http://", "https:/", "https:", "", "ftp://"])
_HOSTS = st.sampled_from(["h.test", "127.0.0.1:8443", "[::1]", "h.test:x", ""])
_SECRETS = st.sampled_from([SECRET, f"{SECRET}@", f"a/{SECRET}", f"x:{SECRET}"])


def shown(text: str) -> str:
    """Everything a url, or the error about it, would show."""
    try:
        url = Url.parse(text)
    except InvalidValueError as error:
        return f"{error} {error.hint}"
    return f"{url} {url!r}"


@given(_SCHEMES, _WORDS, _SECRETS, _HOSTS, _WORDS)
def test_password_is_in_no_text_made_of_a_url(
    scheme: str, user: str, password: str, host: str, path: str
) -> None:
    text = f"{scheme}{user}:{password}@{host}/{path}"
    assert SECRET not in shown(text)
    assert SECRET not in mask(text)


@given(_WORDS, _SECRETS)
def test_query_and_fragment_are_in_no_text_made_of_a_url(name: str, value: str) -> None:
    text = f"https://h.test/p?a=1&{name}={value}&b#{value}"
    assert SECRET not in str(Url.parse(text))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://h.test/a/b", "https://h.test/a/b"),
        ("https://h.test/@scope/x", "https://h.test/@scope/x"),
        ("https://u:p@h.test/a", "https://***@h.test/a"),
        ("https://u@h.test/a", "https://***@h.test/a"),
        ("https://u:p@q@h.test/a", "https://***@h.test/a"),
        (
            "https://h.test/a?X-Amz-Signature=abc",
            "https://h.test/a?X-Amz-Signature=***",
        ),
        ("https://h.test/a?versionId=7&t=x", "https://h.test/a?versionId=7&t=***"),
        ("https://h.test/a#frag", "https://h.test/a"),
    ],
)
def test_url_is_shown_without_its_secrets(text: str, shown: str) -> None:
    assert str(Url.parse(text)) == shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "h.test/a",
        "ftp://h.test/a",
        "javascript:alert(1)",
        "https://",
        "https:///a",
        "https://h.test:x/a",
        "https://h.test:99999/a",
        "https://[::1/a",
        "https://h.test/a b",
        "https://h.test/a\r\nX: y",
        "https://h.test\\@evil.test/",
        "https://h.test/\x7f",
        "https://h.test/\ud800",
        "file:relative",
        "file://other/abs",
        "https://h.test/" + "x" * 9000,
    ],
)
def test_what_is_no_url_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError):
        Url.parse(text)


@pytest.mark.parametrize(
    ("location", "joined"),
    [
        ("/b", "https://h.test/b"),
        ("b", "https://h.test/a/b"),
        ("//i.test/b", "https://i.test/b"),
        ("?x", "https://h.test/a/?x"),
        ("http://h.test/b", "http://h.test/b"),
    ],
)
def test_location_is_joined(location: str, joined: str) -> None:
    assert Url.parse("https://h.test/a/").join(location).secret == joined


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "[::1]"])
def test_this_machine_is_known_by_its_addresses(host: str) -> None:
    assert Url.parse(f"http://{host}:80/").is_loopback


@pytest.mark.parametrize("host", ["localhost.evil.test", "128.0.0.1", "0.0.0.0"])
def test_others_do_not_pass_for_this_machine(host: str) -> None:
    assert not Url.parse(f"http://{host}/").is_loopback
