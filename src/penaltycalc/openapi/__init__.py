"""Makes openapi/openapi.json from the handlers of the API; not loaded to serve."""
