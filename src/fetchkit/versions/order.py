"""Which version is newer: one total order over what publishers really write.

Semantic versions are ordered by SemVer 2.0.0, section 11. What is not semantic is
read as numbers and something after them (docs/versions.md); equal numbers and
equal text after them mean that neither is newer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from fetchkit.errors import InvalidValueError
from fetchkit.paths import parse_version, printable

if TYPE_CHECKING:
    from typing import TypeAlias

    from semver import Version as SemVer

    Natural: TypeAlias = tuple[tuple[int, int, str], ...]

_SHAPE = re.compile(r"[vV]?(?P<numbers>\d+(?:[._]\d+)*)(?P<rest>.*)")
_DATE = re.compile(r"\A([vV]?\d{4})-(\d{2})-(\d{2})(?!\d)")
_PRERELEASE_WORD = re.compile(
    r"(?:alpha|beta|canary|cr|dev|ea|milestone|next|nightly|pre|preview|rc|snapshot)"
    r"(?![a-z])|[abcm](?=\d)"
)
"""What makes a prerelease of ``2.0b1`` and ``6.0.0.M1``, which have no hyphen. A
letter alone does not: OpenSSL's 1.1.1a came after 1.1.1."""
_RUN = re.compile(r"\d+|[a-z]+")


class Precedence(NamedTuple):
    """What decides between two versions before their builds do."""

    numbers: tuple[int, ...]
    """Without zeros at the end: 1.2 and 1.2.0 are the same."""
    is_final: bool
    """A prerelease comes before the version it leads to."""
    prerelease: SemVer | None
    """Its identifiers, compared as SemVer says; None for a final version."""


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """A version and its place in the order. Built by `parse`.

    Equal means that neither is newer: ``v1.2`` equals ``1.2.0``.
    """

    precedence: Precedence
    build: Natural
    """What distinguishes builds of one version: digits as numbers, letters as text."""
    text: str = field(compare=False)
    """As the publisher writes it."""
    numbers: tuple[int, ...] = field(compare=False)
    """As written, zeros at the end included."""

    @classmethod
    def parse(cls, text: str) -> Version:
        """Find the place of `text` in the order.

        Raises:
            InvalidValueError: it does not start with a number (after a ``v``), or
                could smuggle something into a path or url.
        """
        shape = _SHAPE.fullmatch(_DATE.sub(r"\1.\2.\3", parse_version(text)))
        if shape is None:
            raise InvalidValueError(
                f"a version without a number: {printable(text)}",
                hint="Versions that are to be compared start with a number, "
                "such as 1.2.3.",
            )
        numbers = tuple(int(part) for part in re.split("[._]", shape["numbers"]))
        prerelease, build = _split(shape["rest"])
        return cls(
            precedence=Precedence(
                numbers=without_zeros(numbers),
                is_final=not prerelease,
                prerelease=_identifiers(prerelease) if prerelease else None,
            ),
            build=_natural(build),
            text=text,
            numbers=numbers,
        )

    @property
    def is_prerelease(self) -> bool:
        """Whether its text says that a final version is still to come."""
        return not self.precedence.is_final

    def __str__(self) -> str:
        return self.text


def without_zeros(numbers: tuple[int, ...]) -> tuple[int, ...]:
    """`numbers` without the zeros at their end, which say nothing."""
    end = len(numbers)
    while end and numbers[end - 1] == 0:
        end -= 1
    return numbers[:end]


def _split(rest: str) -> tuple[str, str]:
    """What follows the numbers, as prerelease and build; either may be empty."""
    label, _, build = rest.partition("+")
    if label[:1] in {"-", "~"}:
        # SemVer's hyphen; and Debian's tilde, which means the same.
        return label[1:], build
    label = label.lstrip("._").lower()
    if _PRERELEASE_WORD.match(label):
        # No identifiers of SemVer here: `rc10` is read as rc, then ten.
        return ".".join(_RUN.findall(label)), build
    return "", f"{label}+{build}"


def _identifiers(prerelease: str) -> SemVer:
    # Loaded where it is needed: most manifests and locks name no prerelease.
    from semver import Version as SemVer

    return SemVer(0, prerelease=prerelease)


def _natural(text: str) -> Natural:
    """`text` cut into runs: numbers before letters, each compared as what it is."""
    return tuple(
        (0, int(run), "") if run.isdigit() else (1, 0, run)
        for run in _RUN.findall(text.lower())
    )
