"""Compiles modules with the Python that runs it: JSON on stdin, marshal on stdout.

In:  {"httpx._client": ["fetchkit.pyz/site-packages/httpx/_client.py", source], ...}
Out: {"httpx._client": marshalled code, ...}, in the same order.

The bytes marshal writes depend on how often an object is referred to in this process.
Compiling every module in a given order, in a process that does nothing else and with
hashing seeded, makes them the same every time.
"""

import json
import marshal
import sys


def main():
    compiled = {}
    for name, (filename, source) in json.load(sys.stdin).items():
        code = compile(source, filename, "exec", dont_inherit=True, optimize=0)
        compiled[name] = marshal.dumps(code)
    sys.stdout.buffer.write(marshal.dumps(compiled))


if __name__ == "__main__":
    main()
