"""Configuration files: what a site and a user set once, for every run.

    expand     ``${VAR}`` in a value
    parse      the text of one file -> what it sets and demands
    read       the files there are -> one `Config`

Where each value came from is kept with it. Files are named `config.toml` or
`config.yaml`; a machine without any pays three questions to the file system.
"""
