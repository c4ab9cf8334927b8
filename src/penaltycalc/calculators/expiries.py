"""When a licence or a protection ends: term + start -> last day.

A pure function of the request, the rulebook, the calendar and the language. Only the review window
of a renewal counts working days.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, assert_never

from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import replace

from penaltycalc.calculators.explain import Explainer, Explanation, Provenance, build_provenance
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
    add_days,
    build_outside_calendar,
    check_day,
    find_day_before_end,
    find_last_day,
    find_last_day_of_certificate,
)
from penaltycalc.rules.records import Record, Tagged
from penaltycalc.rules.rows import Renewal, RenewalAuthority
from penaltycalc.rules.rulebook import Rulebook
from penaltycalc.rules.texts import Notice
from penaltycalc.rules.versions import Term
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
    """The last day of a licence or a protection, included.

    LawRefuses (UnknownTerm, NotInForce, DatesOutOfOrder, OverTheCap, FactOutOfRange, OutsideCalendar) where the
    law or the facts allow no answer.
    """
    explainer = Explainer(rulebook.texts[lang], explain=explain)
    term = rulebook.term(request.term, request.start)
    _check_request(request, term)
    _check_issued_before(explainer, term, request)
    for code in term.row.notices:
        explainer.add_notice(code)
    length = _find_length(explainer, term, request)
    ends = _find_ends(request.start, length)
    _check_cap(request, term, ends)
    last, ended_early = _find_last_day(explainer, request, length, ends)
    renewal: RenewalDates | UnsetType = UNSET
    # Renewal dates would count back from a last day that no longer holds.
    if not ended_early:
        renewal = _find_renewal(explainer, rulebook, calendar, term, request, last)
    # A term that ended sooner or cannot be renewed has no renewal dates, so a stated lead had no effect.
    if renewal is UNSET and request.renewal_lead is not UNSET:
        explainer.add_unused_fact("renewal_lead")
    days_left = _count_days_left(explainer, request, last)
    explainer.add_step("result", last, variant="last-day")
    return ExpiryAnswer(
        ref=request.ref,
        term=request.term,
        last_day=last,
        by_convention=ends,
        ended_early=ended_early,
        days_left=days_left,
        renewal=renewal,
        notices=explainer.notices,
        explanation=explainer.explanation(),
        provenance=build_provenance(rulebook, calendar.digest, strip_facts(request)),
    )


def strip_facts(request: ExpiryRequest) -> ExpiryRequest:
    """The facts alone, for the digest of the inputs: without the reference."""
    return request if request.ref is UNSET else replace(request, ref=UNSET)


# ------------------------------------------------------------------------------------ the checks


def _check_request(request: ExpiryRequest, term: Term) -> None:
    """Refuse days out of reach or out of order, and lengths that the term cannot take."""
    # Each stage reports all its faults at once; a later one would judge values that are refused already.
    faults: list[PenaltycalcError] = []
    for name, day in (("start", request.start), ("ended_on", request.ended_on), ("as_of", request.as_of)):
        if isinstance(day, date) and (fault := check_day((name,), day)):
            faults.append(fault)
    raise_first(faults)
    # A term may end on the day it starts, so only an earlier end contradicts it.
    if isinstance(request.ended_on, date) and request.ended_on < request.start:
        faults.append(DatesOutOfOrder(("ended_on",), request.ended_on, "start", request.start))
    raise_first(faults)
    if isinstance(request.granted, Granted):
        if not term.row.ceiling:
            faults.append(FactOutOfRange(("granted",), message="granted-on-fixed-term", term=request.term))
        # An object without any part has the right type, but it grants no length at all.
        elif _to_period(request.granted) == Period():
            faults.append(FactOutOfRange(("granted",), message="length-empty"))
    if isinstance(request.renewal_lead, RenewalLead) and _to_period(request.renewal_lead) == Period():
        faults.append(FactOutOfRange(("renewal_lead",), message="length-empty"))
    raise_first(faults)


def _to_period(length: Granted | RenewalLead) -> Period:
    parts = {name: getattr(length, name) for name in length.__struct_fields__}
    return Period(**{name: number for name, number in parts.items() if number is not UNSET})


def _check_issued_before(explainer: Explainer, term: Term, request: ExpiryRequest) -> None:
    """Answer a start before the first version as its row says: with a notice, with a warning, or NotInForce."""
    explainer.check_law_date(term.instrument.checked_on, request.start)
    # Starts before FIRST_DAY are refused already, so a term without a first day never meets the branch below.
    first_day = term.first_day or FIRST_DAY
    variant = "term-in-force"
    if request.start < first_day:
        match term.row.issued_before:
            case "refused":
                raise NotInForce(("start",), "not-in-force-term", request.start, first_day)
            case "notice":
                explainer.add_notice("issued-before-commencement", in_force_from=first_day)
                variant = "term-former-known"
            case "warning":
                explainer.add_notice("former-rule-unknown", in_force_from=first_day)
                variant = "term-former-unknown"
            case _:
                assert_never(term.row.issued_before)
    explainer.add_step("applicable-law", term.instrument.id, request.start, variant=variant, first=first_day)


def _find_length(explainer: Explainer, term: Term, request: ExpiryRequest) -> Period:
    """The fixed length, the granted one, or the cap where nothing was granted."""
    texts, legal = explainer.texts, term.row.length
    legal_text = texts.describe_period(legal)
    if not term.row.ceiling:
        explainer.add_step("length", legal, citation=term.citation, variant="fixed-term", length=legal_text)
        return legal
    if not isinstance(request.granted, Granted):
        # The law only caps the length, so without a grant the last day is the latest possible one.
        explainer.add_notice("ceiling-assumed", length=legal_text)
        explainer.add_step("length", legal, citation=term.citation, variant="ceiling", length=legal_text)
        return legal
    granted = _to_period(request.granted)
    text = texts.describe_period(granted)
    explainer.add_step("length", granted, legal, term.citation, variant="granted", length=text, cap=legal_text)
    return granted


def _find_ends(start: date, length: Period) -> ByConvention:
    """The last day by both conventions; OutsideCalendar where a year beyond 9999 is reached."""
    try:
        civil_code = find_last_day(start, length)
        return ByConvention(certificate=find_last_day_of_certificate(start, length), civil_code=civil_code)
    except OutsideCalendar:
        # The periods know nothing of requests, so the error gets its place here.
        raise build_outside_calendar(("start",), start) from None


def _check_cap(request: ExpiryRequest, term: Term, ends: ByConvention) -> None:
    """A granted length must not end after the cap does, by the convention chosen."""
    if not isinstance(request.granted, Granted):
        return
    # Compared by the end dates: 6 years and 72 months are the same, 6 years and 2190 days are not.
    cap = _find_ends(request.start, term.row.length)
    granted_end, cap_end = _pick_end(request.convention, ends), _pick_end(request.convention, cap)
    if granted_end > cap_end:
        raise OverTheCap(("granted",), granted_end.isoformat(), cap_end.isoformat())


def _pick_end(convention: Convention, ends: ByConvention) -> date:
    match convention:
        case "certificate":
            return ends.certificate
        case "civil-code":
            return ends.civil_code
        case _:
            assert_never(convention)


def _find_last_day(
    explainer: Explainer, request: ExpiryRequest, length: Period, ends: ByConvention
) -> tuple[date, bool]:
    """The last day by the convention chosen, and whether the term ended sooner."""
    last, ended = _pick_end(request.convention, ends), request.ended_on
    explainer.add_notice("civil-code-by-analogy")
    if explainer.explains:
        variant = f"{request.convention}{_choose_variant(length, ends)}"
        text = explainer.texts.describe_period(length)
        explainer.add_step("convention", last, request.start, variant=variant, length=text)
    if not isinstance(ended, date):
        return last, False
    if ended < last:
        explainer.add_notice("ended-early", last_day=ended)
        explainer.add_step("early-end", ended, before=last, variant="ended")
        return ended, True
    # An end on the last day itself changes nothing and is no contradiction, so it needs no notice.
    if ended > last:
        explainer.add_notice("ended-after-term", last_day=last)
    explainer.add_step("early-end", last, before=ended, variant="no-effect")
    return last, False


def _choose_variant(length: Period, ends: ByConvention) -> str:
    """Which sentence tells how a length ends: by its corresponding day, by days alone, or by both."""
    if not (length.years or length.months):
        return "-days"
    if length.days:
        return "-mixed"
    # The conventions agree only where the last month lacks the day and both end on the month's last.
    return "-no-corresponding-day" if ends.certificate == ends.civil_code else ""


def _count_days_left(explainer: Explainer, request: ExpiryRequest, last: date) -> int | UnsetType:
    if not isinstance(request.as_of, date):
        return UNSET
    if request.as_of > last:
        explainer.add_notice("expired", last_day=last)
    elif request.as_of < request.start:
        explainer.add_notice("not-yet-begun", start=request.start)
    # `as_of` is not counted and the last day is, so on the last day itself nothing is left.
    left = max((last - request.as_of).days, 0)
    explainer.add_step("days-left", left, before=request.as_of, last_day=last)
    return left


# -------------------------------------------------------------------------------------- renewal


def _find_renewal(
    explainer: Explainer, rulebook: Rulebook, calendar: WorkingCalendar, term: Term, request: ExpiryRequest, last: date
) -> RenewalDates | UnsetType:
    """When to apply for renewal, and until when the authority's own period still fits."""
    renewal = term.row.renewal
    lead = request.renewal_lead
    if not isinstance(renewal, Renewal):
        return UNSET
    rule = rulebook.rules.renewal
    latest = add_days(last, -rule.days)
    explainer.add_step("renewal", latest, before=last, citation=rulebook.citations["renewal"], days=rule.days)
    apply_by = _find_apply_by(explainer, lead, latest, last)
    explainer.add_notice("renewal-deemed-granted")
    for code in term.row.renewal_notices:
        explainer.add_notice(code)
    fits, status = _find_review_window(explainer, rulebook, calendar, renewal, last)
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


