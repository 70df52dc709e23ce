"""The outsider's verifier: standard library only, imports nothing of ours.

Judges, each one file of at most 300 lines: ``verify.py`` (a receipt, alone); of a whole log, with
it, ``tiles.py`` (is this directory what was signed?) and ``audit.py`` (do its figures agree?);
``check.html`` (a receipt, in a browser). Whoever reads these knows what a verdict rests on.

Tools, which judge no receipt and no log: ``report.py`` (what an audit found, in words), ``zh.py``
(the same in Chinese), ``claim.py`` (from a code to a receipt), ``compare.py`` (two histories),
``announcement.py`` (its signatures and sums), ``added.py`` (for a publisher, who goes on from a
check before).
"""
