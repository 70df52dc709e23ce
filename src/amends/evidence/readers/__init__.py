"""Files as they came, read as tables: every format, archives within archives, in bounded memory."""
