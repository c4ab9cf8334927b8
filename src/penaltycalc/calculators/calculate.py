"""The three calculations, by kind: what API, command line and batch dispatch on."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, Literal, NamedTuple

from msgspec import UNSET
from msgspec.structs import replace

from penaltycalc.calculators.deadlines import DeadlineAnswer, DeadlineRequest, deadline
from penaltycalc.calculators.expiries import ExpiryAnswer, ExpiryRequest, expiry
from penaltycalc.calculators.penalties import PenaltyAnswer, PenaltyRequest, penalty
from penaltycalc.calendar.workdays import WorkingCalendar
from penaltycalc.rules.rulebook import Rulebook
from penaltycalc.rules.wording import Language

Kind = Literal["penalty", "deadline", "expiry"]
Request = PenaltyRequest | DeadlineRequest | ExpiryRequest
Answer = PenaltyAnswer | DeadlineAnswer | ExpiryAnswer


class Calculation(NamedTuple):
    """One kind of calculation: its request and answer types, and the name of the id it looks up."""

    request: type[PenaltyRequest | DeadlineRequest | ExpiryRequest]
    answer: type[PenaltyAnswer | DeadlineAnswer | ExpiryAnswer]
    subject: Literal["violation", "step", "term"]


CALCULATIONS: Final[dict[Kind, Calculation]] = {
    "penalty": Calculation(PenaltyRequest, PenaltyAnswer, "violation"),
    "deadline": Calculation(DeadlineRequest, DeadlineAnswer, "step"),
    "expiry": Calculation(ExpiryRequest, ExpiryAnswer, "term"),
}


def calculate(
    request: Request, rulebook: Rulebook, calendar: WorkingCalendar, *, lang: Language = "zh", explain: bool = True
) -> Answer:
    """The answer to a request of any kind.

    The last answers are remembered, for this very rulebook and calendar: a spreadsheet asks for one value of
    the same answer after another. Without what belongs to a case alone: no reference, and none with persons.
    """
    if recurs(request):
        return _remembered(request, rulebook, calendar, lang, explain=explain)
    if _is_of_a_case(request):
        return calculated(request, rulebook, calendar, lang, explain=explain)
    return replace(_remembered(replace(request, ref=UNSET), rulebook, calendar, lang, explain=explain), ref=request.ref)


MOST_STOPS: Final = 10
"""Stops of a deadline that is remembered, at the most: answers with more are long, and do not recur."""
REMEMBERED: Final = 1024


def recurs(request: Request) -> bool:
    """Whether a request holds nothing that belongs to one case alone, so that its answer may be remembered."""
    return request.ref is UNSET and not _is_of_a_case(request)


def _is_of_a_case(request: Request) -> bool:
    """Whether an answer names persons, or is too long to be remembered."""
    if isinstance(request, PenaltyRequest):
        return bool(request.responsible_persons)
    return isinstance(request, DeadlineRequest) and (request.ledger or len(request.clock_stops) > MOST_STOPS)


def calculated(
    request: Request,
    rulebook: Rulebook,
    calendar: WorkingCalendar,
    lang: Language,
    *,
    explain: bool,
) -> Answer:
    """As `calculate`, and not remembered."""
    if isinstance(request, PenaltyRequest):
        return penalty(request, rulebook, calendar, lang=lang, explain=explain)
    if isinstance(request, DeadlineRequest):
        return deadline(request, rulebook, calendar, lang=lang, explain=explain)
    return expiry(request, rulebook, calendar, lang=lang, explain=explain)


_remembered: Final = lru_cache(maxsize=REMEMBERED)(calculated)


def forget() -> None:
    """Let go of the answers that are remembered: a calendar that is no longer in use would be held by them."""
    _remembered.cache_clear()
