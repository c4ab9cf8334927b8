"""When a licence or a protection ends: term + start in, last day and renewal out."""

from penaltycalc.calculators.expiries.expiry import expiry
from penaltycalc.calculators.expiries.records import (
    ByConvention,
    ExpiryAnswer,
    ExpiryRequest,
    Granted,
    NextTerm,
    RenewalDates,
    RenewalDays,
    RenewalLead,
    RenewedBy,
)

__all__ = [
    "ByConvention",
    "ExpiryAnswer",
    "ExpiryRequest",
    "Granted",
    "NextTerm",
    "RenewalDates",
    "RenewalDays",
    "RenewalLead",
    "RenewedBy",
    "expiry",
]
