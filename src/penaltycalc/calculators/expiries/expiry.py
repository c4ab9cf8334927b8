"""The calculation of an expiry: term + start -> last day.

A pure function of the request, the rulebook, the calendar and the language. Only the review window
of a renewal counts working days.
"""

from __future__ import annotations

from datetime import date
from typing import assert_never

from msgspec import UNSET, UnsetType

from penaltycalc.calculators.expiries.ends import find_ends, pick_end
from penaltycalc.calculators.expiries.records import (
    ByConvention,
    ExpiryAnswer,
    ExpiryRequest,
    Granted,
    RenewalDates,
    RenewalLead,
    strip_facts,
    to_period,
)
from penaltycalc.calculators.expiries.renewal import RenewalCase, find_renewal
from penaltycalc.calculators.explain import Explainer, build_provenance
from penaltycalc.calendar.workdays import WorkingCalendar
from penaltycalc.errors import (
    DatesOutOfOrder,
    FactOutOfRange,
    Label,
    NotInForce,
    OverTheCap,
    PenaltycalcError,
    raise_first,
)
from penaltycalc.rules.periods import (
    FIRST_DAY,
    Period,
    add_days,
    check_day,
    find_day_before_end,
)
from penaltycalc.rules.rows import Convention, IssuedBefore
from penaltycalc.rules.rulebook import Rulebook
from penaltycalc.rules.versions import Term
from penaltycalc.rules.wording import Language


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
    ends = find_ends(request.start, length)
    convention = _choose_convention(explainer, term, request)
    _check_cap(request, term, convention, ends)
    if term.row.renewal is not UNSET:
        _check_lead(request, convention, ends)
    last, ended_early = _find_last_day(explainer, request, convention, length, ends)
    renewal: RenewalDates | UnsetType = UNSET
    # Renewal dates would count back from a last day that no longer holds.
    if not ended_early:
        renewal = find_renewal(RenewalCase(explainer, rulebook, calendar, term, request, convention, last))
    _note_unused_facts(explainer, request, renewal)
    days_left = _count_days_left(explainer, request, last, renewal)
    explainer.add_step("result", last, variant="ended-early" if ended_early else "last-day")
    return ExpiryAnswer(
        ref=request.ref,
        term=request.term,
        last_day=last,
        convention=convention,
        by_convention=ends,
        ended_early=ended_early,
        days_left=days_left,
        renewal=renewal,
        notices=explainer.notices,
        explanation=explainer.explanation(),
        provenance=build_provenance(rulebook, calendar.digest, strip_facts(request)),
    )


# ------------------------------------------------------------------------------------ the checks


def _check_request(request: ExpiryRequest, term: Term) -> None:
    """Refuse days out of reach or out of order, and lengths that the term cannot take."""
    # Each stage reports all its faults at once; a later one would judge values that are refused already.
    faults: list[PenaltycalcError] = []
    for name in ("start", "ended_on", "renewal_approved_on", "as_of"):
        day = getattr(request, name)
        if isinstance(day, date) and (fault := check_day((name,), day)):
            faults.append(fault)
    raise_first(faults)
    # A term may end, and a renewal may be approved, on the day it starts: only an earlier day contradicts it.
    for name in ("ended_on", "renewal_approved_on"):
        day = getattr(request, name)
        if isinstance(day, date) and day < request.start:
            faults.append(DatesOutOfOrder((name,), day, "start", request.start))
    raise_first(faults)
    if isinstance(request.granted, Granted):
        if not term.row.ceiling:
            faults.append(
                FactOutOfRange(("granted",), message="granted-on-fixed-term", term=Label("term", request.term))
            )
        # An object without any part has the right type, but it grants no length at all.
        elif to_period(request.granted) == Period():
            faults.append(FactOutOfRange(("granted",), message="length-empty"))
    if isinstance(request.renewal_lead, RenewalLead) and to_period(request.renewal_lead) == Period():
        faults.append(FactOutOfRange(("renewal_lead",), message="length-empty"))
    raise_first(faults)


def _check_issued_before(explainer: Explainer, term: Term, request: ExpiryRequest) -> None:
    """Answer a start before the first version as its row says: by what is known of the former rule, or NotInForce."""
    explainer.check_law_date(term.instrument.checked_on, request.start)
    # Starts before FIRST_DAY are refused already, so a term without a first day never meets the branch below.
    first_day = term.first_day or FIRST_DAY
    variant = "term-in-force"
    issued_before = _find_former_rule(term, request.start)
    if not isinstance(issued_before, UnsetType):
        former = term.former_citation
        match issued_before:
            case "refused":
                raise NotInForce(("start",), "not-in-force-term", request.start, first_day)
            case "notice":
                explainer.add_notice("issued-before-commencement", former, in_force_from=first_day)
                variant = "term-former-known"
            case "warning":
                addition = explainer.texts.labels["former_term"].get(request.term, "")
                explainer.add_notice("former-rule-unknown", in_force_from=first_day, known=addition)
                variant = "term-former-unknown"
            case "different":
                is_shorter = _is_granted_shorter(request, term)
                shorter = explainer.label("heading", "no_shorter_length_before") if is_shorter else ""
                last_former_day = add_days(first_day, -1)
                shown = explainer.label("heading", "of_ceiling" if request.granted is UNSET else "of_grant")
                explainer.add_notice(
                    "former-data-protection", former, through=last_former_day, shown=shown, shorter=shorter
                )
                variant = "term-former-different"
            case _:
                assert_never(issued_before)
    explainer.add_step("applicable-law", term.instrument.id, request.start, variant=variant, first=first_day)


