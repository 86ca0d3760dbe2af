"""What a manifest says, as a value (design 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fetchkit.errors import UnknownArtifactError
from fetchkit.values import field, frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fetchkit.artifact import Artifact, Key
    from fetchkit.digest import Digest


@frozen
class Requirement:
    """Something a build plan asks for."""

    name: str
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """For the buildpack that provides it, such as ``version``."""


@frozen
class Plan:
    """What a buildpack offers to others, and what it needs of them."""

    provides: tuple[str, ...] = ()
    requires: tuple[Requirement, ...] = ()


@frozen
class Manifest:
    """A checked manifest: every name in it is harmless, every rule of trust holds."""

    document: str
    """Where it was read from, for messages."""
    name: str
    """Names what this manifest owns in an app: its receipt and profile script."""
    artifacts: Mapping[str, Artifact]
    keys: Mapping[str, Key] = field(default_factory=dict)
    digest: Digest
    """Of the manifest's bytes, and of the files its artifacts are taken from."""
    notes: tuple[str, ...] = ()
    """What the owner of a build should know, such as the end of a version's life."""
    detect: tuple[str, ...] = ()
    """Patterns; it applies to apps that hold a file of one of them. None: to all."""
    plans: tuple[Plan, ...] = ()
    """Build plans, the preferred first. None: it needs nobody, nobody needs it."""

    sourced: frozenset[str] = frozenset()
    """The artifacts whose version a file beside the manifest gave."""

    def is_listed(self, name: str) -> bool:
        """Whether the version of an artifact was chosen from a ``manifest.yml``."""
        return name in self.sourced

    def select(self, names: Iterable[str]) -> tuple[Artifact, ...]:
        """The artifacts of these names; all of them for no name.

        Raises:
            UnknownArtifactError: a name is not in the manifest; the nearest are named.
        """
        wanted = tuple(dict.fromkeys(names))
        for name in wanted:
            if name not in self.artifacts:
                raise self._unknown(name)
        return tuple(self.artifacts[name] for name in wanted or self.artifacts)

    def _unknown(self, name: str) -> UnknownArtifactError:
        from difflib import get_close_matches

        nearest = get_close_matches(name, self.artifacts, n=1)
        listed = ", ".join(self.artifacts)
        return UnknownArtifactError(
            f"{self.document} has no artifact `{name[:60]}`; it has {listed}",
            hint=f"Did you mean `{nearest[0]}`?" if nearest else None,
        )
