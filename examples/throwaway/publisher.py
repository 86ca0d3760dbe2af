"""Somebody who signs releases: gpg with a home and keys of its own, gone afterwards."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from typing import TYPE_CHECKING

import gnupg

from fetchkit_build.environments import run
from fetchkit_build.errors import BuildError

if TYPE_CHECKING:
    from typing_extensions import Self

KEY_LIFETIME = "1d"


class Publisher:
    """Makes keys and signatures. Use it as a context manager."""

    def __init__(self) -> None:
        self._gpg_program = ensure_gpg()
        # Below /tmp: gpg's agent makes a socket here, whose path must be short.
        self._home = tempfile.mkdtemp(prefix="fetchkit-demo-gpg-", dir="/tmp")
        self._gpg = gnupg.GPG(gnupghome=self._home, gpgbinary=self._gpg_program)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        subprocess.run(
            ["gpgconf", "--homedir", self._home, "--kill", "all"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        shutil.rmtree(self._home, ignore_errors=True)

    def make_key(self, name: str) -> str:
        """A new Ed25519 key that can sign; returns its fingerprint.

        Raises:
            BuildError: gpg does not make one.
        """
        request = self._gpg.gen_key_input(
            key_type="EDDSA",
            key_curve="ed25519",
            key_usage="sign",
            name_real=name,
            name_email="demo@example.invalid",
            expire_date=KEY_LIFETIME,
            no_protection=True,
        )
        made = self._gpg.gen_key(request)
        if not made.fingerprint:
            raise BuildError(f"gpg makes no key:\n{made.stderr}")
        return str(made.fingerprint)

    def public_key(self, fingerprint: str) -> bytes:
        """The public key, armored: what a publisher puts on its web site."""
        return str(self._gpg.export_keys(fingerprint)).encode()

    def sign(self, data: bytes, fingerprint: str) -> bytes:
        """A detached signature over `data`.

        Raises:
            BuildError: gpg does not make one.
        """
        signed = self._gpg.sign(data, keyid=fingerprint, detach=True)
        if not signed.data:
            raise BuildError(f"gpg does not sign:\n{signed.stderr}")
        return bytes(signed.data)


def ensure_gpg() -> str:
    """The path of gpg, installed first where that is ours to do.

    Checking a signature takes gpgv alone; making one takes gpg.

    Raises:
        BuildError: it is missing, and somebody else has to install it.
    """
    found = shutil.which("gpg")
    if found is not None:
        return found
    apt = shutil.which("apt-get")
    if apt is None:
        raise BuildError("the demo signs a release, and there is no gpg: install GnuPG")
    if os.geteuid() != 0:
        raise BuildError(
            "the demo signs a release, and there is no gpg; "
            "type: sudo apt-get install gnupg"
        )
    print("installing gnupg (apt-get install gnupg)")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    run([apt, "update", "-qq"], "update the list of packages", variables=quiet)
    run(
        [apt, "install", "-y", "-qq", "--no-install-recommends", "gnupg", "gpgv"],
        "install gnupg",
        variables=quiet,
    )
    return shutil.which("gpg") or "gpg"
