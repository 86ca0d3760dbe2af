"""Cloud Foundry's buildpack API: supply, finalize, release (platform-contracts 2).

    call      what the platform calls us with
    supply    what is written below DEPS_DIR/IDX
    finalize  what the last buildpack wires for all of them
    launch    processes and sidecars, as text
    staging   what earlier buildpacks leave in the environment

Artifacts go below ``DEPS_DIR/IDX``, which is ``$DEPS_DIR/IDX`` when the app runs:
nothing written for run time names the directory of the staging (C-16).
"""

from __future__ import annotations
