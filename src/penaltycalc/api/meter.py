"""What the service tells a monitoring system beside its requests; by itself it counts nothing."""

from __future__ import annotations

from penaltycalc.batch.rows import BatchChunk
from penaltycalc.calendar.workdays import WorkingCalendar


class Metrics:
    """Hears what happens. Where metrics are on, `api/metrics.py` has one that counts."""

    def problem(self, code: str) -> None:
        """A request, or a cell, was answered with a problem."""

    def rows(self, form: str, answered: BatchChunk) -> None:
        """Rows of a batch of that form were answered."""

    def observe_calendar(self, calendar: WorkingCalendar) -> None:
        """This is the calendar that answers rest on from now on."""
