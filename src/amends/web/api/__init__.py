"""The interface for programs, ``/api/v1/``: what the console can do, through the same services."""
