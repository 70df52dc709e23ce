"""The announcement: figures computed, checked and signed, from one source for web, press, print."""
