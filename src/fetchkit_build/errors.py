"""What stops a build."""

from __future__ import annotations


class BuildError(Exception):
    """The product cannot be made here; the message says why and what to do."""
