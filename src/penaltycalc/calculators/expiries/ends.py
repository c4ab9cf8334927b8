"""Where a length ends by each of the two conventions."""

from __future__ import annotations

from datetime import date
from typing import assert_never

from penaltycalc.calculators.expiries.records import ByConvention
from penaltycalc.errors import OutsideCalendar, Path
from penaltycalc.rules.periods import Period, build_outside_calendar, find_last_day, find_last_day_of_certificate
from penaltycalc.rules.rows import Convention


def find_ends(start: date, length: Period, where: Path = ("start",)) -> ByConvention:
    """The last day by both conventions; OutsideCalendar, at `where`, where a year beyond 9999 is reached."""
    try:
        civil_code = find_last_day(start, length)
        return ByConvention(certificate=find_last_day_of_certificate(start, length), civil_code=civil_code)
    except OutsideCalendar:
        # The periods know nothing of requests, so the error gets its place here.
        raise build_outside_calendar(where, start) from None


def pick_end(convention: Convention, ends: ByConvention) -> date:
    """The last day, included, by one convention."""
    match convention:
        case "certificate":
            return ends.certificate
        case "civil-code":
            return ends.civil_code
        case _:
            assert_never(convention)
