"""A small batch of each form, by the path that takes it."""

from __future__ import annotations

import msgspec

import sheets
from penaltycalc.api.media_types import CSV, NDJSON, XLSX

LICENCE = {"kind": "deadline", "ref": "R-1", "step": "production-licence", "start": "2026-09-18"}
ROW = b"deadline,production-licence,2026-09-18\r\n"
BATCHES = {
    "/v1/batch": ("application/json", msgspec.json.encode([LICENCE])),
    "/v1/batch/ndjson": (NDJSON, msgspec.json.encode(LICENCE) + b"\n"),
    "/v1/batch/csv": (CSV, b"kind,step,start\r\n" + ROW),
    "/v1/batch/xlsx": (XLSX, sheets.sheet([*LICENCE], [*LICENCE.values()])),
}
