"""Calendar periods as the Civil Code counts them (CC 200-204)."""

from __future__ import annotations

from datetime import date

import pytest

from penaltycalc.errors import OutsideCalendar
from penaltycalc.rules.periods import (
    Period,
    add_days,
    build_outside_calendar,
    check_day,
    find_corresponding_day,
    find_day_before_end,
    find_last_day,
    find_last_day_of_certificate,
)


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("start", "years", "months", "end"),
    [
        ("2026-06-01", 10, 0, "2036-06-01"),
        ("2028-02-29", 3, 0, "2031-02-28"),  # no such day: the month's last (CC 202)
        ("2028-02-29", 4, 0, "2032-02-29"),
        ("2027-02-28", 1, 0, "2028-02-28"),  # the corresponding day, not the month's last
        ("2096-02-29", 4, 0, "2100-02-28"),  # 2100 is no leap year
        ("2026-01-31", 0, 1, "2026-02-28"),
        ("2028-01-31", 0, 1, "2028-02-29"),
        ("2026-08-31", 0, 1, "2026-09-30"),
        ("2026-11-30", 0, 3, "2027-02-28"),
        ("2026-12-31", 1, 2, "2028-02-29"),
        ("2026-03-31", 0, -1, "2026-02-28"),
        ("2028-02-29", -1, 0, "2027-02-28"),
        ("2026-05-15", 0, 0, "2026-05-15"),
        ("2026-05-15", -2, 0, "2024-05-15"),
    ],
)
def test_the_corresponding_day(start: str, years: int, months: int, end: str) -> None:
    assert find_corresponding_day(day(start), years=years, months=months) == day(end)


def test_years_or_months_alone_count_nothing_of_the_other() -> None:
    assert find_corresponding_day(day("2026-01-31"), months=1) == day("2026-02-28")
    assert find_corresponding_day(day("2028-02-29"), years=3) == day("2031-02-28")
    assert find_corresponding_day(day("2028-02-29")) == day("2028-02-29")


@pytest.mark.parametrize(
    ("start", "years", "months"),
    [("9995-06-01", 5, 0), ("9995-02-28", 5, 0), ("9999-12-01", 0, 1), ("0001-03-01", -1, 0), ("0001-01-31", 0, -1)],
)
def test_a_corresponding_day_beyond_the_years_1_to_9999_cannot_be_reached(start: str, years: int, months: int) -> None:
    with pytest.raises(OutsideCalendar) as refusal:
        find_corresponding_day(day(start), years=years, months=months)
    assert refusal.value.facts == {"day": day(start), "first": day("1949-10-01"), "last": day("9999-12-31")}
    assert refusal.value.where == ()  # who asked knows which fact it was


def test_days_are_counted_on_and_back() -> None:
    assert add_days(day("2026-12-31"), 1) == day("2027-01-01")
    assert add_days(day("2028-03-01"), -1) == day("2028-02-29")
    assert add_days(day("2031-05-14"), -30) == day("2031-04-14")


@pytest.mark.parametrize(("start", "days"), [("9999-12-31", 1), ("0001-01-01", -1), ("2026-01-01", 99_999_999)])
def test_days_beyond_the_years_1_to_9999_cannot_be_reached(start: str, days: int) -> None:
    with pytest.raises(OutsideCalendar) as refusal:
        add_days(day(start), days)
    assert (refusal.value.where, refusal.value.facts["day"]) == ((), day(start))


@pytest.mark.parametrize(
    ("start", "period", "civil_code", "certificate"),
    [
        ("2026-06-01", Period(years=5), "2031-06-01", "2031-05-31"),
        ("2023-03-01", Period(years=5), "2028-03-01", "2028-02-29"),
        ("2028-02-29", Period(years=5), "2033-02-28", "2033-02-28"),  # no corresponding day: both end the month
        ("2028-02-29", Period(years=4), "2032-02-29", "2032-02-28"),
        ("2026-08-31", Period(months=6), "2027-02-28", "2027-02-28"),
        ("2026-08-28", Period(months=6), "2027-02-28", "2027-02-27"),
        ("2026-06-01", Period(days=30), "2026-07-01", "2026-06-30"),
        ("2026-06-01", Period(days=1), "2026-06-02", "2026-06-01"),
        ("2026-01-31", Period(months=1, days=1), "2026-03-01", "2026-03-01"),  # the month first, then the day
        ("2026-01-15", Period(years=1, months=2, days=3), "2027-03-18", "2027-03-17"),
    ],
)
def test_a_period_ends_on_the_corresponding_day_and_a_certificate_the_day_before(
    start: str, period: Period, civil_code: str, certificate: str
) -> None:
    assert find_last_day(day(start), period) == day(civil_code)
    assert find_last_day_of_certificate(day(start), period) == day(certificate)


@pytest.mark.parametrize(
    ("end", "lead", "latest"),
    [
        ("2031-05-31", Period(months=6), "2030-11-30"),  # November has no 31st
        ("2031-05-14", Period(days=30), "2031-04-14"),
        ("2028-02-29", Period(years=1), "2027-02-28"),
        ("2026-03-31", Period(months=1, days=1), "2026-02-27"),  # to 28 February, then a day back
        ("2026-03-31", Period(), "2026-03-31"),
    ],
)
def test_a_lead_counts_back_months_first(end: str, lead: Period, latest: str) -> None:
    assert find_day_before_end(day(end), lead) == day(latest)


def test_a_lead_that_leaves_the_calendar_cannot_be_reached() -> None:
    with pytest.raises(OutsideCalendar):
        find_day_before_end(day("2026-03-31"), Period(years=999, months=9999, days=99_999))
    with pytest.raises(OutsideCalendar):
        find_day_before_end(day("0999-12-31"), Period(years=999))


@pytest.mark.parametrize(
    ("period", "written"),
    [
        (Period(years=5), "P5Y"),
        (Period(months=6), "P6M"),
        (Period(days=30), "P30D"),
        (Period(years=1, months=2, days=3), "P1Y2M3D"),
        (Period(), "P0D"),
    ],
)
def test_a_period_is_written_as_iso_8601_has_it(period: Period, written: str) -> None:
    assert str(period) == written


def test_a_request_reaches_back_to_the_first_of_october_1949() -> None:
    assert check_day(("start",), day("1949-10-01")) is None
    fault = check_day(("start",), day("1949-09-30"))
    assert fault is not None
    assert (fault.where, fault.facts["day"]) == (("start",), day("1949-09-30"))


def test_a_day_out_of_reach_is_told_with_the_bounds() -> None:
    assert build_outside_calendar(("conduct", "to"), day("1900-01-01")).facts == {
        "day": day("1900-01-01"),
        "first": day("1949-10-01"),
        "last": day("9999-12-31"),
    }
