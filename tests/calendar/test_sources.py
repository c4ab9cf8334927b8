"""The calendar against a second source, the statute, and its own past.

The second source is the data of the project holiday-cn, which is no part of this one:
HOLIDAY_CN names the folder that holds it. The replay asks what the calendar would have
answered before each year since 2008 was announced; docs/calendar.md shows its figures.
"""

from __future__ import annotations

import bisect
import json
import os
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import chinese_calendar
import pytest

import penaltycalc
from penaltycalc import LawRefuses, Rulebook, WorkingCalendar
from penaltycalc.calculators.deadlines.certainty import find_bracket
from penaltycalc.calculators.deadlines.clock import Clock
from penaltycalc.calendar.projection import SWAP_DEPTH, SWAP_REACH, list_statutory_days
from penaltycalc.calendar.workdays import Day

FOLDER = os.environ.get("HOLIDAY_CN", "")
needs_second_source = pytest.mark.skipif(not FOLDER, reason="HOLIDAY_CN names no folder of holiday-cn")

DAY = timedelta(1)
FIRST = date(2007, 1, 1)
ANNOUNCED = range(2007, 2027)
PROJECTED = range(2027, 2101)
HORIZON = date(2026, 12, 23)


def days(first: date, last: date) -> Iterator[date]:
    """Each day from the first through the last."""
    for number in range((last - first).days + 1):
        yield first + timedelta(number)


def days_of(year: int) -> Iterator[date]:
    return days(date(year, 1, 1), date(year, 12, 31))


def net_days_off(calendar: WorkingCalendar, year: int) -> int:
    """Weekdays off less weekend days of work: what is left when swaps cancel out."""
    off = sum(day.weekday() < 5 and not calendar.is_working(day) for day in days_of(year))
    made_up = sum(day.weekday() >= 5 and calendar.is_working(day) for day in days_of(year))
    return off - made_up


# ----------------------------------------------------------------------------- the second source


def second_source() -> dict[date, bool]:
    """Whether a day that holiday-cn lists is off."""
    files = [json.loads(path.read_text("utf-8")) for path in sorted(Path(FOLDER).glob("*.json"))]
    return {date.fromisoformat(day["date"]): day["isOffDay"] for file in files for day in file["days"]}


@needs_second_source
def test_every_announced_day_is_off_or_worked_as_in_the_second_source(calendar: WorkingCalendar) -> None:
    listed = second_source()
    assert {day.year for day in listed} >= set(ANNOUNCED)
    apart = [
        day
        for day in days(FIRST, date(2026, 12, 31))
        if calendar.is_working(day) == listed.get(day, day.weekday() >= 5)
    ]
    assert apart == []


@needs_second_source
@pytest.mark.parametrize("year", ANNOUNCED)
def test_the_days_off_that_are_listed_are_those_that_the_second_source_lists(
    year: int, calendar: WorkingCalendar
) -> None:
    listed = [day for day, off in second_source().items() if off and day.year == year]
    assert [day for day, known in calendar.list_named_days(year) if not known.working] == sorted(listed)


@needs_second_source
def test_the_second_source_as_supplied_notices_gives_the_same_days(
    calendar: WorkingCalendar, rulebook: Rulebook
) -> None:
    supplied = penaltycalc.load_calendar(rulebook, Path(FOLDER))
    assert supplied.official_through == calendar.official_through == HORIZON
    everything = list(days(FIRST, date(2030, 12, 31)))
    assert [day for day in everything if supplied.is_working(day) != calendar.is_working(day)] == []


@needs_second_source
def test_a_supplied_notice_that_changes_no_day_leaves_it_official(rulebook: Rulebook) -> None:
    supplied = penaltycalc.load_calendar(rulebook, Path(FOLDER))
    assert [day for day in days(FIRST, HORIZON) if supplied.describe_day(day).status != "official"] == []


# --------------------------------------------------------------------------------- the statute

STATUTORY = {year: 10 if year == 2007 else 11 if year < 2025 else 13 for year in ANNOUNCED}
EXCEPTIONS = {
    2007: (+2, "2 and 3 January were worked off in advance, on 30 and 31 December 2006"),
    2011: (-1, "31 December was worked for 3 January 2012"),
    2012: (+1, "3 January had been worked off on 31 December 2011"),
    2015: (+1, "3 September off, a commemoration for this year alone; 4 September was worked off on the 6th"),
    2020: (+2, "Spring Festival extended over 31 January and 1 February, which was to be a day of work"),
}


