"""When a licence is renewed (延续、再注册、重新核发), and who decides on it."""

from __future__ import annotations

from datetime import date

from msgspec import UNSET, UnsetType

from penaltycalc.calculators.expiries.records import ExpiryRequest, RenewalDates, RenewalLead, RenewedBy, to_period
from penaltycalc.calculators.explain import Explainer
from penaltycalc.calendar.workdays import Status, WorkingCalendar
from penaltycalc.errors import NotInForce, OutsideCalendar
from penaltycalc.rules.periods import add_days, find_day_before_end
from penaltycalc.rules.rows import Renewal
from penaltycalc.rules.rulebook import Rulebook
from penaltycalc.rules.versions import Term


def find_renewal(
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
    period = to_period(lead)
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
