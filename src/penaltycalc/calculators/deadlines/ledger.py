"""The ledger (逐日台账): every day from the start through the end, whether it counts, and why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Literal, assert_never

from msgspec import UNSET

from penaltycalc.calculators.deadlines.clock import Clock
from penaltycalc.calculators.deadlines.records import LedgerDay
from penaltycalc.calendar.workdays import Day, Why
from penaltycalc.rules.wording import Wording

LedgerReason = Literal["start_day", "clock_stopped", "calendar_day", "rolled"] | Why


def build_ledger(wording: Wording, clock: Clock, through: date, nominal: date | None) -> tuple[LedgerDay, ...]:
    """Every day from the start through `through`, both included.

    `nominal` is the day of the last number, None where the clock is stopped: in calendar days what
    follows it was moved to the next working day.
    """
    return tuple(_list_days(wording, clock, through, nominal))


def _list_days(wording: Wording, clock: Clock, through: date, nominal: date | None) -> Iterator[LedgerDay]:
    number = 0
    for offset in range((through - clock.start).days + 1):
        day = clock.start + timedelta(offset)
        entry = clock.calendar.describe_day(day)
        why, counts = _judge_day(clock, day, entry, nominal)
        number += counts
        yield LedgerDay(
            date=day,
            counted=counts,
            number=number if counts else UNSET,
            why=why,
            name=UNSET if entry.name is None else wording.holiday(entry.name),
            status=entry.status,
        )


def _judge_day(clock: Clock, day: date, entry: Day, nominal: date | None) -> tuple[LedgerReason, bool]:
    """Why a day counts or does not, and whether it does."""
    # Several reasons may hold for one day: the start outranks a stop, and a stop outranks the calendar.
    if day == clock.start:
        return "start_day", False
    if clock.is_stopped(day):
        return "clock_stopped", False
    match clock.unit:
        case "working_day":
            return entry.why, entry.working
        case "calendar_day":
            return ("rolled", False) if nominal is not None and day > nominal else ("calendar_day", True)
        case _:
            assert_never(clock.unit)
