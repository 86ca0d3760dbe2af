"""The cache: an OCI image layout with room for what is arriving (design 5).

layout     names of everything below the cache directory
blobs      bytes under their digest: stage, publish, read, quarantine
memory     what a url gave last time, and who vouched for a digest
layers     other places to read from, which nobody vouches for
leases     what running processes rely on
references what lock files need
cache      all of it together: `Cache`
survey     what it holds, for whoever wants to know

policy     how much is kept, and for how long
plan       what has to go, and why
gc         the plan, carried out
upkeep     when to do that
ownership  whose cache it is

Imports nothing: the names of the layout alone are cheap to ask for.
"""

from __future__ import annotations
