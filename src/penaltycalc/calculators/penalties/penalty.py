"""The calculation of a penalty: violation + facts -> outcome (条例 79-87).

A pure function of the request, the rulebook and the language. Facts that decide and were not stated
are never guessed: the answer then holds the alternatives side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from msgspec import UNSET, UnsetType

from penaltycalc.calculators.explain import Explainer, build_provenance
from penaltycalc.calculators.penalties.answer import (
    Limitation,
    MultipleBasis,
    Outcome,
    PenaltyAnswer,
    PenaltyExcluded,
)
from penaltycalc.calculators.penalties.applicable_law import check_dates, choose_violation, find_end_of_conduct
from penaltycalc.calculators.penalties.case import PenaltyCase
from penaltycalc.calculators.penalties.fines import describe_fine, find_common_fine, write_range
from penaltycalc.calculators.penalties.limitation import find_limitation
from penaltycalc.calculators.penalties.outcomes import find_outcomes
from penaltycalc.calculators.penalties.request import DEFAULT_READINGS, Conduct, PenaltyRequest, Readings, strip_facts
from penaltycalc.calculators.penalties.tiers import find_exemption, find_open_tiers
from penaltycalc.calendar.workdays import WorkingCalendar
from penaltycalc.rules.clauses import Recourse
from penaltycalc.rules.rulebook import Rulebook
from penaltycalc.rules.versions import CitedTier
from penaltycalc.rules.wording import Language


def penalty(
    request: PenaltyRequest,
    rulebook: Rulebook,
    calendar: WorkingCalendar,
    *,
    lang: Language = "zh",
    explain: bool = True,
) -> PenaltyAnswer:
    """The legal consequences of a violation (条例 79-87).

    LawRefuses (UnknownViolation, NotInForce, DatesOutOfOrder, OutsideCalendar) where the law or the facts allow
    no answer. No working day is counted here: of the calendar only the digest is used.
    """
    explainer = Explainer(rulebook.texts[lang], explain=explain)
    check_dates(request)
    violation = choose_violation(explainer, rulebook, request)
    case = PenaltyCase(request, rulebook, violation, explainer)
    _note_unused_facts(case)
    limitation = find_limitation(case)
    _explain_authority(case)
    tiers, undecided = find_open_tiers(case)
    outcomes, unstated = find_outcomes(case, tiers)
    # In the order of the law data, whichever part of the calculation missed them.
    missing = tuple(sorted((*undecided, *unstated), key=violation.required_facts.index))
    excluded = _find_exclusion(case, limitation)
    _add_general_notices(case, tiers, outcomes, is_excluded=excluded is not UNSET)
    _explain_result(case, outcomes, missing, _choose_limitation_variant(limitation))
    # With no fact missing, all that the facts allow leads to one tier, so there is exactly one outcome.
    is_determined = not missing
    return PenaltyAnswer(
        ref=request.ref,
        violation=request.violation,
        penalty_excluded=excluded,
        determined=is_determined,
        outcome=outcomes[0] if is_determined else UNSET,
        alternatives=UNSET if is_determined else tuple(outcomes),
        missing_facts=UNSET if is_determined else missing,
        # All alternatives may carry the same fine, which is then certain although the tier is not.
        fine=UNSET if is_determined else find_common_fine([outcome.fine for outcome in outcomes]),
        limitation=limitation,
        notices=explainer.notices,
        explanation=explainer.explanation(),
        provenance=build_provenance(rulebook, calendar.digest, strip_facts(request)),
    )


_FACTS_TO_NOTE = (
    "goods_value",
    "activity",
    "rectified",
    "scope",
    "discovered_on",
    "harm",
    "exemption_facts",
    "responsible_persons",
)
"""The facts that not every violation uses; of severity, readings and days more is said below."""


def _note_unused_facts(case: PenaltyCase) -> None:
    """A notice for each fact that was stated and has no effect on this violation."""
    request, explainer, relevant = case.request, case.explainer, case.violation.relevant_facts
    unused = [fact for fact in _FACTS_TO_NOTE if fact not in relevant and getattr(request, fact) not in (UNSET, ())]
    # Whether the provisions that decide instead may still be applied depends on these days, which are not lost on them.
    may_be_decided_elsewhere = "not_exempt" in case.violation.tiers and find_exemption(request) != "exempt"
    if may_be_decided_elsewhere and {"discovered_on", "harm"} & set(unused):
        unused = [fact for fact in unused if fact not in ("discovered_on", "harm")]
        explainer.add_notice("limitation-decided-elsewhere")
    # A severity of severe has a notice of its own where the law has no such tier.
    if request.severity == "ordinary" and "severity" not in relevant:
        unused.append("severity")
    if "decision_effective_on" not in relevant and _changes_nothing(case, request.decision_effective_on):
        unused.append("decision_effective_on")
    # The day of the decision is the reference where both are stated, so `as_of` is not looked at.
    if request.as_of is not UNSET and request.decision_effective_on is not UNSET:
        unused.append("as_of")
    # All requests without readings share one default object, so identity tells that none was stated.
    if request.readings is not DEFAULT_READINGS:
        unused += [
            reading
            for reading in Readings.__struct_fields__
            if getattr(request.readings, reading) and reading not in relevant
        ]
    for fact in unused:
        explainer.add_unused_fact(fact)


def _changes_nothing(case: PenaltyCase, decided: date | UnsetType) -> bool:
    """Whether the day of the decision was stated and changes nothing.

    It changes something where it could pick another version, where the law data may not reach it, and
    where it lies before the end of the conduct.
    """
    violation, conduct = case.violation, case.request.conduct
    ended = find_end_of_conduct(conduct)
    # Conduct that goes on counts by the day of the decision: on an earlier one the provision would not apply.
    if isinstance(conduct, Conduct) and ended is None and not violation.has_begun(conduct.from_):
        return False
    is_only_version = len(case.rulebook.violations[case.request.violation]) == 1 and violation.last_day is None
    if not isinstance(decided, date) or not is_only_version or not violation.has_begun(decided):
        return False
    return decided <= violation.instrument.checked_on and (ended is None or ended <= decided)


def _explain_authority(case: PenaltyCase) -> None:
    """Who decides, where a penalty is imposed."""
    authority = case.violation.row.authority
    if isinstance(authority, str):
        label = case.explainer.label("authority", authority)
        case.explainer.add_step("authority", authority, citation=case.violation.authority_citation, named=label)


def _find_exclusion(case: PenaltyCase, limitation: Limitation | UnsetType) -> PenaltyExcluded | UnsetType:
    """Why no penalty is imposed at all: the conduct was discovered after the limitation period."""
    if isinstance(limitation, UnsetType) or limitation.barred is not True:
        return UNSET
    return PenaltyExcluded(reason="limitation", citation=case.rulebook.citations["limitation"])


def _choose_limitation_variant(limitation: Limitation | UnsetType) -> str:
    """Which sentence states the result: where a penalty is excluded, or may be, that comes before any amount."""
    if isinstance(limitation, UnsetType):
        return ""
    if limitation.barred is True:
        return "-excluded"
    return "-depends-on-harm" if limitation.depends_on_harm is True else ""


def _explain_result(case: PenaltyCase, outcomes: Sequence[Outcome], missing: tuple[str, ...], suffix: str) -> None:
    """The last step: that no penalty is imposed, where it is so; then the tier and its fine, or what is missing."""
    explainer = case.explainer
    if not explainer.explains:
        return
    if missing:
        labels = explainer.texts.join_labels("fact", missing)
        explainer.add_step("result", "undetermined", variant=f"undetermined{suffix}", facts=labels)
        return
    outcome = outcomes[0]
    tier, fine = outcome.tier_title, describe_fine(explainer.texts.wording, outcome.fine)
    if outcome.decided_by is not UNSET:
        explainer.add_step("result", "decided_elsewhere", variant="not-exempt", tier=tier)
    elif outcome.tier == "exempt":
        explainer.add_step("result", "none", variant="exempt", tier=tier)
    # The regulator itself answers (DAR 87): nobody is fined, so no tier and no fine are to be named.
    elif any(isinstance(measure, Recourse) for measure in outcome.measures):
        explainer.add_step("result", write_range(outcome.fine), variant="regulator-liable")
    else:
        explainer.add_step("result", write_range(outcome.fine), variant=f"determined{suffix}", tier=tier, fine=fine)


def _add_general_notices(
    case: PenaltyCase, tiers: Sequence[CitedTier], outcomes: Sequence[Outcome], *, is_excluded: bool
) -> None:
    """The notices of the row, and those that follow from the outcomes as a whole."""
    request, explainer, violation = case.request, case.explainer, case.violation
    row = violation.row
    explainer.add_row_notices(violation)
    if row.plausible_activities and request.activity is not UNSET and request.activity not in row.plausible_activities:
        explainer.add_notice("activity-implausible", activity=explainer.label("activity", request.activity))
    fines = [outcome.fine for outcome in outcomes if outcome.fine is not None]
    if any(fine.maximum is not None for fine in fines):
        explainer.add_notice("bounds-included")
    # A multiple has a lower bound also where the goods value was not stated.
    if any(fine.minimum is not None or isinstance(fine.basis, MultipleBasis) for fine in fines):
        explainer.add_notice("below-the-minimum")
    if row.reading == "obstruction_suspension_replaces_fine":
        chosen = request.readings.obstruction_suspension_replaces_fine
        explainer.add_notice(
            "reading-obstruction-suspension-replaces-fine" if chosen else "reading-obstruction-suspension"
        )
    reaches_persons = any(outcome.persons for outcome in outcomes)
    if request.responsible_persons and not reaches_persons and "responsible_persons" in violation.relevant_facts:
        explainer.add_unused_fact("responsible_persons")
    # To confiscate is to punish, to order correction is not: the limitation period ends the one alone.
    if is_excluded:
        explainer.add_notice("correction-when-barred")
    # APL 28 demands both of every penalty, also where the tier itself is silent about them.
    elif row.penalty:
        for tier in tiers:
            if tier.name in violation.tiers_without_correction:
                code = tier.clause.gains_notice
                explainer.add_notice("correction-and-gains" if isinstance(code, UnsetType) else code)
