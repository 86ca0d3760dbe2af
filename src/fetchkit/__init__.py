"""fetchkit: fetch signed binaries, prove who signed them, install them into an app.

For a program: `install`, `fetch`, `resolve`, `verify`, and the errors they raise.
Each is loaded when it is first asked for, so that importing the package is free.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from fetchkit.api import fetch, install, resolve, verify
    from fetchkit.artifact import Evidence, Resolved, Signer, Stored
    from fetchkit.detached import Proof
    from fetchkit.errors import (
        FetchkitError,
        InputError,
        LifecycleError,
        NetworkError,
        PluginError,
        StorageError,
        UsageError,
        VerificationError,
    )
    from fetchkit.kit import Outcome
    from fetchkit.ports import Reporter
    from fetchkit.silent import SilentReporter

__version__ = "0.1.0"

_HOMES = {
    "fetchkit.api": ("fetch", "install", "resolve", "verify"),
    "fetchkit.artifact": ("Evidence", "Resolved", "Signer", "Stored"),
    "fetchkit.detached": ("Proof",),
    "fetchkit.errors": (
        "FetchkitError",
        "InputError",
        "LifecycleError",
        "NetworkError",
        "PluginError",
        "StorageError",
        "UsageError",
        "VerificationError",
    ),
    "fetchkit.kit": ("Outcome",),
    "fetchkit.ports": ("Reporter",),
    "fetchkit.silent": ("SilentReporter",),
}
"""Module -> the names the package passes on from it (PEP 562)."""

__all__ = [
    "Evidence",
    "FetchkitError",
    "InputError",
    "LifecycleError",
    "NetworkError",
    "Outcome",
    "PluginError",
    "Proof",
    "Reporter",
    "Resolved",
    "Signer",
    "SilentReporter",
    "StorageError",
    "Stored",
    "UsageError",
    "VerificationError",
    "__version__",
    "fetch",
    "install",
    "resolve",
    "verify",
]


def __getattr__(name: str) -> object:
    """Load what is asked for, once."""
    for module, names in _HOMES.items():
        if name in names:
            from importlib import import_module

            value: object = getattr(import_module(module), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Everything on offer, loaded or not."""
    return sorted({*globals(), *__all__})
