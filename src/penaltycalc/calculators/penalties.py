"""What a violation costs: violation + facts → outcome (条例 79-87).

A pure function of the request, the rulebook and the language. Facts that decide and were not given
are never guessed: the answer then holds the alternatives side by side.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache
from itertools import product
from typing import Annotated, Literal, get_args

from msgspec import UNSET, Meta, UnsetType, field
from msgspec.structs import replace

from penaltycalc.calculators.explain import (
    REMEMBERED,
    Explainer,
    Explanation,
    Notice,
    Provenance,
    build_provenance,
    localize,
    remembered,
)
from penaltycalc.calendar.workdays import WorkingCalendar
from penaltycalc.errors import DatesOutOfOrder, NotInForce, OutsideCalendar, Path, PenaltycalcError, raise_first
from penaltycalc.rules.citations import Citation
from penaltycalc.rules.clauses import (
    Activity,
    ActivityBan,
    ApplicationBar,
    Authority,
    FixedFine,
    GoodsValueMultiple,
    IncomeShare,
    Measure,
    PersonalBan,
    PersonsClause,
    Role,
    Scope,
    Tier,
    TierName,
)
from penaltycalc.rules.money import Money
from penaltycalc.rules.periods import FIRST_DAY, LAST_DAY, check_day, corresponding_day, days_after, format_day
from penaltycalc.rules.records import Record, Tagged
from penaltycalc.rules.rulebook import Rulebook, Violation, list_scopes
from penaltycalc.rules.wording import Language

Severity = Literal["ordinary", "severe"]
Applies = Literal["two", "five", "undetermined"]

# ----------------------------------------------------------------------------------- the request


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


_BY_DEFAULT = Readings()


class PenaltyRequest(Tagged, tag="penalty", omit_defaults=True, frozen=True, kw_only=True):
    """The facts of a violation; what is not known is left out.

    `goods_value` (货值金额) in yuan. `rectified`: corrected within the time limit set. `ref` is
    echoed. With `assume_in_force` the rules are applied to conduct that ended before they were in
    force, for the comparison that APL 37 asks for.
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
    readings: Readings = _BY_DEFAULT
    assume_in_force: bool = False
    ref: Annotated[str, Meta(max_length=64)] | UnsetType = UNSET


