"""Whatever arrives, the readers answer with a value or with an error of ours."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import example, given, settings
from hypothesis import strategies as st

from fetchkit.errors import FetchkitError
from fetchkit.fingerprint import normalise_fingerprint
from fetchkit.openpgp import read_key, read_signatures
from fetchkit.openpgp.armor import SIGNATURE as SIGNATURE_LABEL
from fetchkit.openpgp.armor import read_armored
from tests.keys import packets
from tests.signing import load_test_keys

KEYS = load_test_keys()
SIGNATURE = KEYS.sign(b"x", armor=False)
KEY = KEYS.subkeys.public

framed = st.tuples(st.integers(0, 63), st.binary(max_size=80)).map(
    lambda part: packets.packet(*part)
)
armored = st.tuples(
    st.binary(max_size=80),
    st.sampled_from(["PGP SIGNATURE", "PGP PUBLIC KEY BLOCK", "PGP MESSAGE"]),
).map(lambda part: packets.armor(*part))
pieces = st.one_of(
    st.binary(max_size=200), framed, armored, st.sampled_from([SIGNATURE, KEY])
)
files = st.lists(pieces, max_size=4).map(b"".join)


@st.composite
def damaged(draw: st.DrawFn, data: bytes) -> bytes:
    """`data` with one run of bytes replaced."""
    start = draw(st.integers(0, len(data)))
    end = draw(st.integers(start, min(len(data), start + 8)))
    return data[:start] + draw(st.binary(max_size=8)) + data[end:]


@settings(max_examples=300, deadline=None)
@given(files)
@example(b"\x88\x00")
@example(b"\xef\xbb\xbf")
def test_signature_reader_never_crashes(data: bytes) -> None:
    with suppress(FetchkitError):
        file = read_signatures(data, subject="s")
        assert read_signatures(file.binary, subject="s") == file


@settings(max_examples=300, deadline=None)
@given(files)
@example(b"\x98\x00")
@example(b"\xef\xbb\xbf")
def test_key_reader_never_crashes(data: bytes) -> None:
    with suppress(FetchkitError):
        key = read_key(data, subject="k", pinned=None, now=0.0)
        assert read_key(key.binary, subject="k", pinned={key.fingerprint}) == key


@settings(max_examples=300, deadline=None)
@given(damaged(SIGNATURE))
def test_damaged_signature_never_crashes_the_reader(data: bytes) -> None:
    with suppress(FetchkitError):
        read_signatures(data, subject="s")


@settings(max_examples=300, deadline=None)
@given(damaged(KEY))
def test_damaged_key_never_crashes_the_reader(data: bytes) -> None:
    with suppress(FetchkitError):
        read_key(data, subject="k", pinned=None)


@settings(max_examples=200, deadline=None)
@given(st.binary(min_size=1, max_size=300))
def test_armor_is_undone(data: bytes) -> None:
    assert read_armored(packets.armor(data), label=SIGNATURE_LABEL) == data


@given(st.text(max_size=80))
def test_fingerprint_reader_never_crashes(text: str) -> None:
    with suppress(FetchkitError):
        assert len(normalise_fingerprint(text)) in {40, 64}
