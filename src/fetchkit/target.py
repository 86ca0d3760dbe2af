"""The platform a build is for, in OCI spelling: ``linux-amd64``, ``darwin-arm64``.

Pure: parses and compares. What the host is, `fetchkit.host` knows.
"""

from __future__ import annotations

from fetchkit.errors import InvalidValueError
from fetchkit.values import frozen

_ARCHITECTURES = {
    "x86_64": "amd64",
    "amd64": "amd64",
    "x64": "amd64",
    "aarch64": "arm64",
    "arm64": "arm64",
    "armv7l": "arm",
    "i686": "386",
    "i386": "386",
}
_SYSTEMS = {"linux": "linux", "darwin": "darwin", "macos": "darwin"}


def normalise_arch(text: str) -> str:
    """The OCI name of an architecture; an unknown one comes back in lower case.

    Example:
        >>> normalise_arch("x86_64"), normalise_arch("AArch64")
        ('amd64', 'arm64')
    """
    return _ARCHITECTURES.get(text.lower(), text.lower())


@frozen(kw_only=False, order=True)
class Target:
    """Operating system and architecture, and what else may decide a download."""

    os: str
    arch: str
    libc: str = ""
    """``glibc`` or ``musl`` where known; empty where it does not matter."""
    stack: str = ""
    """``heroku-24``, ``cflinuxfs4``; empty outside such a platform."""

    @classmethod
    def parse(cls, text: str, *, libc: str = "", stack: str = "") -> Target:
        """Read ``linux-amd64`` or ``linux/amd64``, in any usual spelling.

        Raises:
            InvalidValueError: not two words, or an unknown operating system.
        """
        os_name, separator, arch = text.strip().replace("/", "-").partition("-")
        system = _SYSTEMS.get(os_name.lower())
        if (
            not separator
            or not arch
            or system is None
            or not arch.isalnum() | ("_" in arch)
        ):
            raise InvalidValueError(
                f"not a platform: `{text[:60]}`",
                hint="Write os-arch, for example linux-amd64 or linux-arm64.",
            )
        return cls(system, normalise_arch(arch), libc=libc, stack=stack)

    @property
    def name(self) -> str:
        """``os-arch``, the key of ``platforms`` in a manifest."""
        return f"{self.os}-{self.arch}"

    def __str__(self) -> str:
        return self.name
