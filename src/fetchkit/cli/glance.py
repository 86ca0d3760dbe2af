"""The commonest answer of ``detect``, "not for me", without loading what answers more.

A builder asks every buildpack of every group, and most are not meant: half of their
time would go into reading options and checking a manifest that is not going to be used.
Whatever is unusual is left to the command itself.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_OPTION = "--manifest"


def is_not_meant(argv: Sequence[str], environ: Mapping[str, str]) -> bool:
    """Whether this is a CNB lifecycle's ``detect``, and the app none of its kind.

    Says why on standard error. False means no more than that nothing was found out.
    """
    if not _is_plain_call(argv, environ):
        return False
    from fetchkit.detection import matches, sentence
    from fetchkit.errors import ManifestError
    from fetchkit.toml import parse_toml

    path = argv[argv.index(_OPTION) + 1]
    try:
        with open(path, "rb") as file:
            table = parse_toml(file.read(), path)["detect"]
    except (OSError, ManifestError, KeyError):
        return False
    if not _is_sound(table) or matches(table["files"], os.getcwd()):
        return False
    print(f" !     {sentence(path, table['files'])}", file=sys.stderr)
    return True


def _is_plain_call(argv: Sequence[str], environ: Mapping[str, str]) -> bool:
    """``detect --manifest PATH [PLATFORM_DIR PLAN_PATH]``, in a lifecycle's hands."""
    words = list(argv[1:])
    if argv[:1] != ["detect"] or words[:1] != [_OPTION] or len(words) < 2:
        return False
    is_file = "://" not in words[1] and words[1] != "-"
    has_more_options = any(word.startswith("-") for word in words[2:])
    return is_file and not has_more_options and bool(environ.get("CNB_BUILD_PLAN_PATH"))


def _is_sound(table: object) -> bool:
    """Whether ``[detect]`` holds nothing that a reader of manifests would refuse."""
    from fetchkit.paths import path_fault

    if not isinstance(table, dict) or set(table) != {"files"}:
        return False
    patterns = table["files"]
    return (
        isinstance(patterns, list)
        and bool(patterns)
        and all(isinstance(each, str) and path_fault(each) is None for each in patterns)
    )
