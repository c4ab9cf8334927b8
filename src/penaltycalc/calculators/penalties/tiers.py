"""Which tiers (档) of a violation the stated facts leave open."""

from __future__ import annotations

from typing import Literal, NamedTuple

from msgspec import UNSET, UnsetType

from penaltycalc.calculators.penalties.case import PenaltyCase
from penaltycalc.calculators.penalties.request import ExemptionFacts, PenaltyRequest, Severity
from penaltycalc.rules.clauses import TierName
from penaltycalc.rules.versions import CitedTier


class OpenTiers(NamedTuple):
    """The tiers that the stated facts leave open, and the missing facts that would tell them apart."""

    tiers: tuple[CitedTier, ...]
    missing: tuple[str, ...]


def find_open_tiers(case: PenaltyCase) -> OpenTiers:
    """The tiers left open; where it is one, with the step that says which facts lead to it."""
    request, tiers = case.request, case.violation.tiers
    if request.severity == "severe" and "severe" not in tiers:
        case.explainer.add_notice("tier-not-in-law")
    # An exemption has no severity and no correction: its own facts decide, see below.
    if "exempt" in tiers:
        return _find_open_exemption(case)
    severities = _list_severities(request, has_severe_tier="severe" in tiers)
    corrections = _list_corrections(request, has_uncorrected_tier="uncorrected" in tiers)
    strict = _choose_severe_reading(case)
    # Every combination that the facts allow, and the tier that it leads to.
    tier_of: dict[tuple[Severity, bool | None], TierName] = {
        (severity, corrected): _decide_tier(severity, corrected=corrected, strict=strict)
        for severity in severities
        for corrected in corrections
    }
    # The loop goes over the tiers of the row so that alternatives stand in the order of the law.
    open_tiers = tuple(tier for name, tier in tiers.items() if name in tier_of.values())
    # A fact is missing only where it makes a difference: where both of its values lead to the same tier, it
    # is not asked for.
    missing = []
    if len(severities) > 1 and any(
        tier_of["ordinary", corrected] != tier_of["severe", corrected] for corrected in corrections
    ):
        missing.append("severity")
    if len(corrections) > 1 and any(tier_of[severity, True] != tier_of[severity, False] for severity in severities):
        missing.append("rectified")
    if len(open_tiers) == 1:
        _explain_tier(case, open_tiers[0])
    return OpenTiers(open_tiers, tuple(missing))


def _list_severities(request: PenaltyRequest, *, has_severe_tier: bool) -> tuple[Severity, ...]:
    """What the severity may be, as far as this violation tells it apart."""
    if not has_severe_tier:
        return ("ordinary",)
    return ("ordinary", "severe") if request.severity is UNSET else (request.severity,)


def _list_corrections(request: PenaltyRequest, *, has_uncorrected_tier: bool) -> tuple[bool | None, ...]:
    """Whether it may have been corrected in time; None where this violation does not ask."""
    if not has_uncorrected_tier:
        return (None,)
    return (True, False) if request.rectified is UNSET else (request.rectified,)


def _choose_severe_reading(case: PenaltyCase) -> bool:
    """Whether the severe tier needs a failed correction: by default not; the caller may choose that reading."""
    request = case.request
    if case.violation.row.reading != "severe_needs_failed_correction":
        return False
    strict = request.readings.severe_needs_failed_correction
    case.explainer.add_notice(
        "reading-severe-needs-failed-correction" if strict else "reading-severe-without-failed-correction"
    )
    # By this reading correction does not save a severe case, which the reader may not expect.
    if not strict and request.severity == "severe" and request.rectified is True:
        case.explainer.add_notice("severe-over-rectified")
    return strict


def _decide_tier(severity: Severity, *, corrected: bool | None, strict: bool) -> TierName:
    # By the strict reading a severe case that was corrected falls back to the first tier.
    if severity == "severe" and not (strict and corrected):
        return "severe"
    # None means that the violation has no such tier, so only an explicit False leads to it.
    return "uncorrected" if corrected is False else "first"


def _explain_tier(case: PenaltyCase, tier: CitedTier) -> None:
    request, explainer = case.request, case.explainer
    if not explainer.explains:
        return
    before = f"severity={_write_fact(request.severity)},rectified={_write_fact(request.rectified)}"
    # Where there is only one tier, no fact leads to it; another fact may still decide within it.
    variant: str = tier.name
    if tier.is_single:
        variant = "single" if case.violation.required_facts else "only"
    facts = {"facts": _describe_facts(case), "tier": explainer.texts.describe_tier(tier)}
    explainer.add_step("tier", tier.name, before=before, citation=tier.citation, variant=variant, **facts)


def _describe_facts(case: PenaltyCase) -> str:
    """The facts that decide on the tier of this violation, as people read them."""
    request, explainer, required = case.request, case.explainer, case.violation.required_facts
    labels = []
    if "severity" in required:
        severity = "not_given" if request.severity is UNSET else request.severity
        labels.append(explainer.label("severity_given", severity))
    if "rectified" in required:
        if request.rectified is False:
            # What was not done in time has the words of the tier that it leads to.
            labels.append(explainer.texts.describe_tier(case.violation.tiers["uncorrected"]))
        else:
            labels.append(explainer.label("rectified_given", "not_given" if request.rectified is UNSET else "yes"))
    return explainer.label("heading", "fact_separator").join(labels)


def find_exemption(request: PenaltyRequest) -> Literal["exempt", "not_exempt"] | None:
    """Exempt where both facts are true, not exempt where one is false (DAR 86); None while that is open."""
    facts = request.exemption_facts if isinstance(request.exemption_facts, ExemptionFacts) else ExemptionFacts()
    stated = (facts.duties_fulfilled, facts.did_not_know_proven)
    if False in stated:
        return "not_exempt"
    # What was not stated may still be shown, so it is no failed exemption yet.
    return None if UNSET in stated else "exempt"


def _find_open_exemption(case: PenaltyCase) -> OpenTiers:
    """The tier of an exemption, or both side by side while its facts are open."""
    facts, tiers = case.request.exemption_facts, case.violation.tiers
    decided = find_exemption(case.request)
    if decided is None or not isinstance(facts, ExemptionFacts):
        return OpenTiers((tiers["exempt"], tiers["not_exempt"]), ("exemption_facts",))
    before = (
        f"duties_fulfilled={_write_fact(facts.duties_fulfilled)}"
        f",did_not_know_proven={_write_fact(facts.did_not_know_proven)}"
    )
    case.explainer.add_step("tier", decided, before, case.violation.citation, variant=decided.replace("_", "-"))
    return OpenTiers((tiers[decided],), ())


def _write_fact(fact: str | bool | UnsetType) -> str:
    """A fact as explanations write it: its code, true or false, `-` where it was not stated."""
    return "-" if fact is UNSET else str(fact).lower()
