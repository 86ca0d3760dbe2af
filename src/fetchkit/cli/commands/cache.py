"""Look at the cache, check it, and take away what it need not hold.

dir prints its path; info counts; list names every blob and where it came from;
verify hashes every blob and sets damaged ones aside (exit 31 if there is one).
gc does what runs do by themselves once an hour; prune --ci keeps what the manifest
needs; clear keeps nothing. None of them touches what a running build uses.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from fetchkit.cli.columns import facts, table
from fetchkit.cli.talk import format_size
from fetchkit.errors import DigestMismatchError, UsageError

if TYPE_CHECKING:
    import argparse

    from fetchkit.cli.session import Session
    from fetchkit.store.cache import Cache
    from fetchkit.store.gc import Collected

EXAMPLES = """\
  fetchkit cache info
  fetchkit cache list --json
  fetchkit cache verify --cache-dir "$CACHE_DIR/fetchkit"
  fetchkit cache gc --dry-run
  fetchkit cache prune --ci            before a CI job saves its cache
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own arguments."""
    actions = sorted((*_LOOKS, *_REMOVALS))
    parser.add_argument("action", choices=actions, help="what to do")
    parser.add_argument(
        "--ci", action="store_true", help="prune: to what is worth saving in CI"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="gc, prune, clear: only say it"
    )


def run(args: argparse.Namespace, session: Session) -> int:
    """Do one of them."""
    from fetchkit.store.cache import Cache
    from fetchkit.store.policy import Policy

    settings = session.settings
    policy = Policy(quota_bytes=settings.cache_quota, ttl_seconds=settings.cache_ttl)
    cache = Cache.open(session.cache_dir(), policy=policy)
    if args.action in _LOOKS:
        return _LOOKS[args.action](cache, session)
    if args.action == "prune" and not args.ci:
        raise UsageError(
            "cache prune would remove all that the manifest does not need",
            hint="fetchkit cache prune --ci; or fetchkit cache gc, which keeps more.",
        )
    collected = _REMOVALS[args.action](cache, session, dry_run=args.dry_run)
    return _report(collected, cache, session)


def _show_dir(cache: Cache, session: Session) -> int:
    path = cache.layout.cache_dir
    session.emit({"path": path}, [path])
    return 0


def _show_info(cache: Cache, session: Session) -> int:
    from fetchkit.store.survey import count_quarantined

    usage = cache.upkeep.usage()
    quarantined = count_quarantined(cache)
    document = {
        "path": cache.layout.cache_dir,
        "blobs": usage.blobs,
        "bytes": usage.blob_bytes,
        "quarantined": quarantined,
        "quota": usage.quota_bytes,
        "free": usage.disk.free_bytes,
    }
    lines = facts(
        cache.layout.cache_dir,
        [
            ("blobs", str(usage.blobs)),
            ("size", format_size(usage.blob_bytes)),
            ("quarantined", str(quarantined)),
            ("quota", format_size(usage.quota_bytes)),
            ("free on the disk", format_size(usage.disk.free_bytes)),
        ],
    )
    session.emit(document, lines)
    return 0


def _show_list(cache: Cache, session: Session) -> int:
    from fetchkit.store.survey import list_blobs

    blobs = list(list_blobs(cache))
    document = {
        "path": cache.layout.cache_dir,
        "blobs": [
            {"digest": str(blob.digest), "bytes": blob.size, "urls": list(blob.urls)}
            for blob in blobs
        ],
    }
    rows = [
        (str(blob.digest), format_size(blob.size), ", ".join(blob.urls) or "-")
        for blob in blobs
    ]
    session.emit(document, table(rows))
    return 0


def _verify(cache: Cache, session: Session) -> int:
    from fetchkit.store.survey import check_blobs

    checked = list(check_blobs(cache))
    bad = [str(digest) for digest, is_good in checked if not is_good]
    document = {
        "path": cache.layout.cache_dir,
        "checked": len(checked),
        "damaged": bad,
    }
    session.emit(document, [f"damaged  {digest}" for digest in bad])
    if bad:
        session.talk.warning(
            f"{len(bad)} of {len(checked)} blobs were damaged and are set aside in "
            f"{cache.layout.quarantine_dir}; they are fetched again when needed"
        )
        return DigestMismatchError.exit_code
    session.talk.step(f"{len(checked)} blobs are sound")
    return 0


def _collect(cache: Cache, session: Session, *, dry_run: bool) -> Collected:
    del session
    return cache.upkeep.collect(dry_run=dry_run)


def _prune(cache: Cache, session: Session, *, dry_run: bool) -> Collected:
    from fetchkit.store.survey import known_of

    found = session.find()
    resolved = session.kit(found, found.parse()).resolve()
    return cache.upkeep.prune_ci(known_of(cache, resolved), dry_run=dry_run)


def _clear(cache: Cache, session: Session, *, dry_run: bool) -> Collected:
    del session
    return cache.upkeep.clear(dry_run=dry_run)


def _report(collected: Collected, cache: Cache, session: Session) -> int:
    root = cache.layout.root
    removed = [
        {
            "kind": removal.entry.kind,
            "path": os.path.relpath(removal.entry.path, root),
            "bytes": removal.entry.size,
            "reason": removal.reason,
        }
        for removal in collected.removals
    ]
    document = {
        "path": cache.layout.cache_dir,
        "dry_run": collected.is_dry,
        "removed": removed,
        "freed": collected.freed_bytes,
        "kept": collected.kept_bytes,
        "over_quota": collected.excess_bytes,
    }
    rows = [
        (each.entry.kind, os.path.basename(each.entry.path), each.reason)
        for each in collected.removals
    ]
    session.emit(document, table(rows) if collected.is_dry else [])
    done = "would remove" if collected.is_dry else "removed"
    session.talk.step(
        f"{done} {len(removed)} files, {format_size(collected.freed_bytes)}; "
        f"blobs of {format_size(collected.kept_bytes)} stay"
    )
    if collected.excess_bytes:
        session.talk.warning(
            f"that is {format_size(collected.excess_bytes)} more than the quota, and "
            "in use, named by a lock, or younger than two hours; "
            "raise FETCHKIT_CACHE_QUOTA"
        )
    return 0


_LOOKS = {
    "dir": _show_dir,
    "info": _show_info,
    "list": _show_list,
    "verify": _verify,
}
_REMOVALS = {"gc": _collect, "prune": _prune, "clear": _clear}
