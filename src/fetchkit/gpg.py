"""Runs gpgv, or gpg where there is no gpgv, and gives back what it said.

What that means is for `fetchkit.trust` to decide. Every run has a private directory and
file names made up here; nothing of the user's is read: no keyring, no
configuration, no agent. Both tools get the same data on standard input, while it
arrives, and both are told the same weak digests.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from fetchkit import child, fs
from fetchkit.child import ChildError
from fetchkit.errors import UntrustedKeyError, VerificationError
from fetchkit.paths import printable
from fetchkit.status import RawVerdict
from fetchkit.values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fetchkit.child import Child
    from fetchkit.openpgp import KeyFile, SignatureFile

TIMEOUT_SECONDS = 30.0
"""How long a verifier may take no byte, or give no answer after the last one."""

_PROBE_SECONDS = 10.0
_NO_HOME = "/nonexistent"
_HINT = "Install gpgv: `apt-get install gpgv`, or `brew install gnupg`."
_VERSION = re.compile(rb"gpgv? \([^)\n]{1,60}\) ([2-9]\.[0-9.]{1,20})\b")
"""First line of ``--version``. Version 1 knows neither SHA-3 nor elliptic curves."""

_WEAK_DIGESTS = ("--weak-digest", "SHA1", "--weak-digest", "RIPEMD160")
_GPG_OPTIONS = (
    "--no-options",
    "--batch",
    "--no-tty",
    "--no-autostart",
    "--lock-never",
    "--no-auto-check-trustdb",
    "--trust-model=always",
    "--disable-dirmngr",
    "--no-auto-key-retrieve",
    "--no-auto-key-locate",
    "--no-default-keyring",
)
"""What makes gpg as deaf and as harmless as gpgv."""


class VerifierMissingError(VerificationError):
    """There is no program here that can check a signature."""


class SignatureStream:
    """A verifier at work, waiting for the signed bytes."""

    def __init__(
        self,
        process: Child,
        *,
        tool: str,
        signature: SignatureFile,
        keys: Sequence[KeyFile],
    ) -> None:
        self._process = process
        self._tool = tool
        self._signature = signature
        self._keys = tuple(keys)

    def write(self, chunk: bytes | memoryview) -> None:
        """Hand on the next signed bytes. One that ended early ignores them.

        Raises:
            VerificationError: the verifier hangs.
        """
        with _translated(self._tool):
            self._process.write(chunk)

    def finish(self) -> RawVerdict:
        """Say that these were all the bytes, and wait for the answer.

        Raises:
            VerificationError: there is none in time.
        """
        with _translated(self._tool):
            ending = self._process.finish()
        lines = ending.talk.decode("utf-8", "replace").strip().rsplit("\n", 1)
        return RawVerdict(
            signature=self._signature,
            keys=self._keys,
            status=ending.status,
            exit_code=ending.exit_code,
            tool=self._tool,
            talk=printable(lines[-1]),
        )


@frozen
class Verifier:
    """A gpgv or gpg that works. Made by `find_verifier`."""

    path: str
    name: str
    """``gpgv`` or ``gpg``: says which arguments it takes."""
    version: str

    @contextmanager
    def start(
        self,
        *,
        signature: SignatureFile,
        keys: Sequence[KeyFile],
        work_dir: str,
        timeout: float = TIMEOUT_SECONDS,
    ) -> Iterator[SignatureStream]:
        """Start a verifier; leaving the block ends it and removes its files.

        Args:
            keys: all the keys it may know, and no others.
            work_dir: where its private directory is made.
            timeout: seconds without progress after which it counts as hung.

        Raises:
            UntrustedKeyError: two different copies of one key are given: verifiers
                look at one, which may lack the revocation that is in the other.
            VerifierMissingError: it cannot be run any more.
            StorageError: `work_dir` cannot be written to.

        Example:
            with verifier.start(signature=signature, keys=keys, work_dir=dir) as stream:
                for chunk in chunks:
                    stream.write(chunk)
                raw = stream.finish()
        """
        ring = _join(keys)
        with fs.private_dir(os.path.abspath(work_dir), "gpg-") as home:
            signature_file = _write_private(home, "signature.gpg", signature.binary)
            ring_file = _write_private(home, "keys.gpg", ring)

            def arguments(status: int) -> list[str]:
                return self._arguments(home, status, ring_file, signature_file)

            try:
                process = child.start(arguments, home=home, timeout=timeout)
            except OSError as error:
                raise VerifierMissingError(
                    f"cannot run {printable(self.path)}: {error.strerror}", hint=_HINT
                ) from error
            with process:
                yield SignatureStream(
                    process,
                    tool=f"{self.name} {self.version}",
                    signature=signature,
                    keys=keys,
                )

    def _arguments(
        self, home: str, status: int, ring_file: str, signature_file: str
    ) -> list[str]:
        is_gpg = self.name == "gpg"
        return [
            self.path,
            *(_GPG_OPTIONS if is_gpg else ()),
            *("--homedir", home, "--status-fd", str(status)),
            *_WEAK_DIGESTS,
            *("--keyring", ring_file),
            *(("--verify",) if is_gpg else ()),
            # The data is always named: given a signature alone, both tools are
            # content with a message that carries its own.
            *("--", signature_file, "-"),
        ]


def find_verifier(search_path: str) -> Verifier:
    """The verifier to use: the first working gpgv of `search_path`, else gpg.

    Args:
        search_path: directories as in ``PATH``. Relative ones are passed over:
            what lies in the current directory was not chosen by anybody.

    Raises:
        VerifierMissingError: neither is there, or what is there is not it.
    """
    rejected = []
    for name in ("gpgv", "gpg"):
        for directory in search_path.split(os.pathsep):
            path = os.path.join(directory, name)
            if not os.path.isabs(path) or not os.path.lexists(path):
                continue
            version = _probe(path, name)
            if version is not None:
                return Verifier(path=path, name=name, version=version)
            rejected.append(printable(path))
    reason = f"; not usable: {', '.join(rejected[:4])}" if rejected else ""
    raise VerifierMissingError(f"neither gpgv nor gpg is on PATH{reason}", hint=_HINT)


def _probe(path: str, name: str) -> str | None:
    """The version of the program at `path`, or None if it is not `name`."""
    if not os.path.isfile(path):
        return None
    try:
        with child.start(
            lambda _: [path, "--version"], home=_NO_HOME, timeout=_PROBE_SECONDS
        ) as process:
            ending = process.finish()
    except (OSError, ChildError):
        return None
    found = _VERSION.match(ending.talk)
    if ending.exit_code != 0 or found is None:
        return None
    is_named = ending.talk.startswith(name.encode() + b" ")
    return found[1].decode() if is_named else None


@contextmanager
def _translated(tool: str) -> Iterator[None]:
    try:
        yield
    except ChildError as error:
        raise VerificationError(
            f"{tool} {error}", hint="Run again; if it stays so, reinstall gpgv."
        ) from error


def _join(keys: Sequence[KeyFile]) -> bytes:
    """One ring of `keys`, each primary once."""
    ring: dict[str, bytes] = {}
    for key in keys:
        if ring.setdefault(key.fingerprint, key.binary) != key.binary:
            raise UntrustedKeyError(
                f"two different copies of key {key.fingerprint}",
                hint="Keep the newer one, or merge them with `gpg --import`.",
            )
    return b"".join(ring.values())


def _write_private(directory: str, name: str, data: bytes) -> str:
    path = os.path.join(directory, name)
    with fs.translated(path):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, 0o600)  # a umask may have taken our own bits away
            file.write(data)
    return path
