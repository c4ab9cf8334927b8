"""The typed clauses of the law: fines, measures, bars and bans.

The same records stand in law/*.toml and in the answers. In the law data, `text` and the days are
absent; an answer adds them. Money in yuan; lengths in calendar years.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal

from msgspec import UNSET, Meta, UnsetType

from penaltycalc.rules.citations import ProvisionRef
from penaltycalc.rules.money import Money
from penaltycalc.rules.records import Record, Tagged

Activity = Literal["production", "wholesale", "retail"]
Scope = Literal["specialty", "institution"]
TierName = Literal["first", "uncorrected", "severe", "exempt", "not_exempt"]
Trigger = Literal["not_corrected_in_time", "still_not_meeting_conditions"]
"""What leads to the tier `uncorrected`: 逾期不改正, or 逾期仍不符合备案条件."""
Authority = Literal["local_county_or_above", "county_or_above", "provincial", "provincial_or_above"]
Role = Literal["legal_representative", "principal", "directly_responsible_manager", "other"]
ConfiscatedObject = Literal["drugs", "purchased_drugs", "illegal_gains"]
Licence = Literal[
    "drug_approval",
    "production_licence",
    "distribution_licence",
    "hospital_preparation_licence",
    "medical_institution_practice_licence",
]
BannedActivity = Literal["drug_production_and_trade", "glp_studies", "clinical_trials", "clinical_trials_of_specialty"]
GoodsValueOf = Literal["produced_or_sold", "purchased", "produced_sold_used_or_imported"]
Percent = Annotated[int, Meta(ge=0, le=1000)]
Times = Annotated[int, Meta(ge=1)]


# ------------------------------------------------------------------ fines, as the law states them


class FixedFine(Tagged, tag="fixed", frozen=True, kw_only=True):
    """A fine between two amounts (处…以上…以下的罚款), both included (CC 1259).

    `minimum` is absent where the law sets no lower bound.
    """

    minimum: Money | UnsetType = UNSET
    maximum: Money


class GoodsValueMultiple(Tagged, tag="goods_value_multiple", frozen=True, kw_only=True):
    """A fine as multiples of the goods value (货值金额), both ends included.

    A goods value below the deemed value counts as the deemed value (不足…的，按…计算). The deemed
    value is one amount, or one for each activity.
    """

    minimum: Times
    maximum: Times
    deemed_value: Money | UnsetType = UNSET
    deemed_value_by_activity: dict[Activity, Money] | UnsetType = UNSET


class IncomeShare(Tagged, tag="income_share", frozen=True, kw_only=True):
    """A fine as a share of the income from the unit during the violation, in per cent, both ends included."""

    minimum_percent: Percent
    maximum_percent: Percent


FineClause = FixedFine | GoodsValueMultiple | IncomeShare


# ------------------------------------------------------------------------------ bars and bans


class BanLength(Record, omit_defaults=True, frozen=True, kw_only=True):
    """How long a bar or ban lasts, in calendar years; `up_to` life where the law leaves both ends open."""

    years: Annotated[int, Meta(ge=1, le=99)]
    up_to: Literal["life"] | UnsetType = UNSET


class TimedMeasure(Tagged, frozen=True, kw_only=True):
    """What runs from the day a decision takes effect.

    `last_day` is the last barred day and `first_free_day` the one after it (CC 201, 202); the
    effective day itself is barred too. Both are absent without an effective date. Of a length that
    may reach up to life they are those of the shortest ban.
    """

    length: BanLength
    last_day: date | UnsetType = UNSET
    first_free_day: date | UnsetType = UNSET


class PersonalBan(Record, frozen=True, kw_only=True):
    """A ban on a responsible person (禁止从事…活动); days as in `TimedMeasure`.

    `and_others` is true where the list of activities ends in 等.
    """

    activities: tuple[BannedActivity, ...]
    and_others: Literal[True] | UnsetType = UNSET
    length: BanLength
    last_day: date | UnsetType = UNSET
    first_free_day: date | UnsetType = UNSET
    text: str | UnsetType = UNSET


# ----------------------------------------------------------------------------------- measures


class OrderToCorrect(Tagged, tag="order_to_correct", frozen=True, kw_only=True):
    """责令改正, or 责令限期改正 where `within_time_limit`, which has a text of its own in labels.toml."""

    WITHIN_TIME_LIMIT: ClassVar[str] = "order_to_correct_within_time_limit"

    within_time_limit: bool
    text: str | UnsetType = UNSET


class FormalWarning(Tagged, tag="warning", frozen=True, kw_only=True):
    """警告."""

    text: str | UnsetType = UNSET


class Confiscation(Tagged, tag="confiscation", frozen=True, kw_only=True):
    """没收: drugs unlawfully produced or sold, drugs unlawfully purchased, illegal gains."""

    objects: tuple[ConfiscatedObject, ...]
    text: str | UnsetType = UNSET


class Suspension(Tagged, tag="suspension", frozen=True, kw_only=True):
    """责令停产停业整顿."""

    text: str | UnsetType = UNSET


class SuspensionUpToRevocation(Tagged, tag="suspension_up_to_revocation", frozen=True, kw_only=True):
    """责令停产停业整顿直至吊销: from suspension up to revocation of the licences, by their issuer.

    `and_others` is true where the list of licences ends in 等.
    """

    licences: tuple[Licence, ...]
    and_others: Literal[True] | UnsetType = UNSET
    text: str | UnsetType = UNSET


class Revocation(Tagged, tag="revocation", frozen=True, kw_only=True):
    """吊销, by the issuing authority (原发证部门)."""

    licences: tuple[Licence, ...]
    text: str | UnsetType = UNSET


class ApplicationRefused(Tagged, tag="application_refused", frozen=True, kw_only=True):
    """不予受理或者不予许可."""

    text: str | UnsetType = UNSET


class ApplicationBar(TimedMeasure, tag="application_bar", frozen=True, kw_only=True):
    """不受理其相应申请: no application of the same kind is accepted while it runs."""

    text: str | UnsetType = UNSET


class ActivityBan(TimedMeasure, tag="activity_ban", frozen=True, kw_only=True):
    """A ban on activities of the unit; `scope` where the cancelled filing decides."""

    activities: tuple[BannedActivity, ...]
    scope: Scope | UnsetType = UNSET
    text: str | UnsetType = UNSET


class FilingCancelled(Tagged, tag="filing_cancelled", frozen=True, kw_only=True):
    """取消备案, of one specialty or of the institution."""

    scope: Scope
    text: str | UnsetType = UNSET


class DataInadmissible(Tagged, tag="data_inadmissible", frozen=True, kw_only=True):
    """The trial data must not be used for registration."""

    text: str | UnsetType = UNSET


class DrugsTaken(Tagged, tag="drugs_taken", frozen=True, kw_only=True):
    """收缴: the fake or inferior drugs sold or used are taken; no penalty."""

    text: str | UnsetType = UNSET


class Compensation(Tagged, tag="compensation", frozen=True, kw_only=True):
    """The regulator compensates the loss."""

    text: str | UnsetType = UNSET


class Recourse(Tagged, tag="recourse", frozen=True, kw_only=True):
    """The regulator recovers all or part from staff with intent or gross negligence."""

    text: str | UnsetType = UNSET


class Discipline(Tagged, tag="discipline", frozen=True, kw_only=True):
    """Discipline for the responsible leaders and those directly responsible."""

    text: str | UnsetType = UNSET


Measure = (
    OrderToCorrect
    | FormalWarning
    | Confiscation
    | Suspension
    | SuspensionUpToRevocation
    | Revocation
    | ApplicationRefused
    | ApplicationBar
    | ActivityBan
    | FilingCancelled
    | DataInadmissible
    | DrugsTaken
    | Compensation
    | Recourse
    | Discipline
)


class PersonsClause(Record, frozen=True, kw_only=True):
    """Personal liability of the responsible persons (责任人员); the fine falls on each of them."""

    roles: tuple[Role, ...]
    fine: FixedFine | IncomeShare
    income_confiscated: bool = False
    ban: PersonalBan | UnsetType = UNSET


class Tier(Record, frozen=True, kw_only=True):
    """One tier (档) of a violation: what follows when its conditions are met.

    `decided_by` are the provisions that decide in its place, where it has no consequence of its own.
    `gains_notice` is the notice on what 行政处罚法 28 adds where the tier itself does not order
    correction and confiscate illegal gains; absent where that is not in doubt. `trigger` is that of
    the tier `uncorrected`.
    """

    name: TierName
    trigger: Trigger = "not_corrected_in_time"
    citation: ProvisionRef | UnsetType = UNSET
    decided_by: tuple[ProvisionRef, ...] = ()
    gains_notice: str | UnsetType = UNSET
    measures: tuple[Measure, ...]
    fine: FixedFine | GoodsValueMultiple | UnsetType = UNSET
    persons: PersonsClause | UnsetType = UNSET
    notices: tuple[str, ...] = ()
