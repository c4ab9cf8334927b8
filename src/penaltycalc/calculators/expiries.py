"""When a licence or a protection ends: term + start → last day.

A pure function of the request, the rulebook, the calendar and the language. Only the review window
of a renewal counts working days.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import replace

from penaltycalc.calculators.explain import (
    Explainer,
    Explanation,
    LocalizedTexts,
    Notice,
    Provenance,
    build_provenance,
    localize,
)
from penaltycalc.calendar.workdays import Status, WorkingCalendar
from penaltycalc.errors import (
    DatesOutOfOrder,
    FactOutOfRange,
    NotInForce,
    OutsideCalendar,
    OverTheCap,
    PenaltycalcError,
    raise_first,
)
from penaltycalc.rules.citations import Citation
from penaltycalc.rules.periods import (
    FIRST_DAY,
    Period,
    check_day,
    day_before_end,
    days_after,
    format_day,
    last_day,
    last_day_of_certificate,
    outside_calendar,
)
from penaltycalc.rules.records import Record, Tagged
from penaltycalc.rules.rulebook import Renewal, RenewalAuthority, Rulebook, Term
from penaltycalc.rules.wording import Language

Convention = Literal["certificate", "civil-code"]
Years = Annotated[int, Meta(ge=1, le=999)]
Months = Annotated[int, Meta(ge=1, le=9999)]
Days = Annotated[int, Meta(ge=1, le=99999)]

# ----------------------------------------------------------------------------------- the request


class Granted(Record, frozen=True, kw_only=True):
    """A granted length of a protection that the law only caps (不超过); the parts add up, at least one is given."""

    years: Years | UnsetType = UNSET
    months: Months | UnsetType = UNSET
    days: Days | UnsetType = UNSET


class RenewalLead(Record, frozen=True, kw_only=True):
    """How long before the last valid day another rule wants the application; at least one part is given."""

    months: Months | UnsetType = UNSET
    days: Days | UnsetType = UNSET


class ExpiryRequest(Tagged, tag="expiry", omit_defaults=True, frozen=True, kw_only=True):
    """A term, and the day it starts: that of issue or registration.

    `granted`: of ceilings only. `ended_on`: the last day where the term ended sooner. `as_of`: the
    day on which the days left are asked for. `ref` is echoed.
    """

    term: Annotated[str, Meta(max_length=100)]
    start: date
    convention: Convention = "certificate"
    granted: Granted | UnsetType = UNSET
    ended_on: date | UnsetType = UNSET
    renewal_lead: RenewalLead | UnsetType = UNSET
    as_of: date | UnsetType = UNSET
    ref: Annotated[str, Meta(max_length=64)] | UnsetType = UNSET


# ------------------------------------------------------------------------------------ the answer


class ByConvention(Record, frozen=True, kw_only=True):
    """The last day, included, by both conventions.

    `certificate`: 有效期至 is the day before the anniversary. `civil_code`: the start day is not
    counted and the term ends on the anniversary (CC 201, 202).
    """

    certificate: date
    civil_code: date


class RenewedBy(Record, frozen=True, kw_only=True):
    """Who decides on the renewal; another authority for foreign holders where the law says so."""

    authority: RenewalAuthority
    foreign_holder_authority: RenewalAuthority | UnsetType = UNSET
    citation: Citation


class RenewalDates(Record, frozen=True, kw_only=True):
    """When to renew (延续、再注册、重新核发); all days included, none moved over rest days.

    `latest_by_licensing_law` is the day 30 days before the last valid day (ALL 50¶1); `apply_by`
    stands only where a renewal lead was given. `review_fits_until` is the last day on which an
    application can be accepted so that the authority's own period still ends in time, absent
    outside the calendar; `review_status` is that of the days it counts.
    """

    latest_by_licensing_law: date
    apply_by: date | UnsetType = UNSET
    review_fits_until: date | UnsetType = UNSET
    review_status: Status | UnsetType = UNSET
    renewed_by: RenewedBy


class ExpiryAnswer(Tagged, tag="expiry", frozen=True, kw_only=True):
    """When a licence or a protection ends.

    `last_day` is the last valid day, included. `days_left` are the days after `as_of` through it,
    0 when it is past.
    """

    ref: str | UnsetType = UNSET
    term: str
    last_day: date
    by_convention: ByConvention
    ended_early: bool
    days_left: int | UnsetType = UNSET
    renewal: RenewalDates | UnsetType = UNSET
    notices: tuple[Notice, ...]
    explanation: tuple[Explanation, ...] | UnsetType = UNSET
    provenance: Provenance


# -------------------------------------------------------------------------------- the calculation


def expiry(
    request: ExpiryRequest,
    rulebook: Rulebook,
    calendar: WorkingCalendar,
    *,
    lang: Language = "zh",
    explain: bool = True,
) -> ExpiryAnswer:
    """The last day of a licence or a protection.

    LawRefuses (UnknownTerm, NotInForce, DatesOutOfOrder, OverTheCap, FactOutOfRange,
    OutsideCalendar) where the law or the facts allow no answer.
    """
    report = Explainer(localize(rulebook, lang), explain=explain)
    term = rulebook.term(request.term, request.start)
    _check(request, term)
    _issued_before(report, term, request)
    for code in term.row.notices:
        report.notice(code)
    length = _length(report, term, request)
    ends = _ends(request.start, length)
    _check_cap(request, term, ends)
    last, ended_early = _last_day(report, request, length, ends)
    renewal: RenewalDates | UnsetType = UNSET
    if not ended_early:
        renewal = _renewal(report, rulebook, calendar, term, request, last)
    if renewal is UNSET and request.renewal_lead is not UNSET:
        report.notice("fact-not-used", fact=report.label("fact", "renewal_lead"))
    days_left = _days_left(report, request, last)
    report.rule("result", last, case="last-day")
    return ExpiryAnswer(
        ref=request.ref,
        term=request.term,
        last_day=last,
        by_convention=ends,
        ended_early=ended_early,
        days_left=days_left,
        renewal=renewal,
        notices=report.notices,
        explanation=report.explanation(),
        provenance=build_provenance(rulebook, calendar.digest, facts_of(request)),
    )


def facts_of(request: ExpiryRequest) -> ExpiryRequest:
    """The facts alone, for the digest of the inputs: without the reference."""
    return request if request.ref is UNSET else replace(request, ref=UNSET)


# ------------------------------------------------------------------------------------ the checks


def _check(request: ExpiryRequest, term: Term) -> None:
    """Refuse days out of reach or out of order, and lengths that the term cannot take."""
    faults: list[PenaltycalcError] = []
    for name, day in (("start", request.start), ("ended_on", request.ended_on), ("as_of", request.as_of)):
        if isinstance(day, date) and (fault := check_day((name,), day)):
            faults.append(fault)
    raise_first(faults)
    if isinstance(request.ended_on, date) and request.ended_on < request.start:
        faults.append(DatesOutOfOrder(("ended_on",), request.ended_on, "start", request.start))
    raise_first(faults)
    if isinstance(request.granted, Granted):
        if not term.row.ceiling:
            faults.append(FactOutOfRange(("granted",), message="granted-on-fixed-term", term=request.term))
        elif _period(request.granted) == Period():
            faults.append(FactOutOfRange(("granted",), message="length-empty"))
    if isinstance(request.renewal_lead, RenewalLead) and _period(request.renewal_lead) == Period():
        faults.append(FactOutOfRange(("renewal_lead",), message="length-empty"))
    raise_first(faults)


def _period(given: Granted | RenewalLead) -> Period:
    parts = {name: getattr(given, name) for name in given.__struct_fields__}
    return Period(**{name: number for name, number in parts.items() if number is not UNSET})


def _issued_before(report: Explainer, term: Term, request: ExpiryRequest) -> None:
    """A start before the row was in force: a notice, a warning, or NotInForce, as the row says."""
    first = term.first or FIRST_DAY
    if request.start >= first:
        if report.explaining:
            shown = format_day(first)
            report.rule("applicable-law", term.instrument.id, before=request.start, case="term-in-force", first=shown)
        return
    if term.row.issued_before == "refused":
        raise NotInForce(("start",), "not-in-force-term", request.start, first)
    known = term.row.issued_before == "notice"
    report.notice("issued-before-commencement" if known else "former-rule-unknown", in_force_from=format_day(first))
    case = "term-former-known" if known else "term-former-unknown"
    report.rule("applicable-law", term.instrument.id, before=request.start, case=case, first=format_day(first))


def _length(report: Explainer, term: Term, request: ExpiryRequest) -> Period:
    """The fixed length, the granted one, or the cap where nothing was granted."""
    own = term.row.length
    if not term.row.ceiling:
        if report.explaining:
            report.rule("length", own, citation=term.citation, case="fixed-term", length=_said(report.phrases, own))
        return own
    if not isinstance(request.granted, Granted):
        report.notice("ceiling-assumed", length=_said(report.phrases, own))
        report.rule("length", own, citation=term.citation, case="ceiling", length=_said(report.phrases, own))
        return own
    granted = _period(request.granted)
    report.rule(
        "length",
        granted,
        before=own,
        citation=term.citation,
        case="granted",
        length=_said(report.phrases, granted),
        cap=_said(report.phrases, own),
    )
    return granted


@lru_cache(maxsize=256)
def _said(phrases: LocalizedTexts, period: Period) -> str:
    """A period as people write it, e.g. 5 years."""
    parts = (("years", period.years), ("months", period.months), ("days", period.days))
    given = [
        phrases.labels["period" if number > 1 else "period_of_one"][part].format(number=number)
        for part, number in parts
        if number
    ]
    return ("" if phrases.wording.lang == "zh" else " ").join(given)


def _ends(start: date, length: Period) -> ByConvention:
    """The last day by both conventions; OutsideCalendar where a year beyond 9999 is reached."""
    try:
        civil_code = last_day(start, length)
        return ByConvention(certificate=last_day_of_certificate(start, length), civil_code=civil_code)
    except OutsideCalendar:
        raise outside_calendar(("start",), start) from None


def _check_cap(request: ExpiryRequest, term: Term, ends: ByConvention) -> None:
    """A granted length must not end after the cap does, by the convention chosen."""
    if not isinstance(request.granted, Granted):
        return
    cap = _ends(request.start, term.row.length)
    given, allowed = _by(request.convention, ends), _by(request.convention, cap)
    if given > allowed:
        raise OverTheCap(("granted",), given.isoformat(), allowed.isoformat())


def _by(convention: Convention, ends: ByConvention) -> date:
    return ends.certificate if convention == "certificate" else ends.civil_code


def _last_day(report: Explainer, request: ExpiryRequest, length: Period, ends: ByConvention) -> tuple[date, bool]:
    """The last day by the convention chosen, and whether the term ended sooner."""
    last = _by(request.convention, ends)
    report.notice("civil-code-by-analogy")
    if report.explaining:
        case = f"{request.convention}{_manner(length, ends)}"
        report.rule("convention", last, before=request.start, case=case, length=_said(report.phrases, length))
    ended = request.ended_on
    if not isinstance(ended, date):
        return last, False
    if ended > last:
        report.notice("ended-after-term", last_day=last)
        report.rule("early-end", last, before=ended, case="no-effect")
        return last, False
    if ended == last:
        report.rule("early-end", last, before=ended, case="no-effect")
        return last, False
    report.notice("ended-early", last_day=format_day(ended))
    report.rule("early-end", ended, before=last, case="ended")
    return ended, True


def _manner(length: Period, ends: ByConvention) -> str:
    """Which sentence tells how a length ends: by its corresponding day, by days alone, or by both."""
    if not (length.years or length.months):
        return "-days"
    if length.days:
        return "-mixed"
    return "-no-corresponding-day" if ends.certificate == ends.civil_code else ""


def _days_left(report: Explainer, request: ExpiryRequest, last: date) -> int | UnsetType:
    if not isinstance(request.as_of, date):
        return UNSET
    if request.as_of > last:
        report.notice("expired", last_day=last)
    elif request.as_of < request.start:
        report.notice("not-yet-begun", start=request.start)
    left = max((last - request.as_of).days, 0)
    if report.explaining:
        report.rule("days-left", left, before=request.as_of, last_day=format_day(last))
    return left


# -------------------------------------------------------------------------------------- renewal


def _renewal(
    report: Explainer, rulebook: Rulebook, calendar: WorkingCalendar, term: Term, request: ExpiryRequest, last: date
) -> RenewalDates | UnsetType:
    """When to apply for renewal, and until when the authority's own period still fits."""
    renewal = term.row.renewal
    lead = request.renewal_lead
    if not isinstance(renewal, Renewal):
        return UNSET
    rule = rulebook.rules.renewal
    latest = days_after(last, -rule.days)
    if report.explaining:
        report.rule("renewal", latest, before=last, citation=rulebook.citations["renewal"], days=rule.days)
    apply_by = _apply_by(report, lead, latest, last)
    report.notice("renewal-deemed-granted")
    for code in term.row.renewal_notices:
        report.notice(code)
    fits, status = _review_window(report, rulebook, calendar, renewal, last)
    renewed_by = RenewedBy(
        authority=renewal.authority,
        foreign_holder_authority=renewal.foreign_holder_authority,
        citation=term.renewal_citation or term.citation,
    )
    return RenewalDates(
        latest_by_licensing_law=latest,
        apply_by=apply_by,
        review_fits_until=fits,
        review_status=status,
        renewed_by=renewed_by,
    )


