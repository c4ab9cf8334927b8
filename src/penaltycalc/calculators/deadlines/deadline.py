"""The calculation of a deadline: step + start -> due date.

A pure function of the request, the rulebook, the calendar and the language. The day of the event is
not counted; day 1 is the next working day, or the next calendar day, by the step's unit. Days on
which the clock is stopped are not counted either.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from penaltycalc.calculators.deadlines.certainty import find_bracket
from penaltycalc.calculators.deadlines.checks import check_request, check_start
from penaltycalc.calculators.deadlines.clock import ONE_DAY, Clock, merge_stops
from penaltycalc.calculators.deadlines.ledger import build_ledger
from penaltycalc.calculators.deadlines.records import (
    ClockStop,
    DayCount,
    DeadlineAnswer,
    DeadlineRequest,
    LedgerDay,
    OnLapse,
    end_of,
    sort_stops,
    strip_facts,
)
from penaltycalc.calculators.explain import Explainer, build_provenance
from penaltycalc.calendar.workdays import Status, WorkingCalendar
from penaltycalc.errors import Label, NotInForce, OutsideCalendar
from penaltycalc.rules.citations import Citation
from penaltycalc.rules.periods import add_days
from penaltycalc.rules.rows import Event, JointFiling, Unit
from penaltycalc.rules.rulebook import Rulebook
from penaltycalc.rules.values import write_day, write_span
from penaltycalc.rules.versions import Step
from penaltycalc.rules.wording import Language


class StepTerms(NamedTuple):
    """What a step gives in this case: its length in `unit`, the event it runs from, and where that stands.

    `length` is None where the law says only promptly (及时); `joint` where it was filed jointly.
    """

    length: int | None
    unit: Unit
    starts_from: Event
    citation: Citation
    joint: bool


class DeadlineCase(NamedTuple):
    """All that a step with a number of days is computed from; `length` is that of the terms."""

    explainer: Explainer
    rulebook: Rulebook
    calendar: WorkingCalendar
    request: DeadlineRequest
    step: Step
    terms: StepTerms
    length: int


def deadline(
    request: DeadlineRequest,
    rulebook: Rulebook,
    calendar: WorkingCalendar,
    *,
    lang: Language = "zh",
    explain: bool = True,
) -> DeadlineAnswer:
    """The day through which a step may be done, that day included.

    LawRefuses (UnknownStep, NotInForce, DatesOutOfOrder, ReasonNotAllowed, ExtensionNotAllowed, OverTheCap,
    OutsideCalendar) where the law, the facts or the calendar allow no answer.
    """
    explainer = Explainer(rulebook.texts[lang], explain=explain)
    # A step goes by the law of the day on which it starts.
    step = rulebook.step(request.step, request.start)
    check_request(request, step, calendar)
    _check_in_force(explainer, step, request)
    terms = _find_terms(explainer, step, request)
    for code in step.row.notices:
        # Filed jointly, the event is stated by the provision itself and no reading is needed.
        if not (terms.joint and code == "reading-start-event"):
            explainer.add_notice(code, step.notice_citations.get(code, UNSET))
    if terms.length is None:
        return _answer_promptly(explainer, rulebook, calendar, request)
    try:
        return _answer_with_days(DeadlineCase(explainer, rulebook, calendar, request, step, terms, terms.length))
    except OutsideCalendar as fault:
        # A count that leaves the calendar began at the start.
        fault.where = fault.where or ("start",)
        raise


def _check_in_force(explainer: Explainer, step: Step, request: DeadlineRequest) -> None:
    """Refuse a start before the step's first version (NotInForce), unless the caller assumes it in force."""
    explainer.check_law_date(step.instrument.checked_on, request.start)
    if step.first_day is None:
        return
    variant = "step-in-force"
    if not step.has_begun(request.start):
        if not request.assume_in_force:
            raise _build_not_in_force(explainer, step, request.start, step.first_day)
        explainer.add_notice("assumed-in-force", step.commencement, in_force_from=step.first_day)
        variant = "step-assumed"
    explainer.add_step(
        "applicable-law",
        step.instrument.id,
        request.start,
        step.commencement,
        variant=variant,
        first=step.first_day,
    )


