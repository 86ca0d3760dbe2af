"""What ``build`` is called with: variables, and for old APIs positionals too."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from fetchkit.errors import ContractError, ManifestError
from fetchkit.fs import translated
from fetchkit.lifecycles import BuildContext
from fetchkit.lifecycles.cnb.bindings import find_authorities
from fetchkit.paths import printable
from fetchkit.sbom import MEDIA_TYPE
from fetchkit.toml import parse_toml
from fetchkit.values import frozen

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

CACHE_LAYER = "fetchkit-cache"
CA_VARIABLE = "FETCHKIT_CA_FILE"

_APIS = ("0.8", "0.9", "0.10", "0.11", "0.12")
_MAX_BYTES = 1024 * 1024


@frozen
class BuildCall:
    """One call of ``bin/build`` (N-8)."""

    context: BuildContext
    bindings_dir: str
    has_sbom: bool
    """``buildpack.toml`` declares the form of our bills of materials (N-34)."""

    @property
    def layers_dir(self) -> str:
        """Our own layers, and ours alone."""
        return self.context.install_root

    def read_variables(self, accept: Collection[str]) -> dict[str, str]:
        """The user's variables that are asked for.

        What is bound stands in for a variable that is not set.

        Raises:
            InputError: a variable cannot be what an environment holds.
            StorageError: a binding cannot be read.
        """
        found = dict(self.context.read_variables(accept))
        if CA_VARIABLE in accept and CA_VARIABLE not in found:
            authorities = find_authorities(self.bindings_dir)
            if authorities is not None:
                found[CA_VARIABLE] = authorities
        return found


def read_build(
    arguments: Sequence[str], environ: Mapping[str, str], *, app_dir: str
) -> BuildCall:
    """What ``build [LAYERS_DIR PLATFORM_DIR PLAN_PATH]`` was called with.

    Raises:
        ContractError: a part of the call is missing, the plan is not TOML, or the
            buildpack is written for an API that is not known here.
    """
    given = {
        name: environ.get(name) or argument(arguments, position)
        for position, name in enumerate(
            ("CNB_LAYERS_DIR", "CNB_PLATFORM_DIR", "CNB_BP_PLAN_PATH")
        )
    }
    given["CNB_BUILDPACK_DIR"] = environ.get("CNB_BUILDPACK_DIR", "")
    for name, value in given.items():
        if not value:
            raise missing(name, "build")
    layers_dir = os.path.abspath(given["CNB_LAYERS_DIR"])
    if not os.path.isdir(layers_dir):
        raise ContractError(f"CNB_LAYERS_DIR {printable(layers_dir)} is no directory")
    _read_toml(given["CNB_BP_PLAN_PATH"], "the buildpack plan")
    descriptor = read_descriptor(given["CNB_BUILDPACK_DIR"])
    buildpack = descriptor.get("buildpack", {})
    return BuildCall(
        context=BuildContext(
            app_dir=app_dir,
            install_root=layers_dir,
            runtime_root=layers_dir,
            cache_dir=os.path.join(layers_dir, CACHE_LAYER),
            buildpack_dir=given["CNB_BUILDPACK_DIR"],
            env_dir=os.path.join(given["CNB_PLATFORM_DIR"], "env"),
        ),
        bindings_dir=environ.get("SERVICE_BINDING_ROOT")
        or os.path.join(given["CNB_PLATFORM_DIR"], "bindings"),
        has_sbom=MEDIA_TYPE in buildpack.get("sbom-formats", ()),
    )


def read_descriptor(buildpack_dir: str) -> dict[str, Any]:
    """``buildpack.toml``, if it is written for an API that is known here.

    Raises:
        ContractError: it is missing, no TOML, or for another API.
    """
    path = os.path.join(buildpack_dir, "buildpack.toml")
    descriptor = _read_toml(path, "buildpack.toml")
    if descriptor.get("api") not in _APIS:
        raise ContractError(
            f"{printable(path)} is for Buildpack API {descriptor.get('api')!r:.40}, "
            f"fetchkit knows {_APIS[0]} to {_APIS[-1]}",
            hint='Write api = "0.10", or use a fetchkit that knows this API.',
        )
    return descriptor


def _read_toml(path: str, what: str) -> dict[str, Any]:
    try:
        with translated(path), open(path, "rb") as file:
            return parse_toml(file.read(_MAX_BYTES + 1), path, limit=_MAX_BYTES)
    except (ManifestError, FileNotFoundError) as error:
        raise ContractError(f"{what} cannot be read: {error}") from error


def missing(name: str, command: str) -> ContractError:
    """What to say of a call that lacks a part."""
    return ContractError(
        f"{command} was called without {name}",
        hint="A lifecycle sets it; by hand, set all of CNB_* that docs/cnb.md names.",
    )


def argument(arguments: Sequence[str], position: int) -> str:
    """A positional, as APIs before 0.8 pass them; empty where there is none."""
    return arguments[position] if position < len(arguments) else ""
