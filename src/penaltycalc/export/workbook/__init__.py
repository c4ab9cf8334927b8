"""Builds the workbook for offices, whose rows ask the service through WEBSERVICE(); may not know how it answers."""
