"""The Python API: what the package offers, and that its page runs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import tomli_w

import fetchkit
from tests.origins import misbehaving

if TYPE_CHECKING:
    from tests.origins.misbehaving import Origin
    from tests.signing import TestKeys

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "python-api.md"
TOOL = b"#!/bin/sh\necho tool\n"


@pytest.fixture
def place(
    plain_origin: Origin,
    keys: TestKeys,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """The current directory: a manifest, its key, and a signed file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FETCHKIT_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("FETCHKIT_PLATFORM", "linux-amd64")
    plain_origin.on("/tool-1.2.3", misbehaving.answer(TOOL))
    plain_origin.on("/tool-1.2.3.asc", misbehaving.answer(keys.sign(TOOL)))
    (tmp_path / "tool.bin").write_bytes(TOOL)
    (tmp_path / "tool.bin.asc").write_bytes(keys.sign(TOOL))
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "good.asc").write_bytes(keys.good.public_armor)
    manifest = {
        "schema": 1,
        "keys": {"good": {"fingerprints": [keys.good.fingerprint], "file": "good.asc"}},
        "artifacts": {
            "tool": {
                "version": "1.2.3",
                "url": plain_origin.url("/{name}-{version}"),
                "signature": "{url}.asc",
                "signed_by": ["good"],
                "install": {"dir": "vendor"},
            }
        },
    }
    (tmp_path / "fetchkit.toml").write_text(tomli_w.dumps(manifest))
    return tmp_path


def run_page(place: Path) -> str:
    """Run every example of the page, in order, as one program of its own."""
    blocks = re.findall(
        r"^```python\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL
    )
    ended = subprocess.run(
        [sys.executable, "-c", "\n".join(blocks)],
        cwd=place,
        env={
            "PYTHONPATH": str(ROOT / "src"),
            "PATH": "/usr/bin:/bin",
            "FETCHKIT_CACHE_DIR": str(place / "cache"),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.stderr == ""
    return ended.stdout


def test_the_examples_of_the_page_run(
    place: Path, plain_origin: Origin, keys: TestKeys
) -> None:
    lines = run_page(place).splitlines()
    digest = fetchkit.verify("tool.bin", sha256=fetch_digest()).digest
    assert lines == [
        f"1.2.3 {plain_origin.url('/tool-1.2.3')}",
        f"{digest} signed by good",
        "['tool'] False",
        keys.good.fingerprint,
        "13 fetchkit.toml has no artifact `tol`; it has tool Did you mean `tool`?",
    ]
    assert (place / "elsewhere" / "vendor" / "tool-1.2.3").read_bytes() == TOOL


def fetch_digest() -> str:
    (stored,) = fetchkit.fetch()
    return str(stored.digest)


def test_a_second_installation_has_nothing_to_do(
    place: Path, plain_origin: Origin
) -> None:
    assert not fetchkit.install(place / "app").is_unchanged
    plain_origin.requests.clear()
    assert fetchkit.install(place / "app", offline=True).is_unchanged
    assert plain_origin.requests == []


def test_a_bad_name_leaves_no_directory(place: Path) -> None:
    with pytest.raises(fetchkit.InputError, match="has no artifact `jq`"):
        fetchkit.install(place / "app", names=["jq"])
    assert not (place / "app").exists()


def test_other_bytes_raise_and_install_nothing(
    place: Path, plain_origin: Origin
) -> None:
    plain_origin.on("/tool-1.2.3", misbehaving.answer(TOOL + b"!"))
    with pytest.raises(fetchkit.VerificationError) as caught:
        fetchkit.install(place / "app")
    assert caught.value.exit_code == 32
    assert not (place / "app" / "vendor").exists()


def test_a_pin_that_does_not_fit_raises(place: Path) -> None:
    with pytest.raises(fetchkit.VerificationError, match="pinned is AAAA"):
        fetchkit.verify(
            "tool.bin",
            signature="tool.bin.asc",
            key="keys/good.asc",
            fingerprint="A" * 40,
        )


def test_the_package_offers_what_it_lists() -> None:
    for name in fetchkit.__all__:
        assert getattr(fetchkit, name) is not None
    offered = {name for names in fetchkit._HOMES.values() for name in names}
    assert offered | {"__version__"} == set(fetchkit.__all__)
    assert set(fetchkit.__all__) <= set(dir(fetchkit))


def test_no_module_takes_the_place_of_a_function() -> None:
    names = {path.stem for path in (ROOT / "src" / "fetchkit").iterdir()}
    assert names.isdisjoint({*fetchkit.__all__} - {"__version__"})


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'instal'"):
        fetchkit.instal  # noqa: B018


def test_importing_the_package_loads_nothing() -> None:
    program = (
        "import sys; before = set(sys.modules); import fetchkit; "
        "print(sorted(set(sys.modules) - before - {'__future__'}))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert ended.stdout == "['fetchkit']\n"
