"""What a worker holds: the data that requests are answered from, and the objects that all requests share."""

from __future__ import annotations

from typing import NamedTuple

from penaltycalc.api.auth import Authenticator
from penaltycalc.api.limits import BatchLimiter
from penaltycalc.api.metrics import Metrics
from penaltycalc.calendar.workdays import WorkingCalendar
from penaltycalc.rules.rulebook import Rulebook
from penaltycalc.settings import Settings


class LawData(NamedTuple):
    """The rulebook, the calendar and the settings; a reload of the notices replaces the whole tuple."""

    rulebook: Rulebook
    calendar: WorkingCalendar
    settings: Settings

    def with_calendar(self, calendar: WorkingCalendar) -> LawData:
        """Return the same data with another calendar."""
        return LawData(self.rulebook, calendar, self.settings)


class WorkerState(NamedTuple):
    """What the requests of one worker share: limits, metrics, keys."""

    limiter: BatchLimiter
    metrics: Metrics
    authenticator: Authenticator
