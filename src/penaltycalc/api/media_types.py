"""The media types that operations receive and send."""

from __future__ import annotations

from typing import Final

CALENDAR: Final = "text/calendar"
CSV: Final = "text/csv"
HTML: Final = "text/html"
JSON: Final = "application/json"
NDJSON: Final = "application/x-ndjson"
PROBLEM: Final = "application/problem+json"
TEXT: Final = "text/plain"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
