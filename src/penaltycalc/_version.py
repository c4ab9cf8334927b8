"""The version of the package, which every answer names as its engine."""

__version__ = "0.3.0"
