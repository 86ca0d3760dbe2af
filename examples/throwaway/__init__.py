"""A publisher and an origin that live as long as a demo, and are real all the same."""

from __future__ import annotations
