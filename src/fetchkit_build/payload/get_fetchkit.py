# get-fetchkit.py carries fetchkit.pyz and runs it with the arguments it is given:
#
#     curl -fsSL https://.../get-fetchkit.py | python3 - compile "$BUILD_DIR"
#     python3 get-fetchkit.py compile "$BUILD_DIR"
#
# The pyz is the text at the end, in base 64. Its digest is checked, then it runs in
# this process, from memory where Linux allows it, else from a private temporary file
# that is removed again. The whole file is one `try` statement that only its last line
# completes, so a download cut anywhere is a syntax error and runs nothing.
#
# Any Python has to be able to read this, if only to be refused in one line.
import sys

# A script on standard input makes the current directory importable: `json.py` there
# must not become ours.
sys.path[:] = [entry for entry in sys.path if entry not in ("", ".")]


def fail(message, hint, code):
    sys.stderr.write("error: %s\n\nhint: %s\n" % (message, hint))
    sys.exit(code)


def main(payload, sha256):
    if sys.version_info < (3, 10):
        fail(
            "fetchkit needs Python 3.10 or newer, this is %d.%d" % sys.version_info[:2],
            "start it with another one: curl ... | python3.12 - ...",
            2,
        )
    import binascii
    import hashlib

    try:
        pyz = binascii.a2b_base64(payload)
    except ValueError:
        pyz = b""
    if hashlib.sha256(pyz).hexdigest() != sha256:
        fail(
            "get-fetchkit.py was changed on its way here",
            "download it again, and compare it with SHA256SUMS",
            31,
        )
    run_from_memory(pyz)
    run_from_file(pyz)


def run_from_memory(pyz):
    """Run `pyz` from a file without a name; return only if there cannot be one."""
    import os

    try:
        descriptor = os.memfd_create("fetchkit.pyz")
    except (AttributeError, OSError):
        return
    # Never closed: what runs at exit may still import from it.
    with open(descriptor, "wb", closefd=False) as file:
        file.write(pyz)
    path = "/proc/self/fd/%d" % descriptor
    if os.path.isfile(path):
        run(path)


def run_from_file(pyz):
    import os
    import shutil
    import tempfile

    try:
        directory = tempfile.mkdtemp(prefix="fetchkit-")
    except OSError as error:
        fail(
            "no place for a temporary file: %s" % error,
            "set TMPDIR to a directory you can write to",
            40,
        )
    try:
        path = os.path.join(directory, "fetchkit.pyz")
        try:
            with open(path, "wb") as file:
                file.write(pyz)
        except OSError as error:
            fail(
                "cannot write %s: %s" % (path, error),
                "set TMPDIR to a directory with 10 MB of space",
                43,
            )
        run(path)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def run(path):
    """Run the archive at `path` as the program; ends with its exit code."""
    import runpy

    sys.argv[0] = path
    runpy.run_path(path, run_name="__main__")
    sys.exit(0)
