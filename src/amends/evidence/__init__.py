"""Leaked files, registries and people files in custody: rows, what they are, or quarantine.

``readers`` make tables of files in every form, ``categories`` tell what each column is; the modules
here take files in, keep them sealed, and hand them on.
"""
