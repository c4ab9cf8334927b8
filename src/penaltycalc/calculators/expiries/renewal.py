"""When a licence is renewed (延续、再注册、重新核发), and who decides on it."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from msgspec import UNSET, UnsetType

from penaltycalc.calculators.expiries.ends import find_ends, pick_end
from penaltycalc.calculators.expiries.records import (
    DaysToApply,
    ExpiryRequest,
    NextTerm,
    RenewalDates,
    RenewalDays,
    RenewalLead,
    RenewedBy,
    find_days_to_apply,
    to_period,
)
from penaltycalc.calculators.explain import Explainer
from penaltycalc.calendar.workdays import Status, WorkingCalendar
from penaltycalc.errors import NotInForce, OutsideCalendar
from penaltycalc.rules.periods import Period, add_days, find_day_before_end
from penaltycalc.rules.rows import Convention, Renewal, RenewalWindow
from penaltycalc.rules.rulebook import Rulebook
from penaltycalc.rules.versions import Term


class RenewalCase(NamedTuple):
    """A term that runs its full length: what it is renewed by, and its last valid day by the convention chosen."""

    explainer: Explainer
    rulebook: Rulebook
    calendar: WorkingCalendar
    term: Term
    request: ExpiryRequest
    convention: Convention
    last: date


def find_renewal(case: RenewalCase) -> RenewalDates | UnsetType:
    """When to apply for renewal, and until when the authority's own period still fits; absent where there is none."""
    renewal, explainer, last = case.term.row.renewal, case.explainer, case.last
    if not isinstance(renewal, Renewal):
        return UNSET
    window = _find_window(case, renewal)
    rule = case.rulebook.rules.renewal
    latest = add_days(last, -rule.days)
    apply_by = _find_apply_by(case, latest, window)
    usual_apply_by = _find_usual_day(case, renewal, latest, window)
    if window is UNSET and usual_apply_by is UNSET and not _is_lead_enough(case, latest):
        explainer.add_notice("renewal-lead-unknown", latest=latest)
    to_apply = find_days_to_apply(window, apply_by, usual_apply_by, latest)
    # Where another day decides, this one comes too late and must not read as the last one.
    variant, by = _choose_rank(latest, to_apply, "not-decisive")
    rule_citation = case.rulebook.citations["renewal"]
    explainer.add_step("renewal", latest, last, rule_citation, variant=variant, days=rule.days, by=by)
    # Beside a window its own notices say what has passed, so there only the day of a lead is awaited.
    awaited = to_apply.by_rules if window is UNSET else apply_by
    _warn_of_late_application(case, renewal, awaited, to_apply)
    explainer.add_notice("renewal-deemed-granted")
    for code in case.term.row.renewal_notices:
        explainer.add_notice(code)
    fits, status = _find_review_window(case, renewal, to_apply)
    return RenewalDates(
        window=window,
        latest_by_licensing_law=latest,
        apply_by=apply_by,
        usual_apply_by=usual_apply_by,
        review_fits_until=fits,
        review_status=status,
        next_term=_find_next_term(case, renewal),
        renewed_by=RenewedBy(
            authority=renewal.authority,
            foreign_holder_authority=renewal.foreign_holder_authority,
            wholesale_authority=renewal.wholesale_authority,
            citation=case.term.renewal_citations[0],
            citations=case.term.renewal_citations,
        ),
    )


# ------------------------------------------------------------------------------ when to apply


