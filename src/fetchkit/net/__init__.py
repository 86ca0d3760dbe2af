"""Bytes over the wire. The only owner of httpx, of ssl and of sockets.

    sources.py    what callers use: open_source(settings) -> Sources
    http.py       HttpSource: one GET, its redirects, its body
    file.py       FileSource: file: urls
    settings.py   NetSettings: limits, proxies, trust anchors, as values
    redirects.py  may this hop be followed, and with which credentials    (pure)
    answers.py    what a status line, headers and first bytes tell us     (pure)
    pace.py       how slow an answer may be                               (pure)
    transfer.py   what one GET does on the wire                 (loads httpx)
    upload.py     one PUT, for a cache that is shared     (loads httpx)
    transport.py  httpx as we want it                           (loads httpx)
    stream.py     connections that are read at a pace           (loads httpcore)
    tls.py        whom we believe                               (loads ssl)
    faults.py     foreign exceptions -> errors of ours          (loads httpx)

Importing this package loads neither httpx nor ssl: they cost as much as the rest
of a start, and a run that finds all it needs in the cache never opens a socket.
"""
