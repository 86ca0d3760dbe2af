"""Bundles: everything a lock needs, in one file, for machines without a network.

A bundle is an OCI image layout in a plain tar, closed over the lock: every binary,
every signature, every key, the manifest, the lock, and fetchkit itself. It brings
bytes, never trust: what it holds is verified as if it had come over the network,
against the manifest and lock of whoever uses it. Same content, same bytes.

    parts      what a bundle is made of, as values
    gather     what a lock needs, as parts
    write      parts -> file
    read       file -> contents, checked against their own list
    load       file -> cache
"""
