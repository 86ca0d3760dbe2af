"""What a manifest says to platforms: ``[detect]``, ``[plan]``, layers, licences."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fetchkit.artifact import LayerTypes
from fetchkit.errors import InvalidValueError
from fetchkit.manifest.model import Plan, Requirement
from fetchkit.paths import parse_name, parse_rel_path

if TYPE_CHECKING:
    from fetchkit.manifest.fields import Fields

_LICENSE = re.compile(r"[A-Za-z0-9.+:() -]{1,200}")


def parse_license(text: str) -> str:
    """`text` as a licence, in the form of SPDX: ``MIT``, ``Apache-2.0 OR MIT``.

    Raises:
        InvalidValueError: it holds a character that no SPDX expression has.
    """
    if not _LICENSE.fullmatch(text):
        raise InvalidValueError(
            f"not an SPDX licence expression: `{text[:60]}`",
            hint="Write one such as Apache-2.0, or LicenseRef-NAME for a text of "
            "its own.",
        )
    return text


def read_layer(table: Fields) -> LayerTypes:
    """``[artifacts.NAME.layer]``: what its layer is for."""
    inner = table.table("layer")
    if inner is None:
        return LayerTypes()
    usual = LayerTypes()
    launch, build, cache = (inner.flag(key) for key in ("launch", "build", "cache"))
    types = LayerTypes(
        launch=usual.launch if launch is None else launch,
        build=usual.build if build is None else build,
        cache=usual.cache if cache is None else cache,
    )
    if not (types.launch or types.build):
        inner.fault("", "is for nothing", "Set `launch` or `build` to true.")
    inner.close()
    return types


def read_detect(top: Fields) -> tuple[str, ...]:
    """``[detect]``: which apps the manifest is for."""
    inner = top.table("detect")
    if inner is None:
        return ()
    patterns = inner.texts("files")
    if not patterns:
        inner.fault("files", "names no file", 'Write files = ["Procfile"].')
    for index, pattern in enumerate(patterns):
        inner.checked(f"files[{index}]", pattern, parse_rel_path)
    inner.close()
    return patterns


def read_plans(top: Fields) -> tuple[Plan, ...]:
    """``[plan]`` and the alternatives in ``[[plan.or]]``, in order of preference."""
    inner = top.table("plan")
    if inner is None:
        return ()
    tables = (inner, *inner.array("or"))
    plans = tuple(_read_plan(each) for each in tables)
    for each in tables:
        each.close()
    return plans


def _read_plan(table: Fields) -> Plan:
    provides = table.texts("provides")
    for index, name in enumerate(provides):
        table.checked(f"provides[{index}]", name, parse_name)
    requires = tuple(_read_requirement(each) for each in table.array("requires"))
    return Plan(provides=provides, requires=requires)


def _read_requirement(table: Fields) -> Requirement:
    name = table.parsed("name", parse_name, required=True) or ""
    metadata = table.free_table("metadata")
    table.close()
    return Requirement(name=name, metadata=metadata)