def _find_window(case: RenewalCase, renewal: Renewal) -> RenewalDays | UnsetType:
    """The days on which to apply, where a rule sets them, with what `as_of` says about them."""
    window = renewal.window
    if isinstance(window, UnsetType):
        return UNSET
    explainer, as_of = case.explainer, case.request.as_of
    opens, closes = (
        find_day_before_end(case.last, Period(months=months)) for months in (window.opens_months, window.closes_months)
    )
    # A window that was over before its rule began was never set by it.
    if isinstance(window.since, date) and closes < window.since:
        return UNSET
    source = explainer.label("renewal_rule", window.rule)
    unchecked = explainer.label("heading", "unchecked_excerpt") if window.source == "excerpt" else ""
    explainer.add_notice("renewal-window", source=source, opens=opens, closes=closes, unchecked=unchecked)
    if window.holders == "domestic":
        explainer.add_notice("renewal-window-domestic-only")
    explainer.add_step(
        "renewal-window", f"{opens}..{closes}", before=case.last, source=source, opens=opens, closes=closes
    )
    # Once re-registration is approved, nobody has to apply any more.
    if isinstance(as_of, date) and not _is_approved(case.request, renewal, as_of):
        if as_of < opens:
            explainer.add_notice("renewal-window-not-open", opens=opens)
        # After the last valid day the notice that it has expired says all that matters.
        elif closes < as_of <= case.last:
            explainer.add_notice("renewal-window-closed", as_of=as_of, closes=closes)
    return RenewalDays(opens=opens, closes=closes)


def _find_apply_by(case: RenewalCase, latest: date, window: RenewalDays | UnsetType) -> date | UnsetType:
    """The day that the caller's lead gives, never later than that of the licensing law."""
    lead, explainer, last = case.request.renewal_lead, case.explainer, case.last
    if not isinstance(lead, RenewalLead):
        return UNSET
    period = to_period(lead)
    lead_day, text = find_day_before_end(last, period), explainer.texts.describe_period(period)
    # A lead shorter than that of the licensing law would name a day on which it is too late.
    if lead_day > latest:
        explainer.add_notice("renewal-lead-too-short", latest=latest)
        explainer.add_step("renewal-lead", latest, last, variant="too-short", lead=text, lead_day=lead_day)
        return latest
    if isinstance(window, UnsetType) or window.opens <= lead_day <= window.closes:
        explainer.add_step("renewal-lead", lead_day, before=last, variant="given", lead=text)
    elif lead_day > window.closes:
        explainer.add_notice("renewal-lead-after-window", day=lead_day, closes=window.closes)
        explainer.add_step("renewal-lead", lead_day, last, variant="after-window", lead=text, closes=window.closes)
    else:
        explainer.add_notice("renewal-lead-before-window", day=lead_day, opens=window.opens)
        explainer.add_step("renewal-lead", lead_day, last, variant="before-window", lead=text, opens=window.opens)
    return lead_day


def _find_usual_day(
    case: RenewalCase, renewal: Renewal, latest: date, window: RenewalDays | UnsetType
) -> date | UnsetType:
    """The day that the former Regulation asked for; absent where the caller knows the lead.

    Beside a window it stands only where it came while the former Regulation was still in force.
    """
    lead = renewal.usual_lead
    if isinstance(lead, UnsetType) or _is_lead_enough(case, latest):
        return UNSET
    explainer, citation = case.explainer, case.term.usual_lead_citation
    period = Period(months=lead.months)
    day, text = find_day_before_end(case.last, period), explainer.texts.describe_period(period)
    if case.term.is_older_than_the_former_rule(day):
        return UNSET
    if isinstance(renewal.window, RenewalWindow) and window is not UNSET:
        since = renewal.window.since
        if isinstance(since, UnsetType) or day >= since:
            return UNSET
    explainer.add_notice("renewal-lead-usual", citation, lead=text, day=day)
    explainer.add_step("renewal-lead", day, case.last, citation, variant="usual", lead=text)
    return day


def _is_lead_enough(case: RenewalCase, latest: date) -> bool:
    """Whether the caller gave a lead that reaches the day of the licensing law or an earlier one.

    A shorter one is none that anybody may rely on, so what else is known of the lead is said beside it.
    """
    lead = case.request.renewal_lead
    return isinstance(lead, RenewalLead) and find_day_before_end(case.last, to_period(lead)) <= latest


def _choose_rank(day: date, to_apply: DaysToApply, later: str) -> tuple[str, date]:
    """Which sentence tells of a general day, `later` where it comes too late, and the earlier day that it names."""
    if day > to_apply.by_rules:
        return later, to_apply.by_rules
    # Whether the lead of the former Regulation still counts has to be checked, so it must not read like a duty.
    if isinstance(to_apply.by_former_rule, date) and day > to_apply.by_former_rule:
        return "later-than-usual", to_apply.by_former_rule
    return "", day


