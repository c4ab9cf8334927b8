"""The legal consequences of a violation as an answer states them."""

from __future__ import annotations

from datetime import date
from typing import Literal

from msgspec import UNSET, UnsetType

from penaltycalc.calculators.explain import Explanation, Provenance
from penaltycalc.rules.citations import Citation
from penaltycalc.rules.clauses import Activity, Authority, Measure, PersonalBan, Role, Scope, TierName
from penaltycalc.rules.money import Money
from penaltycalc.rules.records import Record, Tagged
from penaltycalc.rules.texts import Notice

Applies = Literal["two", "five", "undetermined"]


class MultipleBasis(Tagged, tag="goods_value_multiple", frozen=True, kw_only=True):
    """How a fine follows from the goods value; money in yuan.

    `counted_value` is what the multiples apply to: the goods value, or the deemed value where
    `deemed_value_applied`. What depends on a fact that was not given is absent.
    """

    goods_value: Money | UnsetType = UNSET
    deemed_value: Money | UnsetType = UNSET
    deemed_value_applied: bool | UnsetType = UNSET
    counted_value: Money | UnsetType = UNSET
    minimum_multiple: int
    maximum_multiple: int


class FixedBasis(Tagged, tag="fixed", frozen=True, kw_only=True):
    """The fine is a range of amounts that the law itself gives."""


class IncomeBasis(Tagged, tag="income_share", frozen=True, kw_only=True):
    """The fine is a share of a person's income, in per cent; bounds rounded inwards to whole fen."""

    income: Money | UnsetType = UNSET
    minimum_percent: int
    maximum_percent: int


class Fine(Record, frozen=True, kw_only=True):
    """A fine (罚款) in yuan, both ends included.

    `minimum` is null where the law sets none; both are null where a fact is missing or no whole fen
    lies in the range.
    """

    minimum: Money | None
    maximum: Money | None
    basis: MultipleBasis | FixedBasis | IncomeBasis


class Person(Record, omit_defaults=True, frozen=True, kw_only=True):
    """What a responsible person faces; without given persons one entry stands for each role.

    `confiscated_income` is the whole income from the unit during the violation, null where it was
    not given, absent where the law does not confiscate it.
    """

    role: Role
    name: str | UnsetType = UNSET
    fine: Fine
    confiscated_income: Money | UnsetType | None = UNSET
    ban: PersonalBan | UnsetType = UNSET


class Outcome(Record, frozen=True, kw_only=True):
    """The legal consequences in one tier (档).

    `tier_title` is what people call the tier, in the language of the answer. `authority` is absent where
    no penalty is imposed. In alternatives, `activity` and `scope` are what was assumed. `citation` is the
    provision with the figures, `citations` are all that a decision names, in its order. `fine` is null
    where the tier has none, and where `decided_by` names the provisions that decide on it (DAR 86: those
    on the underlying violation).
    """

    tier: TierName
    tier_title: str
    activity: Activity | UnsetType = UNSET
    scope: Scope | UnsetType = UNSET
    authority: Authority | UnsetType = UNSET
    citation: Citation
    citations: tuple[Citation, ...]
    decided_by: tuple[Citation, ...] | UnsetType = UNSET
    fine: Fine | None
    measures: tuple[Measure, ...]
    persons: tuple[Person, ...]


class LimitationDay(Record, frozen=True, kw_only=True):
    """The last day, included, on which discovery is in time."""

    last_day: date


class Limitation(Record, frozen=True, kw_only=True):
    """Limitation of penalties (APL 36): no penalty where the conduct was not discovered in time.

    `applies` says which of the two periods; `barred` is absent where it cannot be told. `depends_on_harm`
    is true where the day of discovery lies between the two, so that the facts on harm decide whether any
    penalty may be imposed.
    """

    two_years: LimitationDay
    five_years: LimitationDay
    applies: Applies
    barred: bool | UnsetType = UNSET
    depends_on_harm: Literal[True] | UnsetType = UNSET


class PenaltyExcluded(Record, frozen=True, kw_only=True):
    """Why no penalty is imposed, whatever the tiers say: the limitation period has passed (APL 36)."""

    reason: Literal["limitation"]
    citation: Citation


class PenaltyAnswer(Tagged, tag="penalty", frozen=True, kw_only=True):
    """What a violation costs.

    `penalty_excluded`: no penalty is imposed; outcome and fine then stand for reference only.
    `determined`: then `outcome`; else `alternatives` and `missing_facts`, and on top a common `fine`
    where all alternatives have the same bounds. `limitation` is absent where the end of the conduct
    is not known.
    """

    ref: str | UnsetType = UNSET
    violation: str
    penalty_excluded: PenaltyExcluded | UnsetType = UNSET
    determined: bool
    outcome: Outcome | UnsetType = UNSET
    alternatives: tuple[Outcome, ...] | UnsetType = UNSET
    missing_facts: tuple[str, ...] | UnsetType = UNSET
    fine: Fine | UnsetType = UNSET
    limitation: Limitation | UnsetType = UNSET
    notices: tuple[Notice, ...]
    explanation: tuple[Explanation, ...] | UnsetType = UNSET
    provenance: Provenance
