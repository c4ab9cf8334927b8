"""Fines (罚款): fixed ranges, multiples of the goods value (货值金额), shares of a person's income."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, assert_never

from msgspec import UNSET, UnsetType

from penaltycalc.calculators.penalties.answer import Fine, FixedBasis, IncomeBasis, MultipleBasis
from penaltycalc.calculators.penalties.applicable_law import find_last_known_day
from penaltycalc.calculators.penalties.case import PenaltyCase
from penaltycalc.calculators.penalties.request import Conduct, ResponsiblePerson
from penaltycalc.rules.citations import Citation
from penaltycalc.rules.clauses import Activity, FixedFine, GoodsValueMultiple, IncomeShare, Suspension
from penaltycalc.rules.money import Money
from penaltycalc.rules.values import write_amount
from penaltycalc.rules.versions import CitedTier
from penaltycalc.rules.wording import Wording

_FIXED: Final = FixedBasis()


def calculate_fine(case: PenaltyCase, tier: CitedTier, activity: Activity | UnsetType) -> Fine | None:
    """The fine of a tier on the party; None where it has none. `activity` is the stated or the assumed one."""
    clause = tier.clause.fine
    if isinstance(clause, UnsetType):
        # A failed exemption sets no fine itself: the provision on the underlying violation does.
        if tier.decided_by:
            case.explainer.add_step("fine", "decided_elsewhere", citation=tier.citation, variant="elsewhere")
        else:
            variant = "exempt" if tier.name == "exempt" else "none-in-row" if tier.is_single else "none"
            case.explainer.add_step("fine", "none", citation=tier.citation, variant=variant)
        return None
    match clause:
        case FixedFine():
            if _is_replaced(case, tier):
                case.explainer.add_step("fine", "none", citation=tier.citation, variant="replaced")
                return None
            return _calculate_fixed_fine(case, clause, tier.citation)
        case GoodsValueMultiple():
            return _calculate_multiple(case, clause, activity, tier.citation)
        case _:
            assert_never(clause)


def _is_replaced(case: PenaltyCase, tier: CitedTier) -> bool:
    """Whether suspension takes the place of the fine, by the reading of DAR 85 paragraph 2 that the caller chose."""
    chosen = case.request.readings.obstruction_suspension_replaces_fine
    applies = case.violation.row.reading == "obstruction_suspension_replaces_fine"
    suspends = any(isinstance(measure, Suspension) for measure in tier.clause.measures)
    return chosen and applies and tier.name == "severe" and suspends


def _calculate_fixed_fine(case: PenaltyCase, clause: FixedFine, citation: Citation) -> Fine:
    fine = _make_fixed_fine(clause)
    variant = "fixed" if fine.minimum is not None else "fixed-no-minimum"
    case.explainer.add_step(
        "fine", write_range(fine), citation=citation, variant=variant, minimum=fine.minimum, maximum=clause.maximum
    )
    return fine


def _make_fixed_fine(clause: FixedFine) -> Fine:
    minimum = None if isinstance(clause.minimum, UnsetType) else clause.minimum
    return Fine(minimum=minimum, maximum=clause.maximum, basis=_FIXED)


def _calculate_multiple(
    case: PenaltyCase, clause: GoodsValueMultiple, activity: Activity | UnsetType, citation: Citation
) -> Fine:
    """The multiples of the goods value, or of the deemed value where that is larger (不足…的，按…计算)."""
    explainer, goods_value = case.explainer, case.request.goods_value
    deemed = _find_deemed_value(clause, activity)
    # The deemed value may hang on an activity that was not stated; then the bounds stay open, never guessed.
    if not isinstance(goods_value, Money) or not isinstance(deemed, Money):
        explainer.add_step(
            "fine",
            "unknown",
            citation=citation,
            variant="value-missing",
            minimum=clause.minimum,
            maximum=clause.maximum,
        )
        basis = MultipleBasis(
            goods_value=goods_value,
            deemed_value=deemed,
            minimum_multiple=clause.minimum,
            maximum_multiple=clause.maximum,
        )
        return Fine(minimum=None, maximum=None, basis=basis)
    # A goods value equal to the deemed value is itself: 不足 means less than.
    is_deemed = goods_value < deemed
    counted = deemed if is_deemed else goods_value
    minimum, maximum = counted * clause.minimum, counted * clause.maximum
    _add_value_notices(case, goods_value, deemed, citation)
    variant = "applied" if is_deemed else "not-applied"
    explainer.add_step("deemed-value", counted, goods_value, citation, variant=variant, deemed=deemed)
    fine = Fine(
        minimum=minimum,
        maximum=maximum,
        basis=MultipleBasis(
            goods_value=goods_value,
            deemed_value=deemed,
            deemed_value_applied=is_deemed,
            counted_value=counted,
            minimum_multiple=clause.minimum,
            maximum_multiple=clause.maximum,
        ),
    )
    explainer.add_step(
        "fine",
        write_range(fine),
        counted,
        citation,
        variant="multiple",
        times_minimum=clause.minimum,
        times_maximum=clause.maximum,
        minimum=minimum,
        maximum=maximum,
    )
    return fine


def _add_value_notices(case: PenaltyCase, goods_value: Money, deemed: Money, citation: Citation) -> None:
    """What is doubtful about a stated goods value: that it is nothing, or that part of it is older than the law."""
    if goods_value == Money(0):
        case.explainer.add_notice("base-zero", citation, deemed=deemed)
    conduct, begin = case.request.conduct, case.violation.first_day
    # Conduct that lies before the first day altogether is only assumed to fall under the law: all of its goods are old.
    if isinstance(conduct, Conduct) and begin is not None and conduct.from_ < begin:
        last = find_last_known_day(case.request)
        if last is None or last >= begin:
            case.explainer.add_notice("goods-value-across-commencement", in_force_from=begin)


def _find_deemed_value(clause: GoodsValueMultiple, activity: Activity | UnsetType) -> Money | UnsetType:
    if isinstance(clause.deemed_value_by_activity, dict):
        return UNSET if activity is UNSET else clause.deemed_value_by_activity[activity]
    return clause.deemed_value


# --------------------------------------------------------------------------------------- of persons


def calculate_fixed_fine_of_each(case: PenaltyCase, clause: FixedFine, citation: Citation) -> Fine:
    """A fine between fixed bounds that falls on each responsible person."""
    fine = _make_fixed_fine(clause)
    text = format_fine(case.explainer.texts.wording, fine)
    case.explainer.add_step("person-fine", write_range(fine), citation=citation, variant="fixed", fine=text)
    return fine


def calculate_income_fine(
    case: PenaltyCase, clause: IncomeShare, person: ResponsiblePerson, citation: Citation
) -> Fine:
    """A fine as a share of the person's own income; its bounds are null where the income was not stated."""
    explainer, income = case.explainer, person.income_during_violation
    basis = IncomeBasis(income=income, minimum_percent=clause.minimum_percent, maximum_percent=clause.maximum_percent)
    facts = {
        "role": explainer.label("role", person.role),
        "minimum": clause.minimum_percent,
        "maximum": clause.maximum_percent,
    }
    if not isinstance(income, Money):
        explainer.add_notice("income-missing")
        explainer.add_step("person-fine", "unknown", citation=citation, variant="income-missing", **facts)
        return Fine(minimum=None, maximum=None, basis=basis)
    fine = _calculate_share(income, clause, basis)
    if fine.maximum is None:
        explainer.add_notice("no-whole-fen")
    variant = "income-share" if fine.maximum is not None else "no-whole-fen"
    text = format_fine(explainer.texts.wording, fine)
    explainer.add_step("person-fine", write_range(fine), income, citation, variant=variant, fine=text, **facts)
    return fine


