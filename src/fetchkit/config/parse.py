"""The text of one configuration file -> what it sets and demands. Pure."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from fetchkit.config.expand import expand
from fetchkit.demands import NO_DEMANDS, Demands
from fetchkit.errors import Fault, FetchkitError, ManifestError, SettingsError
from fetchkit.manifest.fields import Fields
from fetchkit.openpgp.key import MIN_RSA_BITS
from fetchkit.settings import (
    Given,
    parse_connections,
    parse_duration,
    parse_flag,
    parse_jobs,
    parse_paths,
    parse_size,
    parse_tier_role,
    parse_tiers,
)
from fetchkit.target import Target
from fetchkit.toml import parse_toml

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fetchkit.manifest.verbatim import Node

MAX_CONFIG_BYTES = 256 * 1024


class Level(NamedTuple):
    """What one file says."""

    document: str
    settings: Mapping[str, Given]
    """Field of `Settings` -> value and origin."""
    demands: Demands = NO_DEMANDS
    demand_origins: Mapping[str, str] = MappingProxyType({})
    """Name of a demand -> the place that makes it."""


def _parse_path(text: str) -> str:
    if not text.startswith("/"):
        raise ValueError("expected a path that starts with / or ${HOME}")
    return text


def _parse_layers(text: str) -> tuple[str, ...]:
    return tuple(map(_parse_path, parse_paths(text)))


_KEYS: dict[str, tuple[str, Callable[[str], object]]] = {
    "cache_dir": ("cache_dir", _parse_path),
    "cache_layers": ("cache_layers", _parse_layers),
    "cache_quota": ("cache_quota", parse_size),
    "cache_ttl": ("cache_ttl", parse_duration),
    "ca_file": ("ca_file", _parse_path),
    "connections": ("connections", parse_connections),
    "deadline": ("deadline", parse_duration),
    "https_proxy": ("https_proxy", str),
    "jobs": ("jobs", parse_jobs),
    "max_bytes": ("max_bytes", parse_size),
    "no_proxy": ("no_proxy", str),
    "offline": ("is_offline", parse_flag),
    "platform": ("platform", Target.parse),
    "tier_role": ("tier_role", parse_tier_role),
    "tiers": ("tiers", parse_tiers),
    "transfer_timeout": ("transfer_timeout", parse_duration),
}
"""Key of a file -> field of `Settings`, and what makes a value of its text."""

_WHOLE = re.compile(r"0|[1-9][0-9]{0,15}")
_SEPARATORS = {"cache_layers": ":", "no_proxy": ",", "tiers": " "}
"""Keys that may be arrays -> how one text would hold several."""


def parse_config(data: bytes, document: str, environ: Mapping[str, str]) -> Level:
    """Read one file; its name says whether it is TOML or YAML.

    Args:
        environ: what ``${VAR}`` stands for.

    Raises:
        SettingsError: it cannot be read, has a key nobody knows, or a value that
            cannot be. The message names the file, the key and the nearest known one.
    """
    try:
        table = _load(data, document)
    except ManifestError as error:
        raise SettingsError(error.message, hint=error.hint) from None
    text = data.decode()
    faults: list[Fault] = []
    top = Fields(table, "", faults)
    settings = {}
    for key, (field, parse) in _KEYS.items():
        raw = top.take_any(key)
        if raw is None:
            continue
        try:
            value = parse(_text_of(key, raw, environ))
        except ValueError as error:
            top.fault(key, str(error))
        except FetchkitError as error:
            top.fault(key, error.message, error.hint)
        else:
            settings[field] = Given(value, _place(document, text, key))
    demands = _read_demands(top)
    top.close()
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise SettingsError(f"{document}: {faults[0]}{more}", hint=faults[0].hint)
    origins = {name: _place(document, text, name) for name in demands.named()}
    return Level(document, settings, demands, origins)


def _load(data: bytes, document: str) -> dict[str, Any]:
    if document.endswith(".toml"):
        return parse_toml(data, document, limit=MAX_CONFIG_BYTES)
    from fetchkit.manifest.verbatim import parse_verbatim

    node = parse_verbatim(data, document)
    if node == "":
        return {}
    if not isinstance(node, dict):
        raise ManifestError(document, [Fault("", "expected keys and their values")])
    return {key: _typed(each) for key, each in node.items()}


def _typed(node: Node) -> object:
    """`node` with the kinds that TOML would have given its texts."""
    if isinstance(node, dict):
        return {key: _typed(each) for key, each in node.items()}
    if isinstance(node, str):
        if node in {"true", "false"}:
            return node == "true"
        return int(node) if _WHOLE.fullmatch(node) else node
    return node


def _read_demands(top: Fields) -> Demands:
    table = top.table("trust")
    if table is None:
        return NO_DEMANDS
    bits = table.whole("min_rsa_bits", least=MIN_RSA_BITS)
    flags = {
        name: table.flag(name) or False
        for name in Demands._fields
        if name != "min_rsa_bits"
    }
    table.close()
    return Demands(min_rsa_bits=bits or 0, **flags)


def _text_of(key: str, raw: object, environ: Mapping[str, str]) -> str:
    """`raw` as the variable of that setting would hold it.

    Raises:
        ValueError: it is of a kind that the setting has no use for.
    """
    if isinstance(raw, bool):
        return str(int(raw)) if key == "offline" else str(raw).lower()
    if isinstance(raw, int):
        return str(raw)
    if isinstance(raw, list) and key in _SEPARATORS:
        if all(isinstance(each, str) for each in raw):
            return _SEPARATORS[key].join(expand(each, environ) for each in raw)
        raise ValueError("expected an array of strings")
    if isinstance(raw, str):
        return expand(raw, environ)
    raise ValueError(f"expected a string, got {type(raw).__name__}")


def _place(document: str, text: str, key: str) -> str:
    """``FILE:LINE`` of `key`, or the file alone where no line begins with it."""
    pattern = rf"^[ \t]*(?:trust\.)?[\"']?{re.escape(key)}[\"']?[ \t]*[=:]"
    found = re.search(pattern, text, re.MULTILINE)
    if found is None:
        return document
    return f"{document}:{text.count(chr(10), 0, found.start()) + 1}"
