"""From a range to one version: fetch the list of what is published, and choose.

Done when a lock is made, never when one is installed.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from fetchkit.errors import HttpStatusError, InvalidValueError, NetworkError
from fetchkit.manifest.rules import check_scheme
from fetchkit.retry import plan_retry
from fetchkit.versions.choice import choose
from fetchkit.versions.listing import MAX_LIST_BYTES, kind_of, parse_candidates
from fetchkit.versions.location import is_on_github, version_url
from fetchkit.versions.ranges import parse_range
from fetchkit.versions.wanted import is_range

if TYPE_CHECKING:
    from fetchkit.artifact import Artifact
    from fetchkit.ports import Reporter, Source
    from fetchkit.urls import Url

_OVER_QUOTA = frozenset({403, 429})


def resolve_version(
    artifact: Artifact,
    *,
    source: Source,
    reporter: Reporter,
    now: float,
    base_dir: str | None,
) -> str:
    """The one version that `artifact` stands for today.

    What is exact already stays as it is, and so does `latest` where there is no
    list: then nothing is fetched.

    Args:
        now: seconds since the epoch, for ``min_release_age``.
        base_dir: the absolute directory of the manifest; None if it is no file.

    Raises:
        InvalidValueError: nothing that is published fits.
        NetworkError: the list cannot be had, or is not one.
    """
    listed = artifact.versions
    if listed is None or not is_range(artifact.version, has_list=True):
        return artifact.version
    url = check_scheme(version_url(artifact, listed, base_dir=base_dir))
    try:
        data = _fetch(url, source, reporter)
    except HttpStatusError as error:
        if error.status not in _OVER_QUOTA or not is_on_github(listed.location):
            raise
        raise HttpStatusError(
            error.message,
            status=error.status,
            hint="GitHub answers 60 questions an hour from one address: wait, or name "
            "another list in `versions`.",
        ) from None
    candidates = parse_candidates(
        data,
        kind_of(data, url.last_part),
        listed.path,
        listed.match,
        subject=f"`{artifact.name}`: {url}",
    )
    try:
        chosen = choose(
            parse_range(artifact.version),
            candidates,
            allow_prereleases=listed.prereleases,
            now=now,
            min_age=listed.min_age,
        )
    except InvalidValueError as error:
        place = f"{artifact.place}.version"
        raise InvalidValueError(f"{place}: {error.message}", hint=error.hint) from None
    return chosen.version.text


def _fetch(url: Url, source: Source, reporter: Reporter) -> bytes:
    """The bytes at `url`, asked for again where that can help."""
    pause = threading.Event()
    attempt = 0
    while True:
        attempt += 1
        try:
            with source.open(url, limit=MAX_LIST_BYTES) as body:
                return b"".join(body.chunks)
        except NetworkError as error:
            delay = plan_retry(error, attempt, jitter=os.urandom(1)[0] / 256)
            if delay is None:
                raise
            reporter.retrying(url, error, delay)
            pause.wait(delay)
