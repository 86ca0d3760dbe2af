"""libbuildpack's results, quirk by quirk (platform-contracts 3.3)."""

from __future__ import annotations

import pytest

from fetchkit.errors import InvalidValueError
from fetchkit.versions.libbuildpack import match_versions

JAVA = ["8.0.400", "11.0.20", "17.0.9", "17.0.10", "17.1.0", "18.0.0-rc1", "21.0.1"]


@pytest.mark.parametrize(
    ("constraint", "versions", "expected"),
    [
        # ------------------------------------------------- the first engine
        pytest.param("17.0.9", JAVA, "17.0.9", id="exact"),
        pytest.param("17.0.x", JAVA, "17.0.10", id="patch line"),
        pytest.param("17.x", JAVA, "18.0.0-rc1", id="line takes the next prerelease"),
        pytest.param("17.x", ["17.0.0-rc1", "17.0.0"], "17.0.0", id="not its own"),
        pytest.param("1.x.x", ["1.0.5", "1.3.0"], "1.0.5", id="x.x is the 1.0 line"),
        pytest.param("1.x.x", ["1.2.0", "1.3.0"], "1.3.0", id="x.x without 1.0"),
        pytest.param(">=11.0.0 <17.1.0", JAVA, "17.0.10", id="space is and"),
        pytest.param(">= 11.0.0 < 17.1.0", JAVA, "17.0.10", id="space after a sign"),
        pytest.param("8.0.400 || 11.x", JAVA, "11.0.20", id="or"),
        pytest.param(">1.2.x", ["1.2.9", "1.3.0"], "1.3.0", id="above a line"),
        pytest.param("<=1.2.x", ["1.2.9", "1.3.0"], "1.2.9", id="up to a line"),
        pytest.param("1.2.3", ["1.2.3+4"], "1.2.3+4", id="builds do not count"),
        # ------------------------------------------------ the second engine
        pytest.param("17", JAVA, "17.1.0", id="major is a wildcard"),
        pytest.param("17.0", ["17.0.0", "17.0.9"], "17.0.0", id="17.0 is 17.0.0"),
        pytest.param("*", JAVA, "21.0.1", id="anything"),
        pytest.param("1", ["1.0.0", "1.9.0", "2.0.0"], "1.9.0", id="one character"),
        pytest.param("17.*", JAVA, "17.1.0", id="star leaves prereleases"),
        pytest.param("17.X", JAVA, "17.1.0", id="capital"),
        pytest.param("~1.2.3", ["1.2.3", "1.2.9", "1.3.0"], "1.2.9", id="tilde"),
        pytest.param("~1", ["1.2.3", "1.9.9", "2.0.0"], "1.9.9", id="tilde major"),
        pytest.param("~>1.2.3", ["1.2.9", "1.3.0"], "1.2.9", id="pessimistic"),
        pytest.param("^1.2.3", ["1.2.3", "1.9.0", "2.0.0"], "1.9.0", id="caret"),
        pytest.param("^0.2.3", ["0.2.4", "0.9.0"], "0.9.0", id="caret below one"),
        pytest.param("1.2.0 - 1.4.0", ["1.3.0", "1.5.0"], "1.3.0", id="hyphen"),
        pytest.param(">=1.0.0, <2.0.0", ["1.9.0", "2.0.0"], "1.9.0", id="comma"),
        pytest.param("!=1.x", ["1.9.0", "2.0.0"], "2.0.0", id="other than a line"),
        pytest.param("v1.2.3", ["1.2.3"], "1.2.3", id="v in the constraint"),
        pytest.param("1.2.x", ["v1.2.3", "1.2"], "v1.2.3", id="loose candidates"),
        pytest.param(
            ">=1.0.0-a,<2.0.0-0", ["1.0.0-rc1", "0.9.0"], "1.0.0-rc1", id="pre"
        ),
        # ------------------------------------------------------------- ties
        pytest.param("17.x", ["17.0.1+9", "17.0.1+10"], "17.0.1+10", id="build"),
        pytest.param("1.x", ["1.0.0+b", "1.0.0+b"], "1.0.0+b", id="equal"),
    ],
)
def test_the_newest_that_fits(
    constraint: str, versions: list[str], expected: str
) -> None:
    assert match_versions(constraint, versions).newest == expected


def test_results_are_sorted_and_spelled_as_listed() -> None:
    match = match_versions("1.x", ["1.10.0", "1.9.0", "1.0.0-a"])
    assert match.versions == ("1.9.0", "1.10.0")


def test_what_is_no_version_is_passed_over() -> None:
    """Libbuildpack gives up at the first of them."""
    match = match_versions("1.x", ["1.2.3.4", "abc-1", "1.2.0"])
    assert match.versions == ("1.2.0",)
    assert match.skipped == ("1.2.3.4", "abc-1")


@pytest.mark.parametrize(
    ("constraint", "versions", "message"),
    [
        pytest.param(
            "9.x", ["1.0.0", "2.0.0"], "no match found for 9.x in [1.0.0 2.0.0]"
        ),
        pytest.param("9.x", [], "no match found for 9.x in []"),
        pytest.param("", ["1.0.0"], "improper constraint: "),
        pytest.param("latest", ["1.0.0"], "improper constraint: latest"),
        pytest.param(
            "<=1.2.x,>=0", ["0.9.0"], "no match found for <=1.2.x,>=0 in [0.9.0]"
        ),
    ],
)
def test_nothing_that_fits_is_said_in_the_platforms_words(
    constraint: str, versions: list[str], message: str
) -> None:
    with pytest.raises(InvalidValueError) as caught:
        match_versions(constraint, versions)
    assert caught.value.message == message
