"""The calendar of a year as CSV: one row a day, in a form that spreadsheets read."""

from __future__ import annotations

import csv
from io import StringIO

from msgspec.structs import replace

from penaltycalc import Rulebook, WorkingCalendar
from penaltycalc.calculators.calendar_queries import CalendarYear, YearQuery, describe_year
from penaltycalc.export.year_csv import write_year_csv


def days_of(year: int, rulebook: Rulebook, calendar: WorkingCalendar) -> CalendarYear:
    return describe_year(YearQuery(year=year), rulebook, calendar, lang="zh")


def test_the_first_rows_of_2026(rulebook: Rulebook, calendar: WorkingCalendar) -> None:
    rows = write_year_csv(days_of(2026, rulebook, calendar)).decode().split("\r\n")
    assert rows[:5] == [
        "date,weekday,working,why,name,status,source",
        "2026-01-01,4,false,public_holiday,元旦,official,chinese-calendar",  # a Thursday
        "2026-01-02,5,false,public_holiday,元旦,official,chinese-calendar",
        "2026-01-03,6,false,public_holiday,元旦,official,chinese-calendar",
        "2026-01-04,7,true,make_up_day,元旦,official,chinese-calendar",
    ]
    assert rows[-1] == ""
    assert len(rows) == 1 + 39 + 1  # header, 33 days off, 6 made up, and the end of the last line


def test_a_weekend_day_that_the_notice_names_has_a_row(rulebook: Rulebook, calendar: WorkingCalendar) -> None:
    rows = write_year_csv(days_of(2011, rulebook, calendar)).decode().split("\r\n")
    assert [row for row in rows if "端午节" in row] == [
        "2011-06-04,6,false,public_holiday,端午节,official,chinese-calendar",
        "2011-06-05,7,false,public_holiday,端午节,official,chinese-calendar",
        "2011-06-06,1,false,public_holiday,端午节,official,chinese-calendar",
    ]


def test_the_mark_comes_first_where_it_is_wanted(rulebook: Rulebook, calendar: WorkingCalendar) -> None:
    given = days_of(2026, rulebook, calendar)
    assert write_year_csv(given, bom=True) == b"\xef\xbb\xbf" + write_year_csv(given)


def test_what_a_supplied_notice_says_is_no_formula_and_breaks_no_row(
    rulebook: Rulebook, calendar: WorkingCalendar
) -> None:
    given = days_of(2026, rulebook, calendar)
    odd = replace(given.days[0], name='=HYPERLINK("x","y")', source="@2026,\n.json")
    content = write_year_csv(replace(given, days=(odd,))).decode()
    _, row = csv.reader(StringIO(content, newline=""))
    assert row[4:] == ['\'=HYPERLINK("x","y")', "official", "'@2026,\n.json"]
