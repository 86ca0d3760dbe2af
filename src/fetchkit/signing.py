"""Detached signatures by a key of this user: what a release manager adds to a file.

The one place where the user's own keyring is used, through python-gnupg, and only
to sign. What we verify is verified elsewhere (`fetchkit.gpg`, decision 0006).
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from fetchkit.errors import InputError
from fetchkit.fs import translated, write_atomic
from fetchkit.offline import starting_child
from fetchkit.paths import printable

if TYPE_CHECKING:
    from typing import Any


def sign_file(path: str, *, key: str, search_path: str) -> str:
    """Sign `path`; returns the path of the armored signature beside it.

    Args:
        key: fingerprint of a secret key in the user's keyring.
        search_path: directories as in ``PATH``, where gpg is.

    Raises:
        InputError: there is no gpg, or it cannot sign with that key.
        StorageError: the file cannot be read, or the signature not be written.
    """
    program = shutil.which("gpg", path=search_path)
    if program is None:
        raise InputError(
            "there is no gpg on PATH to sign with", hint="apt-get install gnupg"
        )
    import gnupg  # costs 46 ms; only who signs pays

    signature = f"{path}.asc"
    with translated(path), open(path, "rb") as file, starting_child():
        gpg = gnupg.GPG(gpgbinary=program)
        signed: Any = gpg.sign_file(file, keyid=key, detach=True, clearsign=False)
    if not signed.data:
        reason = str(signed.stderr).strip().rsplit("\n", 1)[-1]
        raise InputError(
            f"gpg cannot sign {os.path.basename(path)} with {printable(key)}: "
            f"{printable(reason)}",
            hint="`gpg --list-secret-keys` shows the keys there are.",
        )
    write_atomic(signature, bytes(signed.data))
    return signature
