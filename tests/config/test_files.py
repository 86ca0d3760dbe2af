"""What a configuration file may say, and how it is told when it says something else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fetchkit.config.expand import expand
from fetchkit.config.parse import parse_config
from fetchkit.config.read import merge, read_config, user_dir
from fetchkit.demands import Demands
from fetchkit.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

ENVIRON = {"HOME": "/home/me", "EMPTY": "", "NESTED": "${HOME}"}
TOML = """\
cache_dir = "${HOME}/cache"
cache_layers = ["/opt/one", "/opt/two"]
cache_quota = "5G"
cache_ttl = "2w"
jobs = 3
offline = true

[trust]
require_lock = true
min_rsa_bits = 3072
"""
YAML = """\
cache_dir: ${HOME}/cache
cache_layers: [/opt/one, /opt/two]
cache_quota: 5G
cache_ttl: 2w
jobs: 3
offline: true

trust:
  require_lock: true
  min_rsa_bits: 3072
"""


def values(text: str, name: str = "config.toml") -> dict[str, Any]:
    level = parse_config(text.encode(), name, ENVIRON)
    return {field: given.value for field, given in level.settings.items()}


# ---------------------------------------------------------------------- values


@pytest.mark.parametrize(
    ("name", "text"),
    [("config.toml", TOML), ("config.yaml", YAML)],
    ids=["toml", "yaml"],
)
def test_both_forms_say_the_same_and_where(name: str, text: str) -> None:
    level = parse_config(text.encode(), name, ENVIRON)
    assert values(text, name) == {
        "cache_dir": "/home/me/cache",
        "cache_layers": ("/opt/one", "/opt/two"),
        "cache_quota": 5 * 1024**3,
        "cache_ttl": 14 * 86400.0,
        "is_offline": True,
        "jobs": 3,
    }
    assert level.demands == Demands(min_rsa_bits=3072, require_lock=True)
    assert level.settings["jobs"].origin == f"{name}:5"
    assert level.demand_origins["min_rsa_bits"] == f"{name}:10"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("job = 3", "job: unknown key"),
        ("[trust]\nrequire_locks = true", "trust.require_locks: unknown key"),
        ("jobs = 0", "jobs: expected a whole number from 1"),
        ("jobs = 1.5", "jobs: expected a string, got float"),
        ("cache_quota = '5 X'", "cache_quota: expected a size"),
        ("cache_quota = 0", "cache_quota: expected a size"),
        ("cache_ttl = '5'", "cache_ttl: expected a time"),
        ("cache_ttl = 90", "cache_ttl: expected a time"),
        ("cache_dir = 'here'", "cache_dir: expected a path that starts with /"),
        ("cache_layers = [1]", "cache_layers: expected an array of strings"),
        ("offline = 'perhaps'", "offline: expected 1 or 0"),
        ("platform = 'plan9'", "platform: "),
        ("trust = true", "trust: expected a table"),
        ("[trust]\nmin_rsa_bits = 1024", "trust.min_rsa_bits: is 1024, must be"),
        ("[trust]\nrequire_lock = 1", "trust.require_lock: expected true or false"),
        ("cache_dir = '${NOWHERE}'", "cache_dir: the variable NOWHERE is not set"),
        ("jobs = 'x'\noffline = 'x'", "(and 1 more)"),
        ("jobs", "not TOML"),
        ("manifest = '/x'", "manifest: unknown key"),
    ],
    ids=lambda text: text[:24],
)
def test_what_cannot_be_is_refused_with_its_place(text: str, words: str) -> None:
    with pytest.raises(SettingsError) as raised:
        parse_config(text.encode(), "config.toml", ENVIRON)
    assert raised.value.message.startswith("config.toml: ")
    assert words in raised.value.message


def test_nearest_key_is_named() -> None:
    with pytest.raises(SettingsError) as raised:
        parse_config(b"cache_quot = 1", "config.toml", ENVIRON)
    assert raised.value.hint == "Did you mean `cache_quota`?"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("jobs: 3\njobs: 4", "jobs"),
        ("jobs: [", "not YAML"),
        ("- jobs", "expected keys and their values"),
        ("3: 4", "unknown key"),
        ("jobs: !!python/object/apply:os.system [id]", "expected a string"),
        ("jobs: *nothing", "stands for nothing"),
        ("jobs: {}", "expected a string"),
        ("\xff", "not YAML"),
        ("[" * 3000, "YAML"),
    ],
    ids=lambda text: text[:16],
)
def test_yaml_that_is_more_or_less_than_settings_is_refused(
    text: str, words: str
) -> None:
    with pytest.raises(SettingsError, match=r"config.yaml: ") as raised:
        parse_config(text.encode("latin-1"), "config.yaml", ENVIRON)
    assert words in raised.value.message or "not UTF-8" in raised.value.message


def test_empty_file_sets_nothing() -> None:
    assert values("", "config.yaml") == values("", "config.toml") == {}


# ------------------------------------------------------------------- ${VAR}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${HOME}/x", "/home/me/x"),
        ("${HOME}${HOME}", "/home/me/home/me"),
        ("${EMPTY}", ""),
        ("${EMPTY:-word}", "word"),
        ("${UNSET:-}", ""),
        ("${UNSET:-a b/c}", "a b/c"),
        ("${HOME:-word}", "/home/me"),
        ("${HOME:?why}", "/home/me"),
        ("${NESTED}", "${HOME}"),
        ("$HOME", "$HOME"),
        ("$${HOME}", "${HOME}"),
        ("a$", "a$"),
        ("100%", "100%"),
    ],
)
def test_references_are_filled_as_in_a_shell(text: str, expected: str) -> None:
    assert expand(text, ENVIRON) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("${UNSET}", "the variable UNSET is not set"),
        ("${UNSET:?say where the cache is}", "say where the cache is"),
        ("${EMPTY:?}", "the variable EMPTY is not set"),
        ("${", "begins no reference"),
        ("${1}", "begins no reference"),
        ("${HOME", "begins no reference"),
        ("${HOME:+x}", "begins no reference"),
        ("${UNSET:-${HOME}}", "begins no reference"),
    ],
)
def test_reference_that_cannot_be_filled_is_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=r"reference|variable|cache") as raised:
        expand(text, ENVIRON)
    assert words in str(raised.value)


# ------------------------------------------------------------------- levels


@pytest.fixture
def site_dir(tmp_path: Path) -> Path:
    directory = tmp_path / "site"
    directory.mkdir()
    return directory


def test_user_goes_before_the_site_and_may_not_loosen_it(
    site_dir: Path, user_dir: Path
) -> None:
    (site_dir / "config.yaml").write_text(
        "jobs: 2\nno_proxy: site\ntrust: {require_lock: true, min_rsa_bits: 3072}\n"
    )
    (user_dir / "config.toml").write_text(
        "jobs = 5\n[trust]\nrequire_lock = false\nmin_rsa_bits = 2048\n"
        "refuse_expired = true\n"
    )
    environ = {"XDG_CONFIG_HOME": str(user_dir.parent)}
    config = read_config(environ, site_dirs=[str(site_dir)])
    assert config.settings["jobs"] == (5, f"{user_dir}/config.toml:1")
    assert config.settings["no_proxy"] == ("site", f"{site_dir}/config.yaml:2")
    assert config.demands == Demands(
        min_rsa_bits=3072, require_lock=True, refuse_expired=True
    )
    assert config.demand_origins["require_lock"].startswith(str(site_dir))
    assert config.demand_origins["min_rsa_bits"].startswith(str(site_dir))
    assert config.demand_origins["refuse_expired"].startswith(str(user_dir))


@pytest.mark.parametrize(
    "strict",
    [
        Demands(min_rsa_bits=4096),
        Demands(refuse_unverified=True),
        Demands(require_signature=True),
        Demands(require_lock=True),
        Demands(refuse_expired=True),
    ],
    ids=lambda strict: next(iter(strict.named())),
)
def test_demand_of_any_level_stays(strict: Demands) -> None:
    assert strict.and_also(Demands()) == Demands().and_also(strict) == strict


def test_named_file_counts_in_place_of_the_users_own(
    site_dir: Path, user_dir: Path
) -> None:
    (site_dir / "config.toml").write_text("jobs = 2\n[trust]\nrequire_lock = true\n")
    (user_dir / "config.toml").write_text("jobs = 3\nno_proxy = 'mine'\n")
    other = user_dir / "other.yml"
    other.write_text("jobs: 4\n")
    environ = {"XDG_CONFIG_HOME": str(user_dir.parent), "FETCHKIT_CONFIG": str(other)}
    config = read_config(environ, site_dirs=[str(site_dir)])
    assert config.files == (f"{site_dir}/config.toml", str(other))
    assert config.settings["jobs"].value == 4
    assert "no_proxy" not in config.settings
    assert config.demands.require_lock


def test_two_files_of_one_level_are_refused(user_dir: Path) -> None:
    for name in ("config.toml", "config.yaml"):
        (user_dir / name).write_text("")
    with pytest.raises(SettingsError, match="both there"):
        read_config({"XDG_CONFIG_HOME": str(user_dir.parent)}, site_dirs=[])


@pytest.mark.parametrize(
    "name", ["/no/such/file.toml", "/etc/passwd", "/etc.toml/x.toml"]
)
def test_named_file_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(SettingsError, match="FETCHKIT_CONFIG"):
        read_config({"FETCHKIT_CONFIG": name}, site_dirs=[])


def test_without_files_nothing_is_set(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path)}
    assert read_config(environ, site_dirs=[str(tmp_path)]) == merge([])


@pytest.mark.parametrize(
    "environ",
    [
        {"HOME": "/home/me"},
        {"HOME": "/home/me", "XDG_CONFIG_HOME": "/srv/config"},
        {"HOME": "/home/me", "XDG_CONFIG_HOME": ""},
    ],
    ids=["home", "xdg", "empty"],
)
def test_users_directory_is_where_platformdirs_has_it(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import platformdirs

    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    expected = platformdirs.unix.Unix("fetchkit").user_config_dir
    assert user_dir(environ) == expected
