"""``detect``: who calls, and the build plan that is the answer (N-1 to N-7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fetchkit.fs import translated
from fetchkit.lifecycles.cnb.call import argument, missing, read_descriptor
from fetchkit.values import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fetchkit.manifest import Manifest

_VARIABLES = ("CNB_BUILD_PLAN_PATH", "CNB_BUILDPACK_DIR")


@frozen
class DetectCall:
    """One call of ``bin/detect`` (N-1)."""

    app_dir: str
    plan_path: str
    """Where the build plan is to be written; an empty file is there already."""


def is_detect(environ: Mapping[str, str]) -> bool:
    """Whether ``detect`` is called by a CNB platform, and not by another one."""
    return any(environ.get(name) for name in _VARIABLES)


def read_call(
    arguments: Sequence[str], environ: Mapping[str, str], *, app_dir: str
) -> DetectCall:
    """What ``detect [PLATFORM_DIR PLAN_PATH]`` was called with.

    Raises:
        ContractError: there is no place for the build plan, or the buildpack is
            written for an API that is not known here.
    """
    plan_path = environ.get("CNB_BUILD_PLAN_PATH") or argument(arguments, 1)
    if not plan_path:
        raise missing("CNB_BUILD_PLAN_PATH", "detect")
    buildpack_dir = environ.get("CNB_BUILDPACK_DIR")
    if buildpack_dir:
        read_descriptor(buildpack_dir)
    return DetectCall(app_dir=app_dir, plan_path=plan_path)


def write_plan(call: DetectCall, manifest: Manifest) -> None:
    """Write what `manifest` offers and needs; nothing, if that is nothing.

    Raises:
        StorageError: the plan cannot be written.
    """
    data = render_plan(manifest)
    if data:
        with translated(call.plan_path), open(call.plan_path, "wb") as file:
            file.write(data)


def render_plan(manifest: Manifest) -> bytes:
    """The build plan; without a ``[plan]`` it is empty, and passes by itself (N-6)."""
    if not manifest.plans:
        return b""
    import tomli_w

    first, *others = (
        {
            "provides": [{"name": name} for name in plan.provides],
            "requires": [
                {"name": each.name, "metadata": dict(each.metadata)}
                for each in plan.requires
            ],
        }
        for plan in manifest.plans
    )
    document: dict[str, Any] = dict(first)
    if others:
        document["or"] = others
    return tomli_w.dumps(document).encode()
