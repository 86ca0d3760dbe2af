"""Platforms' build lifecycles on one core.

Each platform is two functions around the same work: `read` turns its call into a
`BuildContext`, `write` turns a `BuildResult` into what it expects on disk. What
differs is the pair of install root (where we may write now) and runtime root (the
same place when the app runs), and how a change of environment is spelled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fetchkit.values import frozen

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from fetchkit.artifact import Resolved
    from fetchkit.environ import EnvChange
    from fetchkit.kit import Outcome


@frozen
class BuildContext:
    """One platform's call, in our words."""

    app_dir: str
    """The app's source, as it will run."""
    install_root: str
    """Where artifacts are installed now."""
    runtime_root: str
    """The install root when the app runs, as shell text: ``"$HOME"``."""
    cache_dir: str | None
    """Where the platform keeps what shall survive until the next build."""
    buildpack_dir: str | None = None
    """The buildpack we are part of, if we are part of one."""
    env_dir: str | None = None
    """Where the app's own variables lie, one file each, if the platform has that."""

    def read_variables(self, accept: Collection[str]) -> Mapping[str, str]:
        """The app's own variables, those that are asked for and no others.

        Raises:
            InputError: one of them cannot be what an environment holds.
        """
        from fetchkit.lifecycles.variables import read_variables

        return read_variables(self.env_dir, accept) if self.env_dir else {}


@frozen
class BuildResult:
    """What the build came to; a lifecycle renders it."""

    owner: str
    """Name of the manifest."""
    resolved: tuple[Resolved, ...]
    outcome: Outcome
    changes: tuple[EnvChange, ...]