# ------------------------------------------------------------------------------------ the answer


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

    `authority` is absent where no penalty is imposed. In alternatives, `activity` and `scope` are
    what was assumed. `fine` is null where the tier has none.
    """

    tier: TierName
    activity: Activity | UnsetType = UNSET
    scope: Scope | UnsetType = UNSET
    authority: Authority | UnsetType = UNSET
    citation: Citation
    fine: Fine | None
    measures: tuple[Measure, ...]
    persons: tuple[Person, ...]


class LimitationDay(Record, frozen=True, kw_only=True):
    """The last day, included, on which discovery is in time."""

    last_day: date


class Limitation(Record, frozen=True, kw_only=True):
    """Limitation of penalties (APL 36): no penalty where the conduct was not discovered in time.

    `applies` says which of the two periods; `barred` is absent where it cannot be told.
    """

    two_years: LimitationDay
    five_years: LimitationDay
    applies: Applies
    barred: bool | UnsetType = UNSET


class PenaltyAnswer(Tagged, tag="penalty", frozen=True, kw_only=True):
    """What a violation costs.

    `determined`: then `outcome`; else `alternatives` and `missing_facts`, and on top a common `fine`
    where all alternatives have the same bounds. `limitation` is absent where the end of the conduct
    is not known.
    """

    ref: str | UnsetType = UNSET
    violation: str
    determined: bool
    outcome: Outcome | UnsetType = UNSET
    alternatives: tuple[Outcome, ...] | UnsetType = UNSET
    missing_facts: tuple[str, ...] | UnsetType = UNSET
    fine: Fine | UnsetType = UNSET
    limitation: Limitation | UnsetType = UNSET
    notices: tuple[Notice, ...]
    explanation: tuple[Explanation, ...] | UnsetType = UNSET
    provenance: Provenance


# -------------------------------------------------------------------------------- the calculation


def penalty(
    request: PenaltyRequest,
    rulebook: Rulebook,
    calendar: WorkingCalendar,
    *,
    lang: Language = "zh",
    explain: bool = True,
) -> PenaltyAnswer:
    """The legal consequences of a violation (条例 79-87).

    LawRefuses (UnknownViolation, NotInForce, DatesOutOfOrder, OutsideCalendar) where the law or the
    facts allow no answer. No working day is counted here: of the calendar only the digest is used.
    """
    report = Explainer(localize(rulebook, lang), explain=explain)
    conduct, discovered, decided = request.conduct, request.discovered_on, request.decision_effective_on
    _check_dates(conduct, discovered, decided)
    ended = _last_day_of(conduct)
    violation = rulebook.violation(request.violation, ended)
    _applicable_law(report, violation, conduct, decided, assume=request.assume_in_force)
    _unused_facts(report, violation, request)
    limitation = _limitation(report, violation, rulebook, ended, discovered, request.harm)
    _authority(report, violation)
    tiers, undecided = _open_tiers(
        report, violation, request.severity, request.exemption_facts, request.readings, rectified=request.rectified
    )
    alternatives, absent = _outcomes(report, violation, request, tiers)
    missing = sorted((*undecided, *absent), key=violation.decides.index)
    _general_notices(report, violation, request, tiers, alternatives)
    determined = not missing
    common = UNSET if determined else _common_fine(alternatives)
    if determined:
        _result(report, alternatives[0])
    else:
        named = report.phrases.wording.labels("fact", tuple(missing))
        report.rule("result", "undetermined", case="undetermined", facts=named)
    return PenaltyAnswer(
        ref=request.ref,
        violation=request.violation,
        determined=determined,
        outcome=alternatives[0] if determined else UNSET,
        alternatives=UNSET if determined else tuple(alternatives),
        missing_facts=UNSET if determined else tuple(missing),
        fine=common,
        limitation=limitation,
        notices=report.notices,
        explanation=report.explanation(),
        provenance=build_provenance(rulebook, calendar.digest, facts_of(request)),
    )


def _result(report: Explainer, outcome: Outcome) -> None:
    """The last step of the explanation of a determined answer: the tier and its fine."""
    if report.explaining:
        case = "not-exempt" if outcome.tier == "not_exempt" else "determined"
        fine = format_fine(report.phrases.labels, outcome.fine)
        report.rule("result", _range(outcome.fine), case=case, tier=report.label("tier", outcome.tier), fine=fine)


def facts_of(request: PenaltyRequest) -> PenaltyRequest:
    """The facts alone, for the digest of the inputs: no reference, and nothing that says nothing."""
    empty: dict[str, object] = {}
    if request.ref is not UNSET:
        empty["ref"] = UNSET
    if request.readings is not _BY_DEFAULT and request.readings == _BY_DEFAULT:
        empty["readings"] = _BY_DEFAULT
    if request.harm == Harm():
        empty["harm"] = UNSET
    if request.exemption_facts == ExemptionFacts():
        empty["exemption_facts"] = UNSET
    return replace(request, **empty) if empty else request


def _last_day_of(conduct: Conduct | UnsetType) -> date | None:
    return conduct.to if isinstance(conduct, Conduct) and isinstance(conduct.to, date) else None


# ------------------------------------------------------------------------- dates and law in force


@lru_cache(maxsize=REMEMBERED)
def _check_dates(conduct: Conduct | UnsetType, discovered: date | UnsetType, decided: date | UnsetType) -> None:
    """Refuse days that no rule can concern, an end before its start, a decision before the conduct."""
    started = conduct.from_ if isinstance(conduct, Conduct) else UNSET
    given: list[tuple[Path, date | UnsetType]] = [
        (("conduct", "from"), started),
        (("conduct", "to"), conduct.to if isinstance(conduct, Conduct) else UNSET),
        (("discovered_on",), discovered),
        (("decision_effective_on",), decided),
    ]
    days = [(path, day) for path, day in given if day is not UNSET]
    faults: list[PenaltycalcError] = [fault for path, day in days if (fault := check_day(path, day))]
    raise_first(faults)
    for path, day in days[1:]:
        if isinstance(started, date) and day < started:
            faults.append(DatesOutOfOrder(path, day, "conduct.from", started))
    if isinstance(discovered, date) and isinstance(decided, date) and decided < discovered:
        faults.append(DatesOutOfOrder(("decision_effective_on",), decided, "discovered_on", discovered))
    raise_first(faults)


@remembered
def _applicable_law(
    report: Explainer, violation: Violation, conduct: Conduct | UnsetType, decided: date | UnsetType, *, assume: bool
) -> None:
    """Which law governs the conduct (APL 37), or NotInForce with both halves of that article."""
    ended = _last_day_of(conduct)
    first = violation.first or FIRST_DAY
    too_early = _too_early(ended, decided, first)
    instrument = violation.instrument.id
    since = format_day(first)
    if too_early is not None:
        path, day = too_early
        if violation.row.lighter_than_before:
            report.notice("exemption-for-earlier-conduct")
            case = "lighter"
        elif assume:
            report.notice(
                "assumed-in-force",
                citation=report.phrases.rules["applicable-law-assumed"].citation,
                in_force_from=since,
            )
            case = "assumed"
        else:
            raise NotInForce(path, "not-in-force-conduct", day, first)
        report.rule("applicable-law", instrument, before=day, case=case, first=since)
        return
    if not isinstance(conduct, Conduct):
        report.notice("conduct-dates-missing", in_force_from=since)
        report.rule("applicable-law", instrument, case="not-given", first=since)
        return
    if ended is None:
        report.notice("conduct-continuing")
    elif isinstance(decided, date) and decided < ended:
        report.notice("decision-before-conduct-ended")
    if conduct.from_ < first:
        report.notice("conduct-spans-commencement", in_force_from=since)
    if ended is None:
        report.rule("applicable-law", instrument, before=conduct.from_, case="continuing", first=since)
    else:
        report.rule("applicable-law", instrument, before=ended, case="in-force", first=since)


def _too_early(ended: date | None, decided: date | UnsetType, first: date) -> tuple[Path, date] | None:
    if ended is not None and ended < first:
        return ("conduct", "to"), ended
    if isinstance(decided, date) and decided < first:
        return ("decision_effective_on",), decided
    return None


def _unused_facts(report: Explainer, violation: Violation, request: PenaltyRequest) -> None:
    """A notice for each fact that was given and that this violation does not use."""
    uses = violation.uses
    for fact in _unused(uses):
        if getattr(request, fact) not in (UNSET, ()):
            report.notice("fact-not-used", fact=report.label("fact", fact))
    if request.severity == "ordinary" and "severity" not in uses:
        report.notice("fact-not-used", fact=report.label("fact", "severity"))
    decided = request.decision_effective_on
    early = isinstance(decided, date) and decided < (violation.first or FIRST_DAY)  # then it has decided already
    if isinstance(decided, date) and not early and "decision_effective_on" not in uses:
        report.notice("fact-not-used", fact=report.label("fact", "decision_effective_on"))
    if request.readings is not _BY_DEFAULT:
        for reading in Readings.__struct_fields__:
            if getattr(request.readings, reading) and reading not in uses:
                report.notice("fact-not-used", fact=report.label("fact", reading))


@lru_cache(maxsize=64)
def _unused(uses: frozenset[str]) -> tuple[str, ...]:
    return tuple(fact for fact in _FACTS if fact not in uses)


_FACTS = (
    "goods_value",
    "activity",
    "rectified",
    "scope",
    "discovered_on",
    "harm",
    "exemption_facts",
    "responsible_persons",
)


# ------------------------------------------------------------------------------------ limitation


@remembered
def _limitation(
    report: Explainer,
    violation: Violation,
    rulebook: Rulebook,
    ended: date | None,
    discovered: date | UnsetType,
    harm: Harm | UnsetType,
) -> Limitation | UnsetType:
    """The two limitation periods, which of them applies, and whether the penalty is barred (APL 36)."""
    if not violation.row.penalty:
        return UNSET
    if ended is None:
        if discovered is not UNSET or harm is not UNSET:
            report.notice("limitation-needs-conduct")
        return UNSET
    rule = rulebook.rules.limitation
    short, long = (_limit(ended, years) for years in (rule.years, rule.extended_years))
    applies = _which_limit(harm)
    barred = _barred(discovered, short, long, applies)
    if applies == "undetermined":
        report.notice("limitation-undetermined", short=format_day(short), long=format_day(long))
    if barred is True:
        report.notice("limitation-barred")
    report.notice("civil-code-by-analogy")
    if report.explaining:
        shown = {"two": short, "five": long}.get(applies, f"{format_day(short)}..{format_day(long)}")
        years = rule.extended_years if applies == "five" else rule.years
        report.rule("limitation", shown, before=ended, case=applies, years=years, extended=rule.extended_years)
    if isinstance(discovered, date):
        verdict = "undetermined" if barred is UNSET else "barred" if barred else "in_time"
        report.rule("discovery", verdict, before=discovered, case=verdict)
    return Limitation(
        two_years=LimitationDay(last_day=short),
        five_years=LimitationDay(last_day=long),
        applies=applies,
        barred=barred,
    )


def _limit(ended: date, years: int) -> date:
    try:
        return corresponding_day(ended, years=years)
    except OutsideCalendar:
        raise OutsideCalendar(("conduct", "to"), ended.isoformat(), FIRST_DAY, LAST_DAY) from None


def _which_limit(harm: Harm | UnsetType) -> Applies:
    facts = (harm.life_health_or_financial_safety, harm.harmful_consequence) if isinstance(harm, Harm) else (UNSET,)
    if False in facts:
        return "two"
    return "undetermined" if UNSET in facts else "five"


def _barred(discovered: date | UnsetType, short: date, long: date, applies: Applies) -> bool | UnsetType:
    if not isinstance(discovered, date):
        return UNSET
    late = (discovered > short, discovered > long)
    if applies == "undetermined":
        return late[0] if late[0] == late[1] else UNSET
    return late[0] if applies == "two" else late[1]


# ----------------------------------------------------------------------------------------- tiers


@remembered
def _authority(report: Explainer, violation: Violation) -> None:
    """Who decides, where a penalty is imposed."""
    authority = violation.row.authority
    if isinstance(authority, str):
        named = report.label("authority", authority)
        report.rule("authority", authority, citation=violation.authority_citation, named=named)


@remembered
def _open_tiers(
    report: Explainer,
    violation: Violation,
    severity: Severity | UnsetType,
    exemption_facts: ExemptionFacts | UnsetType,
    readings: Readings,
    *,
    rectified: bool | UnsetType,
) -> tuple[tuple[Tier, ...], tuple[str, ...]]:
    """The tiers that the given facts leave open, and the missing facts that keep them apart."""
    tiers = violation.tiers
    if severity == "severe" and "severe" not in tiers:
        report.notice("tier-not-in-law")
    if "exempt" in tiers:
        return (tiers[_exemption(report, violation, exemption_facts)],), ()
    severities, rectifieds = _possible(tiers, severity, rectified=rectified)
    strict = _severe_reading(report, violation, readings, over_rectified=severity == "severe" and rectified is True)
    decided: dict[tuple[Severity, bool | None], TierName] = {
        (possible, corrected): _tier(possible, rectified=corrected, strict=strict)
        for possible in severities
        for corrected in rectifieds
    }
    open_ = tuple(tiers[name] for name in tiers if name in decided.values())
    missing = []
    if len(severities) > 1 and any(
        decided["ordinary", corrected] != decided["severe", corrected] for corrected in rectifieds
    ):
        missing.append("severity")
    if len(rectifieds) > 1 and any(decided[possible, True] != decided[possible, False] for possible in severities):
        missing.append("rectified")
    if len(open_) == 1:
        _explain_tier(report, violation, open_[0], severity, rectified=rectified)
    return open_, tuple(missing)


def _explain_tier(
    report: Explainer,
    violation: Violation,
    tier: Tier,
    severity: Severity | UnsetType,
    *,
    rectified: bool | UnsetType,
) -> None:
    """The step that tells which tier the given facts lead to."""
    given = report.phrases.given(
        severity if "severity" in violation.decides else None,
        rectified if "rectified" in violation.decides else None,
    )
    citation = _cited(report, violation, tier)
    report.rule("tier", tier.name, before=_SHOWN[severity, rectified], citation=citation, case=tier.name, given=given)


def _exemption(report: Explainer, violation: Violation, facts: ExemptionFacts | UnsetType) -> TierName:
    """Exempt only where both facts are stated true (DAR 86)."""
    stated = isinstance(facts, ExemptionFacts) and facts.duties_fulfilled is True and facts.did_not_know_proven is True
    tier: TierName = "exempt" if stated else "not_exempt"
    both = (
        (_shown(facts.duties_fulfilled), _shown(facts.did_not_know_proven))
        if isinstance(facts, ExemptionFacts)
        else ("-", "-")
    )
    before = f"duties_fulfilled={both[0]},did_not_know_proven={both[1]}"
    report.rule("tier", tier, before=before, citation=violation.citation, case=tier.replace("_", "-"))
    return tier


def _possible(
    tiers: Mapping[str, Tier],
    severity: Severity | UnsetType,
    *,
    rectified: bool | UnsetType,
) -> tuple[tuple[Severity, ...], tuple[bool | None, ...]]:
    """What severity and correction may be, as far as this violation tells them apart."""
    severities: tuple[Severity, ...] = ("ordinary", "severe") if severity is UNSET else (severity,)
    if "severe" not in tiers:
        severities = ("ordinary",)
    rectifieds: tuple[bool | None, ...] = (True, False) if rectified is UNSET else (rectified,)
    if "uncorrected" not in tiers:
        rectifieds = (None,)
    return severities, rectifieds


def _severe_reading(report: Explainer, violation: Violation, readings: Readings, *, over_rectified: bool) -> bool:
    """Whether the severe tier needs a failed correction: by default it does not; the caller may choose."""
    if violation.row.reading != "severe_needs_failed_correction":
        return False
    strict = readings.severe_needs_failed_correction
    report.notice("reading-severe-needs-failed-correction" if strict else "reading-severe-without-failed-correction")
    if not strict and over_rectified:
        report.notice("severe-over-rectified")
    return strict


def _tier(severity: Severity, *, rectified: bool | None, strict: bool) -> TierName:
    if severity == "severe" and not (strict and rectified):
        return "severe"
    return "uncorrected" if rectified is False else "first"


def _shown(fact: object) -> str:
    return "-" if fact is UNSET else str(fact).lower()


_SHOWN = {
    (severity, rectified): f"severity={_shown(severity)},rectified={_shown(rectified)}"
    for severity in (UNSET, *get_args(Severity))
    for rectified in (UNSET, True, False)
}
"""The facts that decide on the tier, as explanations show them."""


def _cited(report: Explainer, violation: Violation, tier: Tier) -> Citation:
    return report.phrases.tier_citations.get(id(tier), violation.citation)


# -------------------------------------------------------------------------------------- outcomes


def _outcomes(
    report: Explainer, violation: Violation, request: PenaltyRequest, tiers: tuple[Tier, ...]
) -> tuple[list[Outcome], list[str]]:
    """The outcome of each open tier, activity and scope; and the facts missing for a single one."""
    absent = [fact for fact in violation.decides if fact in _DECIDE_INSIDE and getattr(request, fact) is UNSET]
    missing = [fact for fact in absent if any(_needs(tier, fact) for tier in tiers)]
    cases: list[tuple[Tier, Activity | UnsetType, Scope | UnsetType]] = (
        [(tier, *assumed) for tier in tiers for assumed in _assumptions(request, tier, missing)]
        if missing
        else [(tier, UNSET, UNSET) for tier in tiers]
    )
    outcomes = []
    for tier, activity, scope in cases:
        if len(cases) > 1:
            assumed = "/".join(part for part in (tier.name, activity, scope) if isinstance(part, str))
            report.rule("alternative", assumed, assumed=_assumed(report, tier, activity, scope))
        outcomes.append(_outcome(report, violation, request, tier, activity, scope))
    return outcomes, missing


def _assumed(report: Explainer, tier: Tier, activity: Activity | UnsetType, scope: Scope | UnsetType) -> str:
    words = [report.label("tier", tier.name)]
    if activity is not UNSET:
        words.append(report.label("activity", activity))
    if scope is not UNSET:
        words.append(report.label("scope", scope))
    return (", " if report.phrases.wording.lang == "en" else "、").join(words)


_DECIDE_INSIDE = ("activity", "goods_value", "scope")
"""The facts that decide inside a tier, not between tiers."""


def _needs(tier: Tier, fact: str) -> bool:
    """Whether a tier's outcome depends on one of the facts that decide inside it."""
    if fact == "scope":
        return bool(list_scopes(tier))
    if not isinstance(tier.fine, GoodsValueMultiple):
        return False
    return fact == "goods_value" or isinstance(tier.fine.deemed_value_by_activity, dict)


