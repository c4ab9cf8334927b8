"""When a step is due: step + start → day.

A pure function of the request, the rulebook, the calendar and the language. The day of the event is
not counted; day 1 is the next working day (or calendar day, by the step's unit). Days on which the
clock is stopped are not counted either.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import Annotated, Literal, NamedTuple

from msgspec import UNSET, Meta, UnsetType, field
from msgspec.structs import replace

from penaltycalc.calculators.explain import Explainer, Explanation, Notice, Provenance, build_provenance, localize
from penaltycalc.calendar.workdays import Status, Why, WorkingCalendar
from penaltycalc.errors import (
    DatesOutOfOrder,
    ExtensionNotAllowed,
    NotInForce,
    OutsideCalendar,
    OverTheCap,
    PenaltycalcError,
    ReasonNotAllowed,
    raise_first,
)
from penaltycalc.rules.citations import Citation
from penaltycalc.rules.periods import check_day, days_after, format_day
from penaltycalc.rules.records import Record, Tagged
from penaltycalc.rules.rulebook import Event, JointFiling, Lapse, Rulebook, Step, StopReason, Unit
from penaltycalc.rules.wording import Language

# ----------------------------------------------------------------------------------- the request


class ClockStop(Record, frozen=True, kw_only=True):
    """Days on which the clock is stopped, both included; no `to`: it is still stopped.

    The reasons are those of DAR 88 and ALL 45.
    """

    from_: date = field(name="from")
    to: date | UnsetType = UNSET
    reason: StopReason


class DeadlineRequest(Tagged, tag="deadline", omit_defaults=True, frozen=True, kw_only=True):
    """A step, and the day of the event that it runs from; that day is not counted.

    `extension_working_days` (延长): of `licence-decision` only. `joint_filing`: of
    `narcotic-import-permit` only. `as_of`: the day on which days used, left and overdue are asked
    for. `ledger`: whether to list every day. `ref` is echoed.
    """

    step: Annotated[str, Meta(max_length=100)]
    start: date
    clock_stops: Annotated[tuple[ClockStop, ...], Meta(max_length=1000)] = ()
    extension_working_days: Annotated[int, Meta(ge=0, le=9999)] = 0
    joint_filing: bool = False
    as_of: date | UnsetType = UNSET
    ledger: bool = False
    assume_in_force: bool = False
    ref: Annotated[str, Meta(max_length=64)] | UnsetType = UNSET


# ------------------------------------------------------------------------------------ the answer


class DayCount(Record, omit_defaults=True, frozen=True, kw_only=True):
    """The length of the step and how far it has run, in its unit.

    `length` includes an extension. `used` counts from the day after the start through the earlier
    of `as_of` and the due date, less stops; with a clock that stands, through the day before it
    stopped. `left` is the rest, `overdue` the days after the due date through `as_of`, 0 when not.
    """

    length: int
    unit: Unit
    used: int | UnsetType = UNSET
    left: int | UnsetType = UNSET
    overdue: int | UnsetType = UNSET


class OnLapse(Record, frozen=True, kw_only=True):
    """What the lapse of the time means; `effective_on` where it counts back to a day."""

    effect: Lapse
    effective_on: date | UnsetType = UNSET


class LedgerDay(Record, frozen=True, kw_only=True):
    """One day of the period: whether it counts, its running number, and why.

    `why` is `start_day`, `clock_stopped`, or what the calendar says; `name` the holiday that the
    day belongs to.
    """

    date: date
    counted: bool
    number: int | UnsetType = UNSET
    why: Literal["start_day", "clock_stopped", "calendar_day", "rolled"] | Why
    name: str | UnsetType = UNSET
    status: Status


class DeadlineAnswer(Tagged, tag="deadline", frozen=True, kw_only=True):
    """When a step is due, that day included.

    `due` is null when the clock stands or the law says only "promptly" (及时). `status` is that of
    the weakest day used; `earliest` and `latest` bracket a projected due date. `official_through`
    is the day through which the calendar is announced.
    """

    ref: str | UnsetType = UNSET
    step: str
    due: date | None
    status: Status | UnsetType = UNSET
    earliest: date | UnsetType = UNSET
    latest: date | UnsetType = UNSET
    official_through: date
    days: DayCount | UnsetType = UNSET
    on_lapse: OnLapse | UnsetType = UNSET
    ledger: tuple[LedgerDay, ...] | UnsetType = UNSET
    notices: tuple[Notice, ...]
    explanation: tuple[Explanation, ...] | UnsetType = UNSET
    provenance: Provenance


# -------------------------------------------------------------------------------- the calculation


def deadline(
    request: DeadlineRequest,
    rulebook: Rulebook,
    calendar: WorkingCalendar,
    *,
    lang: Language = "zh",
    explain: bool = True,
) -> DeadlineAnswer:
    """The day on which a step is due, at the latest.

    LawRefuses (UnknownStep, NotInForce, DatesOutOfOrder, ReasonNotAllowed, ExtensionNotAllowed,
    OverTheCap, OutsideCalendar) where the law, the facts or the calendar allow no answer.
    """
    report = Explainer(localize(rulebook, lang), explain=explain)
    step = rulebook.step(request.step, request.start)
    _check(request, step, calendar)
    _in_force(report, step, request)
    terms = _terms(report, step, request)
    for code in step.row.notices:
        if terms.joint and code == "reading-start-event":
            continue
        report.notice(code)
    if terms.length is None:
        for fact in ("as_of", "ledger"):
            if getattr(request, fact) not in (UNSET, False):
                report.notice("fact-not-used", fact=report.label("fact", fact))
        report.rule("result", "none", case="promptly")
        return _answer(report, rulebook, calendar, request, due=None)
    try:
        return _counted(Case(report, rulebook, calendar, request, step, terms, terms.length))
    except OutsideCalendar as fault:
        # A count that leaves the calendar began at the start.
        fault.where = fault.where or ("start",)
        raise


class Terms(NamedTuple):
    """What a step gives in this case: the length in its unit, the event it runs from, where that stands."""

    length: int | None
    unit: Unit
    starts_from: Event
    citation: Citation
    joint: bool


class Case(NamedTuple):
    """All that a counted step is computed from; `length` is that of the terms."""

    report: Explainer
    rulebook: Rulebook
    calendar: WorkingCalendar
    request: DeadlineRequest
    step: Step
    terms: Terms
    length: int


def facts_of(request: DeadlineRequest) -> DeadlineRequest:
    """The facts alone, for the digest of the inputs: no reference, no ledger, stops in order."""
    if request.ref is UNSET and not request.ledger and len(request.clock_stops) < 2:
        return request
    stops = tuple(sorted(request.clock_stops, key=lambda stop: (stop.from_, _end(stop), stop.reason)))
    return replace(request, ref=UNSET, ledger=False, clock_stops=stops)


def _end(stop: ClockStop) -> date:
    return stop.to if isinstance(stop.to, date) else date.max


# ------------------------------------------------------------------------------------ the checks


def _check(request: DeadlineRequest, step: Step, calendar: WorkingCalendar) -> None:
    """Refuse days out of reach or out of order, and stops and extensions that the step does not know."""
    faults: list[PenaltycalcError] = []
    if fault := check_day(("start",), request.start):
        faults.append(fault)
    for number, stop in enumerate(request.clock_stops):
        for name, day in (("from", stop.from_), ("to", stop.to)):
            if isinstance(day, date) and not calendar.first <= day <= calendar.last:
                faults.append(calendar.outside(("clock_stops", number, name), day))
    if isinstance(request.as_of, date) and (fault := check_day(("as_of",), request.as_of)):
        faults.append(fault)
    if faults or request.clock_stops or request.as_of is not UNSET:
        raise_first(faults)
        _check_order(request)
    if request.clock_stops or request.extension_working_days:
        _check_allowed(request, step)


def _check_order(request: DeadlineRequest) -> None:
    faults: list[PenaltycalcError] = []
    for number, stop in enumerate(request.clock_stops):
        if isinstance(stop.to, date) and stop.to < stop.from_:
            faults.append(DatesOutOfOrder(("clock_stops", number, "to"), stop.to, "clock_stops.from", stop.from_))
    if isinstance(request.as_of, date) and request.as_of < request.start:
        faults.append(DatesOutOfOrder(("as_of",), request.as_of, "start", request.start))
    raise_first(faults)


def _check_allowed(request: DeadlineRequest, step: Step) -> None:
    faults: list[PenaltycalcError] = []
    for number, stop in enumerate(request.clock_stops):
        if stop.reason not in step.stops:
            where = ("clock_stops", number, "reason")
            faults.append(ReasonNotAllowed(where, request.step, stop.reason, step.stops))
    extension = request.extension_working_days
    if extension:
        where_extension = ("extension_working_days",)
        if step.row.extension is UNSET:
            faults.append(ExtensionNotAllowed(where_extension, request.step))
        elif extension > step.row.extension:
            faults.append(OverTheCap(where_extension, str(extension), str(step.row.extension)))
    raise_first(faults)


def _in_force(report: Explainer, step: Step, request: DeadlineRequest) -> None:
    """Whether the step's provision was in force on the day of the event, or NotInForce."""
    first = step.first
    if first is None:
        return
    case = "in-force"
    if request.start < first:
        if not request.assume_in_force:
            raise NotInForce(("start",), "not-in-force-step", request.start, first)
        report.notice("assumed-in-force", citation=step.commencement, in_force_from=format_day(first))
        case = "assumed"
    if report.explaining:
        report.rule(
            "applicable-law",
            step.instrument.id,
            before=request.start,
            citation=step.commencement,
            case=f"step-{case}",
            first=format_day(first),
        )


