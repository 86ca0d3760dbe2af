from __future__ import annotations

from tests.origins.fixtures import loopback_certificate, nginx, nginx_server, tls_ca
from tests.product.fixtures import pyz
from tests.signing import keys

__all__ = ["keys", "loopback_certificate", "nginx", "nginx_server", "pyz", "tls_ca"]
