"""When a step of a procedure is due: step + start in, due date and days out."""

from penaltycalc.calculators.deadlines.deadline import deadline
from penaltycalc.calculators.deadlines.records import (
    ClockStop,
    DayCount,
    DeadlineAnswer,
    DeadlineRequest,
    LedgerDay,
    OnLapse,
)

__all__ = ["ClockStop", "DayCount", "DeadlineAnswer", "DeadlineRequest", "LedgerDay", "OnLapse", "deadline"]
