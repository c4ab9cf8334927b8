"""What a violation costs (条例 79-87): the facts of a violation in, its legal consequences out."""

from penaltycalc.calculators.penalties.answer import (
    Applies,
    Fine,
    FixedBasis,
    IncomeBasis,
    Limitation,
    LimitationDay,
    MultipleBasis,
    Outcome,
    PenaltyAnswer,
    PenaltyExcluded,
    Person,
)
from penaltycalc.calculators.penalties.fines import describe_fine, format_fine
from penaltycalc.calculators.penalties.penalty import penalty
from penaltycalc.calculators.penalties.request import (
    Conduct,
    ExemptionFacts,
    Harm,
    PenaltyRequest,
    Readings,
    ResponsiblePerson,
    Severity,
)

__all__ = [
    "Applies",
    "Conduct",
    "ExemptionFacts",
    "Fine",
    "FixedBasis",
    "Harm",
    "IncomeBasis",
    "Limitation",
    "LimitationDay",
    "MultipleBasis",
    "Outcome",
    "PenaltyAnswer",
    "PenaltyExcluded",
    "PenaltyRequest",
    "Person",
    "Readings",
    "ResponsiblePerson",
    "Severity",
    "describe_fine",
    "format_fine",
    "penalty",
]
