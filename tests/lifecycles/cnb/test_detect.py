"""``detect``: 0, 100 for "not for me", and anything else for a fault (N-2)."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.flow.trees import listing

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from tests.lifecycles.cnb.calls import Calls


def test_it_passes_with_an_empty_plan(calls: Calls) -> None:
    ended = calls.detect()
    assert (ended.code, ended.stdout) == (0, "")
    assert calls.plan_file.read_text() == ""


@pytest.mark.parametrize(
    ("files", "code"),
    [
        pytest.param([], 100, id="nothing there"),
        pytest.param(["Procfile"], 0, id="the file"),
        pytest.param(["src/app.csproj"], 0, id="a deep one"),
        pytest.param(["app.txt"], 100, id="another one"),
    ],
)
def test_detect_files_decide(calls: Calls, files: list[str], code: int) -> None:
    calls.manifest["detect"] = {"files": ["Procfile", "**/*.csproj"]}
    for name in files:
        (calls.app / name).parent.mkdir(exist_ok=True)
        (calls.app / name).touch()
    ended = calls.detect()
    assert ended.code == code, ended.said


@pytest.mark.parametrize(("files", "code"), [([], 1), (["Procfile"], 0)])
def test_heroku_asks_the_same(calls: Calls, files: list[str], code: int) -> None:
    calls.manifest["detect"] = {"files": ["Procfile"]}
    for name in files:
        (calls.app / name).touch()
    ended = calls.detect(
        str(calls.app), CNB_BUILD_PLAN_PATH=None, CNB_BUILDPACK_DIR=None
    )
    assert ended.code == code


def test_nothing_is_written_and_nobody_asked(calls: Calls) -> None:
    """N-4."""
    calls.manifest["detect"] = {"files": ["Procfile"]}
    calls.write()
    before = listing(calls.home)
    assert calls.detect().code == 100
    assert listing(calls.home) == before
    assert calls.requests() == 0


def test_a_broken_manifest_is_no_not_for_me(calls: Calls) -> None:
    calls.manifest["surprise"] = 1
    assert calls.detect().code == 12


def test_without_a_place_for_the_plan_the_call_is_broken(calls: Calls) -> None:
    ended = calls.detect(CNB_BUILD_PLAN_PATH=None)
    assert ended.code == 51
    assert "CNB_BUILD_PLAN_PATH" in ended.stderr


def test_positionals_do_where_the_variable_is_missing(calls: Calls) -> None:
    calls.manifest["plan"] = {"provides": ["tool"]}
    platform, plan = str(calls.env.parent), str(calls.plan_file)
    assert calls.detect(platform, plan, CNB_BUILD_PLAN_PATH=None).code == 0
    assert calls.plan_file.read_text() != ""


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        pytest.param(
            {"provides": ["tool"]}, {"provides": [{"name": "tool"}]}, id="provides"
        ),
        pytest.param(
            {
                "requires": [
                    {"name": "jre", "metadata": {"version": "17", "build": True}}
                ]
            },
            {
                "provides": [],
                "requires": [
                    {"name": "jre", "metadata": {"version": "17", "build": True}}
                ],
            },
            id="requires",
        ),
        pytest.param(
            {
                "provides": ["a"],
                "requires": [{"name": "a"}],
                "or": [{"provides": ["b"]}],
            },
            {
                "provides": [{"name": "a"}],
                "requires": [{"name": "a", "metadata": {}}],
                "or": [{"provides": [{"name": "b"}], "requires": []}],
            },
            id="alternatives",
        ),
    ],
)
def test_the_plan_is_the_manifests(
    calls: Calls, plan: dict[str, Any], expected: dict[str, Any]
) -> None:
    """N-6, N-7."""
    calls.manifest["plan"] = plan
    assert calls.detect().code == 0
    written = tomllib.loads(calls.plan_file.read_text())
    assert written == {"requires": [], **expected}


@pytest.mark.parametrize(
    ("table", "place"),
    [
        ({"detect": {}}, "detect.files"),
        ({"detect": {"files": ["../x"]}}, "detect.files[0]"),
        ({"detect": {"files": ["a"], "x": 1}}, "detect.x"),
        ({"plan": {"provides": ["a b"]}}, "plan.provides[0]"),
        ({"plan": {"requires": [{"version": "1"}]}}, "plan.requires[0].name"),
        ({"plan": {"requires": ["a"]}}, "plan.requires[0]"),
        ({"plan": {"or": [{"x": 1}]}}, "plan.or[0].x"),
    ],
)
def test_faults_are_told_at_their_place(
    calls: Calls, table: dict[str, Any], place: str
) -> None:
    calls.manifest |= table
    ended = calls.detect()
    assert ended.code == 12
    assert place in ended.stderr.replace('"', "")


@pytest.mark.parametrize(
    ("layer", "place"),
    [
        ({"launch": False}, "artifacts.tool.layer: is for nothing"),
        ({"launch": "yes"}, "artifacts.tool.layer.launch"),
        ({"default": True}, "artifacts.tool.layer.default"),
    ],
)
def test_a_layer_has_to_be_for_something(
    calls: Calls, layer: dict[str, Any], place: str
) -> None:
    calls.artifact("tool")["layer"] = layer
    assert place in calls.detect().stderr