def _assumptions(
    request: PenaltyRequest, tier: Tier, missing: list[str]
) -> Iterator[tuple[Activity | UnsetType, Scope | UnsetType]]:
    """The activities and scopes to be told apart in a tier; once with nothing assumed where there are none."""
    activities: tuple[Activity | UnsetType, ...] = (UNSET,)
    if "activity" in missing and request.goods_value is not UNSET and _needs(tier, "activity"):
        activities = get_args(Activity)
    wanted: tuple[Scope | UnsetType, ...] = (UNSET,)
    if "scope" in missing and _needs(tier, "scope"):
        wanted = list_scopes(tier)
    return product(activities, wanted)


def _outcome(
    report: Explainer,
    violation: Violation,
    request: PenaltyRequest,
    tier: Tier,
    activity: Activity | UnsetType,
    scope: Scope | UnsetType,
) -> Outcome:
    citation = _cited(report, violation, tier)
    measures = report.phrases.settled(tier)
    if measures is None:
        measures = tuple(_measures(report, request, tier, request.scope if scope is UNSET else scope, citation))
    persons = tuple(_persons(report, request, tier.persons, citation)) if tier.persons is not UNSET else ()
    for code in tier.notices:
        report.notice(code)
    return Outcome(
        tier=tier.name,
        activity=activity,
        scope=scope,
        authority=violation.row.authority,
        citation=citation,
        fine=_fine(report, request, tier, request.activity if activity is UNSET else activity, citation),
        measures=measures,
        persons=persons,
    )


