"""docs/configuration.md has the keys there are, and an example that is read."""

from __future__ import annotations

import re
from pathlib import Path

from fetchkit.config.parse import _KEYS, parse_config
from fetchkit.demands import Demands
from fetchkit.settings import APP_VARIABLES, VARIABLES

PAGE = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text()


def rows(heading: str) -> list[str]:
    table = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| `.*$", table, re.MULTILINE)


def test_every_key_is_on_the_page() -> None:
    assert [re.findall(r"`(\w+)`", row)[0] for row in rows("Settings")] == list(_KEYS)


def test_every_demand_is_on_the_page() -> None:
    named = [re.findall(r"`(\w+)`", row)[0] for row in rows("Trust")]
    assert named == list(Demands._fields)


def test_every_variable_is_on_the_page_and_marked_if_an_app_may_set_it() -> None:
    cells = [row.split("|")[2] for row in rows("Settings")]
    found = dict(re.findall(r"`(\w+)`( \\\*)?", " ".join(cells)))
    fields = {field for field, _ in _KEYS.values()}
    known = {each.name for each in VARIABLES if each.field in fields}
    assert set(found) == known
    assert {name for name, mark in found.items() if mark} == APP_VARIABLES & known


def test_the_example_is_read() -> None:
    example = PAGE.partition("```toml\n")[2].partition("```")[0]
    environ = {"HOME": "/home/me", "PROXY_PASSWORD": "x"}
    level = parse_config(example.encode(), "config.toml", environ)
    assert level.settings["jobs"].value == 4
    assert level.demands.require_signature