def _terms(report: Explainer, step: Step, request: DeadlineRequest) -> Terms:
    """Length, unit and event of the step, with a joint filing or an extension where there is one."""
    row = step.row
    joint = row.joint_filing if request.joint_filing else UNSET
    if request.joint_filing and joint is UNSET:
        report.notice("fact-not-used", fact=report.label("fact", "joint_filing"))
    if isinstance(joint, JointFiling):
        citation = step.joint_citation or step.citation
        report.notice("joint-filing")
        terms = Terms(joint.length, row.unit, joint.starts_from, citation, joint=True)
    else:
        length = None if row.length is UNSET else row.length
        terms = Terms(length, row.unit, row.starts_from, step.citation, joint=False)
    if report.explaining:
        event = report.label("event", terms.starts_from)
        if terms.length is None:
            report.rule("length", "promptly", citation=terms.citation, case="promptly", event=event)
        else:
            unit = report.label("unit", terms.unit)
            report.rule("length", terms.length, citation=terms.citation, case="days", unit=unit, event=event)
    added = request.extension_working_days
    if terms.length is not None and added:
        longer = terms.length + added
        report.rule("extension", longer, before=terms.length, citation=terms.citation, added=added)
        terms = terms._replace(length=longer)
    return terms


def _answer(
    report: Explainer,
    rulebook: Rulebook,
    calendar: WorkingCalendar,
    request: DeadlineRequest,
    *,
    due: date | None,
    status: Status | UnsetType = UNSET,
    earliest: date | UnsetType = UNSET,
    latest: date | UnsetType = UNSET,
    days: DayCount | UnsetType = UNSET,
    on_lapse: OnLapse | UnsetType = UNSET,
    ledger: tuple[LedgerDay, ...] | UnsetType = UNSET,
) -> DeadlineAnswer:
    return DeadlineAnswer(
        ref=request.ref,
        step=request.step,
        due=due,
        status=status,
        earliest=earliest,
        latest=latest,
        official_through=calendar.official_through,
        days=days,
        on_lapse=on_lapse,
        ledger=ledger,
        notices=report.notices,
        explanation=report.explanation(),
        provenance=build_provenance(rulebook, calendar.digest, facts_of(request)),
    )