def _measures(
    report: Explainer, request: PenaltyRequest, tier: Tier, scope: Scope | UnsetType, citation: Citation
) -> Iterator[Measure]:
    """The measures of a tier, those of other scopes left out."""
    for measure in report.phrases.measures(tier):
        if getattr(measure, "scope", UNSET) in (UNSET, scope):
            if isinstance(measure, ApplicationBar | ActivityBan):
                yield _dated(report, request.decision_effective_on, measure, citation)
            else:
                yield measure


def _dated(
    report: Explainer, effective: date | UnsetType, measure: ApplicationBar | ActivityBan, citation: Citation
) -> ApplicationBar | ActivityBan:
    """The bar or ban with its days, where the day the decision takes effect is known (CC 201, 202)."""
    if not isinstance(effective, date):
        return measure
    last, free = _run(effective, measure.length.years)
    assert isinstance(measure.text, str)
    report.notice("civil-code-by-analogy")
    report.rule(
        "bar", last, before=effective, citation=citation, case="fixed", what=measure.text, free=format_day(free)
    )
    return replace(
        measure, last_day=last, first_free_day=free, text=report.phrases.until(measure.text, measure.length, last)
    )


def _run(effective: date, years: int) -> tuple[date, date]:
    """Last barred day and first free day of what runs from a decision."""
    try:
        last = corresponding_day(effective, years=years)
        return last, days_after(last, 1)
    except OutsideCalendar:
        raise OutsideCalendar(("decision_effective_on",), effective.isoformat(), FIRST_DAY, LAST_DAY) from None


