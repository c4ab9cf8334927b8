"""The rows of law/: violations, steps and terms as the files state them, and the general rules."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from penaltycalc.errors import BrokenLaw
from penaltycalc.rules.citations import ProvisionRef, Structure
from penaltycalc.rules.clauses import Activity, Authority, GoodsValueOf, Scope, Tier
from penaltycalc.rules.periods import Period
from penaltycalc.rules.records import Record

Unit = Literal["working_day", "calendar_day"]
Reading = Literal["severe_needs_failed_correction", "obstruction_suspension_replaces_fine"]
StopReason = Literal[
    "technical_review",
    "registration_review",
    "hearing",
    "bidding",
    "auction",
    "inspection",
    "testing",
    "quarantine",
    "appraisal",
    "expert_review",
]
Lapse = Literal["consent_deemed", "acceptance_deemed"]
LapseDay = Literal["start", "day_after_due"]
IssuedBefore = Literal["notice", "warning", "different", "refused"]
Convention = Literal["certificate", "civil-code"]
Holders = Literal["domestic"]
Source = Literal["excerpt"]
RenewalAuthority = Literal["national", "provincial", "local_county_or_above"]
Event = Literal[
    "acceptance",
    "application",
    "receipt",
    "receipt_of_result",
    "decision",
    "confirmation_of_error",
    "health_authority_feedback",
]
Days = Annotated[int, Meta(ge=1)]


class Row(Record, frozen=True, kw_only=True):
    """What every row has: an id, the provision it restates, and when it is in force (both days included).

    `in_force_from` is by default that of the instrument; without `in_force_until` the row has no end.
    `commencement` is the provision that sets another first day than the instrument's.
    """

    id: Annotated[str, Meta(min_length=1)]
    citation: ProvisionRef
    in_force_from: date | UnsetType = UNSET
    in_force_until: date | UnsetType = UNSET
    commencement: ProvisionRef | UnsetType = UNSET


class ViolationRow(Row, frozen=True, kw_only=True):
    """A violation (违法行为) and what follows; `tiers_of` names a row whose tiers apply here too.

    `authority` is absent where no penalty is imposed, which `penalty = false` says too. `also` are
    provisions that a decision names besides the row's own and that of the tier. `gives_way_to` are
    provisions of 疫苗管理法 that come first where the drug is a vaccine. `goods_value_of` says which goods
    the goods value (货值金额) is that of. `notice_facts` holds, by notice code, the figures that the notice
    names.
    """

    authority: Authority | UnsetType = UNSET
    authority_citation: ProvisionRef | UnsetType = UNSET
    also: tuple[ProvisionRef, ...] = ()
    gives_way_to: tuple[ProvisionRef, ...] = ()
    goods_value_of: GoodsValueOf | UnsetType = UNSET
    tier: tuple[Tier, ...] = ()
    tiers_of: str | UnsetType = UNSET
    plausible_activities: tuple[Activity, ...] = ()
    higher_fine_of: tuple[ProvisionRef, ...] = ()
    reading: Reading | UnsetType = UNSET
    penalty: bool = True
    lighter_than_before: bool = False
    notices: tuple[str, ...] = ()
    notice_facts: dict[str, dict[str, int]] = msgspec.field(default_factory=dict)


class JointFiling(Record, frozen=True, kw_only=True):
    """The other length of a step that is filed together with another application (同步提交)."""

    length: Days
    starts_from: Event
    citation: ProvisionRef


class StepRow(Row, frozen=True, kw_only=True):
    """A step of a procedure (办理环节) and its length in `unit`; no `length` means promptly (及时).

    `also` is a second provision with the same content; `former` are the provisions that governed the
    step before it. The reasons that stop the clock are those of `clock_stops`, those of
    `interpretive_stops` by a reading of the text, and those of 行政许可法 45 where
    `licensing_law_stops`. `lapse_effective` is the day from which `on_lapse` holds, absent where none
    is known; `lapse_notice` explains it. `notice_citations` holds, by notice code, the provision that the
    notice cites on this step where it is another one elsewhere.
    """

    also: ProvisionRef | UnsetType = UNSET
    former: tuple[ProvisionRef, ...] = ()
    length: Days | UnsetType = UNSET
    unit: Unit
    starts_from: Event
    clock_stops: tuple[StopReason, ...] = ()
    interpretive_stops: tuple[StopReason, ...] = ()
    licensing_law_stops: bool = False
    extension: Days | UnsetType = UNSET
    joint_filing: JointFiling | UnsetType = UNSET
    rolls_to_working_day: bool = False
    on_lapse: Lapse | UnsetType = UNSET
    lapse_effective: LapseDay | UnsetType = UNSET
    lapse_notice: str | UnsetType = UNSET
    notices: tuple[str, ...] = ()
    notice_citations: dict[str, ProvisionRef] = msgspec.field(default_factory=dict)


class RenewalWindow(Record, frozen=True, kw_only=True):
    """The days on which renewal is applied for (申请窗口), in months before the last valid day, both included.

    `rule` names the document that sets them, by its code in labels.toml, `since` the day from which it does,
    absent where that is not known; `source` is `excerpt` where its full text was not compared. `holders`
    are those whom it reaches, absent where it reaches all.
    """

    opens_months: Annotated[int, Meta(ge=1)]
    closes_months: Annotated[int, Meta(ge=1)]
    rule: str
    since: date | UnsetType = UNSET
    source: Source | UnsetType = UNSET
    holders: Holders | UnsetType = UNSET


class UsualLead(Record, frozen=True, kw_only=True):
    """How long before the last valid day a former provision wanted the application; no law any more."""

    months: Annotated[int, Meta(ge=1)]
    citation: ProvisionRef


class Renewal(Record, frozen=True, kw_only=True):
    """How a licence is renewed: the step that gives the authority's own time, and who decides.

    Without `step` the authority's time is not known. `wholesale_authority` decides on wholesalers where
    that is another one (批发); `also` are further provisions on who decides. `next_term_since`: an approval
    from that day on gives a certificate that runs from the day after the old one ended, or from the
    approval where that comes later. `review_notice` says how the authority's time was taken.
    """

    step: str | UnsetType = UNSET
    authority: RenewalAuthority
    foreign_holder_authority: RenewalAuthority | UnsetType = UNSET
    wholesale_authority: RenewalAuthority | UnsetType = UNSET
    citation: ProvisionRef
    also: tuple[ProvisionRef, ...] = ()
    window: RenewalWindow | UnsetType = UNSET
    usual_lead: UsualLead | UnsetType = UNSET
    next_term_since: date | UnsetType = UNSET
    review_notice: str | UnsetType = UNSET


class TermRow(Row, frozen=True, kw_only=True):
    """How long a licence or a protection lasts; `ceiling` where the law says 不超过 (up to).

    `convention` is the way of counting where the caller names none: `certificate` for what is printed on
    a certificate (有效期至), `civil-code` for periods that the law itself sets. `issued_before` says how a
    start before the row is in force is answered, `former` which provision governed it then.
    """

    length: Period
    ceiling: bool = False
    convention: Convention
    issued_before: IssuedBefore
    former: ProvisionRef | UnsetType = UNSET
    renewal: Renewal | UnsetType = UNSET
    notices: tuple[str, ...] = ()
    renewal_notices: tuple[str, ...] = ()


class Instrument(Record, frozen=True, kw_only=True):
    """A law, regulation or plan.

    `commencement` is the provision that sets its first day, `in_force_until` its last one where it was
    replaced. `revised_on` is the day of the revision that the file holds, where older texts differed.
    `checked_on` is the day on which the file was last compared with the instrument as published: questions
    without a day are answered by the rows in force on it.
    """

    id: str
    document_number: str | UnsetType = UNSET
    in_force_from: date | UnsetType = UNSET
    in_force_until: date | UnsetType = UNSET
    revised_on: date | UnsetType = UNSET
    commencement: ProvisionRef | UnsetType = UNSET
    structure: Structure = "articles"
    checked_on: date


class Basis(Record, frozen=True, kw_only=True):
    """A general rule without a figure."""

    citation: ProvisionRef


class Limitation(Basis, frozen=True, kw_only=True):
    """行政处罚法 36: years within which a violation must be discovered, and in the graver cases."""

    years: Annotated[int, Meta(ge=1)]
    extended_years: Annotated[int, Meta(ge=1)]


class RenewalLead(Basis, frozen=True, kw_only=True):
    """行政许可法 50: calendar days before the last valid day by which renewal is applied for."""

    days: Days


class ClockStops(Basis, frozen=True, kw_only=True):
    """Reasons for which time does not count."""

    reasons: tuple[StopReason, ...]


class StatutoryDays(Basis, frozen=True, kw_only=True):
    """全国年节及纪念日放假办法 2: days off for all citizens, from each year on."""

    days_from_year: dict[str, Days]

    def count_in(self, year: int) -> int:
        """The number of statutory days of a year: that of the last entry which does not begin later."""
        begun = {int(start): days for start, days in self.days_from_year.items() if int(start) <= year}
        if not begun:
            raise BrokenLaw("-", "rules.statutory_days", f"days_from_year says nothing of {year}")
        return begun[max(begun)]


class Rules(Record, frozen=True, kw_only=True):
    """The general rules that calculations apply besides the rows."""

    limitation: Limitation
    applicable_law: Basis
    regulation_clock_stops: ClockStops
    licensing_law_clock_stops: ClockStops
    renewal: RenewalLead
    working_days: Basis
    period_start: Basis
    corresponding_day: Basis
    rest_day_roll: Basis
    statutory_days: StatutoryDays


class InstrumentFile(Record, frozen=True, kw_only=True):
    """One file of law/. `provisions` gives, by article, the number of items in each of its paragraphs."""

    instrument: Instrument
    provisions: dict[str, list[Annotated[int, Meta(ge=0)]]]
    rules: dict[str, Any] = msgspec.field(default_factory=dict)
    violation: tuple[ViolationRow, ...] = ()
    step: tuple[StepRow, ...] = ()
    term: tuple[TermRow, ...] = ()


def find_first_day(file: InstrumentFile, row: Row) -> date | None:
    """The first day of a row: its own, else that of its instrument; None where neither is stated."""
    day = row.in_force_from if isinstance(row.in_force_from, date) else file.instrument.in_force_from
    return day if isinstance(day, date) else None


def list_scopes(tier: Tier) -> tuple[Scope, ...]:
    """The scopes that a tier tells apart, in the order of its measures; empty where it tells none apart."""
    scopes = (getattr(measure, "scope", UNSET) for measure in tier.measures)
    # Several measures may share a scope; unlike a set, dict.fromkeys keeps the order of the law.
    return tuple(dict.fromkeys(scope for scope in scopes if scope is not UNSET))


def list_citations(record: object) -> Iterator[ProvisionRef]:
    """Every provision that a record cites, at any depth."""
    if isinstance(record, ProvisionRef):
        yield record
    elif isinstance(record, msgspec.Struct):
        for field in record.__struct_fields__:
            yield from list_citations(getattr(record, field))
    elif isinstance(record, tuple | list):
        for element in record:
            yield from list_citations(element)
    elif isinstance(record, dict):
        yield from list_citations(list(record.values()))
