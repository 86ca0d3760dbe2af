"""Archives: what may be extracted, and how it is read and written.

    formats        which format a name and a file's first bytes say    pure
    members        Member, Limits, ArchiveError                        pure
    selection      `strip` and `include`                               pure
    plan           every check, before anything is written             pure
    decompress     bounded streams
    zstd           the one codec that may need a command
    tar            strict reader: (member, body) after (member, body)
    zip            the same for zip, of what `zip_directory` found
    extract        two passes over one open file: plan, then write

The only room that names a compression library or an archive format. Tar and zip
are read by our own readers: the standard library's are forgiving (a cut tar, a
prepended script, a lying size all pass), and its extraction filter has needed one
security fix after another. Imports nothing, so that asking
`formats` about a name loads no codec.
"""
