"""Limitation of penalties (追责期限, APL 36): within which time a violation must have been discovered."""

from __future__ import annotations

from datetime import date
from typing import assert_never

from msgspec import UNSET, UnsetType

from penaltycalc.calculators.penalties.answer import Applies, Limitation, LimitationDay
from penaltycalc.calculators.penalties.applicable_law import find_end_of_conduct
from penaltycalc.calculators.penalties.case import PenaltyCase
from penaltycalc.calculators.penalties.request import Harm
from penaltycalc.errors import OutsideCalendar
from penaltycalc.rules.periods import FIRST_DAY, LAST_DAY, find_corresponding_day


def find_limitation(case: PenaltyCase) -> Limitation | UnsetType:
    """The two limitation periods, which of them applies, and whether the penalty is barred.

    Absent where no penalty is imposed, and where the last day of the conduct is not known.
    """
    request, explainer = case.request, case.explainer
    # APL 36 bars penalties only; what is no penalty has no time limit of this kind.
    if not case.violation.row.penalty:
        return UNSET
    ended = find_end_of_conduct(request.conduct)
    # The period runs from the last day of the conduct; without that day these facts have no effect.
    if ended is None:
        if request.discovered_on is not UNSET or request.harm is not UNSET:
            explainer.add_notice("limitation-needs-conduct")
        return UNSET
    rule = case.rulebook.rules.limitation
    short, long = _add_limitation_years(ended, rule.years), _add_limitation_years(ended, rule.extended_years)
    applies = _choose_period(request.harm)
    barred = _is_barred(request.discovered_on, short, long, applies)
    if applies == "undetermined":
        explainer.add_notice("limitation-undetermined", short=short, long=long)
    if barred is True:
        explainer.add_notice("limitation-barred")
    explainer.add_notice("civil-code-by-analogy")
    if explainer.explains:
        after = {"two": short, "five": long}.get(applies, f"{short}..{long}")
        years = rule.extended_years if applies == "five" else rule.years
        explainer.add_step(
            "limitation",
            after,
            before=ended,
            variant=applies,
            years=years,
            extended=rule.extended_years,
            short=short,
            long=long,
        )
    if isinstance(request.discovered_on, date):
        verdict = "undetermined" if barred is UNSET else "barred" if barred else "in_time"
        explainer.add_step(
            "discovery",
            verdict,
            before=request.discovered_on,
            variant=verdict,
            years=rule.years,
            extended=rule.extended_years,
        )
    depends_on_harm = barred is UNSET and isinstance(request.discovered_on, date)
    if depends_on_harm:
        explainer.add_notice("limitation-depends-on-harm")
    return Limitation(
        two_years=LimitationDay(last_day=short),
        five_years=LimitationDay(last_day=long),
        applies=applies,
        barred=barred,
        depends_on_harm=True if depends_on_harm else UNSET,
    )


def _add_limitation_years(ended: date, years: int) -> date:
    try:
        return find_corresponding_day(ended, years=years)
    except OutsideCalendar:
        # The error must name the fact of the request, which the arithmetic of periods does not know.
        raise OutsideCalendar(("conduct", "to"), ended, FIRST_DAY, LAST_DAY) from None


def _choose_period(harm: Harm | UnsetType) -> Applies:
    """Five years where both facts of APL 36 are true, two where one is false, else undetermined."""
    facts = (harm.life_health_or_financial_safety, harm.harmful_consequence) if isinstance(harm, Harm) else (UNSET,)
    # Both facts are needed, so one that is false decides, whatever the other one is.
    if False in facts:
        return "two"
    return "undetermined" if UNSET in facts else "five"


def _is_barred(discovered: date | UnsetType, short: date, long: date, applies: Applies) -> bool | UnsetType:
    """Whether the conduct was discovered too late; absent where that cannot be told."""
    if not isinstance(discovered, date):
        return UNSET
    # The last day is included, so a discovery on that very day is still in time.
    after_short, after_long = discovered > short, discovered > long
    match applies:
        case "two":
            return after_short
        case "five":
            return after_long
        case "undetermined":
            # Where both periods lead to the same verdict, it does not matter which of them applies.
            return after_short if after_short == after_long else UNSET
        case _:
            assert_never(applies)
