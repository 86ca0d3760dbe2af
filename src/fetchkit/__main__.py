"""``python -m fetchkit``: the command line from a source tree."""

from __future__ import annotations

import sys

from fetchkit.cli.main import main

sys.exit(main(sys.argv[1:]))
