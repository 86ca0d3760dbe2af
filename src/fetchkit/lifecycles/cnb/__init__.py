"""Cloud Native Buildpacks: ``detect`` and ``build`` (Buildpack API 0.8 to 0.12).

    detect    who asks, and the build plan that is the answer
    call      what ``build`` is called with
    bindings  services that are bound to the build
    layers    one layer for each artifact: its name, its types, what it is kept by
    restored  whether what an earlier build left can be used again
    build     make what has to be made
    write     what the lifecycle reads: layer files, launch.toml, bills of materials

N-n in comments are the facts of the buildpack contract; docs/cnb.md says what follows
from each. Nothing outside the layers directory is written.
"""

from __future__ import annotations
