"""Generates openapi/openapi.json and web/problems.json from the handlers of the API; the service does not load it."""
