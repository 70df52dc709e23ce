"""The stages as operators see them: how far each is, and runs that they ask for."""
