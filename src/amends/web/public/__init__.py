"""The public process: baked files from memory, and the few forms that are live.

It imports published files' names, ``inbox`` and the store alone. It holds no key that opens
anything, reads no evidence and no person, and its database role may add to the inbox and nothing
else.
"""
