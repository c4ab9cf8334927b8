"""The three calculations, by kind: what API, command line and batch dispatch on."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from penaltycalc.deadlines import DeadlineAnswer, DeadlineRequest, deadline
from penaltycalc.expiries import ExpiryAnswer, ExpiryRequest, expiry
from penaltycalc.penalties import PenaltyAnswer, PenaltyRequest, penalty
from penaltycalc.rulebook import Rulebook
from penaltycalc.wording import Language
from penaltycalc.workdays import WorkingCalendar

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
    """The answer to a request of any kind."""
    if isinstance(request, PenaltyRequest):
        return penalty(request, rulebook, calendar, lang=lang, explain=explain)
    if isinstance(request, DeadlineRequest):
        return deadline(request, rulebook, calendar, lang=lang, explain=explain)
    return expiry(request, rulebook, calendar, lang=lang, explain=explain)