def _is_approved(request: ExpiryRequest, renewal: Renewal, day: date) -> bool:
    """Whether re-registration had been approved by `day`, of a term for which an approval starts a new one."""
    approved, since = request.renewal_approved_on, renewal.next_term_since
    return isinstance(since, date) and isinstance(approved, date) and since <= approved <= day


def _warn_of_late_application(
    case: RenewalCase, renewal: Renewal, awaited: date | UnsetType, to_apply: DaysToApply
) -> None:
    """Say that the day to apply has passed on `as_of`, that of the former Regulation where no other one has.

    `awaited` is the day that the caller counts on; one before the window opens makes nobody late.
    """
    explainer, as_of = case.explainer, case.request.as_of
    if not isinstance(as_of, date) or as_of > case.last or _is_approved(case.request, renewal, as_of):
        return
    day, former = to_apply
    if isinstance(awaited, date) and max(awaited, day) < as_of:
        explainer.add_notice("apply-by-passed", as_of=as_of, of="", day=day)
    elif isinstance(former, date) and former < as_of:
        of = explainer.label("heading", "of_former_lead")
        explainer.add_notice("apply-by-passed", as_of=as_of, of=of, day=former)


def _find_review_window(
    case: RenewalCase, renewal: Renewal, to_apply: DaysToApply
) -> tuple[date | UnsetType, Status | UnsetType]:
    """The last day of acceptance after which the authority's working days still fit, through the last valid day.

    Acceptance is not counted, so it is the day before the n-th last working day. The step is taken as
    it is in force on the last valid day; where that lies after the law data was checked, as the newest
    version that had begun by then. Absent where the renewal has no such step.
    """
    if isinstance(renewal.step, UnsetType):
        return UNSET, UNSET
    explainer, last = case.explainer, case.last
    step = case.rulebook.step(renewal.step)
    try:
        if last <= step.instrument.checked_on:
            step = case.rulebook.step(renewal.step, last)
    except NotInForce:
        # The provision that gave the review its time had ended by then.
        explainer.add_notice("review-step-not-in-force")
        return UNSET, UNSET
    length = step.row.length
    assert isinstance(length, int)  # checked when the law is read
    try:
        # The n working days of the review end on the last valid day at the latest.
        first_counted = case.calendar.find_nth_last(last, length)
    except OutsideCalendar:
        explainer.add_notice("review-window-outside-calendar")
        return UNSET, UNSET
    if isinstance(renewal.review_notice, str):
        explainer.add_notice(renewal.review_notice)
    fits_until = add_days(first_counted, -1)
    status = explainer.check_certainty(case.calendar, first_counted, last)
    # The authority's own time may still fit after the day to apply, when it is too late for an application.
    variant, by = _choose_rank(fits_until, to_apply, "too-late")
    explainer.add_step("review-window", fits_until, last, step.citation, variant=variant, length=length, by=by)
    return fits_until, status


# ----------------------------------------------------------------------------- the renewed term


def _find_next_term(case: RenewalCase, renewal: Renewal) -> NextTerm | UnsetType:
    """The term of the renewed certificate, where the day of its approval is known.

    It runs from the day after the old one ended, or from an approval that comes later: between the two
    nothing is valid.
    """
    approved = case.request.renewal_approved_on
    since = renewal.next_term_since
    if isinstance(since, UnsetType) or not isinstance(approved, date) or approved < since:
        return UNSET
    start = max(add_days(case.last, 1), approved)
    last = pick_end(case.convention, find_ends(start, case.term.row.length, ("renewal_approved_on",)))
    case.explainer.add_notice("renewed-term")
    variant = "after-the-end" if approved > case.last else "in-time"
    case.explainer.add_step("next-term", f"{start}..{last}", before=approved, variant=variant, start=start, last=last)
    return NextTerm(start=start, last_day=last)