# ----------------------------------------------------------------------------------------- fines


def _fine(
    report: Explainer, request: PenaltyRequest, tier: Tier, activity: Activity | UnsetType, citation: Citation
) -> Fine | None:
    clause = tier.fine
    if clause is UNSET:
        report.rule("fine", "none", citation=citation, case="elsewhere" if tier.name == "not_exempt" else "none")
        return None
    if isinstance(clause, FixedFine):
        if tier.name == "severe" and request.readings.obstruction_suspension_replaces_fine and _replaceable(tier):
            report.rule("fine", "none", citation=citation, case="replaced")
            return None
        return _fixed_fine(report, clause, citation)
    return _multiple_fine(report, request.goods_value, clause, activity, citation)


def _replaceable(tier: Tier) -> bool:
    return any(measure.__struct_config__.tag == "suspension" for measure in tier.measures)


def _fixed_fine(report: Explainer, clause: FixedFine, citation: Citation) -> Fine:
    minimum = None if clause.minimum is UNSET else clause.minimum
    fine = Fine(minimum=minimum, maximum=clause.maximum, basis=_FIXED)
    case = "fixed" if minimum is not None else "fixed-no-minimum"
    report.rule("fine", _range(fine), citation=citation, case=case, minimum=minimum, maximum=clause.maximum)
    return fine


