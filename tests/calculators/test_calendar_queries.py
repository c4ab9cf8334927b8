"""The questions about the calendar itself: a year, a count of working days, a shift by working days."""

from __future__ import annotations

from datetime import date

import pytest

from penaltycalc import Rulebook, WorkingCalendar
from penaltycalc.calculators.calendar_queries import (
    CountQuery,
    ShiftQuery,
    YearQuery,
    count_working_days,
    describe_year,
    shift_working_days,
)
from penaltycalc.errors import DatesOutOfOrder, OutsideCalendar


@pytest.mark.parametrize("year", [2006, 2101])
def test_a_year_outside_the_calendar_is_refused(year: int, rulebook: Rulebook, calendar: WorkingCalendar) -> None:
    with pytest.raises(OutsideCalendar):
        describe_year(YearQuery(year=year), rulebook, calendar, lang="en")


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        (date(2026, 9, 30), 1, date(2026, 10, 8)),
        (date(2026, 10, 8), -1, date(2026, 9, 30)),
        (date(2026, 10, 1), 0, date(2026, 10, 8)),
        (date(2026, 9, 30), 0, date(2026, 9, 30)),
    ],
)
def test_days_are_shifted_over_national_day_in_both_directions(
    start: date, days: int, end: date, rulebook: Rulebook, calendar: WorkingCalendar
) -> None:
    query = ShiftQuery(start=start, days=days)
    assert shift_working_days(query, rulebook, calendar, lang="en").date_ == end


def test_both_ends_of_a_count_are_included(rulebook: Rulebook, calendar: WorkingCalendar) -> None:
    query = CountQuery(from_=date(2026, 9, 30), to=date(2026, 10, 8))
    assert count_working_days(query, rulebook, calendar, lang="en").working_days == 2


def test_a_count_that_ends_before_it_begins_is_refused(rulebook: Rulebook, calendar: WorkingCalendar) -> None:
    query = CountQuery(from_=date(2026, 10, 8), to=date(2026, 9, 30))
    with pytest.raises(DatesOutOfOrder):
        count_working_days(query, rulebook, calendar, lang="en")
