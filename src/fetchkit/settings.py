"""What the user may tune, as one value. Pure: reads a mapping, not the environment.

Nothing here can loosen what a manifest demands; there is no switch that skips a
check.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from fetchkit.demands import NO_DEMANDS, Demands
from fetchkit.errors import FetchkitError, InvalidValueError, SettingsError
from fetchkit.target import Target
from fetchkit.urls import Url, mask
from fetchkit.values import frozen, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeVar

    T = TypeVar("T")

DEFAULT_JOBS = 8
MAX_JOBS = 64
DEFAULT_CONNECTIONS = 8
MAX_CONNECTIONS = 16
DEFAULT_MAX_BYTES = 4 * 1024**3
"""Most bytes of one artifact whose size no manifest gives: 4 GiB."""

_YES = frozenset({"1", "true", "yes", "on"})
_NO = frozenset({"", "0", "false", "no", "off"})


@frozen
class Settings:
    """Read once, passed on. See `VARIABLES` for how each is called outside."""

    manifest: str | None = None
    """Path, url, or ``-`` for standard input; None: look in the usual places."""
    platform: Target | None = None
    cache_dir: str | None = None
    cache_layers: tuple[str, ...] = ()
    """Caches and OCI layouts to read from, in this order."""
    cache_quota: int | None = None
    """Most bytes the cache keeps; None: a share of its disk."""
    cache_ttl: float | None = None
    """Seconds for which the cache keeps what nobody uses; None: the usual."""
    is_offline: bool = False
    jobs: int = DEFAULT_JOBS
    """Most artifacts fetched at one time."""
    connections: int = DEFAULT_CONNECTIONS
    """Most connections for one large file."""
    max_bytes: int = DEFAULT_MAX_BYTES
    deadline: float | None = None
    """Seconds the network may take in one run, retries included; None: no limit."""
    transfer_timeout: float | None = None
    """Seconds for one try of one transfer; None: as long as bytes come."""
    tiers: tuple[str, ...] = ()
    """Url templates of caches that machines share; ``{sha256}`` is the digest."""
    tier_role: str = "reader"
    """``writer``: what was verified is given to them."""
    ca_file: str | None = None
    https_proxy: str = ""
    no_proxy: str = ""
    path: str = ""
    """Where programs such as gpgv are looked for."""
    temp_dir: str | None = None
    demands: Demands = NO_DEMANDS
    """What every manifest is held to besides its own rules."""


class Given(NamedTuple):
    """A value of one setting, and who gave it."""

    value: Any
    origin: str
    """``environment variable FETCHKIT_JOBS``, ``--jobs``, ``config.toml:3``."""


_NO_FILES: Mapping[str, Given] = MappingProxyType({})


@frozen(kw_only=False)
class Variable:
    """One environment variable that is a setting."""

    name: str
    field: str
    parse: Callable[[str], object]
    what: str
    """For help and documentation: one phrase."""
    from_app: bool = False
    """Whether an app's config var of that name counts (ENV_DIR, platform/env)."""


def parse_flag(text: str) -> bool:
    """A yes or no.

    Raises:
        ValueError: it is neither.
    """
    lowered = text.strip().lower()
    if lowered in _YES:
        return True
    if lowered in _NO:
        return False
    raise ValueError("expected 1 or 0")


def parse_jobs(text: str) -> int:
    """How many artifacts at one time.

    Raises:
        ValueError: no whole number from 1 to 64.
    """
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MAX_JOBS:
        raise ValueError(f"expected a whole number from 1 to {MAX_JOBS}")
    return int(text)


def parse_connections(text: str) -> int:
    """How many connections for one large file.

    Raises:
        ValueError: no whole number from 1 to 16.
    """
    if (
        not text.isascii()
        or not text.isdigit()
        or not 1 <= int(text) <= MAX_CONNECTIONS
    ):
        raise ValueError(f"expected a whole number from 1 to {MAX_CONNECTIONS}")
    return int(text)


_SIZES = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}


def parse_size(text: str) -> int:
    """A number of bytes: ``500M``, ``4GiB``, ``1048576``.

    Raises:
        ValueError: it is none.
    """
    number = text.strip().upper().removesuffix("B").removesuffix("I")
    unit = number[-1:] if number[-1:] in "KMGT" else ""
    digits = number.removesuffix(unit)
    if not digits.isascii() or not digits.isdigit() or int(digits) == 0:
        raise ValueError("expected a size such as 500M or 4G")
    return int(digits) * _SIZES[unit]


_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def parse_duration(text: str) -> float:
    """A time in seconds: ``90d``, ``12h``, ``30m``, ``45s``, ``2w``.

    Raises:
        ValueError: it is none.
    """
    digits, unit = text.strip()[:-1], text.strip()[-1:].lower()
    is_number = digits.isascii() and digits.isdigit() and len(digits) < 10
    if unit not in _SECONDS or not is_number or int(digits) == 0:
        raise ValueError("expected a time such as 90d or 12h")
    return float(int(digits) * _SECONDS[unit])


def parse_paths(text: str) -> tuple[str, ...]:
    """Paths with colons between them, as in ``PATH``."""
    return tuple(path for path in text.split(":") if path)