_FIXED = FixedBasis()


def _multiple_fine(
    report: Explainer,
    goods_value: Money | UnsetType,
    clause: GoodsValueMultiple,
    activity: Activity | UnsetType,
    citation: Citation,
) -> Fine:
    """The goods value, or the deemed value where it is larger, times the multiples."""
    deemed = _deemed_value(clause, activity)
    if not isinstance(goods_value, Money) or not isinstance(deemed, Money):
        report.rule(
            "fine", "unknown", citation=citation, case="value-missing", minimum=clause.minimum, maximum=clause.maximum
        )
        basis = MultipleBasis(
            goods_value=goods_value,
            deemed_value=deemed,
            minimum_multiple=clause.minimum,
            maximum_multiple=clause.maximum,
        )
        return Fine(minimum=None, maximum=None, basis=basis)
    applied = goods_value < deemed
    counted = deemed if applied else goods_value
    low, high = counted * clause.minimum, counted * clause.maximum
    fine = Fine(
        minimum=low,
        maximum=high,
        basis=MultipleBasis(
            goods_value=goods_value,
            deemed_value=deemed,
            deemed_value_applied=applied,
            counted_value=counted,
            minimum_multiple=clause.minimum,
            maximum_multiple=clause.maximum,
        ),
    )
    if report.explaining:
        case = "applied" if applied else "not-applied"
        report.rule("deemed-value", counted.text, goods_value.text, citation, case=case, deemed=deemed.text)
        report.rule(
            "fine",
            f"{low.text}..{high.text}",
            counted.text,
            citation,
            case="multiple",
            times_minimum=clause.minimum,
            times_maximum=clause.maximum,
            minimum=low.text,
            maximum=high.text,
        )
    return fine


