"""The zip a build writes, and the packs in it."""

from __future__ import annotations

import io
import marshal
import stat
import sys
import zipfile
import zlib

import pytest

from fetchkit_build.archive import (
    EARLIEST,
    SHEBANG,
    compresses_as_expected,
    read_archive,
    render_archive,
)
from fetchkit_build.bytecode import module_name, pack
from fetchkit_build.errors import BuildError
from fetchkit_build.interpreters import Interpreter, describe

ENTRIES = {
    "b.py": b"b = 1\n" * 99,
    "__main__.py": b"print()\n",
    "bytecode/x": b"0" * 99,
}


@pytest.fixture(scope="module")
def here() -> Interpreter:
    found = describe(sys.executable)
    assert found is not None
    return found


def test_what_is_written_can_be_read() -> None:
    assert read_archive(render_archive(ENTRIES)) == ENTRIES


def test_the_order_of_the_entries_does_not_show() -> None:
    backwards = dict(reversed(ENTRIES.items()))
    assert render_archive(backwards) == render_archive(ENTRIES)


def test_the_archive_is_a_script_whose_first_entry_is_the_start() -> None:
    data = render_archive(ENTRIES)
    assert data.startswith(SHEBANG + b"PK")
    first, *others = zipfile.ZipFile(io.BytesIO(data)).infolist()
    assert first.filename == "__main__.py"
    assert [one.filename for one in others] == ["b.py", "bytecode/x"]


def test_modes_and_times_are_fixed() -> None:
    for info in zipfile.ZipFile(io.BytesIO(render_archive(ENTRIES))).infolist():
        assert info.external_attr >> 16 == stat.S_IFREG | 0o644
        assert info.date_time == (1980, 1, 1, 0, 0, 0)


def test_packs_are_not_compressed_twice() -> None:
    archive = zipfile.ZipFile(io.BytesIO(render_archive(ENTRIES)))
    assert archive.getinfo("bytecode/x").compress_type == zipfile.ZIP_STORED
    assert archive.getinfo("b.py").compress_type == zipfile.ZIP_DEFLATED


def test_a_date_no_zip_can_name_becomes_the_earliest() -> None:
    assert render_archive(ENTRIES, modified=0) == render_archive(ENTRIES)
    assert render_archive(ENTRIES, modified=EARLIEST + 2) != render_archive(ENTRIES)


def test_this_zlib_is_known_to_compress_like_the_classic_one() -> None:
    if "ng" in zlib.ZLIB_RUNTIME_VERSION:
        pytest.skip("NOT TESTED: this Python is built with zlib-ng")
    assert compresses_as_expected()


def test_a_pack_holds_runnable_modules_by_name(here: Interpreter) -> None:
    entries = {
        "site-packages/one/__init__.py": b"answer = 41 + 1\n",
        "site-packages/one/two.py": b"import one\n",
        "site-packages/one/data.txt": b"not a module",
        "__main__.py": b"not in a package",
    }
    found = marshal.loads(pack(entries, here))
    assert sorted(found) == ["one", "one.two"]
    code = marshal.loads(zlib.decompress(found["one"]))
    values: dict[str, object] = {}
    exec(code, values)
    assert values["answer"] == 42
    assert code.co_filename == "fetchkit.pyz/site-packages/one/__init__.py"


def test_a_pack_is_the_same_every_time(here: Interpreter) -> None:
    source = b"names = {'a', 'b', 'c'}\ndef f(x): return x in {'a', 'b', 'c', 'd'}\n"
    entries = {f"site-packages/m{number}.py": source for number in range(9)}
    backwards = dict(reversed(entries.items()))
    assert pack(entries, here) == pack(backwards, here)


def test_a_module_that_does_not_compile_stops_the_build(here: Interpreter) -> None:
    with pytest.raises(BuildError, match="SyntaxError"):
        pack({"site-packages/bad.py": b"def (\n"}, here)


@pytest.mark.parametrize(
    ("entry", "name"),
    [
        ("site-packages/gnupg.py", "gnupg"),
        ("site-packages/httpx/__init__.py", "httpx"),
        ("site-packages/httpx/_transports/base.py", "httpx._transports.base"),
    ],
)
def test_entries_have_the_names_of_their_modules(entry: str, name: str) -> None:
    assert module_name(entry) == name
