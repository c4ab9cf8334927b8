"""The catalogues of violations, steps and terms, and the rulebook itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from msgspec import UNSET, UnsetType

from penaltycalc._version import __version__
from penaltycalc.calendar.workdays import WorkingCalendar
from penaltycalc.rules.citations import Citation
from penaltycalc.rules.clauses import (
    Authority,
    FixedFine,
    GoodsValueMultiple,
    Measure,
    PersonsClause,
    TierName,
)
from penaltycalc.rules.periods import Period
from penaltycalc.rules.records import Record
from penaltycalc.rules.rows import Convention, Event, IssuedBefore, Lapse, Renewal, StopReason, Unit
from penaltycalc.rules.rulebook import Rulebook
from penaltycalc.rules.texts import LocalizedTexts
from penaltycalc.rules.versions import CitedTier, StopGround, Version
from penaltycalc.rules.wording import Language


class TierItem(Record, frozen=True, kw_only=True):
    """A tier (档) of a violation: its fine, measures and personal liability, as the law states them."""

    name: TierName
    title: str
    citation: Citation
    fine: FixedFine | GoodsValueMultiple | UnsetType = UNSET
    measures: tuple[Measure, ...]
    persons: PersonsClause | UnsetType = UNSET


class VersionItem(Record, frozen=True, kw_only=True):
    """One version of a row: when it is in force, both days included; absent means without limit."""

    in_force_from: date | UnsetType = UNSET
    in_force_until: date | UnsetType = UNSET


class ViolationItem(Record, frozen=True, kw_only=True):
    """A violation (违法行为) that the rulebook knows, as it was in force when the law data was checked.

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
    versions: tuple[VersionItem, ...]
    tiers: tuple[TierItem, ...]
    facts: tuple[str, ...]


class StopItem(Record, frozen=True, kw_only=True):
    """A reason that stops a step's clock: directly, by a reading, or by analogy."""

    reason: StopReason
    title: str
    allowed: StopGround
    citation: Citation


class StepItem(Record, frozen=True, kw_only=True):
    """A step (办理环节) that the rulebook knows, as it was in force when the law data was checked.

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
    versions: tuple[VersionItem, ...]
    clock_stops: tuple[StopItem, ...]
    extension_working_days: int | UnsetType = UNSET
    joint_filing: bool
    on_lapse: Lapse | UnsetType = UNSET


class TermItem(Record, frozen=True, kw_only=True):
    """A term (有效期、保护期) that the rulebook knows; `ceiling` where the law says 不超过 (up to).

    `convention` is the way of counting where a request names none.
    """

    id: str
    citation: Citation
    title: str
    pinyin: str
    length: Period
    ceiling: bool
    convention: Convention
    in_force_from: date | UnsetType = UNSET
    versions: tuple[VersionItem, ...]
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
    """A law, regulation or plan that the rulebook holds.

    `in_force_until` is its last day, included, where another one has replaced it. `checked_on` is the
    day on which its data was last compared with the text; `digest` names the data.
    """

    id: str
    title: str
    document_number: str | UnsetType = UNSET
    in_force_from: date | UnsetType = UNSET
    in_force_until: date | UnsetType = UNSET
    checked_on: date
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
    return ViolationCatalogue(items=tuple(describe_violation(rulebook, row_id, lang) for row_id in rulebook.violations))


def describe_violation(rulebook: Rulebook, id: str, lang: Language) -> ViolationItem:
    """One violation as it was in force when the law data was checked; UnknownViolation if there is none."""
    # Without a day: what was in force when the law data was checked.
    violation, texts = rulebook.violation(id), rulebook.texts[lang]
    return ViolationItem(
        id=id,
        citation=violation.citation,
        title=texts.wording.title("violation", id),
        pinyin=texts.wording.pinyin("violation", id),
        who=texts.wording.who(id),
        authority=violation.row.authority,
        in_force_from=violation.first_day or UNSET,
        versions=_list_versions(rulebook.violations[id]),
        tiers=tuple(_describe_tier(tier, texts) for tier in violation.tiers.values()),
        facts=violation.required_facts,
    )


def _list_versions(versions: Sequence[Version]) -> tuple[VersionItem, ...]:
    return tuple(
        VersionItem(in_force_from=version.first_day or UNSET, in_force_until=version.last_day or UNSET)
        for version in versions
    )


def _describe_tier(tier: CitedTier, texts: LocalizedTexts) -> TierItem:
    return TierItem(
        name=tier.name,
        title=texts.describe_tier(tier),
        citation=tier.citation,
        fine=tier.clause.fine,
        measures=texts.measures(tier),
        persons=tier.clause.persons,
    )


def list_steps(rulebook: Rulebook, lang: Language) -> StepCatalogue:
    """All steps, in the order of the law."""
    return StepCatalogue(items=tuple(describe_step(rulebook, row_id, lang) for row_id in rulebook.steps))


def describe_step(rulebook: Rulebook, id: str, lang: Language) -> StepItem:
    """One step as it was in force when the law data was checked; UnknownStep if there is none."""
    step, texts = rulebook.step(id), rulebook.texts[lang]
    return StepItem(
        id=id,
        citation=step.citation,
        title=texts.wording.title("step", id),
        pinyin=texts.wording.pinyin("step", id),
        length=step.row.length,
        unit=step.row.unit,
        starts_from=step.row.starts_from,
        in_force_from=step.first_day or UNSET,
        versions=_list_versions(rulebook.steps[id]),
        clock_stops=tuple(
            StopItem(
                reason=reason,
                title=texts.label("stop_reason", reason),
                allowed=ground,
                citation=step.stop_citations[reason],
            )
            for reason, ground in step.stop_reasons.items()
        ),
        extension_working_days=step.row.extension,
        joint_filing=step.row.joint_filing is not UNSET,
        on_lapse=step.row.on_lapse,
    )


def list_terms(rulebook: Rulebook, lang: Language) -> TermCatalogue:
    """All terms, in the order of the law."""
    return TermCatalogue(items=tuple(describe_term(rulebook, row_id, lang) for row_id in rulebook.terms))


def describe_term(rulebook: Rulebook, id: str, lang: Language) -> TermItem:
    """One term as it was in force when the law data was checked; UnknownTerm if there is none."""
    term, texts = rulebook.term(id), rulebook.texts[lang]
    return TermItem(
        id=id,
        citation=term.citation,
        title=texts.wording.title("term", id),
        pinyin=texts.wording.pinyin("term", id),
        length=term.row.length,
        ceiling=term.row.ceiling,
        convention=term.row.convention,
        in_force_from=term.first_day or UNSET,
        versions=_list_versions(rulebook.terms[id]),
        issued_before=term.row.issued_before,
        renewable=isinstance(term.row.renewal, Renewal),
    )


def describe_rulebook(rulebook: Rulebook, calendar: WorkingCalendar, lang: Language) -> RulebookItem:
    """What answers rest on now."""
    wording = rulebook.texts[lang].wording
    instruments = tuple(
        InstrumentItem(
            id=instrument.id,
            title=wording.title("instrument", instrument.id),
            document_number=instrument.document_number,
            in_force_from=instrument.in_force_from,
            in_force_until=instrument.in_force_until,
            checked_on=instrument.checked_on,
            digest=rulebook.digests[instrument.id],
        )
        for instrument in rulebook.instruments.values()
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
