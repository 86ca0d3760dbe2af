"""A buildpack as a directory, and as the files platforms take it in.

layout  which files it consists of: text, decided here and nowhere else
write   the directory on disk
image   the directory as an OCI image that ``pack`` and registries take
"""

from __future__ import annotations
