"""--trace: a Chrome trace of what took time, without secrets, also of a failed run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.conftest import TOOL
from tests.origins import misbehaving

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cli, Publisher
    from tests.origins.authority import Authority
    from tests.origins.misbehaving import Origin


def spans(path: Path) -> list[dict[str, Any]]:
    document = json.loads(path.read_text())
    return [event for event in document["traceEvents"] if event["ph"] == "X"]


@pytest.mark.usefixtures("publisher")
def test_every_step_of_an_installation_has_a_span(cli: Cli, tmp_path: Path) -> None:
    assert cli("install", "app", "--trace", "trace.json").code == 0
    found = spans(tmp_path / "trace.json")
    assert {span["name"] for span in found} >= {
        "run", "resolve", "ensure", "prepare network", "dns", "connect", "request",
        "transfer", "document", "verify", "publish", "install",
    }  # fmt: skip
    for span in found:
        assert {"name", "ph", "ts", "dur", "pid", "tid", "args"} <= set(span)
        assert span["dur"] >= 0
    (run,) = (span for span in found if span["name"] == "run")
    assert all(run["ts"] <= span["ts"] for span in found)


@pytest.mark.usefixtures("publisher")
def test_threads_are_told_apart_and_named(cli: Cli, tmp_path: Path) -> None:
    cli("install", "app", "--trace", "trace.json")
    events = json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    names = {
        event["tid"]: event["args"]["name"] for event in events if event["ph"] == "M"
    }
    assert {event["tid"] for event in events} == set(names)
    assert "MainThread" in names.values()
    assert any(name.startswith("aside") for name in names.values())


def test_a_handshake_has_a_span(
    cli: Cli,
    tmp_path: Path,
    origin: Origin,
    tls_ca: Authority,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    origin.on("/fetchkit.toml", misbehaving.answer(b"schema = 1"))
    monkeypatch.setenv("FETCHKIT_CA_FILE", str(tls_ca.ca_file))
    url = origin.url("/fetchkit.toml?token=s3cret", user="user:s3cret")
    assert cli("list", "--manifest", url, "--trace", "trace.json").code == 12
    text = (tmp_path / "trace.json").read_text()
    assert "s3cret" not in text
    names = [span["name"] for span in spans(tmp_path / "trace.json")]
    assert {"dns", "connect", "tls", "request"} <= set(names)


def test_a_failed_run_leaves_its_trace_and_the_error(
    cli: Cli, publisher: Publisher, tmp_path: Path
) -> None:
    publisher.origin.on("/tool-1.2.3-amd64", misbehaving.answer(TOOL + b"!"))
    assert cli("install", "app", "--trace", "trace.json").code == 32
    (run,) = (span for span in spans(tmp_path / "trace.json") if span["name"] == "run")
    assert run["args"]["error"] == "BadSignature"


@pytest.mark.usefixtures("publisher")
def test_a_trace_that_cannot_be_written_is_an_error_of_a_run_that_was_good(
    cli: Cli,
) -> None:
    ended = cli("list", "--trace", "gone/trace.json")
    assert ended.code == 40
    assert "gone/trace.json" in ended.stderr
    assert cli("why", "jq", "--trace", "gone/trace.json").code == 13
