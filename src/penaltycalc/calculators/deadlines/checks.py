"""What a deadline request must not hold: days out of reach or out of order, stops and extensions of other steps."""

from __future__ import annotations

from datetime import date

from msgspec import UnsetType

from penaltycalc.calculators.deadlines.records import DeadlineRequest
from penaltycalc.calendar.workdays import WorkingCalendar
from penaltycalc.errors import (
    DatesOutOfOrder,
    ExtensionNotAllowed,
    OverTheCap,
    PenaltycalcError,
    ReasonNotAllowed,
    raise_first,
)
from penaltycalc.rules.periods import check_day
from penaltycalc.rules.rows import Unit
from penaltycalc.rules.versions import Step


def check_request(request: DeadlineRequest, step: Step, calendar: WorkingCalendar) -> None:
    """Refuse what no calculation can take: first days out of reach, then their order, then what the step forbids."""
    _check_reach(request, calendar)
    _check_order(request)
    _check_allowed(request, step)


def _check_reach(request: DeadlineRequest, calendar: WorkingCalendar) -> None:
    faults: list[PenaltycalcError] = []
    # A step that says only promptly counts no days, so the calendar bounds the start later (`check_start`).
    if fault := check_day(("start",), request.start):
        faults.append(fault)
    for number, stop in enumerate(request.clock_stops):
        for name, day in (("from", stop.from_), ("to", stop.to)):
            if isinstance(day, date) and not calendar.first <= day <= calendar.last:
                faults.append(calendar.build_outside_error(("clock_stops", number, name), day))
    if isinstance(request.as_of, date) and (fault := check_day(("as_of",), request.as_of)):
        faults.append(fault)
    raise_first(faults)


def _check_order(request: DeadlineRequest) -> None:
    faults: list[PenaltycalcError] = []
    for number, stop in enumerate(request.clock_stops):
        if isinstance(stop.to, date) and stop.to < stop.from_:
            faults.append(DatesOutOfOrder(("clock_stops", number, "to"), stop.to, "clock_stops_from", stop.from_))
    if isinstance(request.as_of, date) and request.as_of < request.start:
        faults.append(DatesOutOfOrder(("as_of",), request.as_of, "start", request.start))
    raise_first(faults)


def _check_allowed(request: DeadlineRequest, step: Step) -> None:
    faults: list[PenaltycalcError] = []
    for number, stop in enumerate(request.clock_stops):
        if stop.reason not in step.stop_reasons:
            path = ("clock_stops", number, "reason")
            faults.append(ReasonNotAllowed(path, request.step, stop.reason, step.stop_reasons))
    extension, cap = request.extension_working_days, step.row.extension
    # An extension of 0 is the default and asks for nothing, so it is no fault where none is allowed.
    if extension and isinstance(cap, UnsetType):
        faults.append(ExtensionNotAllowed(("extension_working_days",), request.step))
    elif not isinstance(cap, UnsetType) and extension > cap:
        faults.append(OverTheCap(("extension_working_days",), "over-the-cap-extension", extension, cap))
    raise_first(faults)


def check_start(request: DeadlineRequest, unit: Unit, calendar: WorkingCalendar) -> None:
    """Refuse days outside the calendar, where working days are counted or a rest day moves the end."""
    faults: list[PenaltycalcError] = []
    if not calendar.first <= request.start <= calendar.last:
        faults.append(calendar.build_outside_error(("start",), request.start))
    as_of = request.as_of
    # Calendar days can be counted without holidays, so there `as_of` may lie outside the calendar.
    if isinstance(as_of, date) and unit == "working_day" and not calendar.first <= as_of <= calendar.last:
        faults.append(calendar.build_outside_error(("as_of",), as_of))
    raise_first(faults)
