"""Starts fetchkit straight from the zip. In fetchkit.pyz this file is __main__.py.

Nothing is extracted and nothing is written: modules come from the archive, compiled
where the archive carries them for this Python, from source otherwise. Only what
the archive and the standard library hold can be imported: not the current directory,
not PYTHONPATH, not the packages of the machine. docs/decisions/0002 has the reasons.

Any Python has to be able to read this file, if only to be refused in one line: no
annotations, no f-strings.
"""

import sys


def refuse(message, hint):
    """End with the two lines every error of fetchkit has, and the code for usage."""
    sys.stderr.write("error: %s\n\nhint: %s\n" % (message, hint))
    sys.exit(2)


if sys.version_info < (3, 10):
    refuse(
        "fetchkit needs Python 3.10 or newer, this is %d.%d" % sys.version_info[:2],
        "start it with another one: python3.12 fetchkit.pyz",
    )

import importlib.util
import marshal
import os
import zipimport
import zlib

ARCHIVE = os.path.dirname(os.path.abspath(__file__))
MODULES = ARCHIVE + os.sep + "site-packages"


class Importer(zipimport.zipimporter):
    """zipimport that takes compiled modules from a pack, and compiles only once."""

    pack = {}

    def get_code(self, fullname):
        """The code of a module: from the pack if it is there, else from source."""
        packed = self.pack.get(fullname)
        if packed is None:
            return super().get_code(fullname)
        return marshal.loads(zlib.decompress(packed))

    def get_filename(self, fullname):
        """The path of a module's source; the inherited method compiles to find it."""
        path = self.archive + os.sep + self.prefix + fullname.rpartition(".")[2]
        return path + (os.sep + "__init__.py" if self.is_package(fullname) else ".py")


def importer_for(path):
    """The path hook for everything below `MODULES`."""
    if path != MODULES and not path.startswith(MODULES + os.sep):
        raise ImportError
    return Importer(path)


def load_pack():
    """The modules compiled for this very Python: name -> compressed code."""
    tag = "%s.%s" % (
        sys.implementation.cache_tag,
        importlib.util.MAGIC_NUMBER.hex(),
    )
    try:
        return marshal.loads(
            Importer(ARCHIVE).get_data(os.path.join(ARCHIVE, "bytecode", tag))
        )
    except OSError:
        return {}


def standard_library():
    """The entries of sys.path that belong to Python itself."""
    version = "python%d.%d" % sys.version_info[:2]
    own = {os.path.dirname(os.__file__)}
    for prefix in (sys.base_prefix, sys.base_exec_prefix):
        for lib in ("lib", sys.platlibdir):
            directory = os.path.join(prefix, lib, version)
            own.add(directory)
            own.add(os.path.join(directory, "lib-dynload"))
            own.add(os.path.join(prefix, lib, version.replace(".", "") + ".zip"))
    return [path for path in sys.path if path in own]


def print_version(with_digest):
    """Answer --version before anything else is loaded."""
    from fetchkit import __version__

    line = "fetchkit " + __version__
    if with_digest:
        import hashlib

        with open(ARCHIVE, "rb") as file:
            line += " sha256:" + hashlib.sha256(file.read()).hexdigest()
    print(line)


def extract_and_run():
    """Let shiv's bootstrap unpack the archive below SHIV_ROOT and run it there."""
    root = os.environ.get("SHIV_ROOT", "")
    if not os.path.isdir(root) or os.stat(root).st_uid != os.getuid():
        refuse(
            "FETCHKIT_EXTRACT is set, but SHIV_ROOT names no directory of yours",
            "unset FETCHKIT_EXTRACT, or set SHIV_ROOT to a directory only you can "
            "write to",
        )
    for name in [name for name in os.environ if name.startswith("SHIV_")]:
        if name not in ("SHIV_ROOT", "SHIV_FORCE_EXTRACT"):
            del os.environ[name]
    sys.path.insert(0, ARCHIVE)
    sys.argv[0] = ARCHIVE
    import _bootstrap

    _bootstrap.bootstrap()


def main():
    """Make the archive importable, then hand over to the command line."""
    sys.path[:] = standard_library()
    if os.environ.get("FETCHKIT_EXTRACT") == "1":
        extract_and_run()
    Importer.pack = load_pack()
    sys.path_hooks.insert(0, importer_for)
    sys.path.insert(0, MODULES)
    if sys.argv[1:] in (["--version"], ["--version", "--digest"]):
        return print_version(with_digest="--digest" in sys.argv)
    from fetchkit.cli.main import main_script

    return main_script()


if __name__ == "__main__":
    sys.exit(main())
