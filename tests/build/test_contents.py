"""What goes into the pyz and what is left behind."""

from __future__ import annotations

import pytest

from fetchkit_build.contents import (
    find_packages,
    missing_inits,
    render_third_party,
    select,
)
from fetchkit_build.errors import BuildError

METADATA = (
    b"Metadata-Version: 2.4\nName: one\nVersion: 1.2\nLicense-Expression: MIT\n\n"
)
INSTALLED = {
    "one/__init__.py": b"",
    "one/data.pem": b"",
    "one/__main__.py": b"",
    "one/py.typed": b"",
    "one/stub.pyi": b"",
    "one/tests/test_one.py": b"",
    "bin/one": b"",
    "one-1.2.dist-info/METADATA": METADATA,
    "one-1.2.dist-info/RECORD": b"",
    "one-1.2.dist-info/direct_url.json": b"",
    "one-1.2.dist-info/licenses/LICENSE": b"Do as you like.\n",
}


def test_what_the_program_cannot_reach_stays_out() -> None:
    assert sorted(select(INSTALLED)) == ["one/__init__.py", "one/data.pem"]


@pytest.mark.parametrize("name", ["one/fast.so", "one/fast.pyd", "one/cached.pyc"])
def test_a_compiled_file_stops_the_build(name: str) -> None:
    with pytest.raises(BuildError, match=f"not pure Python: {name}"):
        select({**INSTALLED, name: b""})


def test_namespace_packages_are_found() -> None:
    names = ["whole/__init__.py", "whole/part/__init__.py", "half/part/__init__.py"]
    assert missing_inits(names) == {"half/__init__.py"}
    assert missing_inits(INSTALLED) == set()


def test_packages_are_found_with_their_terms() -> None:
    (package,) = find_packages(INSTALLED)
    assert package.name == "one"
    assert package.version == "1.2"
    assert package.licence == "MIT"
    assert package.texts == {"LICENSE": "Do as you like.\n"}


def test_a_package_without_its_licence_stops_the_build() -> None:
    bare = {name: data for name, data in INSTALLED.items() if "licenses" not in name}
    with pytest.raises(BuildError, match="one comes without the text of its licence"):
        find_packages(bare)


def test_all_terms_stand_in_one_text() -> None:
    text = render_third_party(find_packages(INSTALLED))
    assert "\none 1.2\nLicence: MIT\n" in text
    assert "--- LICENSE\n\nDo as you like.\n" in text