# -------------------------------------------------------------------------------- counting days


class Interval(NamedTuple):
    """Days on which the clock is stopped, both included."""

    first: date
    last: date


class Clock:
    """Counts the days of a step from the day after `start`, less the intervals in which it is stopped.

    `stops` do not touch each other and lie in order after the start; with `stands_from` the clock
    stands from that day on, without end, whatever stops come then.
    """

    def __init__(
        self, calendar: WorkingCalendar, unit: Unit, start: date, stops: list[Interval], stands_from: date | None
    ) -> None:
        self.calendar = calendar
        self.unit = unit
        self.start = start
        self.stops = stops
        self.stands_from = stands_from
        self._firsts: list[date] = []
        self._taken = [0]
        if stops:
            self._firsts = [stop.first for stop in stops]
            self._taken += accumulate(self.between(stop.first - _ONE_DAY, stop.last) for stop in stops)

    def until(self, last: date) -> Clock:
        """The same clock without the stops that begin after `last`."""
        if not self.stops and self.stands_from is None:
            return self
        stops = [stop for stop in self.stops if stop.first <= last]
        return Clock(self.calendar, self.unit, self.start, stops, None)

    def between(self, after: date, through: date) -> int:
        """Days of the unit after `after` through `through`, stops not deducted."""
        if self.unit == "working_day":
            return self.calendar.count(after, through)
        return max((through - after).days, 0)

    def counted(self, through: date) -> int:
        """Days that count from the day after the start through `through`."""
        begun = bisect_right(self._firsts, through)
        taken = self._taken[begun]
        if begun:  # the last of them may go on after `through`
            taken -= self.between(through, self.stops[begun - 1].last)
        return self.between(self.start, through) - taken

    def reach(self, length: int) -> date | None:
        """The day with running number `length`; None where the clock stands before it."""
        if self.stands_from is not None and self.counted(self.stands_from - _ONE_DAY) < length:
            return None
        resumed, left = self.start, length
        for stop in self.stops:
            running = self.between(resumed, stop.first - _ONE_DAY)
            if running >= left:
                break
            resumed, left = stop.last, left - running
        return self.calendar.add(resumed, left) if self.unit == "working_day" else days_after(resumed, left)

    def is_stopped(self, day: date) -> bool:
        """Whether the clock is stopped on `day`."""
        begun = bisect_right(self._firsts, day)
        return bool(begun) and day <= self.stops[begun - 1].last


