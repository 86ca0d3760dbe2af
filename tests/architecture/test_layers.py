"""Imports point down only (design 7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.architecture.sources import module_names, sources

if TYPE_CHECKING:
    from tests.architecture.sources import Source

LAYERS = {
    "words": """
        artifact digest errors fingerprint paths ports silent target toml urls values
    """,
    "decisions": """
        checksums demands environ evidence formats manifest oci openpgp pinning procfile
        receipt recipe resolution retry sbom services settings status templates trust
        versions
    """,
    "effects": """
        archive arrival bindings child config detection discovery fs gpg host journal
        key_files keyring locks net offline opinion pyz shelf signing store trace
        transaction
    """,
    "use cases": """
        api audit buildpack bundle choosing detached documents equipment generations
        history installation kit locking mirrors outlook pieces pipeline reception tiers
        transfer verification wiring
    """,
    "lifecycles": """
        lifecycles
    """,
    "command line": """
        __main__ cli
    """,
}
"""From the ground up. A room that is not here yet: put it where its imports allow."""

ORDER = list(LAYERS)
LAYER_OF = {room: layer for layer, rooms in LAYERS.items() for room in rooms.split()}

IMPURE = {
    *("fcntl", "os", "random", "shutil", "signal", "subprocess", "tempfile"),
    *("http", "httpx", "logging", "socket", "ssl", "threading", "urllib.request"),
}
"""What decides nothing and touches the world. `time` is asked for as a parameter."""

DRAWERS = {"utils", "util", "helpers", "common", "constants", "base", "misc"}

EACH_SOURCE = [pytest.param(source, id=source.name) for source in sources()]


def room_of(module: str) -> str:
    """The room a module lies in: ``net`` for ``fetchkit.net.tls``."""
    return module.split(".")[1] if "." in module else ""


def test_every_room_has_a_layer() -> None:
    rooms = {room_of(name) for name in module_names()} - {""}
    assert sorted(rooms - set(LAYER_OF)) == [], "give it a layer in LAYERS"


@pytest.mark.parametrize("source", EACH_SOURCE)
def test_imports_point_down(source: Source) -> None:
    own = LAYER_OF.get(room_of(source.name), ORDER[-1])
    upward = [
        f"{source.place(one.line)}: {source.name} ({own}) imports "
        f"{one.module} ({LAYER_OF[room_of(one.module)]})"
        for one in source.imports
        if one.module.startswith("fetchkit.")
        and ORDER.index(LAYER_OF.get(room_of(one.module), own)) > ORDER.index(own)
    ]
    assert upward == []


@pytest.mark.parametrize("source", EACH_SOURCE)
def test_words_and_decisions_touch_nothing(source: Source) -> None:
    layer = LAYER_OF.get(room_of(source.name))
    if layer not in {"words", "decisions"}:
        return
    touched = [
        f"{source.place(one.line)}: {source.name} ({layer}) imports {one.module}"
        for one in source.imports
        if one.at_run_time and {one.module, one.module.split(".")[0]} & IMPURE
    ]
    assert touched == []


def test_no_import_goes_in_a_circle() -> None:
    graph = {
        source.name: {
            one.module
            for one in source.imports
            if one.at_run_time and one.at_once and one.module in module_names()
        }
        - {source.name}
        for source in sources()
    }
    assert find_circle(graph) == []


def find_circle(graph: dict[str, set[str]]) -> list[str]:
    """The modules of one circle of imports, in order; empty if there is none."""
    done: set[str] = set()

    def walk(module: str, path: list[str]) -> list[str]:
        if module in path:
            return [*path[path.index(module) :], module]
        if module in done:
            return []
        for imported in sorted(graph.get(module, ())):
            circle = walk(imported, [*path, module])
            if circle:
                return circle
        done.add(module)
        return []

    return next(filter(None, (walk(module, []) for module in sorted(graph))), [])


def test_a_circle_would_be_found() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"b"}}
    assert find_circle(graph) == ["b", "c", "b"]


def test_no_module_is_a_drawer() -> None:
    named = {name for name in module_names() if name.rpartition(".")[2] in DRAWERS}
    assert named == set()
