"""Values: the part of `dataclasses` that fetchkit uses, and no less strict."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 -- annotations of fields below

import pytest

from fetchkit.values import FrozenError, field, fields, frozen, is_value, replace


@frozen
class Build:
    """A build."""

    name: str
    size: int = 0
    env: Mapping[str, str] = field(default_factory=dict)
    secret: str = field(default="", repr=False)

    @property
    def title(self) -> str:
        return f"{self.name} ({self.size})"


@frozen(kw_only=False, order=True)
class Pair:
    first: int
    second: int = 0


def test_fields_are_given_by_name_and_have_defaults() -> None:
    build = Build(name="jq", size=7)
    assert (build.name, build.size, build.env, build.title) == ("jq", 7, {}, "jq (7)")
    assert fields(Build) == ("name", "size", "env", "secret")
    assert is_value(build)
    assert not is_value("jq")


def test_a_default_factory_makes_a_new_one_for_each_value() -> None:
    assert Build(name="a").env is not Build(name="b").env


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        pytest.param({}, "needs name", id="missing"),
        pytest.param({"name": "jq", "colour": "red"}, "has no colour", id="unknown"),
    ],
)
def test_what_does_not_fit_is_refused(given: dict[str, str], reason: str) -> None:
    with pytest.raises(TypeError, match=reason):
        Build(**given)  # type: ignore[arg-type]


def test_positions_are_refused_unless_they_are_asked_for() -> None:
    with pytest.raises(TypeError):
        Build("jq")  # type: ignore[call-arg]
    assert Pair(1, 2) == Pair(first=1, second=2)
    with pytest.raises(TypeError):
        Pair(1, 2, 3)  # type: ignore[call-arg]


def test_a_value_cannot_be_changed_or_grow() -> None:
    build = Build(name="jq")
    with pytest.raises(FrozenError, match=r"Build\.size"):
        build.size = 1  # type: ignore[misc]
    with pytest.raises(FrozenError):
        del build.name
    with pytest.raises(AttributeError):
        build.colour = "red"  # type: ignore[attr-defined]


def test_equal_contents_are_equal_and_hash_alike() -> None:
    assert Pair(1, 2) == Pair(1, 2) != Pair(2, 1)
    assert len({Pair(1, 2), Pair(1, 2)}) == 1
    assert Pair(1, 2) != (1, 2)  # type: ignore[comparison-overlap]
    assert sorted([Pair(2), Pair(1, 9), Pair(1)]) == [Pair(1), Pair(1, 9), Pair(2)]


def test_replace_makes_another_value_and_keeps_the_first() -> None:
    build = Build(name="jq", size=7)
    assert replace(build, size=8) == Build(name="jq", size=8)
    assert build.size == 7
    with pytest.raises(TypeError):
        replace(build, colour="red")


def test_what_is_hidden_is_not_shown() -> None:
    shown = repr(Build(name="jq", secret="s3cret"))
    assert shown == "Build(name='jq', size=0, env={})"


def test_the_class_keeps_its_name_and_documentation() -> None:
    assert (Build.__name__, Build.__doc__) == ("Build", "A build.")
    assert Build.__module__ == __name__
