"""The facts of a violation as a caller states them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType, field
from msgspec.structs import replace

from penaltycalc.rules.clauses import Activity, Role, Scope
from penaltycalc.rules.money import Money
from penaltycalc.rules.records import Record, Tagged

Severity = Literal["ordinary", "severe"]


class Conduct(Record, frozen=True, kw_only=True):
    """When the conduct took place, both days included; no `to`: it is still going on (APL 36, 37)."""

    from_: date = field(name="from")
    to: date | UnsetType = UNSET


class Harm(Record, frozen=True, kw_only=True):
    """The two facts that together extend the limitation period (APL 36)."""

    life_health_or_financial_safety: bool | UnsetType = UNSET
    harmful_consequence: bool | UnsetType = UNSET


class ResponsiblePerson(Record, frozen=True, kw_only=True):
    """A responsible person (责任人员); `income_during_violation` in yuan, from the unit, while the violation lasted."""

    role: Role
    name: Annotated[str, Meta(max_length=100)] | UnsetType = UNSET
    income_during_violation: Money | UnsetType = UNSET


class ExemptionFacts(Record, frozen=True, kw_only=True):
    """The two facts that must both be true for exemption (DAR 86)."""

    duties_fulfilled: bool | UnsetType = UNSET
    did_not_know_proven: bool | UnsetType = UNSET


class Readings(Record, omit_defaults=True, frozen=True, kw_only=True):
    """Readings that the text leaves open and the caller may choose.

    `severe_needs_failed_correction`: the severe tier (情节严重) needs a failed correction first
    (DAR 84, DAL 126). `obstruction_suspension_replaces_fine`: suspension takes the place of the fine
    (DAR 85¶2).
    """

    severe_needs_failed_correction: bool = False
    obstruction_suspension_replaces_fine: bool = False


DEFAULT_READINGS = Readings()


class PenaltyRequest(Tagged, tag="penalty", omit_defaults=True, frozen=True, kw_only=True):
    """The facts of a violation; what is not known is left out.

    `goods_value` (货值金额) in yuan. `rectified`: corrected within the time limit set. `as_of`: the
    law as it stands on that day, where no decision is dated. `ref` is echoed. With `assume_in_force`
    the rules in force at the decision are applied to earlier conduct, for the comparison that APL 37
    asks for.
    """

    violation: Annotated[str, Meta(max_length=100)]
    goods_value: Money | UnsetType = UNSET
    activity: Activity | UnsetType = UNSET
    severity: Severity | UnsetType = UNSET
    rectified: bool | UnsetType = UNSET
    scope: Scope | UnsetType = UNSET
    conduct: Conduct | UnsetType = UNSET
    decision_effective_on: date | UnsetType = UNSET
    discovered_on: date | UnsetType = UNSET
    harm: Harm | UnsetType = UNSET
    responsible_persons: Annotated[tuple[ResponsiblePerson, ...], Meta(max_length=1000)] = ()
    exemption_facts: ExemptionFacts | UnsetType = UNSET
    readings: Readings = DEFAULT_READINGS
    as_of: date | UnsetType = UNSET
    assume_in_force: bool = False
    ref: Annotated[str, Meta(max_length=64)] | UnsetType = UNSET


def strip_facts(request: PenaltyRequest) -> PenaltyRequest:
    """The facts alone, for the digest of the inputs: without `ref`, and without records that hold no fact."""
    empty: dict[str, object] = {}
    if request.ref is not UNSET:
        empty["ref"] = UNSET
    # Readings that were stated as the defaults are the same facts, so they must give the same digest.
    if request.readings is not DEFAULT_READINGS and request.readings == DEFAULT_READINGS:
        empty["readings"] = DEFAULT_READINGS
    if request.harm == Harm():
        empty["harm"] = UNSET
    if request.exemption_facts == ExemptionFacts():
        empty["exemption_facts"] = UNSET
    return replace(request, **empty) if empty else request