def _build_not_in_force(explainer: Explainer, step: Step, start: date, first_day: date) -> NotInForce:
    """The refusal of a start before the step; it names the provisions that governed it then, where they are known."""
    instrument = step.former_instrument
    if instrument is None or (isinstance(instrument.in_force_from, date) and start < instrument.in_force_from):
        return NotInForce(("start",), "not-in-force-step", start, first_day)
    separator = explainer.label("heading", "list_separator")
    former = separator.join(citation.label for citation in step.former_citations)
    # What they said stands in words: no day is ever computed by a provision that is not in the law data.
    content = Label("former_step", step.row.id, alone=True)
    message, facts = "not-in-force-step-former", {}
    if isinstance(instrument.revised_on, date) and start < instrument.revised_on:
        message, facts = "not-in-force-step-former-revised", {"revised_on": instrument.revised_on}
    return NotInForce(("start",), message, start, first_day, former=former, said=content, **facts)


def _find_terms(explainer: Explainer, step: Step, request: DeadlineRequest) -> StepTerms:
    """Length, unit and event of the step, with a joint filing or an extension where there is one."""
    row = step.row
    joint = row.joint_filing if request.joint_filing else UNSET
    if request.joint_filing and joint is UNSET:
        explainer.add_unused_fact("joint_filing")
    if isinstance(joint, JointFiling):
        citation = step.joint_citation or step.citation
        explainer.add_notice("joint-filing")
        terms = StepTerms(joint.length, row.unit, joint.starts_from, citation, joint=True)
    else:
        length = None if isinstance(row.length, UnsetType) else row.length
        terms = StepTerms(length, row.unit, row.starts_from, step.citation, joint=False)
    event = explainer.label("event", terms.starts_from)
    if terms.length is None:
        explainer.add_step("length", "promptly", citation=terms.citation, variant="promptly", event=event)
        return terms
    unit = explainer.label("unit", terms.unit)
    explainer.add_step("length", terms.length, citation=terms.citation, variant="days", unit=unit, event=event)
    added = request.extension_working_days
    if added:
        extended = terms.length + added
        explainer.add_step("extension", extended, terms.length, terms.citation, added=added)
        terms = terms._replace(length=extended)
    return terms


def _answer_promptly(
    explainer: Explainer, rulebook: Rulebook, calendar: WorkingCalendar, request: DeadlineRequest
) -> DeadlineAnswer:
    """The answer where the law gives no number of days."""
    for fact in ("as_of", "ledger"):
        if getattr(request, fact) not in (UNSET, False):
            explainer.add_unused_fact(fact)
    explainer.add_step("result", "none", variant="promptly")
    return _build_answer(explainer, rulebook, calendar, request, due=None)


def _build_answer(
    explainer: Explainer,
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
        notices=explainer.notices,
        explanation=explainer.explanation(),
        provenance=build_provenance(rulebook, calendar.digest, strip_facts(request)),
    )


# -------------------------------------------------------------------------------- counting days


def _answer_with_days(case: DeadlineCase) -> DeadlineAnswer:
    """The answer for a step with a number of days."""
    request = case.request
    check_start(request, case.terms.unit, case.calendar)
    clock = Clock(case.calendar, case.terms.unit, request.start)
    if request.clock_stops:
        merged = merge_stops(request.start, request.clock_stops)
        if merged.overlap:
            case.explainer.add_notice("stops-overlap")
        clock = Clock(case.calendar, case.terms.unit, request.start, merged.stops, merged.stopped_from)
    _explain_start(case)
    nominal = clock.find_day(case.length)
    if request.clock_stops:
        if nominal is not None:
            # What lies after the due date changes nothing, nor does a clock that is stopped only then.
            clock = clock.until(nominal)
        _add_stop_notices(case, nominal)
        _explain_stops(case, clock, nominal)
    if nominal is None:
        return _answer_while_stopped(case, clock)
    return _answer_with_due_date(case, clock, nominal)


def _answer_while_stopped(case: DeadlineCase, clock: Clock) -> DeadlineAnswer:
    """The answer where the clock is stopped without an end: no due date, days used and left."""
    explainer, request = case.explainer, case.request
    stopped_from = clock.stopped_from or request.start
    # Days used are counted through the day before the clock stopped, and none where it stopped at once.
    last = max(stopped_from - ONE_DAY, request.start)
    days = _count_days(case, clock, min(request.as_of, last) if isinstance(request.as_of, date) else last)
    explainer.add_notice("clock-standing")
    unit = explainer.label("unit", days.unit)
    explainer.add_step(
        "result", "none", variant="standing", stood=stopped_from, used=days.used, left=days.left, unit=unit
    )
    status = explainer.check_certainty(case.calendar, request.start, last)
    return _build_answer(
        explainer,
        case.rulebook,
        case.calendar,
        request,
        due=None,
        status=status,
        days=days,
        on_lapse=_describe_lapse(case, None),
        ledger=_find_ledger(case, clock, last, None),
    )


