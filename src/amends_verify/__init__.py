"""The outsider's verifier: standard library only, imports nothing of ours.

Judges: ``verify.py`` (a receipt, alone), ``audit.py`` and ``tiles.py`` (a whole log, with it);
``check.html`` (a receipt, in a browser). Whoever reads these knows what a verdict rests on.

Tools, which judge no receipt and no log: ``zh.py`` (the same in Chinese), ``claim.py`` (from a code
to a receipt), ``compare.py`` (two histories), ``announcement.py`` (its signatures and sums),
``added.py`` (for a publisher, who goes on from a check before).
"""
