"""Show every setting, its value, and who gave it; or where files are looked for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from fetchkit.cli.columns import table
from fetchkit.cli.options import add_verb
from fetchkit.openpgp.key import MIN_RSA_BITS
from fetchkit.urls import mask

if TYPE_CHECKING:
    import argparse

    from fetchkit.cli.session import Session

EXAMPLES = """\
  fetchkit config show
  FETCHKIT_JOBS=4 fetchkit config show --json
  fetchkit config path                  where the files are, or would be
"""

_SHOWN = {
    "manifest": "manifest",
    "platform": "platform",
    "cache_dir": "cache_dir",
    "cache_layers": "cache_layers",
    "cache_quota": "cache_quota",
    "cache_ttl": "cache_ttl",
    "offline": "is_offline",
    "jobs": "jobs",
    "connections": "connections",
    "max_bytes": "max_bytes",
    "deadline": "deadline",
    "transfer_timeout": "transfer_timeout",
    "tiers": "tiers",
    "tier_role": "tier_role",
    "ca_file": "ca_file",
    "https_proxy": "https_proxy",
    "no_proxy": "no_proxy",
}
"""Name in a file -> field of `Settings`."""
_USUAL = {"min_rsa_bits": MIN_RSA_BITS}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own arguments."""
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    add_verb(verbs, "show", "show every setting and its origin")
    add_verb(verbs, "path", "show where configuration files are looked for")


def run(args: argparse.Namespace, session: Session) -> int:
    """Show it."""
    if args.verb == "path":
        return _paths(session)
    rows = [*_settings(session), *_demands(session)]
    document = {"files": list(session.config.files), "settings": rows}
    lines = table([(row["name"], _text(row["value"]), row["origin"]) for row in rows])
    session.emit(document, lines)
    return 0


def _settings(session: Session) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "value": _plain(name, getattr(session.settings, field)),
            "origin": (
                session.given[field].origin if field in session.given else "default"
            ),
        }
        for name, field in _SHOWN.items()
    ]


def _demands(session: Session) -> list[dict[str, Any]]:
    origins = session.config.demand_origins
    return [
        {
            "name": f"trust.{name}",
            "value": value if name in origins else _USUAL.get(name, value),
            "origin": origins.get(name, "default"),
        }
        for name, value in session.settings.demands._asdict().items()
    ]


def _plain(name: str, value: object) -> Any:  # noqa: ANN401 -- as JSON has it
    """`value` as it may be shown: no secrets, and nothing but JSON's own kinds."""
    if name == "https_proxy" and value:
        from fetchkit.net.settings import Proxies

        return str(Proxies.parse(https=str(value)).https)  # a url masks itself
    if isinstance(value, tuple):
        return [mask(each) if name == "tiers" else each for each in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return str(value)


def _text(value: object) -> str:
    if value is None or value in ("", []):
        return "-"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ":".join(value)
    return str(value)


def _paths(session: Session) -> int:
    from fetchkit.config.read import SITE_DIRS, VARIABLE, user_dir

    named = session.environ.get(VARIABLE)
    own = named or os.path.join(user_dir(session.environ), "config.toml")
    places = [os.path.join(each, "config.toml") for each in SITE_DIRS]
    files = list(session.config.files)
    session.emit({"files": files, "places": [*places, own]}, files or [own])
    return 0