_ONE_DAY = timedelta(1)


def _clock(report: Explainer, calendar: WorkingCalendar, request: DeadlineRequest, terms: Terms) -> Clock:
    """The clock of this case: stops cut at the start, put in order, and merged where they overlap."""
    if not request.clock_stops:
        return Clock(calendar, terms.unit, request.start, [], None)
    first_day = days_after(request.start, 1)
    stops: list[Interval] = []
    stands_from: date | None = None
    for stop in sorted(request.clock_stops, key=lambda stop: (stop.from_, _end(stop))):
        begin = max(stop.from_, first_day)
        if not isinstance(stop.to, date):
            stands_from = begin if stands_from is None else min(stands_from, begin)
        elif stop.to >= first_day:
            stops.append(Interval(begin, stop.to))
    merged: list[Interval] = []
    for interval in stops:
        if merged and interval.first <= merged[-1].last + _ONE_DAY:
            if interval.first <= merged[-1].last:
                report.notice("stops-overlap")
            merged[-1] = Interval(merged[-1].first, max(merged[-1].last, interval.last))
        else:
            merged.append(interval)
    if stands_from is not None and any(interval.last >= stands_from for interval in merged):
        report.notice("stops-overlap")
    return Clock(calendar, terms.unit, request.start, merged, stands_from)


def _counted(case: Case) -> DeadlineAnswer:
    """The answer for a step with a number of days."""
    _check_start(case)
    clock = _clock(case.report, case.calendar, case.request, case.terms)
    _start_day(case)
    nominal = clock.reach(case.length)
    if nominal is not None:
        # What lies after the due date changes nothing, nor does a clock that stands only then.
        clock = clock.until(nominal)
    if case.request.clock_stops:
        _stop_notices(case, nominal)
        _explain_stops(case, clock, nominal)
    if nominal is None:
        return _standing(case, clock)
    return _running(case, clock, nominal)


