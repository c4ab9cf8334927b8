"""What the calendar itself answers: a year's days, a count of working days, a shift by working days."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from msgspec import Meta, field

from penaltycalc.calculators.explain import Explainer, Provenance, build_provenance
from penaltycalc.calendar.workdays import Status, Why, WorkingCalendar
from penaltycalc.errors import DatesOutOfOrder, OutsideCalendar, raise_first
from penaltycalc.rules.records import Record
from penaltycalc.rules.rulebook import Rulebook
from penaltycalc.rules.texts import Notice
from penaltycalc.rules.wording import Language


class YearQuery(Record, frozen=True, kw_only=True):
    """The calendar of a year."""

    year: Annotated[int, Meta(ge=1, le=9999)]


class CountQuery(Record, frozen=True, kw_only=True):
    """How many working days lie from one day to another, both included."""

    from_: date = field(name="from")
    to: date


class ShiftQuery(Record, frozen=True, kw_only=True):
    """Which day lies a number of working days on, or back where it is negative."""

    start: date
    days: Annotated[int, Meta(ge=-99999, le=99999)]


class CalendarDay(Record, frozen=True, kw_only=True):
    """A public holiday or a make-up day; plain weekends are left out."""

    date: date
    working: bool
    why: Why
    name: str
    status: Status
    source: str


class CalendarYear(Record, frozen=True, kw_only=True):
    """The public holidays and make-up days of a year; `status` is that of its least certain day."""

    year: int
    status: Status
    official_through: date
    working_days: int
    days: tuple[CalendarDay, ...]
    notices: tuple[Notice, ...]
    provenance: Provenance


class WorkingDays(Record, frozen=True, kw_only=True):
    """The number of working days from `from` through `to`, both included."""

    from_: date = field(name="from")
    to: date
    working_days: int
    status: Status
    official_through: date
    notices: tuple[Notice, ...]
    provenance: Provenance


class ShiftedDay(Record, frozen=True, kw_only=True):
    """The day that lies `days` working days after `start`, or before it where negative.

    With 0 it is `start` itself, moved on to a working day. `start` is not counted.
    """

    start: date
    days: int
    date_: date = field(name="date")
    status: Status
    official_through: date
    notices: tuple[Notice, ...]
    provenance: Provenance


def describe_year(query: YearQuery, rulebook: Rulebook, calendar: WorkingCalendar, *, lang: Language) -> CalendarYear:
    """The days off and make-up days of a year; OutsideCalendar where the calendar does not reach it."""
    if not calendar.first.year <= query.year <= calendar.last.year:
        raise OutsideCalendar(("year",), query.year, calendar.first, calendar.last)
    # `count` leaves its first day out, so the 1st of January is added where it is a working day.
    first, last = date(query.year, 1, 1), date(query.year, 12, 31)
    explainer = Explainer(rulebook.texts[lang], explain=False)
    status = explainer.check_certainty(calendar, first, last)
    wording = explainer.texts.wording
    days = tuple(
        CalendarDay(
            date=day,
            working=entry.working,
            why=entry.why,
            name=wording.holiday(entry.name or ""),
            status=entry.status,
            source=entry.source,
        )
        for day, entry in calendar.list_named_days(query.year)
    )
    return CalendarYear(
        year=query.year,
        status=status,
        official_through=calendar.official_through,
        working_days=calendar.count(first, last) + calendar.is_working(first),
        days=days,
        notices=explainer.notices,
        provenance=build_provenance(rulebook, calendar.digest, query),
    )


def count_working_days(
    query: CountQuery, rulebook: Rulebook, calendar: WorkingCalendar, *, lang: Language
) -> WorkingDays:
    """The working days of a span; OutsideCalendar, DatesOutOfOrder where `to` lies before `from`."""
    _check_range(calendar, ("from", query.from_), ("to", query.to))
    if query.to < query.from_:
        raise DatesOutOfOrder(("to",), query.to, "from", query.from_)
    explainer = Explainer(rulebook.texts[lang], explain=False)
    status = explainer.check_certainty(calendar, query.from_, query.to)
    return WorkingDays(
        from_=query.from_,
        to=query.to,
        # The asked span includes both ends, while `count` leaves its first day out.
        working_days=calendar.count(query.from_, query.to) + calendar.is_working(query.from_),
        status=status,
        official_through=calendar.official_through,
        notices=explainer.notices,
        provenance=build_provenance(rulebook, calendar.digest, query),
    )


def shift_working_days(
    query: ShiftQuery, rulebook: Rulebook, calendar: WorkingCalendar, *, lang: Language
) -> ShiftedDay:
    """The day some working days on or back; OutsideCalendar where the calendar does not reach it."""
    _check_range(calendar, ("start", query.start))
    if query.days > 0:
        reached = calendar.add(query.start, query.days)
    elif query.days < 0:
        reached = calendar.subtract(query.start, -query.days)
    else:
        reached = calendar.roll_forward(query.start)
    explainer = Explainer(rulebook.texts[lang], explain=False)
    # A shift back rests on days before the start, so the span has to be put in order first.
    status = explainer.check_certainty(calendar, min(query.start, reached), max(query.start, reached))
    return ShiftedDay(
        start=query.start,
        days=query.days,
        date_=reached,
        status=status,
        official_through=calendar.official_through,
        notices=explainer.notices,
        provenance=build_provenance(rulebook, calendar.digest, query),
    )


def _check_range(calendar: WorkingCalendar, *days: tuple[str, date]) -> None:
    raise_first(
        [calendar.build_outside_error((name,), day) for name, day in days if not calendar.first <= day <= calendar.last]
    )
