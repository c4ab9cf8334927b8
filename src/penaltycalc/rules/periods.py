"""Calendar periods as the Civil Code counts them (民法典 200-204); knows no holidays.

The day on which a period starts is not counted (201). A period of months or years ends on the
corresponding day of its last month, or on that month's last day where there is none (202).
Python-dateutil does the arithmetic of months and years, here and nowhere else.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Final

import msgspec
from dateutil.relativedelta import relativedelta

from penaltycalc.errors import OutsideCalendar, Path

FIRST_DAY: Final = date(1949, 10, 1)
"""First day that a request may name: a technical bound, well before any rule in the rulebook."""

LAST_DAY: Final = date.max

_FEBRUARY: Final = 2


class Period(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A length in calendar years, months and days; the parts add up."""

    years: Annotated[int, msgspec.Meta(ge=0, le=999)] = 0
    months: Annotated[int, msgspec.Meta(ge=0, le=9999)] = 0
    days: Annotated[int, msgspec.Meta(ge=0, le=99999)] = 0

    def __str__(self) -> str:
        """As ISO 8601 writes it: P5Y, P6M, P30D."""
        parts = ((self.years, "Y"), (self.months, "M"), (self.days, "D"))
        return "P" + ("".join(f"{number}{unit}" for number, unit in parts if number) or "0D")


def find_corresponding_day(start: date, *, years: int = 0, months: int = 0) -> date:
    """The day `years` and `months` on (back, if negative) with the same day, else the month's last (CC 202).

    OutsideCalendar where the year leaves 1 to 9999.

    >>> corresponding_day(date(2028, 2, 29), years=3)
    datetime.date(2031, 2, 28)
    """
    try:
        # A penalty works out up to six such days by whole years, and relativedelta takes 5 microseconds for each;
        # outside February the day exists in every year, so that the date itself is enough.
        if not months and start.month != _FEBRUARY:
            return date(start.year + years, start.month, start.day)
        return start + relativedelta(years=years, months=months)
    except (ValueError, OverflowError):
        raise build_outside_calendar((), start) from None


def add_days(day: date, days: int) -> date:
    """The day `days` on, or back if negative; OutsideCalendar where it leaves the years 1 to 9999."""
    try:
        return day + timedelta(days)
    except OverflowError:
        raise build_outside_calendar((), day) from None


def find_last_day(start: date, period: Period) -> date:
    """The last day of a period whose starting day is not counted (CC 201, 202), included.

    >>> last_day(date(2026, 6, 1), Period(years=10))
    datetime.date(2036, 6, 1)
    """
    # Months differ in length, so the order matters: years and months are added first, then days.
    reached = find_corresponding_day(start, years=period.years, months=period.months)
    return add_days(reached, period.days)


def find_last_day_of_certificate(start: date, period: Period) -> date:
    """The last day by the convention of certificates (有效期至): the day before the corresponding day.

    Where the last month has no corresponding day, its last day, which already is the day before.

    >>> last_day_of_certificate(date(2023, 3, 1), Period(years=5))
    datetime.date(2028, 2, 29)
    >>> last_day_of_certificate(date(2028, 2, 29), Period(years=5))
    datetime.date(2033, 2, 28)
    """
    reached = find_corresponding_day(start, years=period.years, months=period.months)
    whole_months = period.years or period.months
    # A term from 31 August has no corresponding day in February: its last month's last day already is the
    # day before, and taking another day off would shorten the term.
    shortened = bool(whole_months) and reached.day != start.day
    return add_days(reached, period.days if shortened else period.days - 1)


def find_day_before_end(end: date, lead: Period) -> date:
    """The day that lies `lead` before `end`: months first, to the month's last day if need be, then days."""
    reached = find_corresponding_day(end, years=-lead.years, months=-lead.months)
    return add_days(reached, -lead.days)


def check_day(where: Path, day: date) -> OutsideCalendar | None:
    """The fault of a date in a request that is earlier than any rule can concern, or None."""
    return build_outside_calendar(where, day) if day < FIRST_DAY else None


def build_outside_calendar(where: Path, day: date) -> OutsideCalendar:
    """The error of a day that no calculation reaches."""
    return OutsideCalendar(where, day, FIRST_DAY, LAST_DAY)