def parse_tiers(text: str) -> tuple[str, ...]:
    """Url templates with spaces between them.

    Raises:
        InvalidValueError: one has no place for the digest, or is no url. It does not
            repeat what may hold a password.
    """
    templates = tuple(text.split())
    for template in templates:
        if "{sha256}" not in template:
            raise InvalidValueError(
                f"`{mask(template)}` has no place for the digest",
                hint="Write it as https://cache.example.com/cas/{sha256}.",
            )
        Url.parse(template.replace("{sha256}", "0" * 64))
    return templates


def parse_tier_role(text: str) -> str:
    """What shared caches are used for: ``reader`` or ``writer``.

    Raises:
        ValueError: it is neither reader nor writer.
    """
    if text not in {"reader", "writer"}:
        raise ValueError("expected reader or writer")
    return text


VARIABLES = (
    Variable("FETCHKIT_MANIFEST", "manifest", str, "the manifest: path, url or -"),
    Variable("FETCHKIT_PLATFORM", "platform", Target.parse, "build for os-arch"),
    Variable("FETCHKIT_CACHE_DIR", "cache_dir", str, "the cache"),
    Variable(
        "FETCHKIT_CACHE_LAYERS", "cache_layers", parse_paths, "caches to read from"
    ),
    Variable("FETCHKIT_CACHE_QUOTA", "cache_quota", parse_size, "most the cache keeps"),
    Variable("FETCHKIT_CACHE_TTL", "cache_ttl", parse_duration, "how long, if unused"),
    Variable(
        "FETCHKIT_OFFLINE", "is_offline", parse_flag, "use no network", from_app=True
    ),
    Variable(
        "FETCHKIT_JOBS", "jobs", parse_jobs, "artifacts at one time", from_app=True
    ),
    Variable(
        "FETCHKIT_CONNECTIONS",
        "connections",
        parse_connections,
        "connections for one large file",
        from_app=True,
    ),
    Variable(
        "FETCHKIT_MAX_BYTES", "max_bytes", parse_size, "largest download", from_app=True
    ),
    Variable(
        "FETCHKIT_DEADLINE",
        "deadline",
        parse_duration,
        "time for all transfers of a run",
        from_app=True,
    ),
    Variable(
        "FETCHKIT_TRANSFER_TIMEOUT",
        "transfer_timeout",
        parse_duration,
        "time for one try of a transfer",
        from_app=True,
    ),
    Variable("FETCHKIT_TIERS", "tiers", parse_tiers, "shared caches: url templates"),
    Variable("FETCHKIT_TIER_ROLE", "tier_role", parse_tier_role, "reader or writer"),
    Variable(
        "FETCHKIT_CA_FILE",
        "ca_file",
        str,
        "PEM file of further authorities",
        from_app=True,
    ),
    Variable("SSL_CERT_FILE", "ca_file", str, "as FETCHKIT_CA_FILE, which wins"),
    Variable("https_proxy", "https_proxy", str, "proxy for https", from_app=True),
    Variable(
        "HTTPS_PROXY", "https_proxy", str, "as https_proxy, which wins", from_app=True
    ),
    Variable("no_proxy", "no_proxy", str, "hosts reached without proxy", from_app=True),
    Variable("NO_PROXY", "no_proxy", str, "as no_proxy, which wins", from_app=True),
)
"""Every variable that is read. Of two for one field the first that is set wins."""

APP_VARIABLES = frozenset(variable.name for variable in VARIABLES if variable.from_app)


def gather(
    environ: Mapping[str, str], files: Mapping[str, Given] = _NO_FILES
) -> dict[str, Given]:
    """Every setting that somebody made, by its field; an empty variable is unset.

    Args:
        files: what configuration files set; variables go before it.

    Raises:
        SettingsError: a variable holds something it cannot.
    """
    found: dict[str, Given] = {}
    for variable in VARIABLES:
        text = environ.get(variable.name, "")
        if text and variable.field not in found:
            value = parse_setting(variable.name, text, variable.parse)
            origin = f"environment variable {variable.name}"
            found[variable.field] = Given(value, origin)
    return {**files, **found}


def read_settings(environ: Mapping[str, str]) -> Settings:
    """The settings in `environ`, where no configuration file counts.

    Raises:
        SettingsError: a variable holds something it cannot.
    """
    return make_settings(gather(environ), environ)


def make_settings(
    given: Mapping[str, Given],
    environ: Mapping[str, str],
    *,
    demands: Demands = NO_DEMANDS,
) -> Settings:
    """The settings of a run, from what was given for each."""
    base = Settings(
        path=environ.get("PATH", "/usr/local/bin:/usr/bin:/bin"),
        temp_dir=environ.get("TMPDIR") or None,
        demands=demands,
    )
    return replace(base, **{field: each.value for field, each in given.items()})


def parse_setting(name: str, text: str, parse: Callable[[str], T]) -> T:
    """`text` as the value of the setting `name`.

    Raises:
        SettingsError: it cannot be; the message names the setting.
    """
    try:
        return parse(text)
    except ValueError as error:
        raise SettingsError(f"{name} is `{text[:60]}`: {error}") from None
    except FetchkitError as error:
        raise SettingsError(f"{name}: {error.message}", hint=error.hint) from None
