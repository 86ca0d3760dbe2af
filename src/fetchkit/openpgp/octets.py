"""Reading outside octets without ever reading past their end.

Pure, stdlib only. Every parser of this package takes its input through `Octets`
and reports what it finds as `MalformedError`; only `read_signatures` and
`read_key`, which know what the file is called, turn that into a user's error.
"""

from __future__ import annotations


class MalformedError(Exception):
    """Octets are not what they have to be.

    The text is a predicate that completes "<file> …", such as "is truncated".
    """

    def __init__(self, predicate: str, *, hint: str | None = None) -> None:
        super().__init__(predicate)
        self.predicate = predicate
        self.hint = hint


class Octets:
    """A cursor over `data` that refuses to run over its end."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def __bool__(self) -> bool:
        """Whether anything is left to read."""
        return self._at < len(self._data)

    def take(self, count: int) -> bytes:
        """The next `count` octets.

        Raises:
            MalformedError: fewer are left.
        """
        taken = self._data[self._at : self._at + count]
        if len(taken) < count:
            raise MalformedError(
                f"is truncated or damaged: {count} bytes announced, {len(taken)} left",
                hint="Fetch it again, and compare its size with the publisher's.",
            )
        self._at += count
        return taken

    def number(self, size: int) -> int:
        """The next `size` octets as a big-endian number."""
        return int.from_bytes(self.take(size), "big")

    def mpi(self) -> int:
        """The next multiprecision integer (RFC 9580, 3.2)."""
        bits = self.number(2)
        return self.number((bits + 7) // 8)
