"""The worked cases with which an installation proves itself; knows how to ask one, not how it answers."""
