"""A manifest.yml of ten archives, and both ways to supply what it names."""

from __future__ import annotations

import hashlib
import io
import random
import tarfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bench.measure import Command
from bench.publisher import MB

if TYPE_CHECKING:
    from bench.lab import Lab

COUNT = 10
DELAY_SECONDS = 0.010
"""To the publisher; as much again on the way back."""
STACK = "cflinuxfs4"

_SCRIPT = Path(__file__).parent / "bash" / "supply.sh"

_TABLE = """
[artifacts.part-{number}]
from = "manifest.yml"
[artifacts.part-{number}.install]
dir = "part-{number}"
"""

_ENTRY = """\
- name: part-{number}
  version: 1.0.0
  uri: {url}
  sha256: {digest}
  cf_stacks: [{stack}]
"""


@dataclass(frozen=True, slots=True)
class Shelf:
    """What is published, and where."""

    offers: tuple[tuple[str, str], ...]
    """Digest and url of each."""

    @classmethod
    def stocked(cls, lab: Lab) -> Shelf:
        """Publish ten archives of 5 MB that hardly compress."""
        files = {f"part-{number}.tar": _archive(number) for number in range(COUNT)}
        urls = lab.publisher.publish_files(files, delay=DELAY_SECONDS)
        return cls(
            tuple(
                (hashlib.sha256(data).hexdigest(), urls[name])
                for name, data in files.items()
            )
        )

    def supply(self, lab: Lab, place: Path, *, cache: Path | None = None) -> Command:
        """``supply`` at `place`, as the platform calls it."""
        for name in ("build", "deps"):
            (place / name).mkdir(exist_ok=True)
        manifest = place / "fetchkit.toml"
        numbers = range(len(self.offers))
        tables = "".join(_TABLE.format(number=number) for number in numbers)
        manifest.write_text(f"schema = 1\n{tables}")
        entries = "".join(
            _ENTRY.format(number=number, url=url, digest=digest, stack=STACK)
            for number, (digest, url) in enumerate(self.offers)
        )
        (place / "manifest.yml").write_text(f"dependencies:\n{entries}")
        command = lab.fetchkit(
            place,
            *("supply", str(place / "build"), str(cache or place / "cache")),
            *(str(place / "deps"), "0", "--manifest", str(manifest)),
        )
        return replace(command, environ={**command.environ, "CF_STACK": STACK})

    def bash(self, lab: Lab, place: Path) -> Command:
        """The same by curl, sha256sum and tar."""
        listed = place / "list"
        listed.write_text("".join(f"{digest} {url}\n" for digest, url in self.offers))
        (place / "deps").mkdir()
        environ = lab.fetchkit(place).environ
        return Command(
            arguments=["bash", str(_SCRIPT), str(place / "deps")],
            environ={
                **environ,
                "CA_FILE": str(lab.publisher.ca_file),
                "LIST": str(listed),
            },
        )


def _archive(number: int) -> bytes:
    """A tar of fifty files."""
    source = random.Random(number)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for index in range(50):
            member = tarfile.TarInfo(f"share/file-{index}")
            member.size = 5 * MB // 50
            tar.addfile(member, io.BytesIO(source.randbytes(member.size)))
    return buffer.getvalue()