def _apply_by(report: Explainer, lead: RenewalLead | UnsetType, latest: date, last: date) -> date | UnsetType:
    """The day that the caller's lead gives, never later than that of the licensing law."""
    if not isinstance(lead, RenewalLead):
        report.notice("renewal-lead-unknown", latest=format_day(latest))
        return UNSET
    wanted = day_before_end(last, _period(lead))
    said = _said(report.phrases, _period(lead))
    if wanted > latest:
        report.notice("renewal-lead-too-short", latest=latest)
        report.rule("renewal-lead", latest, before=last, case="too-short", lead=said, wanted=format_day(wanted))
        return latest
    report.rule("renewal-lead", wanted, before=last, case="given", lead=said)
    return wanted


def _review_window(
    report: Explainer, rulebook: Rulebook, calendar: WorkingCalendar, renewal: Renewal, last: date
) -> tuple[date | UnsetType, Status | UnsetType]:
    """The last day of acceptance after which the authority's working days still fit, through the last valid day.

    Acceptance is not counted, so it is the day before the n-th last working day.
    """
    step = rulebook.step(renewal.step)
    length = step.row.length
    assert isinstance(length, int)
    try:
        first_counted = calendar.nth_last(last, length)
    except OutsideCalendar:
        report.notice("review-window-outside-calendar")
        return UNSET, UNSET
    fits = days_after(first_counted, -1)
    status = report.certainty(calendar, first_counted, last)
    if report.explaining:
        report.rule("review-window", fits, before=last, citation=step.citation, length=length)
    return fits, status
