"""What can be asked: the catalogues of violations, steps and terms, and the rulebook itself."""

from __future__ import annotations

from datetime import date
from typing import Literal

from msgspec import UNSET, UnsetType

from penaltycalc._version import __version__
from penaltycalc.calculators.explain import LocalizedTexts, localize
from penaltycalc.calendar.workdays import WorkingCalendar
from penaltycalc.rules.citations import Citation
from penaltycalc.rules.clauses import (
    Authority,
    FixedFine,
    GoodsValueMultiple,
    Measure,
    PersonsClause,
    Tier,
    TierName,
)
from penaltycalc.rules.periods import Period
from penaltycalc.rules.records import Record
from penaltycalc.rules.rulebook import (
    Event,
    IssuedBefore,
    Lapse,
    Renewal,
    Rulebook,
    Step,
    StopReason,
    Term,
    Unit,
    Violation,
)
from penaltycalc.rules.wording import Language


class TierItem(Record, frozen=True, kw_only=True):
    """A tier (档) of a violation: its fine, measures and personal liability, as the law states them."""

    name: TierName
    title: str
    citation: Citation
    fine: FixedFine | GoodsValueMultiple | UnsetType = UNSET
    measures: tuple[Measure, ...]
    persons: PersonsClause | UnsetType = UNSET


class ViolationItem(Record, frozen=True, kw_only=True):
    """A violation (违法行为) that can be asked for.

    `facts` are those without which the outcome can stay open; `pinyin` the initials of the Chinese
    title. `authority` is absent where no penalty is imposed.
    """

    id: str
    citation: Citation
    title: str
    pinyin: str
    who: str
    authority: Authority | UnsetType = UNSET
    in_force_from: date | UnsetType = UNSET
    tiers: tuple[TierItem, ...]
    facts: tuple[str, ...]


class StopItem(Record, frozen=True, kw_only=True):
    """A reason that stops a step's clock: directly, by a reading, or by analogy."""

    reason: StopReason
    title: str
    allowed: Literal["direct", "interpretive", "by_analogy"]
    citation: Citation


class StepItem(Record, frozen=True, kw_only=True):
    """A step (办理环节) that can be asked for.

    `length` is in `unit`, absent where the law says only "promptly" (及时).
    `extension_working_days` is the most by which it can be extended, absent where it cannot.
    """

    id: str
    citation: Citation
    title: str
    pinyin: str
    length: int | UnsetType = UNSET
    unit: Unit
    starts_from: Event
    in_force_from: date | UnsetType = UNSET
    clock_stops: tuple[StopItem, ...]
    extension_working_days: int | UnsetType = UNSET
    joint_filing: bool
    on_lapse: Lapse | UnsetType = UNSET


class TermItem(Record, frozen=True, kw_only=True):
    """A term (有效期、保护期) that can be asked for; `ceiling` where the law says 不超过 (up to)."""

    id: str
    citation: Citation
    title: str
    pinyin: str
    length: Period
    ceiling: bool
    in_force_from: date | UnsetType = UNSET
    issued_before: IssuedBefore
    renewable: bool


class ViolationCatalogue(Record, frozen=True, kw_only=True):
    """All violations."""

    items: tuple[ViolationItem, ...]


class StepCatalogue(Record, frozen=True, kw_only=True):
    """All steps."""

    items: tuple[StepItem, ...]


class TermCatalogue(Record, frozen=True, kw_only=True):
    """All terms."""

    items: tuple[TermItem, ...]


class InstrumentItem(Record, frozen=True, kw_only=True):
    """A law, regulation or plan that the rulebook holds; `digest` names its data."""

    id: str
    title: str
    document_number: str | UnsetType = UNSET
    in_force_from: date | UnsetType = UNSET
    digest: str


class CalendarItem(Record, frozen=True, kw_only=True):
    """How far the calendar reaches: official through, projected through, both included."""

    official_from: date
    official_through: date
    projected_through: date
    digest: str
    sources: tuple[str, ...]


class RulebookItem(Record, frozen=True, kw_only=True):
    """What answers rest on now: package version, law data, calendar."""

    engine: str
    digest: str
    instruments: tuple[InstrumentItem, ...]
    calendar: CalendarItem


def list_violations(rulebook: Rulebook, lang: Language) -> ViolationCatalogue:
    """All violations, in the order of the law."""
    return ViolationCatalogue(items=tuple(describe_violation(rulebook, name, lang) for name in rulebook.violations))


