"""The workbook for offices, whose rows ask the service through WEBSERVICE(); calculates nothing itself."""
