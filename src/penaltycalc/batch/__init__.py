"""Answers many rows at once, as JSON, CSV and workbooks, and single cells; may not know HTTP or settings."""
