"""``bundle import`` into an empty cache, against ``sha256sum`` and ``tar``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.locked import lock, shell, sources
from bench.measure import Command, Side, run
from bench.publisher import MB
from bench.scenarios import Scenario

if TYPE_CHECKING:
    from bench.lab import Lab

_UNTAR = 'sha256sum -c --quiet "$1.sum" && tar -xf "$1" -C "$2" && sync -f "$2"'


def scenario(lab: Lab) -> Scenario:
    """Both hash every byte, write it, and wait for the disk."""
    release = lab.publisher.publish(100 * MB)
    place = lab.lasting_place(release)
    lock(lab, release, place)
    bundle = place / "app.bundle"
    create = ("bundle", "create", "-o", str(bundle), "--without-program")
    run(lab.fetchkit(place, *create, *sources(place)))
    run(shell('sha256sum "$1" >"$1.sum"', bundle))

    def untar() -> Command:
        return shell(_UNTAR, bundle, lab.place())

    def import_bundle() -> Command:
        return lab.fetchkit(lab.place(), "bundle", "import", str(bundle))

    return Scenario(
        title="bundle import, 100 MB",
        sides=[
            Side(name="sha256sum, tar", prepare=untar),
            Side(name="fetchkit", prepare=import_bundle),
        ],
        rounds=7,
        target=1.5,
    )