def _answer_with_due_date(case: DeadlineCase, clock: Clock, nominal: date) -> DeadlineAnswer:
    """The answer with a due date; `nominal` is the day of the last number, before it moves to a working day."""
    explainer, request = case.explainer, case.request
    _explain_count(case, clock, nominal)
    due = _roll_to_working_day(case, nominal)
    earliest, latest, status = _find_certainty(case, clock, nominal, due)
    days = DayCount(length=case.length, unit=case.terms.unit)
    if isinstance(request.as_of, date):
        days = _count_days_as_of(case, clock, request.as_of, nominal, due)
    explainer.add_step("result", due, variant="due", status=explainer.label("status", status))
    return _build_answer(
        explainer,
        case.rulebook,
        case.calendar,
        request,
        due=due,
        status=status,
        earliest=earliest,
        latest=latest,
        days=days,
        on_lapse=_describe_lapse(case, due),
        ledger=_find_ledger(case, clock, due, nominal),
    )


def _explain_start(case: DeadlineCase) -> None:
    """The day of the event is not counted (CC 201); the first day of the unit after it is day 1."""
    explainer, start = case.explainer, case.request.start
    explainer.add_notice("civil-code-by-analogy")
    # In calendar days a rest day counts like any other, so a start on one needs no notice.
    if case.terms.unit == "calendar_day":
        explainer.add_step("start-day", add_days(start, 1), start, variant="calendar")
        return
    is_working = case.calendar.is_working(start)
    if not is_working:
        explainer.add_notice("start-on-rest-day")
    if explainer.explains:
        variant = "working" if is_working else "rest-day"
        explainer.add_step("start-day", case.calendar.add(start, 1), start, variant=variant)


def _count_days(case: DeadlineCase, clock: Clock, until: date) -> DayCount:
    """Days used through `until`, and those left; overdue is 0 where an `as_of` was stated."""
    used = clock.count(until)
    overdue = 0 if isinstance(case.request.as_of, date) else UNSET
    return DayCount(length=case.length, unit=case.terms.unit, used=used, left=case.length - used, overdue=overdue)


def _count_days_as_of(case: DeadlineCase, clock: Clock, as_of: date, nominal: date, due: date) -> DayCount:
    """Days used, left and overdue on a day."""
    explainer = case.explainer
    # After the due date no more days are used: what follows is overdue.
    days = _count_days(case, clock, min(as_of, nominal))
    if as_of > due:
        # Overdue days run from the due date, which rest days may have moved beyond the last number.
        days = replace(days, overdue=clock.count_between(due, as_of))
        # The days after the due date may be less certain than those that led to it.
        if clock.unit == "working_day":
            explainer.check_certainty(case.calendar, due + ONE_DAY, as_of)
    unit = explainer.label("unit", clock.unit)
    explainer.add_step(
        "as-of", days.used, before=as_of, used=days.used, left=days.left, overdue=days.overdue, unit=unit
    )
    return days


def _explain_count(case: DeadlineCase, clock: Clock, nominal: date) -> None:
    if not case.explainer.explains:
        return
    if clock.unit == "calendar_day":
        case.explainer.add_step("calendar-days", nominal, before=case.length)
        return
    case.explainer.add_step(
        "working-days",
        nominal,
        case.length,
        # Only the licensing law explains working days in general; other steps say so in their own words.
        UNSET if case.step.counts_by_licensing_law else case.terms.citation,
        rest=(nominal - clock.start).days - clock.calendar.count(clock.start, nominal),
    )


def _roll_to_working_day(case: DeadlineCase, nominal: date) -> date:
    """A last day that is a rest day moves to the next working day, where the step does so (CC 203)."""
    if not case.step.row.rolls_to_working_day:
        return nominal
    due = case.calendar.roll_forward(nominal)
    if due != nominal:
        case.explainer.add_notice("rolled-to-working-day")
    case.explainer.add_step("rest-day-roll", due, before=nominal, variant="moved" if due != nominal else "stays")
    return due


def _describe_lapse(case: DeadlineCase, due: date | None) -> OnLapse | UnsetType:
    """What the lapse of the time means, and from which day where one is known."""
    row, explainer = case.step.row, case.explainer
    if isinstance(row.on_lapse, UnsetType):
        return UNSET
    effective_on: date | UnsetType = UNSET
    if row.lapse_effective == "start":
        effective_on = case.request.start
    elif row.lapse_effective == "day_after_due" and due is not None:
        # The effect begins once the last day is over, on whatever day of the week that is.
        effective_on = add_days(due, 1)
    if isinstance(row.lapse_notice, str):
        from_day = ""
        if isinstance(effective_on, date):
            from_day = explainer.label("heading", "deemed_from").format(
                day=write_day(effective_on, explainer.texts.wording.lang)
            )
        explainer.add_notice(row.lapse_notice, from_day=from_day)
    return OnLapse(effect=row.on_lapse, effective_on=effective_on)


