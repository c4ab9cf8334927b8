"""Many rows at once, as JSON lines, tables and files; knows no HTTP."""
