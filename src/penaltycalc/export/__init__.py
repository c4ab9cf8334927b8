"""Writes answers in other forms: text, calendar events, CSV, the workbook; may not know HTTP."""
