"""How the bounds of the cache are set, and whose cache is used at all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from fetchkit.errors import SettingsError, StorageError
from fetchkit.settings import read_settings
from fetchkit.store.cache import Cache
from fetchkit.store.policy import DAY, Policy

if TYPE_CHECKING:
    from pathlib import Path

GIB = 1024**3

SIZES = {"5G": 5 * GIB, "2TiB": 2048 * GIB, "1048576": 1024**2}
TIMES = {"90d": 90 * DAY, "12h": DAY / 2, "2w": 14 * DAY, "30m": 1800.0, "1D": DAY}


@pytest.mark.parametrize(("text", "size"), SIZES.items(), ids=list(SIZES))
def test_a_quota_has_a_unit(text: str, size: int) -> None:
    settings = read_settings({"FETCHKIT_CACHE_QUOTA": text})
    assert settings.cache_quota == size


@pytest.mark.parametrize(("text", "seconds"), TIMES.items(), ids=list(TIMES))
def test_a_time_to_live_has_a_unit(text: str, seconds: float) -> None:
    settings = read_settings({"FETCHKIT_CACHE_TTL": text})
    assert settings.cache_ttl == seconds


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("FETCHKIT_CACHE_QUOTA", "0"),
        ("FETCHKIT_CACHE_QUOTA", "-1G"),
        ("FETCHKIT_CACHE_QUOTA", "much"),
        ("FETCHKIT_CACHE_TTL", "90"),
        ("FETCHKIT_CACHE_TTL", "0d"),
        ("FETCHKIT_CACHE_TTL", "-1d"),
        ("FETCHKIT_CACHE_TTL", "1.5d"),
        ("FETCHKIT_CACHE_TTL", "\N{SUPERSCRIPT TWO}d"),
        ("FETCHKIT_CACHE_TTL", "d"),
    ],
)
def test_what_is_no_bound_is_refused(name: str, text: str) -> None:
    with pytest.raises(SettingsError, match=name):
        read_settings({name: text})


def test_without_settings_a_blob_stays_for_a_quarter() -> None:
    assert read_settings({}).cache_ttl is None
    assert Policy().ttl == 90 * DAY


def test_layers_stand_in_the_order_they_are_named() -> None:
    settings = read_settings({"FETCHKIT_CACHE_LAYERS": "/opt/cache::/srv/layout"})
    assert settings.cache_layers == ("/opt/cache", "/srv/layout")


@pytest.mark.parametrize("below", ["", "v1", "v1/verdicts"])
def test_a_cache_everybody_may_write_to_is_refused(tmp_path: Path, below: str) -> None:
    Cache(str(tmp_path / "cache")).blobs.ensure_directories()
    (tmp_path / "cache" / below).chmod(0o777)
    with pytest.raises(StorageError, match="everybody may write") as raised:
        Cache.open(str(tmp_path / "cache"))
    assert "FETCHKIT_CACHE_LAYERS" in str(raised.value.hint)


@pytest.mark.skipif(
    os.geteuid() != 0, reason="OWNERS NOT TESTED: only root can give files away"
)
@pytest.mark.parametrize("below", ["", "v1", "v1/verdicts"])
def test_a_cache_of_somebody_else_is_refused(tmp_path: Path, below: str) -> None:
    Cache(str(tmp_path / "cache")).blobs.ensure_directories()
    os.chown(tmp_path / "cache" / below, 12345, 12345)
    with pytest.raises(StorageError, match="user id 12345"):
        Cache.open(str(tmp_path / "cache"))


def test_a_sticky_directory_above_is_no_fault(tmp_path: Path) -> None:
    Cache(str(tmp_path / "cache")).blobs.ensure_directories()
    (tmp_path / "cache").chmod(0o1777)
    Cache.open(str(tmp_path / "cache"))
