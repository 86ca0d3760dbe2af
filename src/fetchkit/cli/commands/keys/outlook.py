"""How long the keys will do that signed what is locked, on every platform.

Without a lock: what the manifest names for this one. Exits 34 when a key ends within
the days, has ended, or was revoked.
"""

from __future__ import annotations

import datetime
import time
from argparse import ArgumentTypeError
from typing import TYPE_CHECKING, Any

from fetchkit.bundle.gather import resolve_platforms
from fetchkit.cli.columns import moment, table
from fetchkit.errors import ExpiredKeyError
from fetchkit.locking import LOCK_LIBC
from fetchkit.outlook import DEFAULT_DAYS, look_ahead

if TYPE_CHECKING:
    import argparse

    from fetchkit.cli.session import Session
    from fetchkit.outlook import Prospect


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's own arguments."""
    parser.add_argument(
        "--days",
        metavar="N",
        type=_parse_days,
        default=DEFAULT_DAYS,
        help=f"how far to look; default: {DEFAULT_DAYS}",
    )
    parser.add_argument(
        "--at",
        metavar="DATE",
        type=_parse_date,
        help="look from that day (UTC), not now",
    )


def run(args: argparse.Namespace, session: Session) -> int:
    """Look ahead, and tell."""
    now = time.time() if args.at is None else args.at
    found = session.find()
    kit = session.kit(found, found.parse())
    artifacts = (
        kit.resolve()
        if session.read_lock(found) is None
        else resolve_platforms(kit.manifest, (), libc=LOCK_LIBC)
    )
    with kit.documents() as documents:
        prospects = look_ahead(artifacts, documents, now=now, days=args.days)
    failing = [each for each in prospects if not each.is_good]
    document = {
        "at": moment(int(now))[:10],
        "days": args.days,
        "good": not failing,
        "keys": [_render(each) for each in prospects],
    }
    session.emit(document, table([_as_row(each) for each in prospects]))
    for each in failing:
        session.talk.warning(f"{each.name} ({each.signed_by}): {_advice(each)}")
    return ExpiredKeyError.exit_code if failing else 0


def _as_row(prospect: Prospect) -> tuple[str, ...]:
    days = "-" if prospect.days_left is None else f"{prospect.days_left} days"
    end = "-" if prospect.ends_at is None else moment(prospect.ends_at)[:10]
    return (
        prospect.name,
        prospect.signed_by,
        prospect.state,
        end,
        days,
        ", ".join(prospect.artifacts),
    )


def _advice(prospect: Prospect) -> str:
    if prospect.state in {"revoked", "withdrawn"}:
        return f"{prospect.state}: nothing it signed can be installed"
    if prospect.exception is not None:
        return f"the exception for it ends on {prospect.exception.until}"
    left = prospect.days_left or 0
    when = f"{-left} days ago" if left < 0 else f"in {left} days"
    verb = "ended" if left < 0 else "ends"
    return f"{verb} {when}: ask the publisher for the renewed key, and add it"


def _render(prospect: Prospect) -> dict[str, Any]:
    exception = prospect.exception
    return {
        "name": prospect.name,
        "fingerprint": prospect.fingerprint,
        "signed_by": prospect.signed_by,
        "artifacts": list(prospect.artifacts),
        "state": prospect.state,
        "ends_at": prospect.ends_at,
        "days_left": prospect.days_left,
        "exception": exception
        and {"until": exception.until.isoformat(), "reason": exception.reason},
    }


def _parse_days(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 5:
        raise ArgumentTypeError(f"`{text[:20]}`: expected a number of days")
    return int(text)


def _parse_date(text: str) -> float:
    try:
        day = datetime.date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(
            f"`{text[:20]}`: expected a date, such as 2027-01-31"
        ) from None
    midnight = datetime.datetime.combine(
        day, datetime.time(), tzinfo=datetime.timezone.utc
    )
    return midnight.timestamp()
