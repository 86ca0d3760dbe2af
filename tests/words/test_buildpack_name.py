"""A buildpack's manifest says whose files are whose."""

from __future__ import annotations

import pytest

from fetchkit.buildpack.layout import with_name


@pytest.mark.parametrize(
    ("manifest", "expected"),
    [
        pytest.param(
            b"# mine\nschema = 1\n\n[artifacts.a]\n",
            b'# mine\nschema = 1\nname = "acme-jq"\n\n[artifacts.a]\n',
            id="added below schema",
        ),
        pytest.param(
            b'name = "own"\nschema = 1\n[artifacts.a]\n',
            b'name = "own"\nschema = 1\n[artifacts.a]\n',
            id="kept if there is one",
        ),
        pytest.param(
            b'schema = 1\n[artifacts.a.vars]\nname = "x"\n',
            b'schema = 1\nname = "acme-jq"\n[artifacts.a.vars]\nname = "x"\n',
            id="a name further down is another's",
        ),
    ],
)
def test_a_manifest_gets_a_name_once(manifest: bytes, expected: bytes) -> None:
    assert with_name(manifest, "acme-jq") == expected
