"""Arguments as the platform really passes them, and as it must not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fetchkit.errors import ContractError
from fetchkit.lifecycles.cloudfoundry.call import (
    is_legacy_compile,
    legacy_call,
    parse_call,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def arguments(tmp_path: Path) -> list[str]:
    """What supply is called with."""
    for name in ("build dir", "deps"):
        (tmp_path / name).mkdir()
    return [
        *(str(tmp_path / name) for name in ("build dir", "cache", "deps")),
        "01",
    ]


def test_the_index_is_kept_as_text(arguments: list[str]) -> None:
    """C-5."""
    call = parse_call("supply", arguments)
    assert call.index == "01"
    assert call.root == f"{arguments[2]}/01"
    assert call.runtime_root == '"$DEPS_DIR"/01'


@pytest.mark.parametrize(
    ("further", "expected"),
    [
        pytest.param([], "{build}/.profile.d", id="no PROFILE_DIR"),
        pytest.param([""], "{build}/.profile.d", id="empty PROFILE_DIR"),
        pytest.param(["/p"], "/p", id="PROFILE_DIR"),
        pytest.param(["/p", "more"], "/p", id="surplus"),
    ],
)
def test_scripts_go_where_the_fifth_argument_says(
    arguments: list[str], further: list[str], expected: str
) -> None:
    """C-23."""
    call = parse_call("finalize", [*arguments, *further])
    assert call.profile_dir == expected.format(build=arguments[0])


@pytest.mark.parametrize(
    ("position", "value", "message"),
    [
        pytest.param(0, "", "without BUILD_DIR", id="no BUILD_DIR"),
        pytest.param(0, "/nowhere", "BUILD_DIR `/nowhere` is not a", id="BUILD_DIR"),
        pytest.param(2, "/nowhere", "DEPS_DIR `/nowhere` is not a", id="DEPS_DIR"),
        pytest.param(3, "", "without DEPS_IDX", id="no DEPS_IDX"),
        pytest.param(3, "../0", "DEPS_IDX is `../0`", id="DEPS_IDX leaves"),
        pytest.param(3, "$(id)", "not an index", id="DEPS_IDX is shell"),
    ],
)
def test_a_broken_call_is_refused(
    arguments: list[str], position: int, value: str, message: str
) -> None:
    arguments[position] = value
    with pytest.raises(ContractError, match=r".") as caught:
        parse_call("supply", arguments)
    assert message in caught.value.message
    assert "supply BUILD_DIR CACHE_DIR DEPS_DIR DEPS_IDX" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("count", "environ", "expected"),
    [
        pytest.param(2, {"CF_STACK": "cflinuxfs4"}, True, id="Cloud Foundry"),
        pytest.param(3, {"CF_STACK": "cflinuxfs4"}, False, id="ENV_DIR"),
        pytest.param(2, {}, False, id="by hand"),
        pytest.param(
            2, {"CF_STACK": "x", "STACK": "heroku-24"}, False, id="Heroku's stack"
        ),
    ],
)
def test_compile_is_cloud_foundrys_where_it_says_so(
    count: int, environ: dict[str, str], *, expected: bool
) -> None:
    """C-25."""
    assert is_legacy_compile(["dir"] * count, environ) is expected


def test_a_lonely_compile_keeps_dependencies_in_the_app(arguments: list[str]) -> None:
    """C-25."""
    call = legacy_call(arguments[:2])
    assert call.root == f"{arguments[0]}/.cloudfoundry/0"
    assert call.profile_dir == f"{arguments[0]}/.profile.d"
