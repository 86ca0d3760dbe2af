"""Commands with verbs, one module a verb, imported when it is called."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from fetchkit.cli.options import add_verb

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from fetchkit.cli.session import Session


class Verb(Protocol):
    """What the module of a verb has to offer."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the verb's own arguments."""

    def run(self, args: argparse.Namespace, session: Session) -> int:
        """Do it, and return the exit code."""


def add_verbs(
    parser: argparse.ArgumentParser, package: str, verbs: Mapping[str, str]
) -> None:
    """Declare the verbs of a command and their arguments.

    Args:
        package: the command's own, which has a module for each verb.
        verbs: name of a verb -> its line of help.
    """
    parsers = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    for name, text in verbs.items():
        load_verb(package, name).add_arguments(add_verb(parsers, name, text))


def load_verb(package: str, name: str) -> Verb:
    """The module of a verb."""
    return cast("Verb", import_module(f"{package}.{name}"))
