"""Renderers: the same answers in other forms."""
