"""The calculations for programs in Python: each checks its request as strictly as JSON is checked."""

from __future__ import annotations

from penaltycalc.calculators import deadlines, expiries, penalties
from penaltycalc.calculators.deadlines import DeadlineAnswer, DeadlineRequest
from penaltycalc.calculators.expiries import ExpiryAnswer, ExpiryRequest
from penaltycalc.calculators.penalties import PenaltyAnswer, PenaltyRequest
from penaltycalc.calendar.workdays import WorkingCalendar
from penaltycalc.input.python import check_request
from penaltycalc.rules.rulebook import Rulebook
from penaltycalc.rules.wording import LANGUAGES, Language


def penalty(
    request: PenaltyRequest,
    rulebook: Rulebook,
    calendar: WorkingCalendar,
    *,
    lang: Language = "zh",
    explain: bool = True,
) -> PenaltyAnswer:
    """The legal consequences of a violation (条例 79-87).

    RequestError where the request does not fit its type; ValueError for another language. LawRefuses
    (UnknownViolation, NotInForce, DatesOutOfOrder, OutsideCalendar) where the law or the facts allow
    no answer.
    """
    check_request(request, PenaltyRequest)
    _check_language(lang)
    return penalties.penalty(request, rulebook, calendar, lang=lang, explain=explain)


def deadline(
    request: DeadlineRequest,
    rulebook: Rulebook,
    calendar: WorkingCalendar,
    *,
    lang: Language = "zh",
    explain: bool = True,
) -> DeadlineAnswer:
    """The day through which a step may be done, that day included.

    RequestError where the request does not fit its type; ValueError for another language. LawRefuses
    (UnknownStep, NotInForce, DatesOutOfOrder, ReasonNotAllowed, ExtensionNotAllowed, OverTheCap,
    OutsideCalendar) where the law, the facts or the calendar allow no answer.
    """
    check_request(request, DeadlineRequest)
    _check_language(lang)
    return deadlines.deadline(request, rulebook, calendar, lang=lang, explain=explain)


def expiry(
    request: ExpiryRequest,
    rulebook: Rulebook,
    calendar: WorkingCalendar,
    *,
    lang: Language = "zh",
    explain: bool = True,
) -> ExpiryAnswer:
    """The last day of a licence or a protection, included.

    RequestError where the request does not fit its type; ValueError for another language. LawRefuses
    (UnknownTerm, NotInForce, DatesOutOfOrder, OverTheCap, FactOutOfRange, OutsideCalendar) where the
    law or the facts allow no answer.
    """
    check_request(request, ExpiryRequest)
    _check_language(lang)
    return expiries.expiry(request, rulebook, calendar, lang=lang, explain=explain)


def _check_language(lang: str) -> None:
    # No type checker need have seen the program that calls, and another language would fail deep inside.
    if lang not in LANGUAGES:
        raise ValueError(f"lang is one of {', '.join(LANGUAGES)}, not {lang!r}")
