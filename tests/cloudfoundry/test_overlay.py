"""Configuration by variables, in the manner of ``JBP_CONFIG_X``."""

from __future__ import annotations

import pytest

from fetchkit.errors import InvalidValueError
from fetchkit.manifest.overlay import Overlay, configured_version

JRE = Overlay(variables=("JBP_DEFAULT_JRE", "JBP_CONFIG_JRE"), key="jre.version")


@pytest.mark.parametrize(
    ("default", "app", "expected"),
    [
        pytest.param("", "", None, id="neither"),
        pytest.param("{ jre: { version: 11.0.x } }", "", "11.0.x", id="operator"),
        pytest.param("", "{ jre: { version: 17.10 } }", "17.10", id="app, a text"),
        pytest.param(
            "{jre: {version: 11.x}}", "{jre: {version: 17.x}}", "17.x", id="app wins"
        ),
        pytest.param(
            "{jre: {version: 11.x}}", "{jre: {other: 1}}", "11.x", id="merged"
        ),
        pytest.param("", "jre:\n  version: 17.+", "17.*", id="block, plus"),
        pytest.param("", "{ memory: 1 }", None, id="something else"),
    ],
)
def test_the_app_is_laid_over_the_operator(
    default: str, app: str, expected: str | None
) -> None:
    environ = {"JBP_DEFAULT_JRE": default, "JBP_CONFIG_JRE": app}
    assert configured_version(JRE, environ) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("{ jre: [", "not YAML", id="not YAML"),
        pytest.param("17.x", "expected keys and values", id="no mapping"),
        pytest.param("{jre: {version: [1]}}", "`jre.version` is no version", id="list"),
    ],
)
def test_a_malformed_variable_is_named(text: str, message: str) -> None:
    with pytest.raises(InvalidValueError) as caught:
        configured_version(JRE, {"JBP_CONFIG_JRE": text})
    assert message in caught.value.message
    assert "environment variable" in caught.value.message
    assert "JBP_CONFIG_JRE" in caught.value.message
