"""The clock of a step: counts its days from the start, less the days on which it is stopped."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import accumulate
from typing import Final, NamedTuple, assert_never

from penaltycalc.calculators.deadlines.records import ClockStop, end_of, sort_stops
from penaltycalc.calendar.workdays import WorkingCalendar
from penaltycalc.rules.periods import add_days
from penaltycalc.rules.rows import Unit

ONE_DAY: Final = timedelta(1)


class Interval(NamedTuple):
    """Days on which the clock is stopped, both included."""

    first: date
    last: date


class Clock:
    """Counts the days of a step from the day after `start`, less the intervals in which it is stopped.

    `stops` do not touch each other and lie in order after the start. With `stopped_from` the clock is
    stopped from that day on, without end, whatever stops come after it.
    """

    def __init__(
        self,
        calendar: WorkingCalendar,
        unit: Unit,
        start: date,
        stops: Sequence[Interval] = (),
        stopped_from: date | None = None,
    ) -> None:
        self.calendar = calendar
        self.unit = unit
        self.start = start
        self.stops = stops
        self.stopped_from = stopped_from
        self._first_days = [stop.first for stop in stops]
        # At place n the days that the first n stops take out together, so that counting needs no loop over stops.
        days_of_stops = (self.count_between(stop.first - ONE_DAY, stop.last) for stop in stops)
        self._stopped_days = [0, *accumulate(days_of_stops)]

    def until(self, last: date) -> Clock:
        """The same clock without what begins after `last`: later stops do not change an earlier due date."""
        # A stop that has begun is kept whole, also where it goes on after `last`.
        stops = [stop for stop in self.stops if stop.first <= last]
        return Clock(self.calendar, self.unit, self.start, stops)

    def count_stops(self, through: date) -> int:
        """The number of stops that begin by `through`, that day included."""
        return bisect_right(self._first_days, through)

    def count_between(self, after: date, through: date) -> int:
        """Days of the unit after `after` through `through`, stopped ones included."""
        match self.unit:
            case "working_day":
                return self.calendar.count(after, through)
            case "calendar_day":
                return max((through - after).days, 0)
            case _:
                assert_never(self.unit)

    def count(self, through: date) -> int:
        """Days that count, from the day after the start through `through`."""
        begun = self.count_stops(through)
        stopped = self._stopped_days[begun]
        if begun:  # The last stop that has begun may go on after `through`; that part is not deducted yet.
            stopped -= self.count_between(through, self.stops[begun - 1].last)
        return self.count_between(self.start, through) - stopped

    def find_day(self, number: int) -> date | None:
        """The day with that running number; None where the clock is stopped without end before it.

        OutsideCalendar where the calendar does not reach it.
        """
        if self.stopped_from is not None and self.count(self.stopped_from - ONE_DAY) < number:
            return None
        # Walk from stop to stop: what does not fit before a stop is counted on from its last day.
        resumed, left = self.start, number
        for stop in self.stops:
            running = self.count_between(resumed, stop.first - ONE_DAY)
            if running >= left:
                break
            # The last stopped day takes the place of the start: counting goes on with the day after it.
            resumed, left = stop.last, left - running
        match self.unit:
            case "working_day":
                return self.calendar.add(resumed, left)
            case "calendar_day":
                return add_days(resumed, left)
            case _:
                assert_never(self.unit)

    def is_stopped(self, day: date) -> bool:
        """Whether the clock is stopped on `day`."""
        # An open stop is left out: no caller asks about days after the clock is stopped for good.
        begun = self.count_stops(day)
        return bool(begun) and day <= self.stops[begun - 1].last


class MergedStops(NamedTuple):
    """The stops of a request as a clock takes them, and whether any two of them overlapped."""

    stops: list[Interval]
    stopped_from: date | None
    overlap: bool


def merge_stops(start: date, stops: Sequence[ClockStop]) -> MergedStops:
    """Cut stops at the start, put them in order, and join those that overlap or follow each other.

    A stop without an end makes the clock stand from its first day on; of several the earliest counts.
    """
    # The clock starts on the day after the start, so that is the first day on which it can be stopped.
    first_day = add_days(start, 1)
    closed: list[Interval] = []
    stopped_from: date | None = None
    for stop in sort_stops(stops):
        # What lies before the clock starts stops nothing.
        begin = max(stop.from_, first_day)
        if not isinstance(stop.to, date):
            stopped_from = begin if stopped_from is None else min(stopped_from, begin)
        elif end_of(stop) >= first_day:
            closed.append(Interval(begin, stop.to))
    merged: list[Interval] = []
    overlap = False
    for interval in closed:
        # Intervals that merely follow each other are joined too: `Clock` needs gaps between them.
        if merged and interval.first <= merged[-1].last + ONE_DAY:
            overlap = overlap or interval.first <= merged[-1].last
            merged[-1] = Interval(merged[-1].first, max(merged[-1].last, interval.last))
        else:
            merged.append(interval)
    if stopped_from is not None and any(interval.last >= stopped_from for interval in merged):
        overlap = True
    return MergedStops(merged, stopped_from, overlap)
