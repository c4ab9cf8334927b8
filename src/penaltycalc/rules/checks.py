"""The checks of law/ across rows and files, and against wording/; every fault names the file and the row.

What one record alone can tell, such as an unknown unit or a negative length, msgspec refuses when it
reads the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any, Final, assert_never, get_args

import msgspec
from msgspec import UNSET, UnsetType

from penaltycalc.errors import BrokenLaw, Reason
from penaltycalc.faults import describe_fault
from penaltycalc.rules.citations import ProvisionRef
from penaltycalc.rules.clauses import (
    Activity,
    Authority,
    BannedActivity,
    ConfiscatedObject,
    FixedFine,
    GoodsValueMultiple,
    GoodsValueOf,
    IncomeShare,
    Licence,
    Measure,
    OrderToCorrect,
    Role,
    Scope,
    Tier,
    TierName,
    Trigger,
)
from penaltycalc.rules.money import Money
from penaltycalc.rules.rows import (
    Event,
    InstrumentFile,
    Lapse,
    Renewal,
    RenewalAuthority,
    RenewalWindow,
    Row,
    Rules,
    StepRow,
    StopReason,
    TermRow,
    Unit,
    ViolationRow,
    find_first_day,
    list_citations,
)
from penaltycalc.rules.versions import Step, Term, Version, Violation
from penaltycalc.rules.wording import Language, Wording, list_placeholders

LABELLED_CODES: Final[Mapping[str, tuple[str, ...]]] = {
    "activity": get_args(Activity),
    "activity_banned": get_args(BannedActivity),
    "activity_banned_and_others": get_args(BannedActivity),
    "authority": (*get_args(Authority), *get_args(RenewalAuthority)),
    "event": get_args(Event),
    "lapse": get_args(Lapse),
    "licence": get_args(Licence),
    "measure": (
        *(str(measure.__struct_config__.tag) for measure in get_args(Measure)),
        OrderToCorrect.WITHIN_TIME_LIMIT,
    ),
    "goods_value_of": get_args(GoodsValueOf),
    "object": get_args(ConfiscatedObject),
    "role": get_args(Role),
    "scope": get_args(Scope),
    "stop_reason": get_args(StopReason),
    "tier": (*get_args(TierName), "single"),
    "trigger": get_args(Trigger),
    "unit": get_args(Unit),
}
"""The codes that rows may use, by the group of labels.toml in which people read them."""


class LawChecker:
    """Checks the files of law/ while a rulebook is made of them."""

    def __init__(self, files: Mapping[str, InstrumentFile]) -> None:
        """`files` by file name; BrokenLaw where an instrument is defined twice or cites what is not there."""
        self._files = files
        self.file_names: dict[str, str] = {}
        for name, file in files.items():
            if file.instrument.id in self.file_names:
                raise BrokenLaw(name, file.instrument.id, "instrument defined twice")
            self.file_names[file.instrument.id] = name
        for name, file in files.items():
            first, last = file.instrument.in_force_from, file.instrument.in_force_until
            if isinstance(first, date) and isinstance(last, date) and last < first:
                raise BrokenLaw(name, file.instrument.id, Reason("fault-ends-before-it-begins"))
            for reference in list_citations(file.instrument):
                self._check_provision(name, "instrument", reference, file.instrument.id)

    # ------------------------------------------------------------------------------ general rules

    def merge_rules(self) -> Rules:
        """The general rules of all files together; each names the instrument that it stands in."""
        merged: dict[str, Any] = {}
        for name, file in self._files.items():
            for rule, content in file.rules.items():
                if rule in merged:
                    raise BrokenLaw(name, f"rules.{rule}", "rule defined twice")
                if not isinstance(content, dict):
                    raise BrokenLaw(name, f"rules.{rule}", Reason("fault-no-table"))
                merged[rule] = _add_instrument(content, file.instrument.id)
        try:
            rules = msgspec.convert(merged, Rules)
        except msgspec.ValidationError as fault:
            # The fault names the rule in its path, or the missing field where there is no path.
            rule = re.findall(r"`(?:\$\.)?(\w+)", str(fault))[-1]
            raise BrokenLaw(self._find_file_of_rule(rule), f"rules.{rule}", describe_fault(fault)) from None
        years = rules.statutory_days.days_from_year
        # On its own isdigit also accepts characters such as superscripts, which int refuses later.
        wrong = [year for year in years if not (year.isascii() and year.isdigit())]
        if wrong or not years:
            by = f"days_from_year is not by years: {wrong}"
            raise BrokenLaw(self._find_file_of_rule("statutory_days"), "rules.statutory_days", by)
        for rule in Rules.__struct_fields__:
            for reference in list_citations(getattr(rules, rule)):
                self._check_provision(self._find_file_of_rule(rule), f"rules.{rule}", reference, "")
        return rules

    def _find_file_of_rule(self, rule: str) -> str:
        return next((name for name, file in self._files.items() if rule in file.rules), "-")

    # ---------------------------------------------------------------------------------- one row

    def check_row(self, file: InstrumentFile, row: Row) -> None:
        """Check what a row cites, its days, and the reasons for which it stops the clock."""
        name = self.file_names[file.instrument.id]
        for reference in list_citations(row):
            self._check_provision(name, row.id, reference, file.instrument.id)
        # Both days are included, so a row may end on the day it begins; only an earlier end is wrong.
        if isinstance(row.in_force_until, date) and row.in_force_until < _find_begin(file, row):
            raise BrokenLaw(name, row.id, Reason("fault-ends-before-it-begins"))
        if isinstance(row, StepRow):
            self._check_reasons(name, row)
            # Like the facts of a notice that is not named, such a citation would never be shown.
            unnamed = sorted(row.notice_citations.keys() - set(row.notices))
            if unnamed:
                raise BrokenLaw(name, row.id, f"notice_citations of notices that the row does not name: {unnamed}")
            # Both only describe the effect of a lapse, so without an effect they would be ignored.
            described = (row.lapse_effective, row.lapse_notice) != (UNSET, UNSET)
            if described and isinstance(row.on_lapse, UnsetType):
                raise BrokenLaw(name, row.id, "lapse_effective or lapse_notice without on_lapse")
        if isinstance(row, TermRow):
            self._check_former(name, row)
            self._check_window(name, row)
        if isinstance(row, ViolationRow):
            # Facts of a notice that is not named would never be shown; most likely its code is misspelt.
            unnamed = sorted(row.notice_facts.keys() - set(row.notices))
            if unnamed:
                raise BrokenLaw(name, row.id, f"notice_facts of notices that the row does not name: {unnamed}")

    def _check_former(self, name: str, row: TermRow) -> None:
        """Check that a term names its former provision where its answers rest on it, and only there."""
        # A start before the row that is answered by what is known of the former rule must be able to cite it.
        rests_on_former = row.issued_before in ("notice", "different")
        if rests_on_former == isinstance(row.former, UnsetType):
            raise BrokenLaw(name, row.id, f"issued_before = {row.issued_before!r} and former do not go together")

    def _check_window(self, name: str, row: TermRow) -> None:
        renewal = row.renewal
        if not isinstance(renewal, Renewal) or not isinstance(renewal.window, RenewalWindow):
            return
        if renewal.window.opens_months <= renewal.window.closes_months:
            raise BrokenLaw(name, row.id, "the window of renewal closes before it opens")
        # The usual lead holds for days before the window's rule; without such days it would never be used.
        if not isinstance(renewal.usual_lead, UnsetType) and isinstance(renewal.window.since, UnsetType):
            raise BrokenLaw(name, row.id, "usual_lead beside a window without since")

    def _check_reasons(self, name: str, row: StepRow) -> None:
        reasons = {
            reason
            for file in self._files.values()
            for rule in file.rules.values()
            for reason in rule.get("reasons", ())
        }
        for reason in (*row.clock_stops, *row.interpretive_stops):
            if reason not in reasons:
                raise BrokenLaw(name, row.id, f"clock stop {reason!r} is in no rule")

    def _check_provision(self, name: str, row: str, reference: ProvisionRef, home: str) -> None:
        """Check that a cited provision exists; `home` is the instrument where the citation names none."""
        # Wording and general rules come with an empty home, so a citation there must name its instrument.
        instrument = reference.instrument if isinstance(reference.instrument, str) else home
        if instrument not in self.file_names:
            raise BrokenLaw(name, row, f"citation of an unknown instrument {instrument!r}")
        # A file lists how many items each paragraph of a cited article has, so that a citation of a paragraph or
        # item that the article does not have is found without the text of the law.
        paragraphs = self._files[self.file_names[instrument]].provisions.get(str(reference.article))
        where = f"dangling citation: {instrument} {reference.article}"
        if paragraphs is None:
            raise BrokenLaw(name, row, f"{where} is not among its provisions")
        # An article of one paragraph is cited without its number.
        paragraph = reference.paragraph if isinstance(reference.paragraph, int) else 1
        if paragraph > len(paragraphs):
            raise BrokenLaw(name, row, f"{where} has no paragraph {paragraph}")
        if isinstance(reference.item, int) and reference.item > paragraphs[paragraph - 1]:
            raise BrokenLaw(name, row, f"{where} paragraph {paragraph} has no item {reference.item}")

    def find_tiers(self, file: InstrumentFile, row: ViolationRow) -> tuple[Tier, ...]:
        """The tiers of a violation: its own, or those of the row that `tiers_of` names, in the same file.

        Of several versions of the named row the one counts that is in force on the first day of this one.
        """
        name = self.file_names[file.instrument.id]
        tiers = row.tier
        if isinstance(row.tiers_of, str):
            if tiers:
                raise BrokenLaw(name, row.id, "tier and tiers_of exclude each other")
            shared = [other for other in file.violation if other.id == row.tiers_of and other.tier]
            if not shared:
                raise BrokenLaw(name, row.id, f"tiers_of names {row.tiers_of!r}, which has no tiers")
            first_day = _find_begin(file, row)
            # A row that begins before every version it borrows from takes the first one in the file.
            tiers = max(
                (other for other in shared if _find_begin(file, other) <= first_day),
                key=lambda other: _find_begin(file, other),
                default=shared[0],
            ).tier
            self._check_tiers_do_not_change(name, file, row, shared)
        self._check_tiers(name, row, tiers)
        return tiers

    def _check_tiers_do_not_change(
        self, name: str, file: InstrumentFile, row: ViolationRow, shared: Sequence[ViolationRow]
    ) -> None:
        """Refuse an amendment of shared tiers that leaves a row which takes them at their former figures."""
        first_day = _find_begin(file, row)
        last_day = row.in_force_until if isinstance(row.in_force_until, date) else date.max
        for other in shared:
            changes_on = _find_begin(file, other)
            if first_day < changes_on <= last_day:
                raise BrokenLaw(
                    name,
                    row.id,
                    f"its tiers are those of {other.id!r}, which change on {changes_on}:"
                    f" end this row the day before and add one from {changes_on} on",
                )

    def _check_tiers(self, name: str, row: ViolationRow, tiers: tuple[Tier, ...]) -> None:
        names = [tier.name for tier in tiers]
        if len(set(names)) != len(names):
            raise BrokenLaw(name, row.id, "a tier is given twice")
        # An exemption has two outcomes and no first tier; every other violation has one.
        if "first" not in names and set(names) != {"exempt", "not_exempt"}:
            raise BrokenLaw(name, row.id, "neither a first tier nor the two of an exemption")
        for tier in tiers:
            _check_tier(name, row, tier)

    # ------------------------------------------------------------------------------- across rows

    def check_no_overlap(self, table: str, id: str, versions: Sequence[Version]) -> None:
        """Check that at most one version of a row is in force on any day; `versions` in order of their first days."""
        for earlier, later in pairwise(versions):
            # In order of their first days, only neighbours can overlap.
            # An absent day is without limit and always overlaps; equal days do, since both are included.
            if earlier.last_day is None or later.first_day is None or earlier.last_day >= later.first_day:
                raise BrokenLaw(
                    self.file_names[later.instrument.id],
                    id,
                    f"two {table} rows in force on one day: from {earlier.first_day} and from {later.first_day}",
                )

    def check_renewals(self, terms: Mapping[str, tuple[Term, ...]], steps: Mapping[str, tuple[Step, ...]]) -> None:
        """Check that the step which a renewal names exists and has a length."""
        for row_id, versions in terms.items():
            for version in versions:
                renewal = version.row.renewal
                if not isinstance(renewal, Renewal) or isinstance(renewal.step, UnsetType):
                    continue
                name = self.file_names[version.instrument.id]
                if renewal.step not in steps:
                    raise BrokenLaw(name, row_id, f"renewal names an unknown step {renewal.step!r}")
                # The review window counts back a number of days; a step that says only promptly has none.
                # Every version is checked, since the last valid day of a licence may pick any of them.
                if any(isinstance(step.row.length, UnsetType) for step in steps[renewal.step]):
                    raise BrokenLaw(name, row_id, f"renewal names a step without a length {renewal.step!r}")

    # ---------------------------------------------------------------------------- against wording

    def check_wording(
        self,
        wordings: Mapping[Language, Wording],
        tables: Mapping[str, Mapping[str, Sequence[Violation | Step | Term]]],
    ) -> None:
        """Check that people can read every code and row in both languages, and that notices cite what exists."""
        wording = wordings["zh"]  # both languages stand in one entry, so one of them tells for both
        for group, codes in LABELLED_CODES.items():
            for code in codes:
                if not wording.has_label(group, code):
                    raise BrokenLaw("labels.toml", f"{group}.{code}", Reason("fault-no-label"))
        # What former rules said stands by row; a misspelt key would never be shown.
        for group, table in (("former_step", "step"), ("former_term", "term")):
            unknown = sorted(wording.all_labels()[group].keys() - tables[table].keys())
            if unknown:
                raise BrokenLaw("labels.toml", f"{group}.{unknown[0]}", Reason("fault-no-row"))
        self._check_bases(wording)
        self._check_topics(wording, tables)
        for table, rows in tables.items():
            for row_id, versions in rows.items():
                for version in versions:
                    self._check_row_wording(wording, table, row_id, version)

    def _check_bases(self, wording: Wording) -> None:
        """Check that what notices and sentences cite exists."""
        for code, notice, _ in wording.notices():
            for reference in list_citations(notice):
                self._check_provision("notices.toml", code, reference, "")
        for rule, entry, _ in wording.rules():
            if isinstance(entry.basis, str) and entry.basis not in Rules.__struct_fields__:
                raise BrokenLaw("explanations.toml", rule, f"unknown basis {entry.basis!r}")

    def _check_topics(self, wording: Wording, tables: Mapping[str, Mapping[str, object]]) -> None:
        """Check that what topics cite exists, and that they name rows that exist."""
        for topic_id, topic in wording.topics().items():
            for reference in list_citations(topic):
                self._check_provision("coverage.toml", topic_id, reference, "")
            for kind, rows in topic.rows.items():
                unknown = sorted(set(rows) - tables[kind].keys())
                if unknown:
                    raise BrokenLaw("coverage.toml", topic_id, f"unknown {kind}: {unknown}")

    def _check_row_wording(self, wording: Wording, table: str, id: str, version: Violation | Step | Term) -> None:
        name = self.file_names[version.instrument.id]
        if not wording.has_title(table, id):
            raise BrokenLaw(name, id, Reason("fault-no-title"))
        # The refusal of a start before the step says in words what its former provisions were.
        if isinstance(version, Step) and version.former_citations and not wording.has_label("former_step", id):
            raise BrokenLaw(name, id, "former without a label in former_step")
        rule = _find_renewal_rule(version)
        if rule is not None and not wording.has_label("renewal_rule", rule):
            raise BrokenLaw(name, id, f"no label in renewal_rule for {rule!r}")
        for code, facts in _list_notices(version):
            if not wording.has_notice(code):
                raise BrokenLaw(name, id, f"notice {code!r} has no wording")
            # Nobody but the row itself gives facts to its notices, so their texts may name no others.
            missing = list_placeholders(wording.find_notice(code)) - facts
            if missing:
                raise BrokenLaw(name, id, f"notice {code!r} needs the facts {sorted(missing)}")


def _check_tier(name: str, row: ViolationRow, tier: Tier) -> None:
    where = f"{row.id} {tier.name}"
    if tier.trigger != "not_corrected_in_time" and tier.name != "uncorrected":
        raise BrokenLaw(name, where, "only the tier uncorrected has a trigger")
    if not isinstance(tier.fine, UnsetType):
        _check_fine(name, where, tier.fine)
    # Without it nobody could say which goods the caller has to value.
    if isinstance(tier.fine, GoodsValueMultiple) and isinstance(row.goods_value_of, UnsetType):
        raise BrokenLaw(name, where, "a multiple of the goods value without goods_value_of")
    if not isinstance(tier.persons, UnsetType):
        _check_fine(name, where, tier.persons.fine)
    if not row.penalty and not isinstance(tier.fine, UnsetType):
        raise BrokenLaw(name, where, "a fine in a row that says penalty = false")
    for measure in tier.measures:
        # Answers use the same types as the law data, so a stated day would pass for a computed one.
        for computed in ("text", "last_day", "first_free_day"):
            if getattr(measure, computed, UNSET) is not UNSET:
                raise BrokenLaw(name, where, f"{computed} of a measure is worked out, not stated")


def _check_fine(name: str, row: str, fine: FixedFine | GoodsValueMultiple | IncomeShare) -> None:
    match fine:
        case IncomeShare():
            wrong = fine.minimum_percent > fine.maximum_percent
        case GoodsValueMultiple():
            wrong = fine.minimum > fine.maximum
            _check_deemed_value(name, row, fine)
        case FixedFine():
            wrong = isinstance(fine.minimum, Money) and fine.minimum > fine.maximum
        case _:
            assert_never(fine)
    if wrong:
        raise BrokenLaw(name, row, Reason("fault-minimum-above-maximum"))


def _check_deemed_value(name: str, row: str, fine: GoodsValueMultiple) -> None:
    if isinstance(fine.deemed_value_by_activity, UnsetType) and isinstance(fine.deemed_value, UnsetType):
        raise BrokenLaw(name, row, "a multiple needs a deemed_value or a deemed_value_by_activity")
    if isinstance(fine.deemed_value_by_activity, dict):
        if isinstance(fine.deemed_value, Money):
            raise BrokenLaw(name, row, "deemed_value and deemed_value_by_activity exclude each other")
        # An activity that is left out would fail only when a request states it.
        if len(fine.deemed_value_by_activity) != len(get_args(Activity)):
            raise BrokenLaw(name, row, "deemed_value_by_activity does not name every activity")


def _find_begin(file: InstrumentFile, row: Row) -> date:
    """The first day of a row, for comparing; the earliest date there is where none is stated."""
    return find_first_day(file, row) or date.min


def _find_renewal_rule(version: Violation | Step | Term) -> str | None:
    """The code of the document that sets the window of a renewal, where there is one."""
    if not isinstance(version, Term) or not isinstance(version.row.renewal, Renewal):
        return None
    window = version.row.renewal.window
    return window.rule if isinstance(window, RenewalWindow) else None


def _list_notices(version: Violation | Step | Term) -> Iterator[tuple[str, set[str]]]:
    """The codes of the notices that a row names, each with the facts that the row gives for its text."""
    match version:
        case Violation():
            yield from ((code, set(version.row.notice_facts.get(code, ()))) for code in version.row.notices)
            for tier in version.tiers.values():
                yield from ((code, set()) for code in tier.clause.notices)
                if isinstance(tier.clause.gains_notice, str):
                    yield tier.clause.gains_notice, set()
        case Step():
            yield from ((code, set()) for code in version.row.notices)
            if isinstance(version.row.lapse_notice, str):
                yield version.row.lapse_notice, {"from_day"}
        case Term():
            yield from ((code, set()) for code in (*version.row.notices, *version.row.renewal_notices))
            if isinstance(version.row.renewal, Renewal) and isinstance(version.row.renewal.review_notice, str):
                yield version.row.renewal.review_notice, set()
        case _:
            assert_never(version)


def _add_instrument(rule: dict[str, Any], instrument: str) -> dict[str, Any]:
    """The rule with its citations naming the instrument of its file, unless they name another one."""
    return {
        key: {"instrument": instrument, **value} if key.endswith("citation") and isinstance(value, dict) else value
        for key, value in rule.items()
    }
