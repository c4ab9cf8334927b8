"""Reads law/ and wording/ into a rulebook: every row with its citations, and the general rules.

One file per instrument (法律、行政法规). A row is in force from `in_force_from`, by default that of
its instrument, through `in_force_until`, both days included; absent means without limit. An amendment
is a new file or a dated row, not an edit of code.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from penaltycalc.errors import BrokenLaw, Reason, UnknownId, UnknownStep, UnknownTerm, UnknownViolation
from penaltycalc.faults import describe_fault
from penaltycalc.rules.checks import LawChecker
from penaltycalc.rules.citations import Citation, ProvisionRef, build_citation
from penaltycalc.rules.clauses import Confiscation, GoodsValueMultiple, OrderToCorrect, Tier, TimedMeasure
from penaltycalc.rules.records import decode_value
from penaltycalc.rules.rows import (
    InstrumentFile,
    JointFiling,
    Renewal,
    Row,
    Rules,
    StepRow,
    StopReason,
    TermRow,
    UsualLead,
    ViolationRow,
    find_first_day,
    list_scopes,
)
from penaltycalc.rules.search import build_search_index
from penaltycalc.rules.texts import LocalizedTexts
from penaltycalc.rules.versions import (
    AnyVersion,
    CitedTier,
    Step,
    StopGround,
    Term,
    Version,
    Violation,
    find_current_version,
    find_version,
)
from penaltycalc.rules.wording import LANGUAGES, Language, RowKind, Wording, read_wording

PACKAGE: Final = Path(__file__).parents[1]
"""The folder of the package, in which law/, wording/ and web/ lie."""


class Rulebook:
    """The law as data: every version of every row by id, the general rules, and the texts in both languages.

    `digest` names the law data: SHA-256 of its content, independent of layout and comments; `digests`
    are those of the instruments, by id. `citations` are those of the general rules, by their names.
    """

    def __init__(
        self, files: Mapping[str, InstrumentFile], digests: Mapping[str, str], wordings: Mapping[Language, Wording]
    ) -> None:
        """`files` and `digests` by file name; use `load_rulebook`, which reads them. BrokenLaw."""
        # A digest over the digests of the files: one file that changes shows in its own and in this one.
        self.digest = digest_content(digests)
        self.digests = {files[name].instrument.id: digest for name, digest in digests.items()}
        self.wordings = wordings
        self.instruments = {file.instrument.id: file.instrument for file in files.values()}
        checker = LawChecker(files)
        for name, file in files.items():
            # A citation is written with the title of its instrument, so the titles are checked before all else.
            if not wordings["zh"].has_title("instrument", file.instrument.id):
                raise BrokenLaw(name, file.instrument.id, Reason("fault-no-title"))
        self.rules = checker.merge_rules()
        self.citations = {name: self.cite(getattr(self.rules, name).citation) for name in Rules.__struct_fields__}
        self.violations: Mapping[str, tuple[Violation, ...]] = _collect_versions(
            files, "violation", checker, self._make_violation
        )
        self.steps: Mapping[str, tuple[Step, ...]] = _collect_versions(files, "step", checker, self._make_step)
        self.terms: Mapping[str, tuple[Term, ...]] = _collect_versions(files, "term", checker, self._make_term)
        # Last come the checks across tables: they need every row.
        checker.check_renewals(self.terms, self.steps)
        checker.check_wording(wordings, {"violation": self.violations, "step": self.steps, "term": self.terms})
        self.search = build_search_index(self._list_current_versions(), wordings, self.cite)
        # Made here and not on first use: a rulebook that is dropped leaves nothing behind.
        violations = [version for versions in self.violations.values() for version in versions]
        self.texts = {lang: LocalizedTexts(wordings[lang], self.citations, self.cite, violations) for lang in LANGUAGES}

    def cite(self, reference: ProvisionRef, home: str = "") -> Citation:
        """The citation of a provision; `home` is the instrument where the reference names none."""
        name = reference.instrument if isinstance(reference.instrument, str) else home
        title = self.wordings["zh"].title("instrument", name)
        return build_citation(reference, name, title, self.instruments[name].structure)

    def violation(self, id: str, day: date | None = None) -> Violation:
        """The version of a violation in force on `day`, or the current one without a day.

        UnknownViolation; NotInForce after the last version and between two.
        """
        return _pick_version(self.violations, id, day, UnknownViolation, "violation")

    def step(self, id: str, day: date | None = None) -> Step:
        """The version of a step in force on `day`, or the current one; UnknownStep, NotInForce."""
        return _pick_version(self.steps, id, day, UnknownStep, "step")

    def term(self, id: str, day: date | None = None) -> Term:
        """The version of a term in force on `day`, or the current one; UnknownTerm, NotInForce."""
        return _pick_version(self.terms, id, day, UnknownTerm, "term")

    # -------------------------------------------------------------------------------- building

    def _list_current_versions(self) -> Iterator[tuple[RowKind, str, Version]]:
        """Every row by kind and id, in the version for questions that name no day."""
        for violation, violations in self.violations.items():
            yield "violation", violation, find_current_version(violations)
        for step, steps in self.steps.items():
            yield "step", step, find_current_version(steps)
        for term, terms in self.terms.items():
            yield "term", term, find_current_version(terms)

    def _describe_version(self, file: InstrumentFile, row: Row) -> dict[str, Any]:
        """The members that versions of all three kinds have."""
        first_day = find_first_day(file, row)
        commencement = _find_commencement(file, row, first_day)
        return {
            "key": f"{row.id} {first_day}",
            "instrument": file.instrument,
            "citation": self.cite(row.citation, file.instrument.id),
            "commencement": UNSET
            if isinstance(commencement, UnsetType)
            else self.cite(commencement, file.instrument.id),
            "first_day": first_day,
            "last_day": row.in_force_until if isinstance(row.in_force_until, date) else None,
        }

    def _make_violation(self, file: InstrumentFile, row: ViolationRow, checker: LawChecker) -> Violation:
        tiers = checker.find_tiers(file, row)
        home = file.instrument.id
        required = tuple(_list_required_facts(tiers))
        common = self._describe_version(file, row)
        return Violation(
            row=row,
            tiers={tier.name: self._cite_tier(tier, row, home, common, is_single=len(tiers) == 1) for tier in tiers},
            required_facts=required,
            relevant_facts=frozenset((*required, *_list_other_facts(row, tiers))),
            higher_fine_of=tuple(self.cite(reference, home) for reference in row.higher_fine_of),
            gives_way_to=tuple(self.cite(reference, home) for reference in row.gives_way_to),
            authority_citation=common["citation"]
            if isinstance(row.authority_citation, UnsetType)
            else self.cite(row.authority_citation, home),
            tiers_without_correction=frozenset(tier.name for tier in tiers if not _orders_correction(tier)),
            **common,
        )

    def _cite_tier(
        self, tier: Tier, row: ViolationRow, home: str, common: Mapping[str, Any], *, is_single: bool
    ) -> CitedTier:
        """A tier with its citations; `common` are the members that all versions have."""
        # Figures that stand in another law are applied because the row's own provision sends there.
        provisions = (tier.citation, *row.also) if isinstance(tier.citation, ProvisionRef) else row.also
        citations = (common["citation"], *(self.cite(reference, home) for reference in provisions))
        return CitedTier(
            key=f"{common['key']} {tier.name}",
            name=tier.name,
            clause=tier,
            citation=citations[1] if isinstance(tier.citation, ProvisionRef) else citations[0],
            citations=citations,
            decided_by=tuple(self.cite(reference, home) for reference in tier.decided_by),
            scopes=list_scopes(tier),
            is_single=is_single,
        )

    def _make_step(self, file: InstrumentFile, row: StepRow, _checker: LawChecker) -> Step:
        licensing = self.rules.licensing_law_clock_stops
        # The licensing law speaks of its own periods; for those of other instruments its stops hold by analogy.
        own_law = file.instrument.id == licensing.citation.instrument
        # Later lines win: a reason that the provision itself names is direct, whatever the licensing law says.
        grounds: dict[StopReason, StopGround] = {}
        if row.licensing_law_stops:
            grounds = dict.fromkeys(licensing.reasons, "direct" if own_law else "by_analogy")
        grounds.update(dict.fromkeys(row.clock_stops, "direct"))
        grounds.update(dict.fromkeys(row.interpretive_stops, "interpretive"))
        of_regulation = self.rules.regulation_clock_stops.reasons
        joint = row.joint_filing
        former = tuple(self.cite(reference, file.instrument.id) for reference in row.former)
        return Step(
            row=row,
            stop_reasons=grounds,
            stop_citations={
                reason: self.citations[
                    "regulation_clock_stops" if reason in of_regulation else "licensing_law_clock_stops"
                ]
                for reason in grounds
            },
            counts_by_licensing_law=own_law,
            joint_citation=self.cite(joint.citation, file.instrument.id) if isinstance(joint, JointFiling) else None,
            former_citations=former,
            former_instrument=self.instruments[former[0].instrument] if former else None,
            notice_citations={
                code: self.cite(reference, file.instrument.id) for code, reference in row.notice_citations.items()
            },
            **self._describe_version(file, row),
        )

    def _make_term(self, file: InstrumentFile, row: TermRow, _checker: LawChecker) -> Term:
        home, renewal = file.instrument.id, row.renewal
        provisions: tuple[ProvisionRef, ...] = ()
        usual_lead: Citation | UnsetType = UNSET
        former = UNSET if isinstance(row.former, UnsetType) else self.cite(row.former, home)
        if isinstance(renewal, Renewal):
            provisions = (renewal.citation, *renewal.also)
            if isinstance(renewal.usual_lead, UsualLead):
                usual_lead = self.cite(renewal.usual_lead.citation, home)
        return Term(
            row=row,
            renewal_citations=tuple(self.cite(provision, home) for provision in provisions),
            former_citation=former,
            former_since=UNSET if isinstance(former, UnsetType) else self.instruments[former.instrument].in_force_from,
            usual_lead_citation=usual_lead,
            **self._describe_version(file, row),
        )


def _find_commencement(file: InstrumentFile, row: Row, first_day: date | None) -> ProvisionRef | UnsetType:
    """The provision that sets the first day of a row; absent where the data names none for that day."""
    if not isinstance(row.commencement, UnsetType):
        return row.commencement
    # Where a step was in force earlier than its instrument, the second provision it names set that day.
    if isinstance(row, StepRow) and not isinstance(row.also, UnsetType):
        return row.also
    # A row that begins on another day was not brought into force by the provision of its instrument.
    return file.instrument.commencement if first_day == file.instrument.in_force_from else UNSET


def _collect_versions(
    files: Mapping[str, InstrumentFile],
    table: str,
    checker: LawChecker,
    make: Callable[[InstrumentFile, Any, LawChecker], AnyVersion],
) -> dict[str, tuple[AnyVersion, ...]]:
    """The versions of each row of a table, by id, in the order of their first days."""
    by_id: dict[str, list[AnyVersion]] = {}
    for file in files.values():
        for row in getattr(file, table):
            checker.check_row(file, row)
            by_id.setdefault(row.id, []).append(make(file, row, checker))
    for row_id, versions in by_id.items():
        # Files come in the order of their names, which does not tell the older version from the newer one.
        versions.sort(key=lambda version: version.first_day or date.min)
        checker.check_no_overlap(table, row_id, versions)
    return {row_id: tuple(versions) for row_id, versions in by_id.items()}


def _list_required_facts(tiers: tuple[Tier, ...]) -> Iterator[str]:
    """The facts without which the outcome of these tiers can stay open."""
    names = {tier.name for tier in tiers}
    multiples = [tier.fine for tier in tiers if isinstance(tier.fine, GoodsValueMultiple)]
    # The order is the one in which answers name missing facts: first what tells tiers apart, then what
    # decides within a tier.
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


def _list_other_facts(row: ViolationRow, tiers: tuple[Tier, ...]) -> Iterator[str]:
    """The facts that matter besides those that are required."""
    has_timed_measure = any(isinstance(measure, TimedMeasure) for tier in tiers for measure in tier.measures)
    persons = [tier.persons for tier in tiers if not isinstance(tier.persons, UnsetType)]
    if persons:
        yield "responsible_persons"
    # Bars and bans run from the decision; without them its day can at most pick the version.
    if has_timed_measure or any(not isinstance(clause.ban, UnsetType) for clause in persons):
        yield "decision_effective_on"
    # Limitation concerns penalties only, so where none is imposed these facts change nothing.
    if row.penalty:
        yield from ("discovered_on", "harm")
    if isinstance(row.reading, str):
        yield row.reading


def _orders_correction(tier: Tier) -> bool:
    """Whether a tier itself orders correction and confiscates illegal gains."""
    ordered = any(isinstance(measure, OrderToCorrect) for measure in tier.measures)
    return ordered and any(
        isinstance(measure, Confiscation) and "illegal_gains" in measure.objects for measure in tier.measures
    )


def _pick_version(
    table: Mapping[str, tuple[AnyVersion, ...]], id: str, day: date | None, unknown: type[UnknownId], where: str
) -> AnyVersion:
    versions = table.get(id)
    if versions is None:
        raise unknown((where,), id, table)
    # The day is that of the start, so that is what a request has to mend.
    return find_current_version(versions) if day is None else find_version(versions, day, ("start",))


# ----------------------------------------------------------------------------------- reading


def load_rulebook(law: Path = PACKAGE / "law", wording: Path = PACKAGE / "wording") -> Rulebook:
    """Read and check the law data and its wording; BrokenLaw, naming file and row, where they are broken."""
    # In the order of names, so that answers do not depend on the file system.
    paths = sorted(law.glob("*.toml"))
    if not paths:
        raise BrokenLaw(law.name, "-", Reason("fault-no-law"))
    content = {path.name: _read_toml(path) for path in paths}
    files = {name: _convert_file(name, data) for name, data in content.items()}
    digests = {name: digest_content(data) for name, data in content.items()}
    return Rulebook(files, digests, read_wording(wording))


def digest_content(content: object) -> str:
    """SHA-256 of plain content in canonical JSON, names sorted."""
    return f"sha256:{hashlib.sha256(msgspec.json.encode(content, order='sorted')).hexdigest()}"


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        # Some editors put a byte order mark in front, which tomllib would take for a fault.
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except (OSError, ValueError) as fault:
        raise BrokenLaw(path.name, "-", describe_fault(fault)) from None


def _convert_file(name: str, data: dict[str, Any]) -> InstrumentFile:
    try:
        return msgspec.convert(data, InstrumentFile, dec_hook=decode_value)
    except msgspec.ValidationError as fault:
        raise BrokenLaw(name, _find_faulty_row(str(fault), data), describe_fault(fault)) from None


def _find_faulty_row(fault: str, data: dict[str, Any]) -> str:
    """The id of the row that a fault's path points to, or the path itself."""
    # msgspec says where the fault is, as in `$.violation[3].tier[0].fine`; people look for the id of the row.
    match = re.search(r"`\$\.(\w+)\[(\d+)\]", fault)
    if not match:
        path = re.search(r"`\$\.?([^`]*)`", fault)
        return (path.group(1) if path else "") or "-"
    table, index = match.group(1), int(match.group(2))
    row = data[table][index]
    return str(row.get("id", f"{table}[{index}]")) if isinstance(row, dict) else f"{table}[{index}]"