@pytest.mark.parametrize("year", ANNOUNCED)
def test_an_announced_year_has_the_days_off_of_the_statute(year: int, calendar: WorkingCalendar) -> None:
    more, _ = EXCEPTIONS.get(year, (0, ""))
    assert net_days_off(calendar, year) == STATUTORY[year] + more


@pytest.mark.parametrize("year", ANNOUNCED)
def test_the_rulebook_knows_the_statutory_days_of_an_announced_year(year: int, rulebook: Rulebook) -> None:
    assert rulebook.rules.statutory_days.count_in(year) == STATUTORY[year]


@pytest.mark.parametrize("year", PROJECTED)
def test_a_projected_year_has_thirteen_days_off(year: int, calendar: WorkingCalendar) -> None:
    assert net_days_off(calendar, year) == 13


@pytest.mark.parametrize("year", PROJECTED)
def test_no_weekend_is_worked_in_a_projected_year(year: int, calendar: WorkingCalendar) -> None:
    assert [day for day in days_of(year) if day.weekday() >= 5 and calendar.is_working(day)] == []


def test_a_statutory_day_on_a_weekend_is_made_up_on_the_next_working_day(calendar: WorkingCalendar) -> None:
    # 1 January 2028 is a Saturday; 1 May 2027 is a Saturday and 2 May a Sunday.
    assert [calendar.is_working(date(2028, 1, day)) for day in (3, 4)] == [False, True]
    assert [calendar.is_working(date(2027, 5, day)) for day in (3, 4, 5)] == [False, False, True]


@pytest.mark.parametrize(
    ("first", "last"),
    [
        # 1 October 2028 is a Sunday (made up on the 4th), 3 October is Mid-Autumn as well (the 5th).
        (date(2028, 9, 30), date(2028, 10, 5)),
        # 1 October 2031, a Wednesday, is Mid-Autumn as well: one more day after Friday, Monday the 6th.
        (date(2031, 10, 1), date(2031, 10, 6)),
    ],
)
def test_mid_autumn_within_national_day_gives_one_more_day_off(
    first: date, last: date, calendar: WorkingCalendar
) -> None:
    assert calendar.is_working(first - DAY)
    assert [day for day in days(first, last) if calendar.is_working(day)] == []
    assert calendar.is_working(last + DAY)


def test_the_days_from_24_december_of_the_last_announced_year_are_not_final(calendar: WorkingCalendar) -> None:
    assert calendar.official_through == HORIZON
    assert calendar.describe_day(HORIZON).status == "official"
    assert {calendar.describe_day(day).status for day in days(HORIZON + DAY, date(2100, 12, 31))} == {"projected"}


@pytest.mark.parametrize("outside", [date(2006, 12, 31), date(2101, 1, 1)])
def test_no_day_outside_2007_to_2100_is_guessed(outside: date, calendar: WorkingCalendar) -> None:
    with pytest.raises(LawRefuses) as refused:
        calendar.is_working(outside)
    assert refused.value.code == "outside-calendar"


def test_no_count_runs_past_2100(calendar: WorkingCalendar) -> None:
    assert calendar.is_working(date(2100, 12, 31))
    with pytest.raises(LawRefuses) as refused:
        calendar.add(date(2100, 12, 31), 1)
    assert refused.value.code == "outside-calendar"


# ----------------------------------------------------------------------------------- the replay

LENGTHS = (3, 5, 10, 15, 20, 30, 60)
"""Working days: the lengths of the steps. Every day from 2008-01-01 on is a start."""

YEARS = range(2008, 2027)
DOCUMENT = Path(__file__).parents[2] / "docs" / "calendar.md"

# Days that a second notice changed in mid-year, and whether the first one had them worked.
SECOND_NOTICES = {
    date(2015, 9, 3): True,
    date(2015, 9, 4): True,
    date(2015, 9, 6): False,
    date(2019, 4, 28): False,
    date(2019, 5, 2): True,
    date(2019, 5, 3): True,
    date(2019, 5, 5): False,
    date(2020, 1, 31): True,
    date(2020, 2, 1): True,
}


