"""What GnuPG makes of a key: a second opinion, for whoever pins it or looks at it.

The reader in `fetchkit.openpgp` takes a key at its word; GnuPG checks the signatures
in which a key speaks of itself, of which a forged one could hide an expiry. It is
asked through python-gnupg, in a home that is thrown away. Never asked about a file:
see docs/decisions/0006.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, NamedTuple

from fetchkit import fs
from fetchkit.errors import VerificationError
from fetchkit.offline import starting_child

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fetchkit.openpgp import KeyFile

_OPTIONS = [
    "--no-options",
    "--no-autostart",
    "--no-auto-check-trustdb",
    "--trust-model=always",
    "--disable-dirmngr",
]
"""An import starts an agent that outlives it, unless it is told not to."""


class Opinion(NamedTuple):
    """What is left of a key after GnuPG has checked what it says of itself."""

    tool: str
    """Name and version."""
    is_accepted: bool
    """Whether there is a user id that the primary key vouches for."""
    expires_at: int | None = None
    """Of the primary key, in seconds since the epoch."""
    is_revoked: bool = False
    subkeys: frozenset[str] = frozenset()
    """Fingerprints of the subkeys that are bound to it."""


def ask_gnupg(key: KeyFile, *, search_path: str, work_dir: str) -> Opinion | None:
    """What gpg makes of `key`; None where there is no gpg.

    Args:
        search_path: directories as in ``PATH``; relative ones are passed over.
        work_dir: where its private home is made.

    Raises:
        VerificationError: there is a gpg, and it does not work.
        StorageError: `work_dir` cannot be written to.
    """
    absolute = filter(os.path.isabs, search_path.split(os.pathsep))
    program = shutil.which("gpg", path=os.pathsep.join(absolute))
    if program is None:
        return None
    import gnupg

    with fs.private_dir(os.path.abspath(work_dir), "gpg-") as home:
        environ = {"PATH": os.defpath, "LC_ALL": "C", "HOME": home}
        try:
            # gpg has no network of its own: dirmngr would have it, and is disabled.
            with starting_child():
                gpg = gnupg.GPG(
                    gpgbinary=program, gnupghome=home, options=_OPTIONS, env=environ
                )
                gpg.import_keys(key.binary)
                listed = gpg.list_keys()
        except (OSError, ValueError) as error:
            raise VerificationError(
                f"{program} does not work: {error}", hint="Reinstall gnupg."
            ) from error
    tool = "gpg " + ".".join(map(str, gpg.version or ()))
    for each in listed:
        if each["fingerprint"] == key.fingerprint:
            return _as_opinion(each, tool)
    return Opinion(tool, is_accepted=False)


def find_differences(key: KeyFile, opinion: Opinion) -> Iterator[str]:
    """In what `opinion` is not what `key` says of itself; one phrase each."""
    if not opinion.is_accepted:
        yield "no user id of it is vouched for by the key itself"
        return
    if opinion.expires_at != key.expires_at:
        yield "its expiry is not the one it claims last"
    if opinion.is_revoked != key.is_revoked:
        yield "its revocation does not hold" if key.is_revoked else "it is revoked"
    for part in key.subkeys:
        if part.fingerprint not in opinion.subkeys:
            yield f"subkey {part.fingerprint} is not bound to it"


def _as_opinion(listed: Mapping[str, str | list[list[str]]], tool: str) -> Opinion:
    expires = str(listed["expires"])
    return Opinion(
        tool,
        is_accepted=True,
        expires_at=int(expires) if expires.isdigit() else None,
        is_revoked=listed["trust"] == "r",
        # Key id, capabilities, fingerprint, keygrip.
        subkeys=frozenset(subkey[2] for subkey in listed["subkeys"]),
    )
