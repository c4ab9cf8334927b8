"""How certain a due date is: the status of the days it rests on, and the bracket of a projected one."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import NamedTuple

from penaltycalc.calculators.deadlines.clock import ONE_DAY, Clock
from penaltycalc.calendar.workdays import WorkingCalendar
from penaltycalc.errors import OutsideCalendar


class Bracket(NamedTuple):
    """The earliest and the latest day that a projected due date can become, both included.

    `latest` is None where the calendar does not reach it.
    """

    earliest: date
    latest: date | None


def find_bracket(clock: Clock, length: int, due: date) -> Bracket:
    """The days between which the due date lies, however the coming holidays are announced.

    A notice swaps weekend days and working days around a holiday, so the count of working days through
    a day may change by the calendar's `uncertainty` on that day. The same holds at the start and at
    both ends of each stop, where counting begins or pauses. The earliest day is the first one on which
    the most generous of these counts reaches the length; the latest the first one on which the least
    generous still does. The searches begin and end where no uncertainty can matter any more.
    """
    calendar = clock.calendar
    depth = calendar.coverage.greatest_uncertainty
    at_edges = _sum_uncertainty_at_edges(clock)
    # Counting from here no earlier day can reach the length, whatever is announced.
    day = clock.find_day(max(length - at_edges - depth, 1)) or due
    # A stopped day cannot be the due date, even where the count through it would do.
    while clock.count(day) + calendar.find_uncertainty(day) + at_edges < length or clock.is_stopped(day):
        day += ONE_DAY
    earliest = min(day, due)
    try:
        certain = clock.find_day(length + at_edges + depth) or due
    except OutsideCalendar:
        return Bracket(earliest, None)
    latest = due
    # From `certain` on even the least generous count reaches the length.
    while latest < certain and clock.count(latest) - calendar.find_uncertainty(latest) - at_edges < length:
        latest += ONE_DAY
    return Bracket(earliest, latest)


def _sum_uncertainty_at_edges(clock: Clock) -> int:
    """By how many days the counts at the start and at both ends of each stop may be off, together.

    However many edges lie around one holiday, its notice moves no more days than it swaps: they count
    twice at the most, once where days are lost and once where they are gained.
    """
    calendar = clock.calendar
    edges = [clock.start]
    for stop in clock.stops:
        edges += (stop.first - ONE_DAY, stop.last)
    # Edges of the same holiday are counted together: see above.
    by_holiday = Counter(_find_season_start(calendar, edge) for edge in edges if calendar.find_uncertainty(edge))
    return sum(min(number, 2) * calendar.coverage.greatest_uncertainty for number in by_holiday.values())


def _find_season_start(calendar: WorkingCalendar, day: date) -> date:
    """The first of the uncertain days in a row up to `day`: the same for all edges around one holiday."""
    while day > calendar.first and calendar.find_uncertainty(day - ONE_DAY):
        day -= ONE_DAY
    return day
