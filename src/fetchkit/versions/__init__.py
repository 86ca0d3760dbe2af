"""Which version: ranges, the order of versions, and lists of what is published.

    wanted.py    what a manifest may say; loads nothing else
    location.py  where a list of versions is
    order.py     Version: text -> a place in one total order
    ranges.py    Range: does this version fit?
    listing.py   a list as it was published -> candidates
    choice.py    the newest candidate that fits, or why there is none

Pure. docs/versions.md has the rules for readers, with examples that tests keep. This
package imports nothing, so that a manifest without ranges pays for none of it.
"""

from __future__ import annotations
