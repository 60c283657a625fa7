"""For the unit tests of handlers."""
