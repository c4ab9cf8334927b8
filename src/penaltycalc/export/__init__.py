"""Answers in other forms: text, calendar events, CSV, the workbook; calculates nothing itself."""
