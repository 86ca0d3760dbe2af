"""What somebody who owns the web server, but not the key, can try."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from throwaway.publisher import Publisher


@dataclass(frozen=True, slots=True)
class Attack:
    """What somebody does to the web server, and how fetchkit has to end."""

    title: str
    files: Mapping[str, bytes | None]
    """Path -> what is served there now; None: nothing."""
    exit_code: int


def attacks(publisher: Publisher, release: Mapping[str, bytes]) -> tuple[Attack, ...]:
    """Four ways to get a program of one's own into the app."""
    stranger = publisher.make_key("Mallory")
    binaries = {
        path: data for path, data in release.items() if not path.endswith(".asc")
    }
    evil = {path: data + b"echo all your base\n" for path, data in binaries.items()}
    signed = {f"{path}.asc": publisher.sign(evil[path], stranger) for path in evil}
    key = publisher.public_key(stranger)
    return (
        Attack("Somebody changes the binary", evil, 32),
        Attack("Somebody signs it with another key", {**evil, **signed}, 33),
        Attack(
            "Somebody puts that key in place of the publisher's, too",
            {**evil, **signed, "/public-key.asc": key},
            33,
        ),
        Attack(
            "Somebody takes the signature away",
            {**evil, **{f"{path}.asc": None for path in evil}},
            35,
        ),
    )
