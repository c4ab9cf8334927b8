"""Reads law/ into typed records, checks them against each other, and finds what is in force.

One file per instrument (法律、行政法规). A row (violation, step, term) is in force from
`in_force_from`, by default that of its instrument, through `in_force_until`, both days included;
absent means without limit. An amendment is a new file or a dated row, not an edit of code.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar, get_args

import msgspec
from msgspec import UNSET, Meta, UnsetType

from penaltycalc.errors import BrokenLaw, NotInForce, UnknownId, UnknownStep, UnknownTerm, UnknownViolation
from penaltycalc.rules.citations import Citation, ProvisionRef, Structure, build_citation
from penaltycalc.rules.clauses import (
    Activity,
    Authority,
    Confiscation,
    FixedFine,
    GoodsValueMultiple,
    IncomeShare,
    OrderToCorrect,
    Scope,
    Tier,
    TimedMeasure,
)
from penaltycalc.rules.money import Money
from penaltycalc.rules.periods import Period
from penaltycalc.rules.records import Record
from penaltycalc.rules.wording import Language, Wording, read_wording

PACKAGE: Final = Path(__file__).parents[1]

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
IssuedBefore = Literal["notice", "warning", "refused"]
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
    """What every row has: an id, where it stands, and when it is in force (both days included)."""

    id: Annotated[str, Meta(min_length=1)]
    citation: ProvisionRef
    in_force_from: date | UnsetType = UNSET
    in_force_until: date | UnsetType = UNSET


class ViolationRow(Row, frozen=True, kw_only=True):
    """A violation (违法行为) and what follows; `tiers_of` names a row that shares its tiers.

    `authority` is absent where no penalty is imposed, which `penalty = false` says too.
    `notice_facts` are the figures that a notice names, by its code.
    """

    authority: Authority | UnsetType = UNSET
    authority_citation: ProvisionRef | UnsetType = UNSET
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
    """The other way a step runs when filed together with another application (同步提交)."""

    length: Days
    starts_from: Event
    citation: ProvisionRef


class StepRow(Row, frozen=True, kw_only=True):
    """A step of a procedure and the time for it; `length` absent means promptly (及时), no number.

    `also` is a second provision with the same content. Reasons that stop the clock are those of
    `clock_stops`, those of `interpretive_stops` by a reading, and those of 行政许可法 45 where
    `licensing_law_stops`.
    """

    also: ProvisionRef | UnsetType = UNSET
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
    lapse_effective_from_start: bool = False
    notices: tuple[str, ...] = ()


class Renewal(Record, frozen=True, kw_only=True):
    """How a licence is renewed: the step with the authority's own period, and who decides."""

    step: str
    authority: RenewalAuthority
    foreign_holder_authority: RenewalAuthority | UnsetType = UNSET
    citation: ProvisionRef


class TermRow(Row, frozen=True, kw_only=True):
    """How long a licence or a protection lasts; `ceiling` where the law says 不超过 (up to).

    `issued_before` says what happens to a start before the row is in force.
    """

    length: Period
    ceiling: bool = False
    issued_before: IssuedBefore
    renewal: Renewal | UnsetType = UNSET
    notices: tuple[str, ...] = ()
    renewal_notices: tuple[str, ...] = ()


class Instrument(Record, frozen=True, kw_only=True):
    """A law, regulation or plan; `commencement` is the provision that sets its first day."""

    id: str
    document_number: str | UnsetType = UNSET
    in_force_from: date | UnsetType = UNSET
    commencement: ProvisionRef | UnsetType = UNSET
    structure: Structure = "articles"


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

    def in_year(self, year: int) -> int:
        """The number of statutory days of that year; that of the first known year before it."""
        return [days for start, days in sorted(self.days_from_year.items()) if int(start) <= year][-1]


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
    """One file of law/."""

    instrument: Instrument
    provisions: dict[str, list[Annotated[int, Meta(ge=0)]]]
    rules: dict[str, Any] = msgspec.field(default_factory=dict)
    violation: tuple[ViolationRow, ...] = ()
    step: tuple[StepRow, ...] = ()
    term: tuple[TermRow, ...] = ()


