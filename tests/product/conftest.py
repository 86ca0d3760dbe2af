from __future__ import annotations

from tests.product.fixtures import installer, pyz

__all__ = ["installer", "pyz"]