def announced_through(horizon: date, rulebook: Rulebook) -> WorkingCalendar:
    """The calendar as it would be if nothing after `horizon` had been announced."""
    constants = chinese_calendar.constants
    with pytest.MonkeyPatch.context() as patch:
        for name in ("holidays", "workdays"):
            known = {day: holiday for day, holiday in getattr(constants, name).items() if day <= horizon}
            patch.setattr(constants, name, known)
        calendar = penaltycalc.load_calendar(rulebook)
    assert calendar.official_through == horizon
    return calendar


def as_first_announced(calendar: WorkingCalendar) -> WorkingCalendar:
    """The announced days without what second notices changed."""

    def days_as_first_announced(year: int) -> list[Day]:
        return [
            calendar.describe_day(day)._replace(working=SECOND_NOTICES.get(day, calendar.is_working(day)))
            for day in days_of(year)
        ]

    return WorkingCalendar(calendar.coverage, days_as_first_announced, lambda _: 0, lambda _: False)


class Replayed(NamedTuple):
    """A projected due date with its bracket, and the due date by the years as announced."""

    start: date
    length: int
    earliest: date
    due: date
    latest: date
    truth: date

    @property
    def held(self) -> bool:
        return self.earliest <= self.truth <= self.latest


def replay(calendars: dict[int, WorkingCalendar], truth: WorkingCalendar) -> list[Replayed]:
    """Every due date from 2008 to the horizon that was a projection; `calendars` by the year of the start."""
    replayed = []
    for start in days(date(2008, 1, 1), HORIZON):
        calendar = calendars[start.year]
        for length in LENGTHS:
            true_due = truth.add(start, length)
            if true_due > HORIZON:
                break
            due = calendar.add(start, length)
            if calendar.find_status(start + DAY, due) == "projected":
                clock = Clock(calendar, "working_day", start, [], None)
                earliest, latest = find_bracket(clock, length, due)
                assert latest is not None
                replayed.append(Replayed(start, length, earliest, due, latest, true_due))
    return replayed


class Shares(NamedTuple):
    """What a replay comes to; shares in per cent and the mean in days, both to one place."""

    answers: int
    due_right: float
    outside: int
    held: float
    mean_width: float
    largest_width: int


def shares(replayed: list[Replayed]) -> Shares:
    """A width is the days from the earliest to the latest day: 0 where they are the same."""
    answers = len(replayed)
    outside = sum(not one.held for one in replayed)
    widths = [(one.latest - one.earliest).days for one in replayed]
    return Shares(
        answers=answers,
        due_right=round(100 * sum(one.due == one.truth for one in replayed) / answers, 1),
        outside=outside,
        held=round(100 * (answers - outside) / answers, 1),
        mean_width=round(sum(widths) / answers, 1),
        largest_width=max(widths),
    )


def failures_by_year(replayed: list[Replayed]) -> dict[int, int]:
    """How many true due dates lay outside the bracket, by the year of the true due date."""
    return dict(Counter(one.truth.year for one in replayed if not one.held))


@pytest.fixture(scope="module")
def unannounced(rulebook: Rulebook) -> dict[int, WorkingCalendar]:
    """For each year of a start: nothing from 24 December 2007 on is announced."""
    return dict.fromkeys(YEARS, announced_through(date(2007, 12, 23), rulebook))


@pytest.fixture(scope="module")
def in_office(rulebook: Rulebook) -> dict[int, WorkingCalendar]:
    """For each year of a start: that year is announced, the next one is not."""
    return {year: announced_through(date(year, 12, 23), rulebook) for year in YEARS}


@pytest.fixture(scope="module")
def all_projected(unannounced: dict[int, WorkingCalendar], calendar: WorkingCalendar) -> list[Replayed]:
    return replay(unannounced, calendar)


@pytest.fixture(scope="module")
def turn_of_year(in_office: dict[int, WorkingCalendar], calendar: WorkingCalendar) -> list[Replayed]:
    return replay(in_office, calendar)


ALL_PROJECTED = Shares(answers=48_318, due_right=87.8, outside=205, held=99.6, mean_width=4.0, largest_width=18)
TURN_OF_YEAR = Shares(answers=4_655, due_right=90.4, outside=50, held=98.9, mean_width=5.0, largest_width=18)


