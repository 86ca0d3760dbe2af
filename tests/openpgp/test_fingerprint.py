from __future__ import annotations

import pytest

from fetchkit.errors import InvalidValueError
from fetchkit.fingerprint import normalise_fingerprint

V4 = "BC09A30DD766319D02852360732D56A66A537383"
V6 = V4 + "0123456789ABCDEF01234567"

ACCEPTED = [
    pytest.param(V4, V4, id="version 4"),
    pytest.param(V6, V6, id="version 6"),
    pytest.param(V4.lower(), V4, id="lower case"),
    pytest.param("0x" + V4, V4, id="0x"),
    pytest.param(
        "  BC09 A30D D766 319D 0285\u00a0 2360 732D 56A6 6A53 7383\n", V4, id="spaces"
    ),
]


@pytest.mark.parametrize(("text", "expected"), ACCEPTED)
def test_full_fingerprint_is_normalised(text: str, expected: str) -> None:
    assert normalise_fingerprint(text) == expected


REFUSED = [
    pytest.param("", id="nothing"),
    pytest.param(V4[-8:], id="8 digits"),
    pytest.param(V4[-16:], id="16 digits"),
    pytest.param(V4[:-1], id="39 digits"),
    pytest.param(V4 + "0", id="41 digits"),
    pytest.param(V4.replace("0", "O"), id="O for 0"),
    pytest.param(V4 + "!", id="apt's exact subkey"),
    pytest.param("\u0660" * 40, id="Arabic digits"),
]


@pytest.mark.parametrize("text", REFUSED)
def test_anything_shorter_or_longer_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError, match="need the full fingerprint"):
        normalise_fingerprint(text)
