"""What configuration changes about a run, and what `config` shows of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.architecture.test_start_imports import modules_loaded_by

if TYPE_CHECKING:
    from pathlib import Path

    from tests.project import Project


@pytest.fixture
def installable(project: Project, user_dir: Path) -> Project:
    """A signed artifact with its lock; the user has no configuration yet."""
    project.publish("tool")
    project.succeed("lock")
    return project


def demand(user_dir: Path, *lines: str) -> None:
    (user_dir / "config.toml").write_text("\n".join(["[trust]", *lines]))


def shown(project: Project, *options: str) -> dict[str, dict[str, Any]]:
    document = json.loads(project.succeed("config", "show", "--json", *options).stdout)
    return {each["name"]: each for each in document["settings"]}


# ------------------------------------------------------------------- `config`


def test_every_value_says_where_it_is_from(
    project: Project, user_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = user_dir / "config.toml"
    file.write_text("jobs = 2\noffline = true\nmax_bytes = '1G'\ncache_ttl = '3d'\n")
    monkeypatch.setenv("FETCHKIT_MAX_BYTES", "2G")
    project.publish("tool")
    settings = shown(project, "--jobs", "7")
    assert settings["jobs"] == {"name": "jobs", "value": 7, "origin": "--jobs"}
    assert settings["max_bytes"]["value"] == 2 * 1024**3
    assert settings["max_bytes"]["origin"] == "environment variable FETCHKIT_MAX_BYTES"
    assert settings["offline"]["value"] is True
    assert settings["offline"]["origin"] == f"{file}:2"
    assert settings["cache_ttl"]["value"] == 3 * 86400
    assert settings["no_proxy"]["origin"] == "default"


def test_password_of_a_proxy_is_never_shown(
    project: Project, user_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROXY_PASSWORD", "s3cret")
    (user_dir / "config.toml").write_text(
        "https_proxy = 'http://me:${PROXY_PASSWORD}@proxy.example:3128'\n"
    )
    for options in ([], ["--json"]):
        ended = project.succeed("config", "show", *options)
        assert "proxy.example" in ended.stdout
        assert "s3cret" not in ended.stdout + ended.stderr


def test_path_names_the_file_that_counts(project: Project, user_dir: Path) -> None:
    file = user_dir / "config.toml"
    assert project.succeed("config", "path").stdout == f"{file}\n"
    (user_dir / "config.yaml").write_text("jobs: 2\n")
    assert project.succeed("config", "path").stdout == f"{user_dir}/config.yaml\n"


def test_file_with_a_fault_stops_every_command(
    project: Project, user_dir: Path
) -> None:
    (user_dir / "config.toml").write_text("jbos = 2\n")
    project.publish("tool")
    project.refuse(11, f"{user_dir}/config.toml", "jbos", "`jobs`", by="install app")


def test_nothing_is_loaded_for_files_that_are_not_there(user_dir: Path) -> None:
    reader = {"fetchkit.config.parse", "fetchkit.config.expand", "tomllib", "tomli"}
    assert modules_loaded_by("config", "path") & reader == set()
    (user_dir / "config.toml").write_text("jobs = 2\n")
    loaded = modules_loaded_by("config", "path")
    assert "fetchkit.config.parse" in loaded
    assert "ruamel.yaml" not in loaded


# ----------------------------------------------------------------- settings


def test_setting_of_a_file_is_obeyed(installable: Project, user_dir: Path) -> None:
    (installable.directory / "cache").rename(installable.directory / "old")
    for text in ("true", "yes", "1"):
        (user_dir / "config.yaml").write_text(f"offline: {text}\n")
        installable.refuse(22, by="install app")


def test_variable_goes_before_a_file(
    installable: Project, user_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (user_dir / "config.toml").write_text("platform = 'linux-arm64'\n")
    installable.succeed("install", "app")  # FETCHKIT_PLATFORM is linux-amd64
    assert (installable.directory / "app/vendor/tool-1.0.0-amd64").exists()
    monkeypatch.delenv("FETCHKIT_PLATFORM")
    installable.succeed("install", "other")
    assert (installable.directory / "other/vendor/tool-1.0.0-arm64").exists()


# ------------------------------------------------------------------ demands


def test_what_fits_all_demands_is_installed(
    installable: Project, user_dir: Path
) -> None:
    demand(
        user_dir,
        "min_rsa_bits = 3072",
        "refuse_unverified = true",
        "require_signature = true",
        "require_lock = true",
        "refuse_expired = true",
    )
    installable.succeed("install", "app")


@pytest.mark.parametrize("name", ["refuse_unverified", "require_signature"])
def test_unverified_artifact_is_refused_before_anything_is_fetched(
    project: Project, user_dir: Path, name: str
) -> None:
    project.publish("tool")
    table = project.artifact("tool")
    del table["signature"], table["signed_by"]
    table |= {"trust": "none", "reason": "a test"}
    demand(user_dir, f"{name} = true")
    project.refuse(12, "artifacts.tool.trust", "trust.", by="install app")
    assert project.origin.requests == []


def test_artifact_that_is_only_pinned_is_refused(
    project: Project, user_dir: Path
) -> None:
    project.publish("tool")
    table = project.artifact("tool")
    del table["signature"], table["signed_by"]
    table["sha256"] = "0" * 64
    demand(user_dir, "require_signature = true")
    project.refuse(12, "artifacts.tool", "require_signature", by="fetch")
    assert project.origin.requests == []


def test_missing_lock_is_refused_and_can_be_made(
    installable: Project, user_dir: Path
) -> None:
    installable.lock_file.unlink()
    demand(user_dir, "require_lock = true")
    installable.refuse(12, "require_lock", "fetchkit lock", by="install app")
    installable.refuse(12, "require_lock", by="install app --no-lock")
    installable.succeed("lock")
    installable.refuse(12, "require_lock", by="install app --no-lock")
    installable.succeed("install", "app")


def test_key_that_is_too_short_is_refused(installable: Project, user_dir: Path) -> None:
    demand(user_dir, "min_rsa_bits = 4096")
    (installable.directory / "cache").rename(installable.directory / "old")
    installable.refuse(33, "RSA of 3072 bits", "4096", by="install app")


def test_demand_holds_for_what_is_cached_and_installed_already(
    installable: Project, user_dir: Path
) -> None:
    installable.succeed("install", "app")
    demand(user_dir, "min_rsa_bits = 4096")
    installable.refuse(33, "RSA of 3072 bits", by="install app")
    installable.refuse(33, "RSA of 3072 bits", by="fetch")


def test_exception_for_an_expired_key_does_not_count(
    project: Project, user_dir: Path
) -> None:
    project.publish("tool")
    project.trust("expired")
    project.manifest["keys"]["expired"]["allow_expired"] = {
        "until": "2999-01-01",
        "reason": "a test",
    }
    project.artifact("tool")["signed_by"] = ["expired"]
    for arch in ("amd64", "arm64"):
        data = f"#!/bin/sh\necho tool 1.0.0 {arch}".encode()
        signature = project.keys.sign(data, by="expired")
        project.offer(f"tool-1.0.0-{arch}.asc", signature)
    project.succeed("install", "app")
    demand(user_dir, "refuse_expired = true")
    project.refuse(34, "expired", by="install other")


def test_why_says_what_was_demanded(installable: Project, user_dir: Path) -> None:
    installable.succeed("fetch")
    demand(user_dir, "require_signature = true")
    said = installable.succeed("why", "tool").stdout
    assert f"trust.require_signature ({user_dir}/config.toml:2)" in said
