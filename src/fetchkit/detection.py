"""Does a manifest apply to an app? The one answer for every platform's ``detect``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fetchkit.manifest import Manifest


def matches(patterns: Sequence[str], app_dir: str) -> bool:
    """Whether the app at `app_dir` has a path that fits one of `patterns`.

    Looks at names only.
    """
    from glob import iglob

    return any(
        next(iglob(pattern, root_dir=app_dir, recursive=True), None) is not None
        for pattern in patterns
    )


def applies(patterns: Sequence[str], app_dir: str) -> bool:
    """Whether a manifest whose ``[detect]`` names `patterns` is for an app.

    It is for every app, unless it names some: then one of them has to fit.
    """
    return not patterns or matches(patterns, app_dir)


def sentence(document: str, patterns: Sequence[str]) -> str:
    """Why a manifest does not apply."""
    return f"the app has no file that {document} is for: {', '.join(patterns)}"


def is_sidecar_only(manifest: Manifest) -> bool:
    """Whether a buildpack does nothing but run beside another one's app.

    Such a buildpack is for no app by itself (platform-contracts C-34).
    """
    return all(
        each.process is not None and each.process.sidecar_for
        for each in manifest.artifacts.values()
    )