AnyRow = TypeVar("AnyRow", ViolationRow, StepRow, TermRow)


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """A row with what the calculators need at once: its instrument, its days, its citation."""

    instrument: Instrument
    citation: Citation
    commencement: Citation | UnsetType  # what its first day rests on
    first: date | None
    last: date | None

    def holds_on(self, day: date) -> bool:
        """Whether the row is in force on `day`."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


class Violation(Version, frozen=True, kw_only=True, eq=False):
    """A violation row, its tiers by name.

    `decides` are the facts without which the outcome can stay open, in the order in which answers
    name them; `uses` are all facts that can matter. `silent` are the tiers that do not themselves
    order correction and confiscate illegal gains.
    """

    row: ViolationRow
    tiers: Mapping[str, Tier]
    decides: tuple[str, ...]
    uses: frozenset[str]
    higher_fine_of: tuple[Citation, ...]
    authority_citation: Citation
    silent: frozenset[str]


class Step(Version, frozen=True, kw_only=True):
    """A step row, and the reasons that stop its clock: `direct`, `interpretive` or `by_analogy`.

    `counts_by_licensing_law`: its days are working days by 行政许可法 82, not by its own words.
    """

    row: StepRow
    counts_by_licensing_law: bool
    joint_citation: Citation | None
    regulation_reasons: frozenset[str]
    stops: Mapping[StopReason, Literal["direct", "interpretive", "by_analogy"]]

    def stop_basis(self, reason: StopReason) -> str:
        """The general rule that gives a reason: that of the Regulation (DAR 88) or of the licensing law (ALL 45)."""
        return "regulation_clock_stops" if reason in self.regulation_reasons else "licensing_law_clock_stops"


class Term(Version, frozen=True, kw_only=True):
    """A term row; `renewal_citation` is None where it cannot be renewed."""

    row: TermRow
    renewal_citation: Citation | None


AnyVersion = TypeVar("AnyVersion", Violation, Step, Term)


class Rulebook:
    """The law as it stands: every row in force at some time, by id, and the general rules.

    `digest` names the law data: SHA-256 of its content, independent of layout and comments;
    `digests` are those of the instruments, by id.
    """

    def __init__(
        self, files: Mapping[str, InstrumentFile], digests: Mapping[str, str], wordings: Mapping[Language, Wording]
    ) -> None:
        """`files` by file name; use `load_rulebook`, which reads and checks them."""
        for name, file in files.items():
            for wording in wordings.values():
                if not wording.has_title("instrument", file.instrument.id):
                    raise BrokenLaw(name, file.instrument.id, "no title for this instrument")
        self.digest = digest_of_content(digests)
        self.digests = {files[name].instrument.id: digest for name, digest in digests.items()}
        self.wordings = wordings
        self.instruments = {file.instrument.id: file.instrument for file in files.values()}
        self._titles = wordings["zh"]
        self._checker = _Checker(files)
        self.rules = self._checker.rules()
        self.violations: Mapping[str, tuple[Violation, ...]] = self._versions(files, "violation", self._violation)
        self.steps: Mapping[str, tuple[Step, ...]] = self._versions(files, "step", self._step)
        self.terms: Mapping[str, tuple[Term, ...]] = self._versions(files, "term", self._term)
        self._checker.cross_references(self)
        bases = {name: getattr(self.rules, name).citation for name in Rules.__struct_fields__}
        self.citations = {name: self.cite(place) for name, place in bases.items()}

    def cite(self, place: ProvisionRef, home: str | None = None) -> Citation:
        """The citation of a place; `home` is the instrument where the place names none."""
        name = place.instrument if isinstance(place.instrument, str) else home or self._checker.home_of(place)
        instrument = self.instruments[name]
        return build_citation(place, name, self._titles.title("instrument", name), instrument.structure)

    def violation(self, id: str, day: date | None = None) -> Violation:
        """The violation in force on `day`, or the newest without a day; UnknownViolation if there is none."""
        return _in_force(self.violations, id, day, UnknownViolation, "violation")

    def step(self, id: str, day: date | None = None) -> Step:
        """The step in force on `day`, or the newest without a day; UnknownStep if there is none."""
        return _in_force(self.steps, id, day, UnknownStep, "step")

    def term(self, id: str, day: date | None = None) -> Term:
        """The term in force on `day`, or the newest without a day; UnknownTerm if there is none."""
        return _in_force(self.terms, id, day, UnknownTerm, "term")

    # -------------------------------------------------------------------------------- building

    def _versions(self, files: Mapping[str, InstrumentFile], table: str, make: Any) -> dict[str, tuple[Any, ...]]:
        found: dict[str, list[Any]] = {}
        for name, file in files.items():
            for row in getattr(file, table):
                self._checker.row(name, file, row)
                found.setdefault(row.id, []).append(make(file, row))
        for name, versions in found.items():
            versions.sort(key=lambda version: version.first or date.min)
            self._checker.no_overlap(table, name, versions)
        return {name: tuple(versions) for name, versions in found.items()}

    def _common(self, file: InstrumentFile, row: Row) -> dict[str, Any]:
        first = row.in_force_from if isinstance(row.in_force_from, date) else file.instrument.in_force_from
        # A row that was in force before its instrument owes that to the other provision it names.
        also = getattr(row, "also", UNSET)
        started = file.instrument.commencement if isinstance(also, UnsetType) else also
        return {
            "instrument": file.instrument,
            "citation": self.cite(row.citation, file.instrument.id),
            "commencement": UNSET if isinstance(started, UnsetType) else self.cite(started, file.instrument.id),
            "first": first if isinstance(first, date) else None,
            "last": row.in_force_until if isinstance(row.in_force_until, date) else None,
        }

    def _violation(self, file: InstrumentFile, row: ViolationRow) -> Violation:
        tiers = self._checker.tiers_of(file, row)
        decides = tuple(_facts_that_decide(tiers))
        return Violation(
            row=row,
            tiers={tier.name: tier for tier in tiers},
            decides=decides,
            uses=frozenset((*decides, *_facts_that_matter(row, tiers))),
            higher_fine_of=tuple(self.cite(place, file.instrument.id) for place in row.higher_fine_of),
            authority_citation=self.cite(
                row.citation if isinstance(row.authority_citation, UnsetType) else row.authority_citation,
                file.instrument.id,
            ),
            silent=frozenset(tier.name for tier in tiers if not _complete(tier)),
            **self._common(file, row),
        )

    def _step(self, file: InstrumentFile, row: StepRow) -> Step:
        own_law = file.instrument.id == self._checker.home_of(self.rules.licensing_law_clock_stops.citation)
        stops: dict[StopReason, Literal["direct", "interpretive", "by_analogy"]] = {}
        if row.licensing_law_stops:
            kind: Literal["direct", "by_analogy"] = "direct" if own_law else "by_analogy"
            stops = dict.fromkeys(self.rules.licensing_law_clock_stops.reasons, kind)
        stops.update(dict.fromkeys(row.clock_stops, "direct"))
        stops.update(dict.fromkeys(row.interpretive_stops, "interpretive"))
        joint = row.joint_filing
        return Step(
            row=row,
            stops=stops,
            counts_by_licensing_law=own_law,
            regulation_reasons=frozenset(self.rules.regulation_clock_stops.reasons),
            joint_citation=self.cite(joint.citation, file.instrument.id) if isinstance(joint, JointFiling) else None,
            **self._common(file, row),
        )

    def _term(self, file: InstrumentFile, row: TermRow) -> Term:
        renewal = row.renewal
        cited = self.cite(renewal.citation, file.instrument.id) if isinstance(renewal, Renewal) else None
        return Term(row=row, renewal_citation=cited, **self._common(file, row))


def _facts_that_decide(tiers: tuple[Tier, ...]) -> Iterator[str]:
    names = {tier.name for tier in tiers}
    multiples = [tier.fine for tier in tiers if isinstance(tier.fine, GoodsValueMultiple)]
    if "severe" in names:
        yield "severity"
    if "uncorrected" in names:
        yield "rectified"
    if any(isinstance(fine.deemed_value_by_activity, dict) for fine in multiples):
        yield "activity"
    if multiples:
        yield "goods_value"
    if any(list_scopes(tier) for tier in tiers):
        yield "scope"
    if "exempt" in names:
        yield "exemption_facts"


def _facts_that_matter(row: ViolationRow, tiers: tuple[Tier, ...]) -> Iterator[str]:
    runs = any(isinstance(measure, TimedMeasure) for tier in tiers for measure in tier.measures)
    persons = [tier.persons for tier in tiers if not isinstance(tier.persons, UnsetType)]
    if persons:
        yield "responsible_persons"
    if runs or any(not isinstance(clause.ban, UnsetType) for clause in persons):
        yield "decision_effective_on"
    if row.penalty:
        yield from ("discovered_on", "harm")
    if isinstance(row.reading, str):
        yield row.reading


def _complete(tier: Tier) -> bool:
    """Whether the tier itself orders correction and confiscates illegal gains."""
    ordered = any(isinstance(measure, OrderToCorrect) for measure in tier.measures)
    return ordered and any(
        isinstance(measure, Confiscation) and "illegal_gains" in measure.objects for measure in tier.measures
    )


def list_scopes(tier: Tier) -> tuple[Scope, ...]:
    """The scopes that a tier tells apart, in the order of its measures; empty where it tells none apart."""
    found = (getattr(measure, "scope", UNSET) for measure in tier.measures)
    return tuple(dict.fromkeys(scope for scope in found if scope is not UNSET))


def _in_force(
    table: Mapping[str, tuple[AnyVersion, ...]], id: str, day: date | None, unknown: type[UnknownId], where: str
) -> AnyVersion:
    """The version in force on `day`; the newest without a day, the first for a day before them all.

    What a day before the first version means, the calculators decide; after the last there is no law.
    """
    versions = table.get(id)
    if versions is None:
        raise unknown((where,), id, table)
    if day is None or (len(versions) == 1 and versions[0].last is None):
        return versions[-1]
    for version in versions:
        if version.holds_on(day):
            return version
    started = [version for version in versions if version.first is None or version.first <= day]
    if started and started[-1].last is not None:
        raise NotInForce((where,), "not-in-force-any-more", day, started[-1].last)
    return versions[0]


# ----------------------------------------------------------------------------------- reading


def load_rulebook(law: Path = PACKAGE / "law", wording: Path = PACKAGE / "wording") -> Rulebook:
    """Read and check the law data and its wording; BrokenLaw, naming file and row, where they are broken."""
    paths = sorted(law.glob("*.toml"))
    if not paths:
        raise BrokenLaw(law.name, "-", "no law file")
    content = {path.name: _read_toml(path) for path in paths}
    files = {name: _typed(name, data) for name, data in content.items()}
    digests = {name: digest_of_content(data) for name, data in content.items()}
    return Rulebook(files, digests, read_wording(wording))


def digest_of_content(content: object) -> str:
    """SHA-256 of plain content in canonical JSON, names sorted."""
    return f"sha256:{hashlib.sha256(msgspec.json.encode(content, order='sorted')).hexdigest()}"


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_bytes().decode())
    except (OSError, ValueError) as fault:
        raise BrokenLaw(path.name, "-", str(fault)) from None


def _typed(name: str, data: dict[str, Any]) -> InstrumentFile:
    try:
        return msgspec.convert(data, InstrumentFile, dec_hook=_decode_money)
    except msgspec.ValidationError as fault:
        raise BrokenLaw(name, _row_named_in(str(fault), data), str(fault)) from None


def _decode_money(_: type, value: Any) -> Money:
    """Money is the only type of the records that msgspec leaves to its caller."""
    return Money.parse(value)


def _row_named_in(fault: str, data: dict[str, Any]) -> str:
    """The id of the row that a fault's path points to, or the path itself."""
    found = re.search(r"`\$\.(\w+)\[(\d+)\]", fault)
    if not found:
        path = re.search(r"`\$\.?([^`]*)`", fault)
        return (path.group(1) if path else "") or "-"
    table, index = found.group(1), int(found.group(2))
    row = data[table][index]
    return str(row.get("id", f"{table}[{index}]")) if isinstance(row, dict) else f"{table}[{index}]"