def _find_ledger(
    case: DeadlineCase, clock: Clock, through: date, nominal: date | None
) -> tuple[LedgerDay, ...] | UnsetType:
    """The ledger, where it was asked for."""
    return build_ledger(case.explainer.texts.wording, clock, through, nominal) if case.request.ledger else UNSET


def _find_certainty(
    case: DeadlineCase, clock: Clock, nominal: date, due: date
) -> tuple[date | UnsetType, date | UnsetType, Status]:
    """The bracket of a projected due date, and the status of the least certain day used."""
    calendar = case.calendar
    counts_working_days = clock.unit == "working_day"
    # In calendar days no holiday matters but for the last day, which may move to a working day.
    first = clock.start + ONE_DAY if counts_working_days else nominal
    status = case.explainer.check_certainty(calendar, first, due)
    if status != "projected":
        return UNSET, UNSET, status
    if counts_working_days:
        earliest, latest = find_bracket(clock, case.length, due)
    else:
        # Moving to the next working day is the same as adding one working day to the day before.
        earliest, latest = find_bracket(Clock(calendar, "working_day", nominal - ONE_DAY), 1, due)
    if latest is None:
        case.explainer.add_notice("latest-outside-calendar", last=calendar.last)
    return earliest, UNSET if latest is None else latest, status


# --------------------------------------------------------------------------------------- stops


def _add_stop_notices(case: DeadlineCase, due: date | None) -> None:
    """How each stop was read: by which ground its reason stops the clock, and where it lies outside the period."""
    explainer, step, request = case.explainer, case.step, case.request
    for stop in request.clock_stops:
        ground = step.stop_reasons[stop.reason]
        if ground != "direct":
            code = "stop-reason-interpretive" if ground == "interpretive" else "stop-reason-by-analogy"
            explainer.add_notice(code, reason=explainer.label("stop_reason", stop.reason))
        ends_before = isinstance(stop.to, date) and stop.to <= request.start
        if ends_before or (due is not None and stop.from_ > due):
            explainer.add_notice("stop-outside-period", start=stop.from_)
        elif stop.from_ < request.start:
            explainer.add_notice("stop-begins-before-start", start=stop.from_)


def _explain_stops(case: DeadlineCase, clock: Clock, due: date | None) -> None:
    """One step for each stop, in order, with the days that it takes out and none of the stops before it did."""
    explainer, request = case.explainer, case.request
    if not explainer.explains:
        return
    unit = explainer.label("unit", clock.unit)
    free_from = add_days(request.start, 1)
    for stop in sort_stops(request.clock_stops):
        before = f"{stop.from_}/{stop.to if isinstance(stop.to, date) else ''}"
        citation = case.step.stop_citations[stop.reason]
        facts = {"reason": explainer.label("stop_reason", stop.reason), "days": _describe_days(explainer, stop)}
        # Where the clock is stopped for good, a closed stop that reaches into that time takes out no more.
        last = end_of(stop) if clock.stopped_from is None else min(end_of(stop), clock.stopped_from - ONE_DAY)
        after_due = due is not None and stop.from_ > due
        if not isinstance(stop.to, date) and not after_due:
            explainer.add_step("clock-stop", "open", before, citation, variant="open", start=stop.from_, **facts)
        elif after_due or last < free_from:
            explainer.add_step("clock-stop", 0, before, citation, variant="no-effect", **facts)
        else:
            days = clock.count_between(max(stop.from_, free_from) - ONE_DAY, last)
            explainer.add_step("clock-stop", days, before, citation, variant="closed", unit=unit, **facts)
            # Days that two stops share are counted for the first one only, so that the steps add up.
            free_from = last + ONE_DAY


def _describe_days(explainer: Explainer, stop: ClockStop) -> str:
    """The days of a stop as people write them."""
    lang = explainer.texts.wording.lang
    if isinstance(stop.to, date):
        days = write_span(stop.from_, stop.to, lang)
        # Of a single day nobody asks whether its ends are included.
        return days if stop.from_ == stop.to else explainer.label("heading", "days").format(days=days)
    return explainer.label("heading", "since").format(first=write_day(stop.from_, lang))
