"""What one run works with: the effects and limits its steps share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fetchkit.trace import UNTRACED
from fetchkit.values import frozen

if TYPE_CHECKING:
    from collections.abc import Callable

    from fetchkit.gpg import Verifier
    from fetchkit.ports import Clock, Reporter, Source, Tracer
    from fetchkit.store.cache import Cache
    from fetchkit.tiers import Tiers


@frozen
class Equipment:
    """Put together once by `fetchkit.kit`, used by every thread of the run."""

    cache: Cache
    source: Source
    find_verifier: Callable[[], Verifier]
    """Called only where a signature has to be checked."""
    reporter: Reporter
    clock: Clock
    jobs: int
    """Most artifacts at one time."""
    tiers: Tiers
    """Caches that machines share; perhaps none."""
    max_bytes: int
    """Largest download whose size nobody promised."""
    work_dir: str
    """For the verifier's private directories."""
    key_dirs: tuple[str, ...] = ()
    """Where key files of the manifest lie, best first."""
    read_bundled: Callable[[str], bytes | None] = lambda _: None
    """Gives a file of fetchkit's own ``keys/`` by name."""
    tracer: Tracer = UNTRACED
    connections: int = 1
    """Most connections for one large file; 1: never more."""
    is_locking: bool = False
    """A lock is being made: what only it will vouch for is taken as it is now."""
    is_offline: bool = False
    """Take what was verified last for a url that may have changed."""
