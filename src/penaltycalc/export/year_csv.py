"""The calendar of a year as CSV (RFC 4180)."""

from __future__ import annotations

import csv
from codecs import BOM_UTF8
from io import StringIO
from typing import Final

from penaltycalc.batch.table import escape_formula
from penaltycalc.calculators.calendar_queries import CalendarYear

COLUMNS: Final = ("date", "weekday", "working", "why", "name", "status", "source")


def write_year_csv(year: CalendarYear, *, bom: bool = False) -> bytes:
    """Write a header, then a row for each day off and make-up day, in UTF-8; with `bom` a byte order mark first.

    The columns have the names of the answer; `weekday` counts from Monday, 1, to Sunday, 7.
    """
    # The writer ends lines with CR LF itself, as RFC 4180 says, so nothing else may translate them.
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for day in year.days:
        working = "true" if day.working else "false"
        # The other cells are dates, numbers and fixed words, which no spreadsheet takes for a formula.
        names = escape_formula(day.name), day.status, escape_formula(day.source)
        writer.writerow((day.date, day.date.isoweekday(), working, day.why, *names))
    # Excel reads a CSV file without the mark in the code page of the machine, and garbles what is not ASCII.
    return (BOM_UTF8 if bom else b"") + text.getvalue().encode()
