"""Does a manifest apply to an app? The one answer for every platform's ``detect``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fetchkit.manifest import Manifest


def applies(manifest: Manifest, app_dir: str) -> bool:
    """Whether `manifest` is for the app at `app_dir`.

    It is for every app, unless its ``[detect]`` names patterns: then one of them
    has to match a path of the app. Looks at names only.
    """
    if not manifest.detect:
        return True
    from glob import iglob

    return any(
        next(iglob(pattern, root_dir=app_dir, recursive=True), None) is not None
        for pattern in manifest.detect
    )


def is_sidecar_only(manifest: Manifest) -> bool:
    """Whether a buildpack does nothing but run beside another one's app.

    Such a buildpack is for no app by itself (platform-contracts C-34).
    """
    return all(
        each.process is not None and each.process.sidecar_for
        for each in manifest.artifacts.values()
    )
