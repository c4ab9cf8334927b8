"""How certain a due date is: the status of the days it rests on, and the bracket of a projected one."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import NamedTuple

from penaltycalc.calculators.deadlines.clock import ONE_DAY, Clock
from penaltycalc.calendar.workdays import WorkingCalendar
from penaltycalc.errors import OutsideCalendar


class Season(NamedTuple):
    """The uncertain days in a row around a holiday, or around several that lie close together; both included."""

    first: date
    last: date


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

    One more stop never lowers either day: whatever is announced, the clock then counts fewer days, and
    both bounds of the count fall with it.
    """
    calendar = clock.calendar
    depth = calendar.coverage.greatest_uncertainty
    gains, loss = _list_gains(clock), _sum_losses(clock)
    # No day counts more than once, also where every rest day becomes a day of work.
    earliest = Clock(calendar, "calendar_day", clock.start, clock.stops).find_day(length) or due
    least = length - gains[-1] - depth
    if least > 0:
        # Where the projected count is lower, no announcement makes it reach the length.
        earliest = max(earliest, clock.find_day(least) or due)
    while (
        # A stop adds a gain only after it.
        clock.count(earliest) + calendar.find_uncertainty(earliest) + gains[clock.count_stops(earliest)] < length
        # No day that stays a rest day or is stopped can be the due date, even where the count through it would do.
        or not calendar.may_be_worked(earliest)
        or clock.is_stopped(earliest)
    ):
        earliest += ONE_DAY
    try:
        certain = clock.find_day(length + loss + depth) or due
    except OutsideCalendar:
        return Bracket(earliest, None)
    latest = due
    # From `certain` on even the least generous count reaches the length.
    while latest < certain and clock.count(latest) - calendar.find_uncertainty(latest) - loss < length:
        latest += ONE_DAY
    return Bracket(earliest, latest)


def _list_gains(clock: Clock) -> list[int]:
    """At place n, by how many days the count after the first n stops may exceed the projected one.

    More days count where work is moved to days after the start, and where a stop takes out fewer.
    """
    by_season = _count_start(clock)
    gains = [_sum_seasons(clock.calendar, by_season)]
    for stop in clock.stops:
        by_season.update(_find_shortfalls(clock.calendar, stop.first - ONE_DAY, stop.last))
        gains.append(_sum_seasons(clock.calendar, by_season))
    return gains


def _sum_losses(clock: Clock) -> int:
    """By how many days the count after the last stop may fall short of the projected one.

    Fewer days count where work is moved to the start or before it, and where the days between two stops hold fewer.
    """
    calendar = clock.calendar
    by_season = _count_start(clock)
    resumed = clock.start
    for stop in clock.stops:
        # The start is in the sum already, whole, also where a stop covers the days after it.
        at_start = resumed == clock.start
        by_season.update(_find_shortfalls(calendar, resumed, stop.first - ONE_DAY, begins_certain=at_start))
        resumed = stop.last
    season = _find_season(calendar, resumed)
    if season is not None and clock.stops:
        # What the due date adds depends on the day, and the search adds it.
        by_season.update(_find_shortfalls(calendar, resumed, min(season.last + ONE_DAY, calendar.last)))
    return _sum_seasons(calendar, by_season)


def _count_start(clock: Clock) -> Counter[Season]:
    """By how many days the count may be off at the start, under its season."""
    season = _find_season(clock.calendar, clock.start)
    return Counter() if season is None else Counter({season: clock.calendar.find_uncertainty(clock.start)})


def _find_shortfalls(
    calendar: WorkingCalendar, after: date, through: date, *, begins_certain: bool = False
) -> Counter[Season]:
    """By how many working days those after `after` through `through` may fall short of the projected ones.

    No edge costs more than the working days between it and the first certain day: there the count is
    as projected again. So an edge that a further stop covers, or joins to another, never cost more than
    the days that the stop takes out. `begins_certain` leaves the first edge out.
    """
    begin = None if begins_certain else _find_season(calendar, after)
    end = _find_season(calendar, through)
    shortfalls: Counter[Season] = Counter()
    if begin is not None and begin == end:
        most = calendar.find_uncertainty(after) + calendar.find_uncertainty(through)
        shortfalls[begin] = min(calendar.count(after, through), most)
        return shortfalls
    if begin is not None:
        shortfalls[begin] = min(calendar.count(after, begin.last + ONE_DAY), calendar.find_uncertainty(after))
    if end is not None:
        certain = max(after, end.first - ONE_DAY)
        shortfalls[end] = min(calendar.count(certain, through), calendar.find_uncertainty(through))
    return shortfalls


def _sum_seasons(calendar: WorkingCalendar, by_season: Counter[Season]) -> int:
    """The days of all seasons together.

    However many edges lie around one holiday, its notice moves no more days than it swaps: twice the
    uncertainty at the most, once where days are lost and once where they are gained.
    """
    return sum(min(days, 2 * calendar.coverage.greatest_uncertainty) for days in by_season.values())


def _find_season(calendar: WorkingCalendar, day: date) -> Season | None:
    """The uncertain days in a row around `day`: the same for all edges around one holiday; None where it is certain."""
    if not calendar.find_uncertainty(day):
        return None
    first = last = day
    while first > calendar.first and calendar.find_uncertainty(first - ONE_DAY):
        first -= ONE_DAY
    while last < calendar.last and calendar.find_uncertainty(last + ONE_DAY):
        last += ONE_DAY
    return Season(first, last)
