"""Every failure a user can meet, and the exit code that goes with it.

The numbers are API (design 4): bands of ten by who can fix it.

    FetchkitError                      1   a bug of ours, or nothing more exact fits
    ├─ UsageError                      2   the command line
    ├─ InputError                     10   a file or a variable you can change
    │  ├─ SettingsError               11
    │  ├─ ManifestError               12   carries places: artifacts.jq.install.links[0]
    │  ├─ UnknownArtifactError        13
    │  ├─ UnsupportedTargetError      14
    │  └─ InvalidValueError           15
    ├─ NetworkError                   20
    │  ├─ HttpStatusError             21
    │  ├─ OfflineError                22
    │  ├─ TooLargeError               23
    │  ├─ RegistryError               24
    │  ├─ StalledError                25
    │  ├─ RefusedError                20   the same answer would be refused again
    │  └─ TransferCancelledError      20   nobody waits for these bytes any more
    ├─ VerificationError              30   nothing was installed
    │  ├─ DigestMismatchError         31
    │  ├─ BadSignatureError           32
    │  ├─ UntrustedKeyError           33
    │  ├─ ExpiredKeyError             34   expired or revoked
    │  └─ UnsignedError               35
    ├─ StorageError                   40
    │  ├─ LockTimeoutError            41
    │  ├─ UnsafeArchiveError          42
    │  ├─ NoSpaceError                43
    │  └─ ConflictError               44
    ├─ LifecycleError                 50
    │  └─ ContractError               51   the platform broke its contract
    ├─ PluginError                    60
    └─ NotDetectedError              100   CNB's "not me": a result, not a fault

A message is one line: lower case, no final dot, names the thing and the two
values that differ. A hint is one sentence that says what to type next. Neither
holds a secret: URLs come in as `fetchkit.urls.Url`, whose text is masked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fetchkit.digest import Digest


class FetchkitError(Exception):
    """Base of every error of ours: a one-line message and, if there is one, a hint."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    @property
    def kind(self) -> str:
        """The machine name of this failure, as ``--json`` prints it."""
        return type(self).__name__.removesuffix("Error")


class UsageError(FetchkitError):
    """The command line asks for something that cannot be meant."""

    exit_code = 2


class InputError(FetchkitError):
    """A file or a variable the user controls has to change."""

    exit_code = 10


class SettingsError(InputError):
    """A setting (flag, ``FETCHKIT_*`` variable, config file) cannot be used."""

    exit_code = 11


class Fault(NamedTuple):
    """One thing wrong with a document: where, what, and the way out."""

    place: str
    """Dotted path in the document, such as ``artifacts.jq.install.links[0]``."""
    message: str
    hint: str | None = None

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place else self.message


class ManifestError(InputError):
    """The manifest or the lock cannot be used; carries every fault found in it."""

    exit_code = 12

    def __init__(
        self, document: str, faults: Sequence[Fault], *, hint: str | None = None
    ) -> None:
        first = faults[0]
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        super().__init__(f"{document}: {first}{more}", hint=hint or first.hint)
        self.document = document
        self.faults = tuple(faults)


class NoManifestError(InputError):
    """There is no manifest in any of the usual places."""


class UnknownArtifactError(InputError):
    """A name was asked for that the manifest does not have."""

    exit_code = 13


class UnsupportedTargetError(InputError):
    """The artifact is not published for this platform."""

    exit_code = 14


class InvalidValueError(InputError):
    """A single value (digest, path, version, url) is not what it has to be."""

    exit_code = 15


class NetworkError(FetchkitError):
    """Bytes could not be had from where they are."""

    exit_code = 20
    retryable: ClassVar[bool] = True
    """Whether asking the same source again can help; `fetchkit.retry` reads it."""


class HttpStatusError(NetworkError):
    """The server answered, with a status that carries no artifact."""

    exit_code = 21

    def __init__(
        self,
        message: str,
        *,
        status: int,
        retry_after: float | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.retry_after = retry_after
        """Seconds the server asked us to wait, if it did."""


class OfflineError(NetworkError):
    """The network would be needed, and is forbidden or known to be absent."""

    exit_code = 22
    retryable = False


class TooLargeError(NetworkError):
    """More bytes came than were announced or are allowed."""

    exit_code = 23
    retryable = False


class RegistryError(NetworkError):
    """An OCI registry broke its protocol or refused."""

    exit_code = 24
    retryable = False


class StalledError(NetworkError):
    """The transfer is slower than the floor, or ran out of its time."""

    exit_code = 25


class DeadlineError(StalledError):
    """The time for the whole run is over."""

    retryable = False


class RefusedError(NetworkError):
    """The source offers what must not be taken, and would again: ask another one."""

    retryable = False


class PartError(RefusedError):
    """The source gives a part of a file that cannot be joined to the others.

    Asked for the whole file it may well be right.
    """


class WebPageError(RefusedError):
    """The source answers with a page for people: a login, a block notice."""


class TransferCancelledError(NetworkError):
    """The caller gave the transfer up; the reason is the error of a sibling."""

    retryable = False


class VerificationError(FetchkitError):
    """Bytes arrived that must not be used. Nothing was installed."""

    exit_code = 30


class DigestMismatchError(VerificationError):
    """The bytes that arrived are not the bytes that were promised."""

    exit_code = 31

    def __init__(
        self, subject: str, *, expected: Digest, actual: Digest, hint: str | None = None
    ) -> None:
        super().__init__(
            f"{subject} is {actual}, expected {expected}",
            hint=hint
            or "Nothing was installed. Compare with what the publisher announces; "
            "if the new digest is right, change sha256 in the manifest, or run "
            "`fetchkit update` where it is locked.",
        )
        self.expected = expected
        self.actual = actual


class BadSignatureError(VerificationError):
    """The signature is not one, or does not fit these bytes."""

    exit_code = 32


class UntrustedKeyError(VerificationError):
    """A signature was made, but not by a key this manifest trusts."""

    exit_code = 33


class ExpiredKeyError(VerificationError):
    """The key or the signature has expired, or the key was revoked."""

    exit_code = 34


class UnsignedError(VerificationError):
    """A signature is asked for and there is none."""

    exit_code = 35


class StorageError(FetchkitError):
    """A disk, directory or file does not allow what has to be done."""

    exit_code = 40


class LockTimeoutError(StorageError):
    """Another process held a lock for too long."""

    exit_code = 41


class UnsafeArchiveError(StorageError):
    """The archive holds something that must not be extracted."""

    exit_code = 42


class NoSpaceError(StorageError):
    """The disk, quota or inode table is full."""

    exit_code = 43


class ConflictError(StorageError):
    """Something is in the way that fetchkit did not put there."""

    exit_code = 44


class LifecycleError(FetchkitError):
    """A step of a platform's build failed."""

    exit_code = 50


class ContractError(LifecycleError):
    """The platform did not give what its contract promises."""

    exit_code = 51


class PluginError(FetchkitError):
    """A plugin failed."""

    exit_code = 60


class NotDetectedError(FetchkitError):
    """This buildpack does not apply (N-2). The number is used for nothing else."""

    exit_code = 100