def describe_violation(rulebook: Rulebook, id: str, lang: Language) -> ViolationItem:
    """One violation; UnknownViolation if there is none."""
    return _violation(rulebook.violation(id), localize(rulebook, lang))


def _violation(found: Violation, said: LocalizedTexts) -> ViolationItem:
    return ViolationItem(
        id=found.row.id,
        citation=found.citation,
        title=said.wording.title("violation", found.row.id),
        pinyin=said.wording.pinyin("violation", found.row.id),
        who=said.wording.who(found.row.id),
        authority=found.row.authority,
        in_force_from=found.first or UNSET,
        tiers=tuple(_tier(tier, found, said) for tier in found.tiers.values()),
        facts=found.decides,
    )


def _tier(tier: Tier, found: Violation, said: LocalizedTexts) -> TierItem:
    return TierItem(
        name=tier.name,
        title=said.wording.label("tier", tier.name),
        citation=said.tier_citations.get(id(tier), found.citation),
        fine=tier.fine,
        measures=said.measures(tier),
        persons=tier.persons,
    )


def list_steps(rulebook: Rulebook, lang: Language) -> StepCatalogue:
    """All steps, in the order of the law."""
    return StepCatalogue(items=tuple(describe_step(rulebook, name, lang) for name in rulebook.steps))


def describe_step(rulebook: Rulebook, id: str, lang: Language) -> StepItem:
    """One step; UnknownStep if there is none."""
    found = rulebook.step(id)
    said = localize(rulebook, lang)
    return StepItem(
        id=id,
        citation=found.citation,
        title=said.wording.title("step", id),
        pinyin=said.wording.pinyin("step", id),
        length=found.row.length,
        unit=found.row.unit,
        starts_from=found.row.starts_from,
        in_force_from=found.first or UNSET,
        clock_stops=tuple(_stops(rulebook, found, said)),
        extension_working_days=found.row.extension,
        joint_filing=found.row.joint_filing is not UNSET,
        on_lapse=found.row.on_lapse,
    )


def _stops(rulebook: Rulebook, found: Step, said: LocalizedTexts) -> list[StopItem]:
    return [
        StopItem(
            reason=reason,
            title=said.wording.label("stop_reason", reason),
            allowed=allowed,
            citation=rulebook.citations[found.stop_basis(reason)],
        )
        for reason, allowed in found.stops.items()
    ]


def list_terms(rulebook: Rulebook, lang: Language) -> TermCatalogue:
    """All terms, in the order of the law."""
    return TermCatalogue(items=tuple(describe_term(rulebook, name, lang) for name in rulebook.terms))


def describe_term(rulebook: Rulebook, id: str, lang: Language) -> TermItem:
    """One term; UnknownTerm if there is none."""
    return _term(rulebook.term(id), localize(rulebook, lang))


def _term(found: Term, said: LocalizedTexts) -> TermItem:
    return TermItem(
        id=found.row.id,
        citation=found.citation,
        title=said.wording.title("term", found.row.id),
        pinyin=said.wording.pinyin("term", found.row.id),
        length=found.row.length,
        ceiling=found.row.ceiling,
        in_force_from=found.first or UNSET,
        issued_before=found.row.issued_before,
        renewable=isinstance(found.row.renewal, Renewal),
    )


def describe_rulebook(rulebook: Rulebook, calendar: WorkingCalendar, lang: Language) -> RulebookItem:
    """What answers rest on now."""
    wording = localize(rulebook, lang).wording
    instruments = tuple(
        InstrumentItem(
            id=one.id,
            title=wording.title("instrument", one.id),
            document_number=one.document_number,
            in_force_from=one.in_force_from,
            digest=rulebook.digests[one.id],
        )
        for one in rulebook.instruments.values()
    )
    return RulebookItem(
        engine=__version__, digest=rulebook.digest, instruments=instruments, calendar=describe_calendar(calendar)
    )


def describe_calendar(calendar: WorkingCalendar) -> CalendarItem:
    """How far a calendar reaches now."""
    covered = calendar.coverage
    return CalendarItem(
        official_from=covered.first,
        official_through=covered.official_through,
        projected_through=covered.last,
        digest=covered.digest,
        sources=covered.sources,
    )
