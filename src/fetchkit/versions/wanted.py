"""What a manifest may say about versions: is it a range, how old, found by what.

Text at the door; nothing here knows an order of versions.
"""

from __future__ import annotations

import re

from fetchkit.errors import InvalidValueError
from fetchkit.paths import parse_version, printable

LATEST = "latest"
"""The newest version there is a list of; without a list, the word itself."""

WILDCARD = re.compile(r"\*|v?([0-9]+(?:\.[0-9]+)*)(?:\.[xX*+])+")
SERIES = re.compile(r"v?([0-9]+(?:\.[0-9]+)?)")
"""One or two numbers: with a list, all that starts with them."""

_MARK = re.compile(r"^~|[<>=^*,|]|\S\s+\S")
"""What no version can hold."""

_MAX_PATTERN_CHARS = 200
_MAX_PATH_CHARS = 200
_STEP = re.compile(r"\[\]|[^.\[\]]+")
_PATH = re.compile(r"(?:\[\]|[^.\[\]]+)(?:\[\]|\.[^.\[\]]+)*")

_AGE = re.compile(r"([0-9]{1,4})([mhdw])")
_SECONDS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def is_range(text: str, *, has_list: bool) -> bool:
    """Whether `text` leaves open which version is meant.

    Where no list of versions is given, `latest` and `1.2` are names of a version.

    Example:
        >>> is_range("17.x", has_list=False), is_range("1.2.3", has_list=True)
        (True, False)
        >>> is_range("1.2", has_list=False), is_range("1.2", has_list=True)
        (False, True)
    """
    if _MARK.search(text) or WILDCARD.fullmatch(text):
        return True
    return has_list and (text == LATEST or SERIES.fullmatch(text) is not None)


def parse_wanted(text: str) -> str:
    """`text` as a version or a range of versions.

    Raises:
        InvalidValueError: it is neither.
    """
    if is_range(text, has_list=False):
        from fetchkit.versions.ranges import parse_range

        return parse_range(text).text
    return parse_version(text)


def parse_age(text: str) -> int:
    """A span of time in seconds: ``90m``, ``12h``, ``3d`` or ``2w``.

    Raises:
        InvalidValueError: it is none.
    """
    found = _AGE.fullmatch(text)
    if found is None:
        raise InvalidValueError(
            f"not a span of time: {printable(text, 40)}",
            hint="Write a whole number and m, h, d or w, such as 3d.",
        )
    return int(found[1]) * _SECONDS[found[2]]


def parse_match(text: str) -> re.Pattern[str]:
    """A regular expression whose one group is the version in a name.

    Raises:
        InvalidValueError: it is none, or has another number of groups.
    """
    hint = "Put the version in one group, such as ^v(.+)$."
    if len(text) > _MAX_PATTERN_CHARS:
        raise InvalidValueError(
            f"a pattern of {len(text)} characters, at most {_MAX_PATTERN_CHARS}"
        )
    try:
        pattern = re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise InvalidValueError(
            f"not a regular expression: {printable(text)}: {error}", hint=hint
        ) from None
    if pattern.groups != 1:
        raise InvalidValueError(
            f"{printable(text)} has {pattern.groups} groups, expected 1", hint=hint
        )
    return pattern


def parse_path(text: str) -> tuple[str, ...]:
    """The way to the versions in a document: names of keys, ``[]`` for each item.

    Raises:
        InvalidValueError: it is no such way.

    Example:
        >>> parse_path("releases[].tag_name")
        ('releases', '[]', 'tag_name')
    """
    if len(text) > _MAX_PATH_CHARS or not _PATH.fullmatch(text):
        raise InvalidValueError(
            f"not a path into a document: {printable(text)}",
            hint="Join keys with dots and put [] where each item of an array is "
            "meant, such as releases[].tag_name.",
        )
    return tuple(_STEP.findall(text))
