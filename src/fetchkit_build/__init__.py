"""How fetchkit becomes one file: the logic behind `build.py`. Not part of the wheel.

It lies beside `fetchkit` under ``src/`` so that tests import it, and the linter and
the type checker see it, exactly as they do the program. Standard library only:
it runs on a machine that has nothing but Python.

    errors         what stops a build, and what to do about it
    environments   virtual environments from hash-pinned requirements
    interpreters   the Pythons of this machine
    contents       which files of which package go into the pyz
    bytecode       one pack of compiled modules for each Python
    archive        entries -> the same zip bytes, everywhere
    installer      the pyz -> get-fetchkit.py
    product        the order of steps; the only module that knows shiv and hatchling
    payload/       programs that leave this package: they run on any Python, even
                   to refuse it, and import nothing of ours
"""

from __future__ import annotations
