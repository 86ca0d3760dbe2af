"""The cache: an OCI image layout with room for what is arriving (design 5).

layout     names of everything below the cache directory
blobs      bytes under their digest: stage, publish, read, quarantine
memory     what a url gave last time, and who vouched for a digest
cache      the three together: `Cache`
survey     what it holds, for whoever wants to know
"""

from __future__ import annotations

from fetchkit.store.cache import Cache

__all__ = ["Cache"]