def _deemed_value(clause: GoodsValueMultiple, activity: Activity | UnsetType) -> Money | UnsetType:
    if isinstance(clause.deemed_value_by_activity, dict):
        return UNSET if activity is UNSET else clause.deemed_value_by_activity[activity]
    return clause.deemed_value


def _range(fine: Fine | None) -> str:
    """A range as explanations write it: `minimum..maximum`, `..maximum`, `unknown` or `none`."""
    if fine is None:
        return "none"
    if fine.maximum is None:
        return "unknown"
    return f"{'' if fine.minimum is None else fine.minimum.text}..{fine.maximum.text}"


def format_fine(labels: Mapping[str, Mapping[str, str]], fine: Fine | None) -> str:
    """A fine as people read it: a range in yuan, an upper bound alone, none, or unknown."""
    words = labels["heading"]
    if fine is None:
        return words["none"]
    if fine.maximum is None:
        return words["unknown"]
    if fine.minimum is None:
        return words["up_to"].format(maximum=fine.maximum)
    return words["range"].format(minimum=fine.minimum, maximum=fine.maximum)


def _common_fine(alternatives: list[Outcome]) -> Fine | UnsetType:
    """The fine on top of alternatives that agree on its bounds; its basis as far as they agree on that too."""
    fines = [outcome.fine for outcome in alternatives]
    first = fines[0]
    if first is None or first.maximum is None:
        return UNSET
    if any(fine is None or fine.minimum != first.minimum or fine.maximum != first.maximum for fine in fines):
        return UNSET
    if all(fine == first for fine in fines) or not isinstance(first.basis, MultipleBasis):
        return first
    agreed = MultipleBasis(
        goods_value=first.basis.goods_value,
        counted_value=first.basis.counted_value,
        minimum_multiple=first.basis.minimum_multiple,
        maximum_multiple=first.basis.maximum_multiple,
    )
    return Fine(minimum=first.minimum, maximum=first.maximum, basis=agreed)


# --------------------------------------------------------------------------------------- persons


def _persons(report: Explainer, request: PenaltyRequest, clause: PersonsClause, citation: Citation) -> Iterator[Person]:
    """Each given person, or one entry for each role where none is given."""
    given = request.responsible_persons or tuple(ResponsiblePerson(role=role) for role in clause.roles)
    ban = _personal_ban(report, clause.ban, request.decision_effective_on, citation)
    if isinstance(clause.fine, FixedFine):
        fines = [_fine_on_each(report, clause.fine, citation)] * len(given)
    else:
        fines = [_income_fine(report, clause.fine, person, citation) for person in given]
    for person, fine in zip(given, fines, strict=True):
        income: Money | UnsetType | None = UNSET
        if clause.income_confiscated:
            income = None if person.income_during_violation is UNSET else person.income_during_violation
            role = report.label("role", person.role)
            report.rule("income-confiscation", income or "unknown", citation=citation, role=role)
        elif person.income_during_violation is not UNSET:
            report.notice("fact-not-used", fact=report.label("fact", "income_during_violation"))
        yield Person(
            role=person.role,
            name=person.name,
            fine=fine,
            confiscated_income=income,
            ban=ban,
        )


