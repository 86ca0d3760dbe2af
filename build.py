#!/usr/bin/env python3
"""Builds fetchkit.pyz, and runs what has to be run before a change is sent.

    python3 build.py                    dist/fetchkit.pyz, get-fetchkit.py, SHA256SUMS
    python3 build.py test [ARGS]        build, then pytest ARGS against it
    python3 build.py check              format, lint, types
    python3 build.py demo | bench       examples/demo.py, bench/run.py

Needs Python 3.10 and a network; everything else it gets itself, pinned by hash. What it
does is in src/fetchkit_build/.
"""

import os
import sys

if sys.version_info < (3, 10):
    sys.exit(
        "error: build.py needs Python 3.10 or newer, this is %d.%d"
        % sys.version_info[:2]
    )

ROOT = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(ROOT, "src"))
sys.dont_write_bytecode = True

from fetchkit_build.verbs import main

if __name__ == "__main__":
    sys.exit(main(ROOT, sys.argv[1:]))
