"""The working-day calendar: counting and adding, tried on a made-up calendar of three years."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest

from penaltycalc.calendar.workdays import Coverage, Day, Status, WorkingCalendar
from penaltycalc.errors import OutsideCalendar

# 1 January 2030 is a Tuesday.
FIRST, LAST = date(2030, 1, 1), date(2034, 12, 31)
OFFICIAL_THROUGH = date(2030, 12, 23)
HOLIDAYS = {
    date(2030, 1, 1): "new_year",
    date(2030, 5, 1): "labour_day",
    date(2030, 5, 2): "labour_day",
    date(2032, 12, 31): "new_year",
}
MAKE_UP_DAYS = {date(2030, 5, 4): "labour_day"}  # a Saturday
SUPPLIED = date(2030, 7, 1)

Made = tuple[WorkingCalendar, list[int]]


def status_of(day: date) -> Status:
    if day > OFFICIAL_THROUGH:
        return "projected"
    return "supplied" if day == SUPPLIED else "official"


def made_up_day(day: date) -> Day:
    if day in HOLIDAYS:
        return Day(working=False, why="public_holiday", name=HOLIDAYS[day], status=status_of(day), source="made up")
    if day in MAKE_UP_DAYS:
        return Day(working=True, why="make_up_day", name=MAKE_UP_DAYS[day], status=status_of(day), source="made up")
    if day.weekday() >= 5:
        return Day(working=False, why="weekend", name=None, status=status_of(day), source="made up")
    return Day(working=True, why="working_day", name=None, status=status_of(day), source="made up")


@pytest.fixture
def made() -> Made:
    """The calendar, and the years that it has asked for so far."""
    asked: list[int] = []

    def days_of(year: int) -> list[Day]:
        asked.append(year)
        start = date(year, 1, 1)
        return [made_up_day(start + timedelta(n)) for n in range((date(year + 1, 1, 1) - start).days)]

    coverage = Coverage(FIRST, LAST, OFFICIAL_THROUGH, "sha256:0", ("made up",), 2)
    return WorkingCalendar(coverage, days_of, lambda _: 2, lambda one: one.day == 1), asked


@pytest.fixture
def days(made: Made) -> WorkingCalendar:
    return made[0]


def day(text: str) -> date:
    return date.fromisoformat(f"2030-{text}")


# ----------------------------------------------------------------------------------------- single days


def test_a_day_is_known_with_its_reason(days: WorkingCalendar) -> None:
    assert days.describe_day(day("05-04")) == (True, "make_up_day", "labour_day", "official", "made up")
    assert days.describe_day(day("05-01")) == (False, "public_holiday", "labour_day", "official", "made up")
    assert [days.is_working(day(text)) for text in ("01-01", "01-02", "01-05", "05-04")] == [False, True, False, True]


def test_a_calendar_shows_what_it_rests_on(days: WorkingCalendar) -> None:
    assert (days.first, days.last, days.official_through, days.digest) == (FIRST, LAST, OFFICIAL_THROUGH, "sha256:0")


def test_holidays_and_make_up_days_are_named_and_weekends_are_not(days: WorkingCalendar) -> None:
    assert [(str(one), known.name) for one, known in days.list_named_days(2030)] == [
        ("2030-01-01", "new_year"),
        ("2030-05-01", "labour_day"),
        ("2030-05-02", "labour_day"),
        ("2030-05-04", "labour_day"),
    ]
    assert [(str(one), known.name) for one, known in days.list_named_days(2032)] == [("2032-12-31", "new_year")]
    assert days.list_named_days(2034) == []


# ------------------------------------------------------------------------------------------- counting


@pytest.mark.parametrize(
    ("after", "through", "number"),
    [
        ("04-29", "04-29", 0),  # the day itself is not counted
        ("04-29", "04-30", 1),
        ("04-30", "05-02", 0),  # both are holidays
        ("04-30", "05-03", 1),
        ("04-30", "05-04", 2),  # Saturday, a make-up day
        ("04-30", "05-05", 2),
        ("05-04", "05-06", 1),
        ("05-06", "05-01", 0),  # backwards there is nothing to count
        ("01-01", "01-31", 22),  # 23 weekdays from the 1st, less the 1st itself
    ],
)
def test_working_days_after_a_day_through_a_day(after: str, through: str, number: int, days: WorkingCalendar) -> None:
    assert days.count(day(after), day(through)) == number


@pytest.mark.parametrize(
    ("start", "number", "reached"),
    [
        ("04-29", 1, "04-30"),
        ("04-30", 1, "05-03"),
        ("04-30", 2, "05-04"),
        ("04-30", 3, "05-06"),
        ("05-01", 1, "05-03"),  # from a rest day the same way
        ("05-05", 1, "05-06"),
    ],
)
def test_the_nth_working_day_after_a_day(start: str, number: int, reached: str, days: WorkingCalendar) -> None:
    assert days.add(day(start), number) == day(reached)


@pytest.mark.parametrize(
    ("start", "number", "reached"),
    [
        ("05-06", 1, "05-04"),
        ("05-06", 2, "05-03"),
        ("05-06", 3, "04-30"),
        ("05-05", 1, "05-04"),  # from a rest day: the working days before it
        ("05-05", 3, "04-30"),
        ("01-02", 1, None),  # 1 January is a holiday, and the calendar begins there
        ("01-03", 1, "01-02"),
    ],
)
def test_the_nth_working_day_before_a_day(start: str, number: int, reached: str | None, days: WorkingCalendar) -> None:
    if reached is None:
        with pytest.raises(OutsideCalendar):
            days.subtract(day(start), number)
    else:
        assert days.subtract(day(start), number) == day(reached)


@pytest.mark.parametrize(
    ("through", "number", "reached"),
    [("05-04", 1, "05-04"), ("05-05", 1, "05-04"), ("05-05", 2, "05-03"), ("05-05", 3, "04-30"), ("01-02", 1, "01-02")],
)
def test_the_nth_last_working_day_through_a_day(through: str, number: int, reached: str, days: WorkingCalendar) -> None:
    assert days.find_nth_last(day(through), number) == day(reached)


def test_before_the_first_working_day_there_is_none(days: WorkingCalendar) -> None:
    with pytest.raises(OutsideCalendar) as refusal:
        days.find_nth_last(day("01-02"), 2)
    assert refusal.value.facts == {
        "day": date(2030, 1, 2),
        "first": date(2030, 1, 1),
        "last": date(2034, 12, 31),
    }
    assert refusal.value.where == ()  # who asked knows which fact it was


def test_a_rest_day_moves_on_to_the_next_working_day(days: WorkingCalendar) -> None:
    moved = {text: days.roll_forward(day(text)) for text in ("04-30", "05-01", "05-04", "05-05")}
    assert moved == {"04-30": day("04-30"), "05-01": day("05-03"), "05-04": day("05-04"), "05-05": day("05-06")}


# ------------------------------------------------------------------------------------------- the ends

ASK: list[Callable[[WorkingCalendar, date], object]] = [
    WorkingCalendar.is_working,
    WorkingCalendar.describe_day,
    WorkingCalendar.find_uncertainty,
    WorkingCalendar.may_be_worked,
    WorkingCalendar.roll_forward,
    lambda days, one: days.add(one, 1),
    lambda days, one: days.subtract(one, 1),
    lambda days, one: days.find_nth_last(one, 1),
    lambda days, one: days.find_status(FIRST, one),
    lambda days, one: days.count(min(one, FIRST), max(one, FIRST)),
]


@pytest.mark.parametrize("ask", ASK)
@pytest.mark.parametrize("outside", [FIRST - timedelta(1), LAST + timedelta(1), date.min, date.max])
def test_no_day_outside_the_range_is_ever_answered(
    ask: Callable[[WorkingCalendar, date], object], outside: date, days: WorkingCalendar
) -> None:
    with pytest.raises(OutsideCalendar) as refusal:
        ask(days, outside)
    assert refusal.value.facts["day"] == outside
    assert refusal.value.where == ()


@pytest.mark.parametrize("outside", [FIRST - timedelta(1), LAST + timedelta(1), date.min, date.max])
def test_to_a_day_itself_there_is_nothing_to_count_wherever_it_lies(outside: date, days: WorkingCalendar) -> None:
    assert days.count(outside, outside) == 0


def test_adding_runs_out_with_the_calendar(days: WorkingCalendar) -> None:
    # 29 December 2034 is a Friday, the last working day.
    assert days.add(date(2034, 12, 28), 1) == date(2034, 12, 29)
    with pytest.raises(OutsideCalendar) as refusal:
        days.add(date(2034, 12, 29), 1)
    assert (refusal.value.where, refusal.value.facts["day"]) == ((), date(2034, 12, 29))
    with pytest.raises(OutsideCalendar):
        days.roll_forward(date(2034, 12, 30))


def test_adding_reaches_the_last_year_from_all_others_laid_out(days: WorkingCalendar) -> None:
    assert days.is_working(date(2033, 12, 30))
    assert days.add(date(2033, 12, 30), 1) == date(2034, 1, 2)  # the Monday after


def test_an_error_may_be_placed_by_the_one_who_asked(days: WorkingCalendar) -> None:
    assert days.build_outside_error(("start",), date(1999, 1, 1)).where == ("start",)


# ------------------------------------------------------------------------------------------- certainty


@pytest.mark.parametrize(
    ("first", "last", "status"),
    [
        ("01-01", "06-30", "official"),
        ("01-01", "01-01", "official"),
        ("06-30", "07-01", "supplied"),
        ("07-01", "07-01", "supplied"),
        ("07-02", "12-23", "official"),
        ("07-02", "12-24", "projected"),
        ("06-01", "12-24", "projected"),  # projected is weaker than supplied
        ("01-01", "12-31", "projected"),
    ],
)
def test_the_status_is_that_of_the_weakest_day(first: str, last: str, status: str, days: WorkingCalendar) -> None:
    assert days.find_status(day(first), day(last)) == status


def test_a_year_begins_with_what_the_year_before_it_has_left(days: WorkingCalendar) -> None:
    new_year = date(2031, 1, 1)
    assert days.find_status(new_year, new_year) == "projected"


def test_supplied_days_of_one_year_say_nothing_of_the_next() -> None:
    def days_of(year: int) -> list[Day]:
        start = date(year, 1, 1)
        ahead = [start + timedelta(n) for n in range((date(year + 1, 1, 1) - start).days)]
        return [made_up_day(one)._replace(status="supplied" if one in supplied else "official") for one in ahead]

    supplied = {SUPPLIED, date(2030, 12, 31)}
    two_years = Coverage(FIRST, date(2031, 12, 31), date(2031, 12, 31), "sha256:0", ("made up",), 0)
    days = WorkingCalendar(two_years, days_of, lambda _: 0, lambda _: False)
    new_year, later = date(2031, 1, 1), date(2031, 1, 5)
    assert days.find_status(new_year, new_year) == days.find_status(new_year, later) == "official"
    assert days.find_status(date(2030, 12, 30), later) == "supplied"
    assert (days.list_supplied_files(new_year, later), days.list_supplied_files(date(2030, 12, 31), later)) == (
        [],
        ["made up"],
    )


@pytest.mark.parametrize(
    ("first", "last", "files"),
    [
        ("01-01", "06-30", []),
        ("01-01", "07-01", ["made up"]),
        ("01-02", "07-01", ["made up"]),
        ("07-01", "07-01", ["made up"]),
        ("07-01", "12-31", ["made up"]),
        ("07-02", "12-31", []),
    ],
)
def test_supplied_days_are_traced_to_their_files(
    first: str, last: str, files: list[str], days: WorkingCalendar
) -> None:
    assert days.list_supplied_files(day(first), day(last)) == files


def test_only_a_projected_day_may_move(days: WorkingCalendar) -> None:
    assert [days.find_uncertainty(day(text)) for text in ("07-01", "12-23", "12-24")] == [0, 0, 2]


def test_a_projected_rest_day_may_be_worked_unless_the_statute_takes_it_off(days: WorkingCalendar) -> None:
    # The made-up statute takes the first of each month off: 1 December 2030 is an announced Sunday, 1 February and
    # 1 March 2031 are projected Saturdays.
    asked = [date(2030, 12, 1), date(2030, 12, 2), date(2031, 2, 1), date(2031, 2, 2), date(2031, 2, 3)]
    assert [days.may_be_worked(one) for one in asked] == [False, True, False, True, True]


# ----------------------------------------------------------------------------------------- first use


def test_projected_years_are_laid_out_on_first_use_and_once(made: Made) -> None:
    days, asked = made
    assert asked == [2030]
    days.is_working(date(2031, 6, 1))
    assert asked == [2030, 2031]
    days.is_working(date(2031, 7, 1))
    assert days.add(date(2030, 1, 1), 1) == date(2030, 1, 2)
    assert asked == [2030, 2031]


def test_a_long_count_lays_out_all_years_on_the_way(made: Made) -> None:
    days, asked = made
    # 260 or 261 weekdays a year: the 1000th lies in the fourth year.
    assert days.add(date(2030, 1, 1), 1000).year == 2033
    assert asked == [2030, 2031, 2032, 2033, 2034]


def test_many_readers_at_once_see_the_same_days(made: Made) -> None:
    days, asked = made
    with ThreadPoolExecutor(8) as pool:
        reached = set(pool.map(lambda _: days.add(date(2034, 6, 1), 20), range(64)))
    assert reached == {date(2034, 6, 29)}
    assert asked == [2030, 2031, 2032, 2033, 2034]
