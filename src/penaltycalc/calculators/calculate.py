"""The calculations by kind: what API, command line and batch dispatch on."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, assert_never

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
    """One kind of calculation: its request and answer types, and the name of the id that it looks up."""

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
    """The answer to a request of any kind; errors as those of `penalty`, `deadline` and `expiry`."""
    match request:
        case PenaltyRequest():
            return penalty(request, rulebook, calendar, lang=lang, explain=explain)
        case DeadlineRequest():
            return deadline(request, rulebook, calendar, lang=lang, explain=explain)
        case ExpiryRequest():
            return expiry(request, rulebook, calendar, lang=lang, explain=explain)
        case _:
            assert_never(request)
