"""Whether what a verifier said is enough: status lines and pinned keys -> verdict.

Pure. The exit status of GnuPG is 0 for revoked and expired keys, and ``VALIDSIG``
is printed for them too; newer verifiers call a signature by a since-expired key
good. So the rules stand here, and are the same whichever tool did the arithmetic:

* anything that means bad, damaged or unexpected decides against the whole file;
* a signature counts if it is ``GOODSIG`` with a full ``VALIDSIG``, over binary
  data, with an accepted digest, not from the future, not expired, by a strong key
  part whose *primary* fingerprint is pinned;
* a signature by a key we were not given is noted, and decides nothing;
* as many different primaries as the manifest asks for have to have signed.
"""

from __future__ import annotations

from fetchkit.trust.verdict import Verdict, judge

__all__ = ["Verdict", "judge"]
