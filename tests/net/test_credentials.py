"""Whatever a chain of redirects does, a credential stays where it was given for."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from fetchkit.errors import RefusedError
from fetchkit.net.redirects import first_hop, next_hop
from fetchkit.urls import Url

HOSTS = ("a.example.org", "A.EXAMPLE.ORG", "b.example.org", "a.example.org.evil.net")
PORTS = ("", ":443", ":8443", ":80")

locations = st.one_of(
    st.builds(
        "{}://{}{}/{}".format,
        st.sampled_from(["https", "http", "HTTPS", "ftp"]),
        st.sampled_from(HOSTS),
        st.sampled_from(PORTS),
        st.sampled_from(["", "tool", "../tool?token=1", "//b.example.org/"]),
    ),
    st.builds("//{}/tool".format, st.sampled_from(HOSTS)),
    st.sampled_from(["/tool", "tool", "?x", "", "///tool", "https:tool"]),
    st.text(max_size=20),
)


@given(st.sampled_from(HOSTS), st.sampled_from(PORTS), st.lists(locations, max_size=6))
def test_a_credential_is_sent_to_its_own_origin_until_that_is_left(
    host: str, port: str, chain: list[str]
) -> None:
    home = Url.parse(f"https://{host}{port}/")
    hop = first_hop(Url.parse(f"https://user:secret@{host}{port}/"))
    has_left = False
    with suppress(RefusedError):
        for location in chain:
            hop = next_hop(hop, location, limit=5)
            has_left = has_left or hop.url.origin != home.origin
            assert (hop.authorization is None) == has_left
            assert "secret" not in hop.url.secret
            assert hop.url.scheme == "https"
