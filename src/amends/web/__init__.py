"""What people see in a browser: the public site, the console, the interface for programs.

Here stands what all of them share: words in three languages, templates, stylesheet, headers. The
public process (``web.public``) reaches neither evidence nor keys; the import contracts say so.
"""
