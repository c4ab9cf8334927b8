"""Checks an installation, this one or one over HTTP, against the worked cases; may not know how the service is made."""
