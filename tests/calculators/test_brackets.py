"""The bracket of a projected due date, on random stops: no stop lowers it, and no announcement leads out of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import cache
from itertools import accumulate
from random import Random
from typing import NamedTuple

import msgspec
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from msgspec import UNSET

import penaltycalc
from penaltycalc import ClockStop, DeadlineRequest, LawRefuses, deadline
from penaltycalc.calendar.projection import SWAP_DEPTH, list_statutory_days

DAY = timedelta(1)
RULEBOOK = penaltycalc.load_rulebook()
CALENDAR = penaltycalc.load_calendar(RULEBOOK)
HOLIDAYS = RULEBOOK.wordings["zh"].holiday_ids()
COUNTED = [name for name in RULEBOOK.steps if RULEBOOK.step(name).row.length is not UNSET]
# The steps that a stop can stop; all of them count working days.
STOPPABLE = [name for name in COUNTED if RULEBOOK.step(name).stop_reasons]

# A wrong bound shows in few of many cases, so these run more than the other properties, always the same ones.
brackets = settings(derandomize=True, max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow])

# The calendar is announced through 23 December 2026: half the starts lie around that day.
starts = st.one_of(st.dates(date(2026, 9, 1), date(2027, 3, 31)), st.dates(date(2027, 1, 1), date(2099, 6, 30)))
lengths = st.one_of(st.integers(0, 3), st.integers(0, 40))


class Days(NamedTuple):
    """Due date and bracket; both ends are the due date where it is announced, `date.max` where none is given."""

    due: date
    earliest: date
    latest: date


def answer(request: DeadlineRequest) -> Days:
    """The days of an answer; an example that the law or the calendar refuses is no example."""
    try:
        found = deadline(request, RULEBOOK, CALENDAR, explain=False)
    except LawRefuses:
        assume(False)
        raise
    assert found.due is not None
    if found.status != "projected":
        return Days(found.due, found.due, found.due)
    assert found.earliest is not UNSET
    return Days(found.due, found.earliest, date.max if found.latest is UNSET else found.latest)


def stop(step: str, first: date, last: date) -> ClockStop:
    return ClockStop(from_=first, to=last, reason=next(iter(RULEBOOK.step(step).stop_reasons)))


@st.composite
def steps(draw: st.DrawFn, names: list[str]) -> DeadlineRequest:
    """One of these steps with up to four stops that are over, where it can be stopped."""
    step, start = draw(st.sampled_from(names)), draw(starts)
    stops = []
    for _ in range(draw(st.integers(0, 4 if step in STOPPABLE else 0))):
        first = start + timedelta(draw(st.one_of(st.integers(-10, 40), st.integers(-10, 150))))
        stops.append(stop(step, first, first + timedelta(draw(lengths))))
    return DeadlineRequest(step=step, start=start, clock_stops=tuple(stops))


@st.composite
def one_stop_more(draw: st.DrawFn) -> tuple[DeadlineRequest, DeadlineRequest]:
    """A step with stops, and the same with one more, which often touches or overlaps another."""
    request = draw(steps(STOPPABLE))
    anchors = [request.start]
    for other in request.clock_stops:
        assert other.to is not UNSET
        anchors += (other.from_, other.to)
    # Within a day of an edge of another stop, on either side of it.
    edge = draw(st.sampled_from(anchors)) + timedelta(draw(st.one_of(st.integers(-1, 1), st.integers(-30, 60))))
    length = timedelta(draw(lengths))
    first, last = draw(st.sampled_from([(edge, edge + length), (edge - length, edge)]))
    more = (*request.clock_stops, stop(request.step, first, last))
    return request, msgspec.structs.replace(request, clock_stops=more)


@brackets
@given(one_stop_more())
def test_one_more_stop_lowers_neither_the_due_date_nor_an_end_of_its_bracket(
    example: tuple[DeadlineRequest, DeadlineRequest],
) -> None:
    before, after = map(answer, example)
    assert before.due <= after.due
    assert before.earliest <= after.earliest
    assert before.latest <= after.latest


# ------------------------------------------------------------------------------------ announcements


def list_seasons(first: date, last: date) -> Iterator[list[date]]:
    """The uncertain days around each holiday from `first` on."""
    day = first
    while day <= last:
        season = []
        while CALENDAR.find_uncertainty(day):
            season.append(day)
            day += DAY
        if season:
            yield season
        day += DAY


@cache
def list_statutory(year: int) -> frozenset[date]:
    """The statutory days of a year; the package takes two milliseconds for each."""
    return frozenset(list_statutory_days(year, HOLIDAYS))


def is_statutory(day: date) -> bool:
    return day in list_statutory(day.year)


def announce(random: Random, first: date, last: date, is_wanted: Callable[[date], bool]) -> dict[date, bool]:
    """Whether days of these seasons are worked, after a notice has moved work to days that are wanted.

    The notice keeps to what the bracket takes for possible: no statutory day is worked, no count is off
    by more than two days, and no more than four days are swapped around one holiday.
    """
    announced: dict[date, bool] = {}
    for season in list_seasons(first, last):
        rest = [day for day in season if not CALENDAR.is_working(day) and not is_statutory(day) and is_wanted(day)]
        work = [day for day in season if CALENDAR.is_working(day) and not is_wanted(day)]
        random.shuffle(rest)
        moves = dict.fromkeys(season, 0)
        for worked in rest:
            random.shuffle(work)
            for freed in work:
                tried = {**moves, worked: 1, freed: -1}
                fits = all(abs(count) <= SWAP_DEPTH for count in accumulate(tried.values()))
                if fits and sum(map(abs, tried.values())) <= 4 * SWAP_DEPTH:
                    moves = tried
                    work.remove(freed)
                    break
        announced |= {day: move > 0 for day, move in moves.items() if move}
    return announced


@brackets
@given(steps(COUNTED), st.booleans(), st.randoms(use_true_random=True))
def test_no_announcement_leads_out_of_a_bracket(request: DeadlineRequest, sooner: bool, random: Random) -> None:
    due, earliest, latest = answer(request)
    assume(latest < date(2099, 12, 31))
    # A stop that begins after the due date changes nothing, and the answer notes it.
    stops = [(one.from_, one.to) for one in request.clock_stops if one.to is not UNSET and one.from_ <= due]

    def is_counted(day: date) -> bool:
        return request.start < day <= due and not any(first <= day <= last for first, last in stops)

    # Work is moved to the days that are counted, or away from them.
    first, last = request.start - timedelta(40), due + timedelta(60)
    announced = announce(random, first, last, lambda day: is_counted(day) == sooner)

    def is_working(day: date) -> bool:
        return announced.get(day, CALENDAR.is_working(day))

    row = RULEBOOK.step(request.step).row
    left, day = row.length, request.start
    assert isinstance(left, int)
    while left:
        day += DAY
        stopped = any(first <= day <= last for first, last in stops)
        left -= (row.unit == "calendar_day" or is_working(day)) and not stopped
    while row.rolls_to_working_day and not is_working(day):
        day += DAY
    assert earliest <= day <= latest
