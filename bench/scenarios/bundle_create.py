"""``bundle create`` from a filled cache, against ``tar`` and ``sha256sum``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.locked import blobs_dir, lock, shell, sources
from bench.measure import Command, Side
from bench.publisher import MB
from bench.scenarios import Scenario

if TYPE_CHECKING:
    from bench.lab import Lab

_TAR = 'tar -cf "$2" -C "$1" . && sha256sum "$2" >"$2.sum" && sync "$2"'


def scenario(lab: Lab) -> Scenario:
    """Both read every byte, write it, hash it, and wait for the disk."""
    release = lab.publisher.publish(100 * MB)
    place = lab.lasting_place(release)
    lock(lab, release, place)

    def tar() -> Command:
        return shell(_TAR, blobs_dir(place), lab.place() / "app.tar")

    def create() -> Command:
        output = str(lab.place() / "app.bundle")
        command = ("bundle", "create", "-o", output, "--without-program")
        return lab.fetchkit(place, *command, *sources(place))

    return Scenario(
        title="bundle create, 100 MB",
        sides=[
            Side(name="tar, sha256sum", prepare=tar),
            Side(name="fetchkit", prepare=create),
        ],
        rounds=7,
        target=1.5,
    )