def _standing(case: Case, clock: Clock) -> DeadlineAnswer:
    """The answer where the clock is stopped without an end: no due date, days used and left."""
    report, request = case.report, case.request
    stood = clock.stands_from or request.start
    last = max(stood - _ONE_DAY, request.start)
    as_of = request.as_of
    days = _day_count(case, clock, min(as_of, last) if isinstance(as_of, date) else last)
    report.notice("clock-standing")
    report.rule("result", "none", case="standing", stood=stood, used=days.used, left=days.left)
    status = report.certainty(case.calendar, request.start, last)
    return _answer(
        report,
        case.rulebook,
        case.calendar,
        request,
        due=None,
        status=status,
        days=days,
        on_lapse=_on_lapse(case),
        ledger=_ledger(case, clock, last, None),
    )


def _running(case: Case, clock: Clock, nominal: date) -> DeadlineAnswer:
    """The answer with a due date; `nominal` is the day of the last number, before it moves to a working day."""
    report, calendar, request = case.report, case.calendar, case.request
    _explain_count(case, clock, nominal)
    due = _rolled(case, nominal)
    earliest, latest, status = _certainty(case, clock, nominal, due)
    days = DayCount(length=case.length, unit=case.terms.unit)
    if isinstance(request.as_of, date):
        days = _as_of(case, clock, request.as_of, nominal, due)
    if report.explaining:
        report.rule("result", due, case="due", status=report.label("status", status))
    return _answer(
        report,
        case.rulebook,
        calendar,
        request,
        due=due,
        status=status,
        earliest=earliest,
        latest=latest,
        days=days,
        on_lapse=_on_lapse(case),
        ledger=_ledger(case, clock, due, nominal),
    )


def _check_start(case: Case) -> None:
    """Days must lie in the calendar wherever working days are counted or a rest day moves the end."""
    calendar, request = case.calendar, case.request
    faults: list[PenaltycalcError] = []
    if not calendar.first <= request.start <= calendar.last:
        faults.append(calendar.outside(("start",), request.start))
    as_of = request.as_of
    counts_working_days = case.terms.unit == "working_day"
    if isinstance(as_of, date) and counts_working_days and not calendar.first <= as_of <= calendar.last:
        faults.append(calendar.outside(("as_of",), as_of))
    raise_first(faults)


def _start_day(case: Case) -> None:
    """The day of the event is not counted (CC 201); the first day of the unit after it is day 1."""
    report, calendar, start = case.report, case.calendar, case.request.start
    report.notice("civil-code-by-analogy")
    if case.terms.unit == "calendar_day":
        report.rule("start-day", days_after(start, 1), before=start, case="calendar")
        return
    working = calendar.is_working(start)
    if not working:
        report.notice("start-on-rest-day")
    if report.explaining:
        report.rule("start-day", calendar.add(start, 1), before=start, case="working" if working else "rest-day")


def _day_count(case: Case, clock: Clock, until: date) -> DayCount:
    """Days used through `until`, and those left; overdue is 0 where an `as_of` was given."""
    used = clock.counted(until)
    overdue = 0 if isinstance(case.request.as_of, date) else UNSET
    return DayCount(length=case.length, unit=case.terms.unit, used=used, left=case.length - used, overdue=overdue)


def _as_of(case: Case, clock: Clock, as_of: date, nominal: date, due: date) -> DayCount:
    """Days used, left and overdue on a day."""
    report, calendar = case.report, case.calendar
    days = _day_count(case, clock, min(as_of, nominal))
    if as_of > due:
        days = replace(days, overdue=clock.between(due, as_of))
        if clock.unit == "working_day":
            report.certainty(calendar, due + _ONE_DAY, as_of)
    unit = report.label("unit", clock.unit)
    report.rule("as-of", days.used, before=as_of, used=days.used, left=days.left, overdue=days.overdue, unit=unit)
    return days