def _fine_on_each(report: Explainer, clause: FixedFine, citation: Citation) -> Fine:
    """The fine of fixed bounds, which falls on each person."""
    minimum = None if clause.minimum is UNSET else clause.minimum
    fine = Fine(minimum=minimum, maximum=clause.maximum, basis=_FIXED)
    named = format_fine(report.phrases.labels, fine)
    report.rule("person-fine", _range(fine), citation=citation, case="fixed", fine=named)
    return fine


def _income_fine(report: Explainer, share: IncomeShare, person: ResponsiblePerson, citation: Citation) -> Fine:
    """The fine as a share of the person's own income."""
    role = report.label("role", person.role)
    basis = IncomeBasis(
        income=person.income_during_violation,
        minimum_percent=share.minimum_percent,
        maximum_percent=share.maximum_percent,
    )
    percents = {"minimum": share.minimum_percent, "maximum": share.maximum_percent}
    if not isinstance(person.income_during_violation, Money):
        report.notice("income-missing")
        report.rule("person-fine", "unknown", citation=citation, case="income-missing", role=role, **percents)
        return Fine(minimum=None, maximum=None, basis=basis)
    fine = _share(person.income_during_violation, share, basis)
    case = "income-share" if fine.maximum is not None else "no-whole-fen"
    if fine.maximum is None:
        report.notice("no-whole-fen")
    report.rule(
        "person-fine",
        _range(fine),
        before=person.income_during_violation,
        citation=citation,
        case=case,
        role=role,
        fine=format_fine(report.phrases.labels, fine),
        **percents,
    )
    return fine


def _share(income: Money, share: IncomeShare, basis: IncomeBasis) -> Fine:
    """The range of the shares, rounded inwards to whole fen; null where no whole fen lies in it."""
    minimum = income.share_rounded_up(share.minimum_percent)
    maximum = income.share_rounded_down(share.maximum_percent)
    if maximum < minimum:
        return Fine(minimum=None, maximum=None, basis=basis)
    return Fine(minimum=minimum, maximum=maximum, basis=basis)


def _personal_ban(
    report: Explainer, ban: PersonalBan | UnsetType, effective: date | UnsetType, citation: Citation
) -> PersonalBan | UnsetType:
    if not isinstance(ban, PersonalBan):
        return UNSET
    if ban.length.up_to == "life":
        report.notice("ban-ten-years-to-life", years=ban.length.years)
    text = report.phrases.ban(ban)
    if not isinstance(effective, date):
        return replace(ban, text=text)
    last, free = _run(effective, ban.length.years)
    report.notice("civil-code-by-analogy")
    case = "earliest" if ban.length.up_to == "life" else "fixed"
    report.rule("bar", last, before=effective, citation=citation, case=case, what=text, free=format_day(free))
    return replace(ban, last_day=last, first_free_day=free, text=report.phrases.until(text, ban.length, last))


# --------------------------------------------------------------------------------------- notices


def _general_notices(
    report: Explainer,
    violation: Violation,
    request: PenaltyRequest,
    tiers: tuple[Tier, ...],
    outcomes: list[Outcome],
) -> None:
    row = violation.row
    report.add(report.phrases.of_row(violation))
    if row.plausible_activities and request.activity is not UNSET and request.activity not in row.plausible_activities:
        report.notice("activity-implausible", activity=report.label("activity", request.activity))
    if any(outcome.fine is not None and outcome.fine.maximum is not None for outcome in outcomes):
        report.notice("bounds-included")
    if row.reading == "obstruction_suspension_replaces_fine":
        chosen = request.readings.obstruction_suspension_replaces_fine
        report.notice("reading-obstruction-suspension-replaces-fine" if chosen else "reading-obstruction-suspension")
    reached = [outcome for outcome in outcomes if outcome.persons]
    if request.responsible_persons and not reached and "responsible_persons" in violation.uses:
        report.notice("fact-not-used", fact=report.label("fact", "responsible_persons"))
    if row.penalty and any(tier.name in violation.silent for tier in tiers):
        report.notice("correction-and-gains")
