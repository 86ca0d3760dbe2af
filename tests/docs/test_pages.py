"""What the pages point to exists, and what exists is on the pages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fetchkit.cli.catalogue import COMMANDS
from tests.architecture.test_errors import CODES

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "examples/**/*.md", "keys/*.md")
    for path in ROOT.glob(pattern)
)


def page_id(path: Path) -> str:
    return str(path.relative_to(ROOT))


def anchors(path: Path) -> set[str]:
    """The names that headings of a page can be linked by."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in headings
    }


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def test_the_index_names_every_page() -> None:
    docs = ROOT / "docs"
    index = (docs / "README.md").read_text()
    pages = {path.name for path in docs.glob("*.md")} - {"README.md"}
    assert {name for name in pages if f"]({name})" not in index} == set()


def test_the_journey_of_a_byte_names_modules_that_exist() -> None:
    text = (ROOT / "docs" / "how-a-byte-travels.md").read_text()
    named = re.findall(r"`([a-z/]+(?:\.py|/))`", text)
    source = ROOT / "src" / "fetchkit"
    outside = {"ingest/", "src/fetchkit/"}
    assert [n for n in named if n not in outside and not (source / n).exists()] == []


def test_readme_has_every_command_and_no_other() -> None:
    table = README.read_text().partition("## Commands")[2].partition("##")[0]
    rows = re.findall(r"^\| `([a-z]+)", table, re.MULTILINE)
    modules = ROOT / "src" / "fetchkit" / "cli" / "commands"
    there = {
        name
        for name, command in COMMANDS.items()
        if (modules / f"{command.module}.py").exists()
        or (modules / command.module).is_dir()
    }
    assert set(rows) == there


def test_troubleshooting_has_a_section_for_every_exit_code() -> None:
    text = (ROOT / "docs" / "troubleshooting.md").read_text()
    headings = re.findall(r"^## ([\d, ]+):", text, re.MULTILINE)
    codes = {int(code) for heading in headings for code in heading.split(",")}
    assert codes == set(CODES.values()) | {130, 141, 143}