def test_the_projection_of_unannounced_years_did_as_the_document_says(all_projected: list[Replayed]) -> None:
    assert shares(all_projected) == ALL_PROJECTED


def test_the_projection_over_the_turn_of_the_year_did_as_the_document_says(turn_of_year: list[Replayed]) -> None:
    assert shares(turn_of_year) == TURN_OF_YEAR


@pytest.mark.parametrize(
    ("setting", "said"),
    [("no day announced", ALL_PROJECTED), ("the year of the start announced", TURN_OF_YEAR)],
)
def test_the_document_shows_the_shares_of_the_replay(setting: str, said: Shares) -> None:
    row = (
        f"| {setting} | {said.answers:,} | {said.due_right} % | {said.held} % | {said.outside} "
        f"| {said.mean_width} days | {said.largest_width} days |"
    )
    assert row in DOCUMENT.read_text("utf-8").splitlines()


def test_what_is_announced_before_the_year_of_the_start_changes_no_answer(
    all_projected: list[Replayed], rulebook: Rulebook, calendar: WorkingCalendar
) -> None:
    year_before = {year: announced_through(date(year - 1, 12, 23), rulebook) for year in YEARS}
    assert replay(year_before, calendar) == all_projected


def test_the_bracket_failed_only_by_second_notices(all_projected: list[Replayed], turn_of_year: list[Replayed]) -> None:
    assert failures_by_year(all_projected) == {2015: 130, 2020: 75}
    assert failures_by_year(turn_of_year) == {2020: 50}


def test_the_bracket_always_held_the_due_date_of_the_years_as_first_announced(
    unannounced: dict[int, WorkingCalendar], in_office: dict[int, WorkingCalendar], calendar: WorkingCalendar
) -> None:
    truth = as_first_announced(calendar)
    for calendars in (unannounced, in_office):
        assert failures_by_year(replay(calendars, truth)) == {}


def test_the_bracket_of_a_rest_day_always_held_the_working_day_that_it_moved_to(
    unannounced: dict[int, WorkingCalendar], calendar: WorkingCalendar
) -> None:
    projected, truth = unannounced[2008], as_first_announced(calendar)
    outside = []
    for day in days(date(2008, 1, 1), HORIZON):
        clock = Clock(projected, "working_day", day - DAY, [], None)
        earliest, latest = find_bracket(clock, 1, projected.roll_forward(day))
        assert latest is not None
        if not earliest <= truth.roll_forward(day) <= latest:
            outside.append(day)
    assert outside == []


def test_second_notices_changed_due_dates_that_had_been_official_in_three_years_of_nineteen(
    calendar: WorkingCalendar,
) -> None:
    first = as_first_announced(calendar)
    dues = [
        (first.add(start, length), calendar.add(start, length))
        for start in days(date(2008, 1, 1), HORIZON)
        for length in LENGTHS
        if calendar.add(start, length) <= HORIZON
    ]
    assert len(dues) == 48_318
    assert Counter(due.year for before, due in dues if before != due) == {2015: 214, 2019: 74, 2020: 247}


def test_swaps_stayed_as_near_to_a_holiday_as_the_bracket_assumes(
    unannounced: dict[int, WorkingCalendar], calendar: WorkingCalendar, rulebook: Rulebook
) -> None:
    """Outside the second notices, the counts differ at most 8 days before and 9 after, by 2 at most."""
    projected, announced = unannounced[2008], as_first_announced(calendar)
    names = rulebook.wordings["zh"].holiday_ids()
    statutory = sorted(day for year in range(2008, 2028) for day in list_statutory_days(year, names))
    before, after, depth = 0, 0, 0
    for day in days(date(2008, 1, 1), HORIZON):
        difference = announced.count(date(2007, 12, 1), day) - projected.count(date(2007, 12, 1), day)
        if difference:
            place = bisect.bisect_left(statutory, day)
            until, since = (statutory[place] - day).days, (day - statutory[place - 1]).days
            before, after = (max(before, until), after) if until < since else (before, max(after, since))
            depth = max(depth, abs(difference))
    assert (before, after, depth) == (8, 9, 2)
    assert max(before, after) <= SWAP_REACH
    assert depth == SWAP_DEPTH
