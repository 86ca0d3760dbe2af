"""Makes the throw-away keys of the tests, with real gpg. Run once, by hand:

    python3 tests/keys/make_keys.py

writes ``NAME.asc`` and ``NAME.secret.asc`` beside this file. The secret keys are
published test material without passphrase, protect nothing, and must never be
pinned by a manifest. Fixed keys, rather than new ones for each session, because
an RSA key takes seconds to find and a failing test should fail again.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
BORN = "20200101T000000"

KEYS = {
    # name: (algorithm, usage, expiry, time of birth)
    "good": ("rsa3072", "sign,cert", "never", BORN),
    "second": ("ed25519", "sign,cert", "never", BORN),
    "stranger": ("ed25519", "sign,cert", "never", BORN),
    "expired": ("ed25519", "sign,cert", "2021-01-01", BORN),
    "revoked": ("ed25519", "sign,cert", "never", BORN),
    "subkeys": ("ed25519", "cert", "never", BORN),
    "expired_subkey": ("ed25519", "cert", "never", BORN),
    "weak": ("rsa1024", "sign,cert", "never", BORN),
    "dsa": ("dsa2048", "sign,cert", "never", BORN),
    "nistp256": ("nistp256", "sign,cert", "never", BORN),
    "future": ("ed25519", "sign,cert", "never", "20900101T000000"),
}
SUBKEYS = {
    "subkeys": [
        ("ed25519", "sign", "never"),
        ("ed25519", "sign", "never"),
        ("cv25519", "encr", "never"),
    ],
    "expired_subkey": [("ed25519", "sign", "2021-01-01")],
}


def main() -> None:
    for name in KEYS:
        with tempfile.TemporaryDirectory(prefix="keys-") as home:
            make(name, home)


def make(name: str, home: str) -> None:
    algorithm, usage, expiry, born = KEYS[name]

    def gpg(*arguments: str, data: bytes | None = None) -> bytes:
        command = ["gpg", "--homedir", home, "--batch", "--passphrase", ""]
        command += ["--pinentry-mode", "loopback", "--faked-system-time", born]
        command += ["--cert-digest-algo", "SHA512", "--no-emit-version", *arguments]
        return subprocess.run(
            command, input=data, capture_output=True, check=True
        ).stdout

    user = f"Test {name} <{name.replace('_', '-')}@example.test>"
    gpg("--quick-gen-key", user, algorithm, usage, expiry)
    listing = gpg("--with-colons", "--list-keys").decode()
    fingerprint = next(x for x in listing.splitlines() if x[:3] == "fpr").split(":")[9]
    for subkey in SUBKEYS.get(name, []):
        gpg("--quick-add-key", fingerprint, *subkey)
    if name == "revoked":
        prepared = Path(home, "openpgp-revocs.d", f"{fingerprint}.rev").read_text()
        gpg("--import", data=prepared.replace(":-----BEGIN", "-----BEGIN").encode())
    (HERE / f"{name}.asc").write_bytes(gpg("--armor", "--export"))
    secret = gpg("--armor", "--export-secret-keys")
    (HERE / f"{name}.secret.asc").write_bytes(secret)
    subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=True)


if __name__ == "__main__":
    main()
