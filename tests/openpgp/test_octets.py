from __future__ import annotations

import pytest

from fetchkit.openpgp.octets import MalformedError, Octets


def test_octets_are_read_in_order() -> None:
    octets = Octets(b"\x01\x02\x03\x00\x09\x01\xff")
    assert (octets.take(1), octets.number(2)) == (b"\x01", 0x0203)
    assert octets.mpi() == 0x1FF
    assert not octets


def test_end_is_never_overrun() -> None:
    octets = Octets(b"ab")
    with pytest.raises(MalformedError, match="3 bytes announced, 2 left"):
        octets.take(3)
    assert octets.take(2) == b"ab"
