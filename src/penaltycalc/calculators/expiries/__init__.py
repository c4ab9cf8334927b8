"""When a licence or a protection ends: term + start in, last day and renewal out."""

from penaltycalc.calculators.expiries.expiry import expiry
from penaltycalc.calculators.expiries.records import (
    ByConvention,
    Convention,
    ExpiryAnswer,
    ExpiryRequest,
    Granted,
    RenewalDates,
    RenewalLead,
    RenewedBy,
)

__all__ = [
    "ByConvention",
    "Convention",
    "ExpiryAnswer",
    "ExpiryRequest",
    "Granted",
    "RenewalDates",
    "RenewalLead",
    "RenewedBy",
    "expiry",
]
