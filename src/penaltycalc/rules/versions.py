"""Rows made ready for the calculators: cited, with their days, and the version that a day picks.

A row of one id may stand in law/ several times, each time with other days: these are its versions.
An amendment adds one and ends the one before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal, TypeVar

import msgspec
from msgspec import UnsetType

from penaltycalc.errors import NotInForce, Path
from penaltycalc.rules.citations import Citation
from penaltycalc.rules.clauses import Scope, Tier, TierName
from penaltycalc.rules.rows import Instrument, StepRow, StopReason, TermRow, ViolationRow

StopGround = Literal["direct", "interpretive", "by_analogy"]


class Version(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A row as it is in force from `first_day` through `last_day`, both included; None is without limit.

    `key` tells it from all other versions. `commencement` cites what sets its first day.
    """

    key: str
    instrument: Instrument
    citation: Citation
    commencement: Citation | UnsetType
    first_day: date | None
    last_day: date | None

    def has_begun(self, day: date) -> bool:
        """Whether the version is in force on `day` or was before."""
        return self.first_day is None or self.first_day <= day

    def is_in_force(self, day: date) -> bool:
        """Whether the version is in force on `day`."""
        return self.has_begun(day) and (self.last_day is None or day <= self.last_day)


class CitedTier(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A tier of one version of a violation, with its citation and the scopes that it tells apart.

    `key` tells it from all other tiers, also from the same tier of another row. `citations` are all
    provisions that it rests on, in the order in which a decision names them; `citation` is the one with
    its figures. `decided_by` are those that decide in its place. `is_single`: the violation has no
    other tier.
    """

    key: str
    name: TierName
    clause: Tier
    citation: Citation
    citations: tuple[Citation, ...]
    decided_by: tuple[Citation, ...]
    scopes: tuple[Scope, ...]
    is_single: bool


class Violation(Version, frozen=True, kw_only=True, eq=False):
    """A version of a violation, its tiers by name.

    `required_facts` are those without which the outcome can stay open, in the order in which answers
    name them; `relevant_facts` are all that can matter. `gives_way_to` are the provisions that come first
    for a vaccine. `tiers_without_correction` do not themselves order correction and confiscate illegal
    gains.
    """

    row: ViolationRow
    tiers: Mapping[str, CitedTier]
    required_facts: tuple[str, ...]
    relevant_facts: frozenset[str]
    higher_fine_of: tuple[Citation, ...]
    gives_way_to: tuple[Citation, ...]
    authority_citation: Citation
    tiers_without_correction: frozenset[str]


class Step(Version, frozen=True, kw_only=True, eq=False):
    """A version of a step; `stop_reasons` are the reasons that stop its clock, with the ground of each.

    `stop_citations` cite the general rule that knows a reason: that of the Regulation (DAR 88) or that
    of the licensing law (ALL 45). `counts_by_licensing_law`: its days are working days by 行政许可法 82,
    not by its own words. `former_citations` are the
    provisions of `former_instrument` that governed the step before its first day;
    `notice_citations` those of its own that notices cite, by their codes.
    """

    row: StepRow
    counts_by_licensing_law: bool
    joint_citation: Citation | None
    former_citations: tuple[Citation, ...]
    former_instrument: Instrument | None
    notice_citations: Mapping[str, Citation]
    stop_reasons: Mapping[StopReason, StopGround]
    stop_citations: Mapping[StopReason, Citation]


class Term(Version, frozen=True, kw_only=True, eq=False):
    """A version of a term, and the provisions on its renewal; none where it cannot be renewed.

    `former_citation` is the provision that governed the term before its first day, `usual_lead_citation`
    the former one that set the lead of the application; `former_since` is the first day of their instrument.
    """

    row: TermRow
    renewal_citations: tuple[Citation, ...]
    former_citation: Citation | UnsetType
    former_since: date | UnsetType
    usual_lead_citation: Citation | UnsetType

    def is_older_than_the_former_rule(self, day: date) -> bool:
        """Whether on `day` not even the former rule was in force, so that nothing is known of it here."""
        return isinstance(self.former_since, date) and day < self.former_since


AnyVersion = TypeVar("AnyVersion", Violation, Step, Term)


def find_version(versions: Sequence[AnyVersion], day: date, where: Path) -> AnyVersion:
    """The version in force on `day`, or the first one for a day before them all.

    What a day before the first version means is for the calculators to say. NotInForce, at `where`,
    after the last version and in a gap between two, since no law covers that day.
    """
    for version in versions:
        if version.is_in_force(day):
            return version
    # No version is in force: the day lies before them all, after them all, or between two.
    begun = [version for version in versions if version.has_begun(day)]
    if not begun:
        return versions[0]
    # A version that has begun and is not in force has ended, so the default only satisfies the type.
    ended_on = begun[-1].last_day or date.max
    if len(begun) == len(versions):
        raise NotInForce(where, "not-in-force-any-more", day, ended_on)
    next_day = versions[len(begun)].first_day or date.max
    raise NotInForce(where, "not-in-force-between", day, ended_on, next_day=next_day)


def find_checked_day(versions: Sequence[Version]) -> date:
    """The day through which the data of these versions is known; of several files the one checked last counts."""
    return max(version.instrument.checked_on for version in versions)


def find_current_version(versions: Sequence[AnyVersion]) -> AnyVersion:
    """The version for questions that name no day: the newest that has begun when the law data was checked.

    A row that begins later is never used unknowingly; where all begin later, the first one.
    """
    begun = [version for version in versions if version.has_begun(find_checked_day(versions))]
    return begun[-1] if begun else versions[0]
