"""The digest of a recipe changes with what decides a tree, and with nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from fetchkit.artifact import Installation, Key, Location, Resolved
from fetchkit.digest import Digest
from fetchkit.paths import RelPath
from fetchkit.recipe import NOT_DECISIVE, recipe_digest
from fetchkit.target import Target
from fetchkit.urls import Url
from fetchkit.values import fields, replace

INSTALLATION = Installation(dir=RelPath("bin"), file=RelPath("tool"))
RESOLVED = Resolved(
    name="tool",
    version="1",
    target=Target("linux", "amd64"),
    locations=(Location(url=Url.parse("https://a:b@example.com/tool?id=1")),),
    installation=INSTALLATION,
)

DECISIVE: dict[str, Any] = {
    "name": "other",
    "version": "2",
    "target": Target("linux", "amd64", stack="heroku-24"),
    "locations": (Location(url=Url.parse("https://a:b@example.com/tool?id=2")),),
    "signed_by": (Key(name="k", fingerprints=("A" * 40,)),),
    "signers": 2,
    "sha256": Digest.of(b"x"),
    "size": 1,
    "unverified_reason": "because",
    "is_trusted_by_lock": True,
    "documents": {"signature": Digest.of(b"s")},
    "installation": replace(INSTALLATION, env={"A": "1"}),
    "license": "MIT",
    "origins": {"version": "VERSION"},
}


def digest(
    resolved: Resolved = RESOLVED, root: str = "/layers/x", layout: int = 1
) -> Digest:
    return recipe_digest(resolved, root=root, layout=layout)


def test_every_field_is_decided_upon() -> None:
    assert set(fields(RESOLVED)) - set(DECISIVE) - NOT_DECISIVE == set()


@pytest.mark.parametrize("field", DECISIVE)
def test_another_value_is_another_recipe(field: str) -> None:
    assert digest(replace(RESOLVED, **{field: DECISIVE[field]})) != digest()


def test_place_and_layout_count() -> None:
    assert len({digest(), digest(root="/layers/y"), digest(layout=2)}) == 3


def test_credentials_do_not_count() -> None:
    location = Location(url=Url.parse("https://c:d@example.com/tool?id=1"))
    assert digest(replace(RESOLVED, locations=(location,))) == digest()


def test_processes_do_not_count() -> None:
    assert digest(replace(RESOLVED, wrap="web")) == digest()