def _find_former_rule(term: Term, start: date) -> IssuedBefore | UnsetType:
    """What is known of the rule before the first version, for a start before it; absent for a later one."""
    if start >= (term.first_day or FIRST_DAY):
        return UNSET
    # Of a day before the former rule itself nothing is known here, whatever that rule said.
    return "warning" if term.is_older_than_the_former_rule(start) else term.row.issued_before


def _is_granted_shorter(request: ExpiryRequest, term: Term) -> bool:
    """Whether a length was granted that ends before the one of the law does."""
    if not isinstance(request.granted, Granted):
        return False
    # Six years and 72 months are the same length, so the ends are compared.
    granted = find_ends(request.start, to_period(request.granted))
    return granted.civil_code < find_ends(request.start, term.row.length).civil_code


def _choose_convention(explainer: Explainer, term: Term, request: ExpiryRequest) -> Convention:
    """The caller's convention, else that of the term; a statutory period counts by the Civil Code."""
    if not isinstance(request.convention, UnsetType):
        return request.convention
    if term.row.convention == "civil-code":
        explainer.add_notice("convention-by-term")
    return term.row.convention


def _find_length(explainer: Explainer, term: Term, request: ExpiryRequest) -> Period:
    """The fixed length, the granted one, or the cap where nothing was granted."""
    texts, legal = explainer.texts, term.row.length
    legal_text = texts.describe_period(legal)
    if not term.row.ceiling:
        explainer.add_step("length", legal, citation=term.citation, variant="fixed-term", length=legal_text)
        return legal
    if not isinstance(request.granted, Granted):
        # The law only caps the length, so without a grant the last day is the latest possible one. A former rule that
        # knew no shorter length has its own notice.
        if _find_former_rule(term, request.start) != "different":
            explainer.add_notice("ceiling-assumed", length=legal_text)
        explainer.add_step("length", legal, citation=term.citation, variant="ceiling", length=legal_text)
        return legal
    granted = to_period(request.granted)
    text = texts.describe_period(granted)
    explainer.add_step("length", granted, legal, term.citation, variant="granted", length=text, cap=legal_text)
    return granted


def _check_cap(request: ExpiryRequest, term: Term, convention: Convention, ends: ByConvention) -> None:
    """A granted length must not end after the cap does, by the convention chosen."""
    if not isinstance(request.granted, Granted):
        return
    # Compared by the end dates: 6 years and 72 months are the same, 6 years and 2190 days are not.
    cap = find_ends(request.start, term.row.length)
    granted_end, cap_end = pick_end(convention, ends), pick_end(convention, cap)
    if granted_end > cap_end:
        raise OverTheCap(("granted",), "over-the-cap-granted", granted_end, cap_end)


def _check_lead(request: ExpiryRequest, convention: Convention, ends: ByConvention) -> None:
    """A renewal lead must not reach back before the term began."""
    if not isinstance(request.renewal_lead, RenewalLead):
        return
    last = pick_end(convention, ends)
    # From FIRST_DAY on, the longest lead of a request ends within the years that dates have.
    if find_day_before_end(last, to_period(request.renewal_lead)) < request.start:
        raise FactOutOfRange(("renewal_lead",), message="lead-longer-than-term", start=request.start, last=last)


def _note_unused_facts(explainer: Explainer, request: ExpiryRequest, renewal: RenewalDates | UnsetType) -> None:
    """A notice for each fact on renewal that had no effect: the term ended sooner, or cannot be renewed so."""
    if request.renewal_lead is not UNSET and renewal is UNSET:
        explainer.add_unused_fact("renewal_lead")
    if request.renewal_approved_on is not UNSET and (isinstance(renewal, UnsetType) or renewal.next_term is UNSET):
        explainer.add_unused_fact("renewal_approved_on")


def _find_last_day(
    explainer: Explainer, request: ExpiryRequest, convention: Convention, length: Period, ends: ByConvention
) -> tuple[date, bool]:
    """The last day by the convention chosen, and whether the term ended sooner."""
    last, ended = pick_end(convention, ends), request.ended_on
    explainer.add_notice("civil-code-by-analogy")
    if explainer.explains:
        variant = f"{convention}{_choose_variant(length, ends)}"
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


def _count_days_left(
    explainer: Explainer, request: ExpiryRequest, last: date, renewal: RenewalDates | UnsetType
) -> int | UnsetType:
    if not isinstance(request.as_of, date):
        return UNSET
    if request.as_of > last:
        # The old certificate has ended, but on a day of the renewed term nothing has lapsed.
        following = UNSET if isinstance(renewal, UnsetType) else renewal.next_term
        if isinstance(following, UnsetType) or not following.start <= request.as_of <= following.last_day:
            explainer.add_notice("expired", last_day=last)
    elif request.as_of < request.start:
        explainer.add_notice("not-yet-begun", start=request.start)
    # `as_of` is not counted and the last day is, so on the last day itself nothing is left.
    left = max((last - request.as_of).days, 0)
    variant = "none" if request.as_of > last else ""
    explainer.add_step("days-left", left, before=request.as_of, variant=variant, last_day=last)
    return left
