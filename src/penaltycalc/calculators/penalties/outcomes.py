"""The outcome of each open tier: fine, measures (措施) with their days, responsible persons (责任人员)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import product
from typing import NamedTuple, assert_never, get_args

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from penaltycalc.calculators.penalties.answer import Fine, Outcome, Person
from penaltycalc.calculators.penalties.case import PenaltyCase
from penaltycalc.calculators.penalties.fines import (
    calculate_fine,
    calculate_fixed_fine_of_each,
    calculate_income_fine,
)
from penaltycalc.calculators.penalties.request import PenaltyRequest, ResponsiblePerson
from penaltycalc.errors import OutsideCalendar
from penaltycalc.rules.citations import Citation
from penaltycalc.rules.clauses import (
    Activity,
    ActivityBan,
    ApplicationBar,
    FixedFine,
    GoodsValueMultiple,
    IncomeShare,
    Measure,
    PersonalBan,
    PersonsClause,
    Scope,
)
from penaltycalc.rules.money import Money
from penaltycalc.rules.periods import FIRST_DAY, LAST_DAY, add_days, find_corresponding_day
from penaltycalc.rules.versions import CitedTier

FACTS_WITHIN_A_TIER = ("activity", "goods_value", "scope")
"""The facts that decide within a tier, not between tiers."""


class Assumption(NamedTuple):
    """A tier, and the activity and scope that are assumed where they decide and were not stated."""

    tier: CitedTier
    activity: Activity | UnsetType = UNSET
    scope: Scope | UnsetType = UNSET


def find_outcomes(case: PenaltyCase, tiers: Sequence[CitedTier]) -> tuple[list[Outcome], list[str]]:
    """The outcome for each open tier, activity and scope; and the facts that are missing for a single one."""
    unstated = [
        fact
        for fact in case.violation.required_facts
        if fact in FACTS_WITHIN_A_TIER and getattr(case.request, fact) is UNSET
    ]
    # A fact that no open tier depends on is not asked for, even where another tier would need it.
    missing = [fact for fact in unstated if any(_needs_fact(tier, fact) for tier in tiers)]
    assumptions = [assumption for tier in tiers for assumption in _list_assumptions(case.request, tier, missing)]
    outcomes = []
    for assumption in assumptions:
        if len(assumptions) > 1:
            _explain_alternative(case, assumption)
        outcomes.append(_find_outcome(case, assumption))
    return outcomes, missing


def _needs_fact(tier: CitedTier, fact: str) -> bool:
    """Whether the outcome of a tier depends on one of the facts that decide within it."""
    if fact == "scope":
        return bool(tier.scopes)
    fine = tier.clause.fine
    if not isinstance(fine, GoodsValueMultiple):
        return False
    return fact == "goods_value" or isinstance(fine.deemed_value_by_activity, dict)


def _list_assumptions(request: PenaltyRequest, tier: CitedTier, missing: list[str]) -> Iterator[Assumption]:
    """The activities and scopes to tell apart in a tier; one with nothing assumed where there are none.

    Without a goods value the activities lead to the same open fine, so they are not told apart.
    """
    activities: tuple[Activity | UnsetType, ...] = (UNSET,)
    if "activity" in missing and request.goods_value is not UNSET and _needs_fact(tier, "activity"):
        activities = get_args(Activity)
    scopes: tuple[Scope | UnsetType, ...] = (UNSET,)
    if "scope" in missing and tier.scopes:
        scopes = tier.scopes
    return (Assumption(tier, activity, scope) for activity, scope in product(activities, scopes))


def _explain_alternative(case: PenaltyCase, assumption: Assumption) -> None:
    """The step that opens the steps of one of several alternatives."""
    explainer = case.explainer
    tier, texts = assumption.tier, explainer.texts
    codes = [("activity", assumption.activity), ("scope", assumption.scope)]
    stated = [(group, code) for group, code in codes if isinstance(code, str)]
    # A single tier is no assumption: then only what is assumed within it is named.
    names = [*([] if tier.is_single else [texts.describe_tier(tier)]), *(texts.label(*one) for one in stated)]
    assumed = texts.wording.add_remarks(names[0], names[1:])
    explainer.add_step("alternative", "/".join([tier.name, *(code for _, code in stated)]), assumed=assumed)


def _find_outcome(case: PenaltyCase, assumption: Assumption) -> Outcome:
    request, (tier, activity, scope) = case.request, assumption
    measures = tuple(_list_measures(case, tier, request.scope if scope is UNSET else scope))
    persons: tuple[Person, ...] = ()
    if isinstance(tier.clause.persons, PersonsClause):
        persons = tuple(_list_persons(case, tier.clause.persons, tier.citation))
    for code in tier.clause.notices:
        case.explainer.add_notice(code)
    return Outcome(
        tier=tier.name,
        tier_title=case.explainer.texts.describe_tier(tier),
        activity=activity,
        scope=scope,
        authority=case.violation.row.authority,
        citation=tier.citation,
        citations=tier.citations,
        decided_by=tier.decided_by or UNSET,
        fine=calculate_fine(case, tier, request.activity if activity is UNSET else activity),
        measures=measures,
        persons=persons,
    )


# --------------------------------------------------------------------------------------- measures


def _list_measures(case: PenaltyCase, tier: CitedTier, scope: Scope | UnsetType) -> Iterator[Measure]:
    """The measures of a tier; those of another scope are left out, those that run get their days."""
    for measure in case.explainer.texts.measures(tier):
        # Measures without a scope belong to every scope.
        if getattr(measure, "scope", UNSET) in (UNSET, scope):
            yield _date_measure(case, measure, tier) if isinstance(measure, ApplicationBar | ActivityBan) else measure


def _date_measure(
    case: PenaltyCase, measure: ApplicationBar | ActivityBan, tier: CitedTier
) -> ApplicationBar | ActivityBan:
    """A bar or ban with its days, where the day on which the decision takes effect is known (CC 201, 202)."""
    effective = case.request.decision_effective_on
    if not isinstance(effective, date):
        return measure
    explainer = case.explainer
    last_day, first_free_day = _find_end(effective, measure.length.years)
    explainer.add_notice("civil-code-by-analogy")
    explainer.add_step(
        "bar", last_day, effective, tier.citation, variant="fixed", what=measure.text, free=first_free_day
    )
    text = explainer.texts.describe_last_day(str(measure.text), measure.length, last_day)
    return replace(measure, last_day=last_day, first_free_day=first_free_day, text=text)


def _find_end(effective: date, years: int) -> tuple[date, date]:
    """The last barred day and the first free day of what runs from a decision."""
    try:
        last_day = find_corresponding_day(effective, years=years)
        return last_day, add_days(last_day, 1)
    except OutsideCalendar:
        raise OutsideCalendar(("decision_effective_on",), effective, FIRST_DAY, LAST_DAY) from None


# ---------------------------------------------------------------------------------------- persons


def _list_persons(case: PenaltyCase, clause: PersonsClause, citation: Citation) -> Iterator[Person]:
    """Each stated person, or one entry for each role where none is stated."""
    # Without stated persons the answer shows what each role faces.
    persons = case.request.responsible_persons or tuple(ResponsiblePerson(role=role) for role in clause.roles)
    # The ban is the same for every person, so it is worked out and explained only once.
    ban = _find_personal_ban(case, clause.ban, citation)
    for person, fine in zip(persons, _list_person_fines(case, clause, persons, citation), strict=True):
        yield Person(
            role=person.role,
            name=person.name,
            fine=fine,
            confiscated_income=_confiscate_income(case, clause, person, citation),
            ban=ban,
        )


def _list_person_fines(
    case: PenaltyCase, clause: PersonsClause, persons: Sequence[ResponsiblePerson], citation: Citation
) -> list[Fine]:
    match clause.fine:
        case FixedFine() as fixed:
            # The same bounds fall on each person, so one fine, with one step, serves them all.
            return [calculate_fixed_fine_of_each(case, fixed, citation)] * len(persons)
        case IncomeShare() as share:
            return [calculate_income_fine(case, share, person, citation) for person in persons]
        case _:
            assert_never(clause.fine)


def _confiscate_income(
    case: PenaltyCase, clause: PersonsClause, person: ResponsiblePerson, citation: Citation
) -> Money | UnsetType | None:
    """The whole income during the violation, None where it was not stated; absent where the law leaves it."""
    explainer, income = case.explainer, person.income_during_violation
    if not clause.income_confiscated:
        if income is not UNSET:
            explainer.add_unused_fact("income_during_violation")
        return UNSET
    amount = None if isinstance(income, UnsetType) else income
    role = explainer.label("role", person.role)
    after, variant = ("unknown", "missing") if amount is None else (amount, "")
    explainer.add_step("income-confiscation", after, citation=citation, variant=variant, role=role)
    return amount


def _find_personal_ban(case: PenaltyCase, ban: PersonalBan | UnsetType, citation: Citation) -> PersonalBan | UnsetType:
    """The ban on each person, with its days where the day on which the decision takes effect is known."""
    if not isinstance(ban, PersonalBan):
        return UNSET
    explainer, effective = case.explainer, case.request.decision_effective_on
    is_up_to_life = ban.length.up_to == "life"
    # The days below are those of the shortest ban, so the reader must learn that it may last for life.
    if is_up_to_life:
        explainer.add_notice("ban-ten-years-to-life", years=ban.length.years)
    text = explainer.texts.describe_ban(ban)
    if not isinstance(effective, date):
        return replace(ban, text=text)
    last_day, first_free_day = _find_end(effective, ban.length.years)
    explainer.add_notice("civil-code-by-analogy")
    variant = "earliest" if is_up_to_life else "fixed"
    explainer.add_step("bar", last_day, effective, citation, variant=variant, what=text, free=first_free_day)
    text = explainer.texts.describe_last_day(text, ban.length, last_day)
    return replace(ban, last_day=last_day, first_free_day=first_free_day, text=text)