def _explain_count(case: Case, clock: Clock, nominal: date) -> None:
    if not case.report.explaining:
        return
    if clock.unit == "calendar_day":
        case.report.rule("calendar-days", nominal, before=case.length)
        return
    case.report.rule(
        "working-days",
        nominal,
        before=case.length,
        citation=UNSET if case.step.counts_by_licensing_law else case.terms.citation,
        rest=(nominal - clock.start).days - clock.calendar.count(clock.start, nominal),
    )


def _rolled(case: Case, nominal: date) -> date:
    """A last day that is a rest day moves to the next working day, where the step does so (CC 203)."""
    if not case.step.row.rolls_to_working_day:
        return nominal
    due = case.calendar.on_or_after(nominal)
    if due != nominal:
        case.report.notice("rolled-to-working-day")
    if case.report.explaining:
        case.report.rule("rest-day-roll", due, before=nominal, case="moved" if due != nominal else "stays")
    return due


def _on_lapse(case: Case) -> OnLapse | UnsetType:
    row = case.step.row
    if row.on_lapse is UNSET:
        return UNSET
    return OnLapse(effect=row.on_lapse, effective_on=case.request.start if row.lapse_effective_from_start else UNSET)


# --------------------------------------------------------------------------------------- stops


def _stop_notices(case: Case, due: date | None) -> None:
    """How each stop was read: its reason, and where it lies outside the running period."""
    report, step, request = case.report, case.step, case.request
    for stop in request.clock_stops:
        kind = step.stops[stop.reason]
        if kind != "direct":
            code = "stop-reason-interpretive" if kind == "interpretive" else "stop-reason-by-analogy"
            report.notice(code, reason=report.label("stop_reason", stop.reason))
        ends_before = isinstance(stop.to, date) and stop.to <= request.start
        if ends_before or (due is not None and stop.from_ > due):
            report.notice("stop-outside-period", start=stop.from_)
        elif stop.from_ < request.start:
            report.notice("stop-begins-before-start", start=stop.from_)


def _explain_stops(case: Case, clock: Clock, due: date | None) -> None:
    """One step for each stop that was given, in order, with the days that it takes out and none before it did."""
    report, rulebook, request = case.report, case.rulebook, case.request
    if not report.explaining:
        return
    unit = report.label("unit", clock.unit)
    free_from = days_after(request.start, 1)
    for stop in sorted(request.clock_stops, key=lambda stop: (stop.from_, _end(stop))):
        shown = f"{stop.from_}/{stop.to if isinstance(stop.to, date) else ''}"
        citation = rulebook.citations[case.step.stop_basis(stop.reason)]
        reason = report.label("stop_reason", stop.reason)
        last = _end(stop) if clock.stands_from is None else min(_end(stop), clock.stands_from - _ONE_DAY)
        after_due = due is not None and stop.from_ > due
        if not isinstance(stop.to, date) and not after_due:
            report.rule("clock-stop", "open", before=shown, case="open", citation=citation, reason=reason)
        elif after_due or last < free_from:
            report.rule("clock-stop", 0, before=shown, case="no-effect", citation=citation, reason=reason)
        else:
            taken = clock.between(max(stop.from_, free_from) - _ONE_DAY, last)
            report.rule("clock-stop", taken, before=shown, case="closed", citation=citation, reason=reason, unit=unit)
            free_from = last + _ONE_DAY


# ------------------------------------------------------------------------------------- certainty


def _certainty(case: Case, clock: Clock, nominal: date, due: date) -> tuple[date | UnsetType, date | UnsetType, Status]:
    """The status of the weakest day used, and the bracket of a projected due date."""
    calendar = case.calendar
    counts_working_days = clock.unit == "working_day"
    first = clock.start + _ONE_DAY if counts_working_days else nominal
    status = case.report.certainty(calendar, first, due)
    if status != "projected":
        return UNSET, UNSET, status
    if not counts_working_days:
        # Moving to the next working day is adding one working day to the day before.
        earliest, latest = _remembered_brackets(calendar)(nominal - _ONE_DAY, 1, due)
    elif clock.stops:
        earliest, latest = bracket(clock, case.length, due)
    else:
        earliest, latest = _remembered_brackets(calendar)(clock.start, case.length, due)
    if latest is None:
        case.report.notice("latest-outside-calendar", last=format_day(calendar.last))
    return earliest, UNSET if latest is None else latest, status


