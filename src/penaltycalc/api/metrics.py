"""What the service counts for a monitoring system besides its requests."""

from __future__ import annotations

from penaltycalc.batch.rows import BatchChunk
from penaltycalc.calendar.workdays import WorkingCalendar


class Metrics:
    """Counts nothing: the service is served with this unless `metrics` is set (see PrometheusMetrics)."""

    def count_problem(self, code: str) -> None:
        """Count a request, or a cell, that was answered with a problem of this code."""

    def count_rows(self, form: str, chunk: BatchChunk) -> None:
        """Count the answered rows of a batch; `form` is json, ndjson, csv or xlsx."""

    def observe_calendar(self, calendar: WorkingCalendar) -> None:
        """Note the calendar that answers rest on from now on."""