def _find_apply_by(explainer: Explainer, lead: RenewalLead | UnsetType, latest: date, last: date) -> date | UnsetType:
    """The day that the caller's lead gives, never later than that of the licensing law."""
    if not isinstance(lead, RenewalLead):
        explainer.add_notice("renewal-lead-unknown", latest=latest)
        return UNSET
    period = _to_period(lead)
    lead_day, text = find_day_before_end(last, period), explainer.texts.describe_period(period)
    # A lead shorter than that of the licensing law would name a day on which it is too late.
    if lead_day > latest:
        explainer.add_notice("renewal-lead-too-short", latest=latest)
        explainer.add_step("renewal-lead", latest, last, variant="too-short", lead=text, lead_day=lead_day)
        return latest
    explainer.add_step("renewal-lead", lead_day, before=last, variant="given", lead=text)
    return lead_day


def _find_review_window(
    explainer: Explainer, rulebook: Rulebook, calendar: WorkingCalendar, renewal: Renewal, last: date
) -> tuple[date | UnsetType, Status | UnsetType]:
    """The last day of acceptance after which the authority's working days still fit, through the last valid day.

    Acceptance is not counted, so it is the day before the n-th last working day. The step is taken as
    it is in force on the last valid day; where that lies after the law data was checked, as the newest
    version that had begun by then.
    """
    step = rulebook.step(renewal.step)
    try:
        if last <= step.instrument.checked_on:
            step = rulebook.step(renewal.step, last)
    except NotInForce:
        # The provision that gave the review its time had ended by then.
        explainer.add_notice("review-step-not-in-force")
        return UNSET, UNSET
    length = step.row.length
    assert isinstance(length, int)  # checked when the law is read
    try:
        # The n working days of the review end on the last valid day at the latest.
        first_counted = calendar.find_nth_last(last, length)
    except OutsideCalendar:
        explainer.add_notice("review-window-outside-calendar")
        return UNSET, UNSET
    fits_until = add_days(first_counted, -1)
    status = explainer.check_certainty(calendar, first_counted, last)
    explainer.add_step("review-window", fits_until, before=last, citation=step.citation, length=length)
    return fits_until, status
