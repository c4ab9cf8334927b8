"""A term and its start as a caller states them, and when it ends and is renewed as an answer states it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple

from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import replace

from penaltycalc.calculators.explain import Explanation, Provenance
from penaltycalc.calendar.workdays import Status
from penaltycalc.rules.citations import Citation
from penaltycalc.rules.periods import Period
from penaltycalc.rules.records import Record, Tagged
from penaltycalc.rules.rows import Convention, RenewalAuthority
from penaltycalc.rules.texts import Notice

Years = Annotated[int, Meta(ge=1, le=999)]
Months = Annotated[int, Meta(ge=1, le=9999)]
Days = Annotated[int, Meta(ge=1, le=99999)]

# ----------------------------------------------------------------------------------- the request


class Granted(Record, frozen=True, kw_only=True):
    """A granted length of a protection that the law only caps (不超过); the parts add up, at least one is given."""

    years: Years | UnsetType = UNSET
    months: Months | UnsetType = UNSET
    days: Days | UnsetType = UNSET


class RenewalLead(Record, frozen=True, kw_only=True):
    """How long before the last valid day another rule wants the application; at least one part is given."""

    months: Months | UnsetType = UNSET
    days: Days | UnsetType = UNSET


class ExpiryRequest(Tagged, tag="expiry", omit_defaults=True, frozen=True, kw_only=True):
    """A term, and the day it starts: that of issue or registration.

    `convention`: the way of counting, by default that of the term. `granted`: of ceilings only.
    `ended_on`: the last day where the term ended sooner. `renewal_approved_on`: the day on which
    re-registration was approved (再注册批准日), of `drug-registration` and `api-approval` only. `as_of`: the
    day on which the days left are asked for. `ref` is echoed.
    """

    term: Annotated[str, Meta(max_length=100)]
    start: date
    convention: Convention | UnsetType = UNSET
    granted: Granted | UnsetType = UNSET
    ended_on: date | UnsetType = UNSET
    renewal_lead: RenewalLead | UnsetType = UNSET
    renewal_approved_on: date | UnsetType = UNSET
    as_of: date | UnsetType = UNSET
    ref: Annotated[str, Meta(max_length=64)] | UnsetType = UNSET


# ------------------------------------------------------------------------------------ the answer


class ByConvention(Record, frozen=True, kw_only=True):
    """The last day, included, by both conventions.

    `certificate`: 有效期至 is the day before the anniversary. `civil_code`: the start day is not
    counted and the term ends on the anniversary (CC 201, 202).
    """

    certificate: date
    civil_code: date


class RenewedBy(Record, frozen=True, kw_only=True):
    """Who decides on the renewal, and where that stands.

    Another authority decides for foreign holders, or on wholesalers, where the law says so; of a
    distribution licence `authority` then is that of retailers (DAL 51¶1). `citation` is the first of
    `citations`.
    """

    authority: RenewalAuthority
    foreign_holder_authority: RenewalAuthority | UnsetType = UNSET
    wholesale_authority: RenewalAuthority | UnsetType = UNSET
    citation: Citation
    citations: tuple[Citation, ...]


class RenewalDays(Record, frozen=True, kw_only=True):
    """The days on which renewal is applied for (申请窗口): from `opens` through `closes`, both included."""

    opens: date
    closes: date


class NextTerm(Record, frozen=True, kw_only=True):
    """The term of the renewed certificate, both days included.

    It starts on the day after the last valid day of the old one, or on the day of an approval that comes
    later (NMPA notice 2024 no. 38, excerpt); its length and convention are those of the old one.
    """

    start: date
    last_day: date


class RenewalDates(Record, frozen=True, kw_only=True):
    """When to renew (延续、再注册、重新核发); all days included, none moved over rest days.

    `window` stands where a rule sets the days on which to apply. `latest_by_licensing_law` is the day 30
    days before the last valid day (ALL 50¶1). `apply_by` stands only where a renewal lead was given.
    `usual_apply_by` is the day by the lead of the former Regulation: absent beside a lead that is long enough
    for ALL 50¶1, and beside a window unless that day lies before the rule of the window began.
    `review_fits_until` is the last day on which an application can be accepted so that the authority's own
    period still ends in time, absent outside the calendar and where that period is not known;
    `review_status` is that of the days it counts. `next_term` stands where the day of the approval was given.
    """

    window: RenewalDays | UnsetType = UNSET
    latest_by_licensing_law: date
    apply_by: date | UnsetType = UNSET
    usual_apply_by: date | UnsetType = UNSET
    review_fits_until: date | UnsetType = UNSET
    review_status: Status | UnsetType = UNSET
    next_term: NextTerm | UnsetType = UNSET
    renewed_by: RenewedBy

    @property
    def days_to_apply(self) -> DaysToApply:
        """The last days on which to apply; whatever here is later comes too late, or has to be checked."""
        return find_days_to_apply(self.window, self.apply_by, self.usual_apply_by, self.latest_by_licensing_law)


class DaysToApply(NamedTuple):
    """The last days on which to apply, included: by the rules that count, and by the former Regulation if earlier."""

    by_rules: date
    by_former_rule: date | UnsetType


def find_days_to_apply(
    window: RenewalDays | UnsetType, apply_by: date | UnsetType, usual_apply_by: date | UnsetType, latest: date
) -> DaysToApply:
    """The earliest of the last days that a window, a lead and the licensing law give, and that of the former rule.

    The page finds the same days (describeLateDay in web/app/paper.js).
    """
    days = [latest]
    if isinstance(window, RenewalDays):
        # Before the window opens nobody can apply, so a lead that ends there is to be checked and sets no day.
        days.append(window.closes)
        apply_by = apply_by if isinstance(apply_by, date) and apply_by >= window.opens else UNSET
    if isinstance(apply_by, date):
        days.append(apply_by)
    day = min(days)
    # A rule in force that sets a window stands in the place of the former lead.
    if window is UNSET and isinstance(usual_apply_by, date) and usual_apply_by < day:
        return DaysToApply(day, usual_apply_by)
    return DaysToApply(day, UNSET)


class ExpiryAnswer(Tagged, tag="expiry", frozen=True, kw_only=True):
    """When a licence or a protection ends.

    `last_day` is the last valid day, included, by `convention`. `days_left` are the days after `as_of` through it,
    0 when it is past.
    """

    ref: str | UnsetType = UNSET
    term: str
    last_day: date
    convention: Convention
    by_convention: ByConvention
    ended_early: bool
    days_left: int | UnsetType = UNSET
    renewal: RenewalDates | UnsetType = UNSET
    notices: tuple[Notice, ...]
    explanation: tuple[Explanation, ...] | UnsetType = UNSET
    provenance: Provenance


def strip_facts(request: ExpiryRequest) -> ExpiryRequest:
    """The facts alone, for the digest of the inputs: without the reference."""
    return request if request.ref is UNSET else replace(request, ref=UNSET)


def to_period(length: Granted | RenewalLead) -> Period:
    """The length of a grant or a lead as a period; its absent parts are zero."""
    parts = {name: getattr(length, name) for name in length.__struct_fields__}
    return Period(**{name: number for name, number in parts.items() if number is not UNSET})
