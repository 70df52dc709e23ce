"""The operators' console: pages made per request, of what the rooms' services say and do.

It decides nothing. A page is a function of a :class:`~amends.web.console.desk.Desk` that gives
parts; an action is one that calls a use case and says where to go on.
"""
