"""fetchkit: fetch signed binaries, prove who signed them, install them into an app."""

from __future__ import annotations

__version__ = "0.1.0"
