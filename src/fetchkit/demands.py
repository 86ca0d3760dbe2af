"""What a user or a site insists on, whatever a manifest says. Pure.

Demands go the other way than settings: every level may add to them, none can take
any away. `hold` is the one place where they meet a manifest, before anything is
fetched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fetchkit.errors import Fault, ManifestError
from fetchkit.values import replace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fetchkit.artifact import Artifact, Key
    from fetchkit.manifest import Manifest


class Demands(NamedTuple):
    """The strictest of what all levels ask for."""

    min_rsa_bits: int = 0
    """Fewest bits of an RSA key that may sign; 0: the least that ever counts."""
    refuse_unverified: bool = False
    """``trust = "none"`` is forbidden."""
    require_signature: bool = False
    """Every artifact, or the list that names its digest, has to be signed."""
    require_lock: bool = False
    """Nothing is fetched or installed without a lock; ``fetchkit lock`` makes one."""
    refuse_expired: bool = False
    """``allow_expired`` of a key does not count."""

    def and_also(self, other: Demands) -> Demands:
        """Both: of each demand the stricter one."""
        return Demands(
            max(self.min_rsa_bits, other.min_rsa_bits),
            self.refuse_unverified or other.refuse_unverified,
            self.require_signature or other.require_signature,
            self.require_lock or other.require_lock,
            self.refuse_expired or other.refuse_expired,
        )

    def named(self) -> dict[str, int | bool]:
        """What is demanded, by its name in a configuration file."""
        return {name: value for name, value in self._asdict().items() if value}


NO_DEMANDS = Demands()
"""What every manifest is held to: the rules that nobody can switch off."""


def hold(manifest: Manifest, demands: Demands, *, is_locked: bool) -> Manifest:
    """`manifest`, with its keys made as strict as `demands` asks for.

    Args:
        is_locked: whether a lock decides, or is being made.

    Raises:
        ManifestError: it asks for less than is demanded; each fault has its place.
    """
    if demands == NO_DEMANDS:
        return manifest
    faults = [
        fault
        for artifact in manifest.artifacts.values()
        for fault in _faults(artifact, demands)
    ]
    if demands.require_lock and not is_locked:
        faults.append(
            Fault("", "there is no lock, and trust.require_lock demands one", _LOCK)
        )
    if faults:
        raise ManifestError(manifest.document, faults)
    return replace(
        manifest,
        keys={name: _stricter(key, demands) for name, key in manifest.keys.items()},
        artifacts={
            name: replace(
                artifact,
                signed_by=tuple(_stricter(key, demands) for key in artifact.signed_by),
            )
            for name, artifact in manifest.artifacts.items()
        },
    )


_LOCK = "Run `fetchkit lock`; `fetchkit config show` says who demands it."
_SIGN = "Give it a signature; `fetchkit config show` says who demands it."


def _faults(artifact: Artifact, demands: Demands) -> Iterator[Fault]:
    if artifact.unverified_reason is not None and (
        demands.refuse_unverified or demands.require_signature
    ):
        yield Fault(
            f"{artifact.place}.trust",
            '"none" is forbidden by trust.refuse_unverified or require_signature',
            _SIGN,
        )
    elif demands.require_signature and not _is_signed(artifact):
        yield Fault(
            artifact.place,
            "is not signed, and trust.require_signature demands it",
            _SIGN,
        )


def _is_signed(artifact: Artifact) -> bool:
    """Whether a signature has to hold on every platform."""
    if artifact.signature or artifact.checksums_signature:
        return True
    overrides = artifact.platforms.values()
    return bool(overrides) and all(each.signature for each in overrides)


def _stricter(key: Key, demands: Demands) -> Key:
    return replace(
        key,
        min_rsa_bits=demands.min_rsa_bits,
        allow_expired=None if demands.refuse_expired else key.allow_expired,
    )
