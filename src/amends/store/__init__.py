"""PostgreSQL: the embedded server or a given one, connections, the unit of work, migrations."""
