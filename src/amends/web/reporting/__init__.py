"""The report to the authorities: figures of all rooms, as a document and for programs."""
