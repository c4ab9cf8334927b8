"""penaltycalc: what the drug regulation of China says a violation costs, when a step is due, when a licence ends.

As a library, three questions and what they rest on:

>>> import penaltycalc
>>> rulebook = penaltycalc.load_rulebook()
>>> calendar = penaltycalc.load_calendar(rulebook)
>>> request = penaltycalc.ExpiryRequest(term="drug-registration", start=date(2023, 3, 1))
>>> penaltycalc.expiry(request, rulebook, calendar, lang="en").last_day
datetime.date(2028, 2, 29)

All three are pure functions of their arguments. They raise RequestError where a request does not fit
its type, LawRefuses where the law, the facts or the calendar allow no answer, and never guess.
"""

from datetime import date

from penaltycalc._version import __version__
from penaltycalc.calculators.deadlines import ClockStop, DeadlineAnswer, DeadlineRequest
from penaltycalc.calculators.expiries import ExpiryAnswer, ExpiryRequest, Granted, RenewalLead
from penaltycalc.calculators.explain import Explanation, Provenance, encode_answer
from penaltycalc.calculators.penalties import (
    Conduct,
    ExemptionFacts,
    Harm,
    PenaltyAnswer,
    PenaltyRequest,
    Readings,
    ResponsiblePerson,
)
from penaltycalc.calendar.holidays import load_calendar
from penaltycalc.calendar.workdays import WorkingCalendar
from penaltycalc.errors import BadNotice, BrokenLaw, DataBroken, LawRefuses, PenaltycalcError, RequestError
from penaltycalc.library import deadline, expiry, penalty
from penaltycalc.rules.citations import Citation
from penaltycalc.rules.money import Money
from penaltycalc.rules.rulebook import Rulebook, load_rulebook
from penaltycalc.rules.texts import Notice

__all__ = [
    "BadNotice",
    "BrokenLaw",
    "Citation",
    "ClockStop",
    "Conduct",
    "DataBroken",
    "DeadlineAnswer",
    "DeadlineRequest",
    "ExemptionFacts",
    "ExpiryAnswer",
    "ExpiryRequest",
    "Explanation",
    "Granted",
    "Harm",
    "LawRefuses",
    "Money",
    "Notice",
    "PenaltyAnswer",
    "PenaltyRequest",
    "PenaltycalcError",
    "Provenance",
    "Readings",
    "RenewalLead",
    "RequestError",
    "ResponsiblePerson",
    "Rulebook",
    "WorkingCalendar",
    "__version__",
    "date",
    "deadline",
    "encode_answer",
    "expiry",
    "load_calendar",
    "load_rulebook",
    "penalty",
]