# ---------------------------------------------------------------------------------- checking


class _Checker:
    """The checks across rows and files; each fault names the file and the row."""

    def __init__(self, files: Mapping[str, InstrumentFile]) -> None:
        self._files = files
        self._by_instrument: dict[str, str] = {}
        for name, file in files.items():
            if file.instrument.id in self._by_instrument:
                raise BrokenLaw(name, file.instrument.id, "instrument defined twice")
            self._by_instrument[file.instrument.id] = name
        for name, file in files.items():
            for place in _places(file.instrument):
                self._exists(name, "instrument", place, file.instrument.id)

    def rules(self) -> Rules:
        merged: dict[str, Any] = {}
        for name, file in self._files.items():
            for rule, content in file.rules.items():
                if rule in merged:
                    raise BrokenLaw(name, f"rules.{rule}", "rule defined twice")
                if not isinstance(content, dict):
                    raise BrokenLaw(name, f"rules.{rule}", "not a table")
                merged[rule] = _at_home(content, file.instrument.id)
        try:
            rules = msgspec.convert(merged, Rules)
        except msgspec.ValidationError as fault:
            rule = re.findall(r"`(?:\$\.)?(\w+)", str(fault))[-1]  # of the path, or of the field where there is none
            raise BrokenLaw(self._file_of_rule(rule), f"rules.{rule}", str(fault)) from None
        years = rules.statutory_days.days_from_year
        wrong = [year for year in years if not (year.isascii() and year.isdigit())]
        if wrong or not years:
            by = f"days_from_year is not by years: {wrong}"
            raise BrokenLaw(self._file_of_rule("statutory_days"), "rules.statutory_days", by)
        for rule in Rules.__struct_fields__:
            for place in _places(getattr(rules, rule)):
                self._exists(self._file_of_rule(rule), f"rules.{rule}", place, "")
        return rules

    def _file_of_rule(self, rule: str) -> str:
        return next((name for name, file in self._files.items() if rule in file.rules), "-")

    def home_of(self, place: ProvisionRef) -> str:
        """The instrument of a place that names one."""
        assert isinstance(place.instrument, str)  # rules are given theirs by _at_home
        return place.instrument

    def row(self, name: str, file: InstrumentFile, row: Row) -> None:
        for place in _places(row):
            self._exists(name, row.id, place, file.instrument.id)
        first = row.in_force_from if isinstance(row.in_force_from, date) else file.instrument.in_force_from
        if isinstance(first, date) and isinstance(row.in_force_until, date) and row.in_force_until < first:
            raise BrokenLaw(name, row.id, "in_force_until lies before in_force_from")
        if isinstance(row, StepRow):
            self._known_reasons(name, row)

    def _known_reasons(self, name: str, row: StepRow) -> None:
        known = {
            reason
            for file in self._files.values()
            for rule in file.rules.values()
            for reason in rule.get("reasons", ())
        }
        for reason in (*row.clock_stops, *row.interpretive_stops):
            if reason not in known:
                raise BrokenLaw(name, row.id, f"clock stop {reason!r} is in no rule")

    def _exists(self, name: str, row: str, place: ProvisionRef, home: str) -> None:
        instrument = place.instrument if isinstance(place.instrument, str) else home
        if instrument not in self._by_instrument:
            raise BrokenLaw(name, row, f"citation of an unknown instrument {instrument!r}")
        paragraphs = self._files[self._by_instrument[instrument]].provisions.get(str(place.article))
        where = f"dangling citation: {instrument} {place.article}"
        if paragraphs is None:
            raise BrokenLaw(name, row, f"{where} is not among its provisions")
        paragraph = place.paragraph if isinstance(place.paragraph, int) else 1
        if paragraph > len(paragraphs):
            raise BrokenLaw(name, row, f"{where} has no paragraph {paragraph}")
        if isinstance(place.item, int) and place.item > paragraphs[paragraph - 1]:
            raise BrokenLaw(name, row, f"{where} paragraph {paragraph} has no item {place.item}")

    def no_overlap(self, table: str, id: str, versions: list[Any]) -> None:
        for earlier, later in pairwise(versions):
            if earlier.last is None or later.first is None or earlier.last >= later.first:
                raise BrokenLaw(self._by_instrument[later.instrument.id], id, f"two {table} rows in force on one day")

    def tiers_of(self, file: InstrumentFile, row: ViolationRow) -> tuple[Tier, ...]:
        name = self._by_instrument[file.instrument.id]
        tiers = row.tier
        if isinstance(row.tiers_of, str):
            if tiers:
                raise BrokenLaw(name, row.id, "tier and tiers_of exclude each other")
            shared = next((other for other in file.violation if other.id == row.tiers_of and other.tier), None)
            if shared is None:
                raise BrokenLaw(name, row.id, f"tiers_of names {row.tiers_of!r}, which has no tiers")
            tiers = shared.tier
        self._tiers(name, row, tiers)
        return tiers

    def _tiers(self, name: str, row: ViolationRow, tiers: tuple[Tier, ...]) -> None:
        names = [tier.name for tier in tiers]
        if len(set(names)) != len(names):
            raise BrokenLaw(name, row.id, "a tier is given twice")
        if "first" not in names and set(names) != {"exempt", "not_exempt"}:
            raise BrokenLaw(name, row.id, "neither a first tier nor the two of an exemption")
        for tier in tiers:
            fines = [tier.fine] if not isinstance(tier.fine, UnsetType) else []
            if not isinstance(tier.persons, UnsetType):
                fines.append(tier.persons.fine)  # type: ignore[arg-type]  # one check for all three kinds
            for fine in fines:
                self._fine(name, f"{row.id} {tier.name}", fine)

    def _fine(self, name: str, row: str, fine: FixedFine | GoodsValueMultiple | IncomeShare) -> None:
        if isinstance(fine, IncomeShare):
            wrong = fine.minimum_percent > fine.maximum_percent
        elif isinstance(fine, GoodsValueMultiple):
            wrong = fine.minimum > fine.maximum
        else:
            wrong = isinstance(fine.minimum, Money) and fine.minimum > fine.maximum
        if wrong:
            raise BrokenLaw(name, row, "minimum above maximum")
        if isinstance(fine, GoodsValueMultiple) and isinstance(fine.deemed_value_by_activity, dict):
            if isinstance(fine.deemed_value, Money):
                raise BrokenLaw(name, row, "deemed_value and deemed_value_by_activity exclude each other")
            if len(fine.deemed_value_by_activity) != len(get_args(Activity)):
                raise BrokenLaw(name, row, "deemed_value_by_activity does not name every activity")

    def cross_references(self, rulebook: Rulebook) -> None:
        """What rows name in other tables and in the wording exists, and what the wording cites."""
        for code, notice, _ in rulebook.wordings["zh"].notices():
            for place in _places(notice):
                self._exists("notices.toml", code, place, "")
        for rule, text, _ in rulebook.wordings["zh"].rules():
            if isinstance(text.basis, str) and text.basis not in Rules.__struct_fields__:
                raise BrokenLaw("explanations.toml", rule, f"unknown basis {text.basis!r}")
        for table, rows in (("violation", rulebook.violations), ("step", rulebook.steps), ("term", rulebook.terms)):
            for name, versions in rows.items():
                for version in versions:
                    self._names(rulebook, table, name, version)

    def _names(self, rulebook: Rulebook, table: str, id: str, version: Any) -> None:
        name = self._by_instrument[version.instrument.id]
        row = version.row
        if isinstance(row, TermRow) and isinstance(row.renewal, Renewal):
            steps = rulebook.steps.get(row.renewal.step)
            if steps is None:
                raise BrokenLaw(name, id, f"renewal names an unknown step {row.renewal.step!r}")
            if any(step.row.length is UNSET for step in steps):
                raise BrokenLaw(name, id, f"renewal names a step without a length {row.renewal.step!r}")
        codes = [*row.notices, *getattr(row, "renewal_notices", ())]
        if isinstance(version, Violation):
            codes += [code for tier in version.tiers.values() for code in tier.notices]
        for wording in rulebook.wordings.values():
            for code in codes:
                if not wording.has_notice(code):
                    raise BrokenLaw(name, id, f"notice {code!r} has no wording")
            if not wording.has_title(table, id):
                raise BrokenLaw(name, id, f"no title for this {table}")


def _at_home(rule: dict[str, Any], instrument: str) -> dict[str, Any]:
    """The rule with its citations naming the instrument of its file."""
    return {
        key: {"instrument": instrument, **value} if key.endswith("citation") and isinstance(value, dict) else value
        for key, value in rule.items()
    }


def _places(record: object) -> Iterator[ProvisionRef]:
    """Every place that a record cites, at any depth."""
    if isinstance(record, ProvisionRef):
        yield record
    elif isinstance(record, msgspec.Struct):
        for field in record.__struct_fields__:
            yield from _places(getattr(record, field))
    elif isinstance(record, tuple | list):
        for element in record:
            yield from _places(element)
