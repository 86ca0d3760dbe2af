"""Every command, its module and its one line of help. Imports no command."""

from __future__ import annotations

from typing import NamedTuple


class Command(NamedTuple):
    """A command as the top-level help shows it."""

    module: str
    help: str
    group: str


_LIFECYCLE = "build lifecycles, as the platforms call them"
_WORK = "by hand"
_LOOK = "find out"

COMMANDS = {
    "detect": Command("detect", "say whether this buildpack applies", _LIFECYCLE),
    "compile": Command("compile", "Heroku: install into BUILD_DIR", _LIFECYCLE),
    "supply": Command("supply", "Cloud Foundry: install for any app", _LIFECYCLE),
    "finalize": Command("finalize", "Cloud Foundry: wire all supplies", _LIFECYCLE),
    "release": Command("release", "print the process types there are", _LIFECYCLE),
    "build": Command("build", "Cloud Native Buildpacks: fill layers", _LIFECYCLE),
    "init": Command("init", "write a fetchkit.toml to start from", _WORK),
    "resolve": Command("resolve", "show what would be fetched", _WORK),
    "fetch": Command("fetch", "fetch into the cache, print the paths", _WORK),
    "install": Command("install", "install into a directory", _WORK),
    "lock": Command("lock", "write fetchkit.lock: every byte of every platform", _WORK),
    "update": Command("update", "lock newer versions", _WORK),
    "outdated": Command("outdated", "show what an update would change", _WORK),
    "bundle": Command("bundle", "carry a lock's files in one file", _WORK),
    "uninstall": Command("uninstall", "take away what was installed", _WORK),
    "rollback": Command("rollback", "put back what was installed before", _WORK),
    "buildpack": Command("buildpack", "make a buildpack, package one", _WORK),
    "verify": Command("verify", "check a file's signature, or an install", _WORK),
    "keys": Command("keys", "pin keys, look at them, see when they end", _WORK),
    "cache": Command("cache", "look at the cache, check it, clean it", _WORK),
    "list": Command("list", "list artifacts and what is installed", _LOOK),
    "sbom": Command("sbom", "print a bill of materials of an install", _LOOK),
    "why": Command("why", "say why an artifact is trusted", _LOOK),
    "doctor": Command("doctor", "check this machine for what fetchkit needs", _LOOK),
    "config": Command("config", "show settings and where they are from", _LOOK),
    "self": Command("self", "check fetchkit's own file", _LOOK),
    "completion": Command("completion", "print a shell completion script", _LOOK),
}
