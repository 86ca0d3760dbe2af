"""Look at the cache: where it is, what is in it, and whether that is sound.

dir prints its path; info counts; list names every blob and where it came from;
verify hashes every blob and sets damaged ones aside (exit 31 if there is one).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fetchkit.cli.columns import facts, table
from fetchkit.cli.talk import format_size
from fetchkit.errors import DigestMismatchError

if TYPE_CHECKING:
    import argparse

    from fetchkit.cli.session import Session
    from fetchkit.store import Cache

EXAMPLES = """\
  fetchkit cache info
  fetchkit cache list --json
  fetchkit cache verify --cache-dir "$CACHE_DIR/fetchkit"
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own arguments."""
    parser.add_argument("action", choices=sorted(_ACTIONS), help="what to do")


def run(args: argparse.Namespace, session: Session) -> int:
    """Do one of the four."""
    from fetchkit.store import Cache

    return _ACTIONS[args.action](Cache.open(session.cache_dir()), session)


def _show_dir(cache: Cache, session: Session) -> int:
    path = cache.layout.cache_dir
    session.emit({"path": path}, [path])
    return 0


def _show_info(cache: Cache, session: Session) -> int:
    from fetchkit.store.survey import count_quarantined, list_blobs

    blobs = list(list_blobs(cache))
    size = sum(blob.size for blob in blobs)
    quarantined = count_quarantined(cache)
    document = {
        "path": cache.layout.cache_dir,
        "blobs": len(blobs),
        "bytes": size,
        "quarantined": quarantined,
    }
    lines = facts(
        cache.layout.cache_dir,
        [
            ("blobs", str(len(blobs))),
            ("size", format_size(size)),
            ("quarantined", str(quarantined)),
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


_ACTIONS = {
    "dir": _show_dir,
    "info": _show_info,
    "list": _show_list,
    "verify": _verify,
}