@lru_cache(maxsize=2)
def _remembered_brackets(calendar: WorkingCalendar) -> Callable[[date, int, date], tuple[date, date | None]]:
    """The brackets of a calendar where the clock runs through: days and lengths recur from case to case.

    Remembered for each calendar by itself, so that one which was replaced is forgotten with all that it held.
    """

    @lru_cache(maxsize=4096)
    def found(start: date, length: int, due: date) -> tuple[date, date | None]:
        return bracket(Clock(calendar, "working_day", start, [], None), length, due)

    return found


def bracket(clock: Clock, length: int, due: date) -> tuple[date, date | None]:
    """The earliest and the latest day that a projected due date can become, both included.

    The count through a day may be off by its slack, and so may the counts at the start and at both
    ends of each stop; the bracket is where the worst of these reach the length. None for a latest
    day that the calendar does not reach.
    """
    calendar = clock.calendar
    depth = calendar.coverage.deepest_slack
    slack = _slack_at_edges(clock)
    day = clock.reach(max(length - slack - depth, 1)) or due
    while clock.counted(day) + calendar.slack(day) + slack < length or clock.is_stopped(day):
        day += _ONE_DAY
    earliest = min(day, due)
    try:
        safe = clock.reach(length + slack + depth) or due
    except OutsideCalendar:
        return earliest, None
    latest = due
    while latest < safe and clock.counted(latest) - calendar.slack(latest) - slack < length:
        latest += _ONE_DAY
    return earliest, latest


def _slack_at_edges(clock: Clock) -> int:
    """By how many days the counts at the start and at both ends of each stop may be off, together.

    However many edges lie around one holiday, its arrangement moves no more days than it swaps: they
    count twice at the most.
    """
    calendar = clock.calendar
    edges = [clock.start]
    for stop in clock.stops:
        edges += (stop.first - _ONE_DAY, stop.last)
    by_holiday = Counter(_first_unsettled(calendar, edge) for edge in edges if calendar.slack(edge))
    return sum(min(number, 2) * calendar.coverage.deepest_slack for number in by_holiday.values())


def _first_unsettled(calendar: WorkingCalendar, day: date) -> date:
    """The first of the days in a row, up to `day`, whose counts may still change: one for each holiday season."""
    while day > calendar.first and calendar.slack(day - _ONE_DAY):
        day -= _ONE_DAY
    return day


# ---------------------------------------------------------------------------------------- ledger


def _ledger(case: Case, clock: Clock, through: date, nominal: date | None) -> tuple[LedgerDay, ...] | UnsetType:
    """Every day from the start through the last one, where it was asked for."""
    return tuple(_ledger_days(case.report, clock, through, nominal)) if case.request.ledger else UNSET


def _ledger_days(report: Explainer, clock: Clock, through: date, nominal: date | None) -> Iterator[LedgerDay]:
    wording = report.phrases.wording
    number = 0
    for day in _days_between(clock.start, through):
        known = clock.calendar.day(day)
        why: Literal["start_day", "clock_stopped", "calendar_day", "rolled"] | Why = known.why
        counted = known.working
        if day == clock.start:
            why, counted = "start_day", False
        elif clock.is_stopped(day):
            why, counted = "clock_stopped", False
        elif clock.unit == "calendar_day":
            after_end = nominal is not None and day > nominal
            why, counted = ("rolled", False) if after_end else ("calendar_day", True)
        number += counted
        yield LedgerDay(
            date=day,
            counted=counted,
            number=number if counted else UNSET,
            why=why,
            name=UNSET if known.name is None else wording.holiday(known.name),
            status=known.status,
        )


def _days_between(first: date, last: date) -> Iterator[date]:
    """Every day from the first through the last."""
    return (first + timedelta(number) for number in range((last - first).days + 1))