def _calculate_share(income: Money, clause: IncomeShare, basis: IncomeBasis) -> Fine:
    """The range of the shares, rounded inwards to whole fen; null bounds where no whole fen lies in it."""
    minimum = income.share_rounded_up(clause.minimum_percent)
    maximum = income.share_rounded_down(clause.maximum_percent)
    # An income of 0.01 yuan has no whole fen between 10 and 50 per cent.
    if maximum < minimum:
        return Fine(minimum=None, maximum=None, basis=basis)
    return Fine(minimum=minimum, maximum=maximum, basis=basis)


# ---------------------------------------------------------------------------------------- written


def write_range(fine: Fine | None) -> str:
    """A range as explanations write it: `minimum..maximum`, `..maximum`, `unknown` or `none`."""
    if fine is None:
        return "none"
    if fine.maximum is None:
        return "unknown"
    return f"{'' if fine.minimum is None else fine.minimum}..{fine.maximum}"


def format_fine(wording: Wording, fine: Fine | None) -> str:
    """A fine as people read it behind its heading: a range in yuan, an upper bound alone, none, or unknown."""
    if fine is None:
        return wording.label("heading", "no_fine")
    if fine.maximum is None:
        return wording.label("heading", "unknown")
    facts = {"maximum": write_amount(fine.maximum, wording.lang)}
    if fine.minimum is None:
        return wording.label("heading", "up_to").format(**facts)
    return wording.label("heading", "range").format(minimum=write_amount(fine.minimum, wording.lang), **facts)


def describe_fine(wording: Wording, fine: Fine | None) -> str:
    """A fine as a part of a sentence: what is imposed, or that nothing is, or that no amount is known."""
    if fine is not None and fine.maximum is None:
        return wording.label("heading", "not_computed")
    text = format_fine(wording, fine)
    return text if fine is None else wording.label("heading", "imposed").format(fine=text)


def find_common_fine(fines: Sequence[Fine | None]) -> Fine | UnsetType:
    """The fine that all alternatives have in common, with as much of its basis as they share; else absent."""
    first = fines[0]
    # Bounds that are unknown cannot be shared, even where every alternative leaves them open.
    if first is None or first.maximum is None:
        return UNSET
    if any(fine is None or fine.minimum != first.minimum or fine.maximum != first.maximum for fine in fines):
        return UNSET
    # Alternatives may agree on the amounts and differ in why, as where activities have other deemed values.
    if all(fine == first for fine in fines) or not isinstance(first.basis, MultipleBasis):
        return first
    shared = MultipleBasis(
        goods_value=first.basis.goods_value,
        counted_value=first.basis.counted_value,
        minimum_multiple=first.basis.minimum_multiple,
        maximum_multiple=first.basis.maximum_multiple,
    )
    return Fine(minimum=first.minimum, maximum=first.maximum, basis=shared)
