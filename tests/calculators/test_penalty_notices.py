"""What an answer says besides its outcomes: what stands beside a row, and that no penalty is imposed at all."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from msgspec import UNSET

import cases
import words
from penaltycalc import (
    Conduct,
    ExemptionFacts,
    Harm,
    Money,
    PenaltyAnswer,
    PenaltyRequest,
    Rulebook,
    WorkingCalendar,
    penalty,
)
from penaltycalc.calculators.penalties import PenaltyExcluded
from penaltycalc.rules.texts import Notice
from penaltycalc.rules.wording import LANGUAGES, Language

Ask = Callable[..., PenaltyAnswer]


@pytest.fixture
def ask(rulebook: Rulebook, calendar: WorkingCalendar) -> Ask:
    """Answers a violation with its facts, in English unless asked otherwise."""

    def answer(violation: str, lang: Language = "en", **facts: Any) -> PenaltyAnswer:
        return penalty(PenaltyRequest(violation=violation, **facts), rulebook, calendar, lang=lang)

    return answer


def find_notices(answer: PenaltyAnswer, code: str) -> list[Notice]:
    return [notice for notice in answer.notices if notice.code == code]


def cite(notice: Notice) -> str:
    assert notice.citation is not UNSET
    return cases.write_citation(notice.citation)


# ------------------------------------------------------------------------- what stands beside a row


@pytest.mark.parametrize(
    ("violation", "code", "level", "cited"),
    [
        ("79-1-4", "vaccine-special-law", "warning", ["val 81(3)"]),
        ("81-2-1", "vaccine-special-law", "warning", ["val 85", "val 86", "val 88"]),
        ("81-2-2", "vaccine-special-law", "warning", ["val 85", "val 86", "val 88"]),
        ("82-1", "vaccine-special-law", "warning", ["val 81(1)"]),
        ("82-2", "vaccine-special-law", "warning", ["val 82"]),
        ("86-1", "vaccine-special-law", "warning", ["val 80"]),
        ("84-1", "below-the-minimum", "info", ["apl 32"]),
        ("84-1", "severity-fixed-by-authority", "info", ["apl 34"]),
        ("81-1", "heavier-within-range", "info", ["dal 137(6)"]),
        ("82-2", "heavier-within-range", "info", ["dal 137(6)"]),
        ("82-2", "reading-and-others", "info", ["dal 126"]),
        ("79-1-2", "goods-value-by-marked-price", "info", ["dal 151"]),
        ("84-2", "reading-gains-when-corrected", "info", ["apl 28¶2"]),
        ("79-1-3", "supplier-liable", "info", ["dal 133"]),
        ("79-1-4", "online-other-drugs-retail-only", "info", ["dar 46"]),
    ],
)
def test_a_notice_has_its_level_and_its_provision(
    violation: str, code: str, level: str, cited: list[str], ask: Ask
) -> None:
    found = find_notices(ask(violation), code)
    assert {notice.level for notice in found} == {level}
    assert [cite(one) for one in found] == cited


@pytest.mark.parametrize(
    ("violation", "cited", "zh", "en"),
    [
        ("79-1-1", "dar 79¶1(1)", "违法生产、销售的药品", "the drugs unlawfully produced or sold"),
        ("79-1-4", "dar 79¶1(4)", "违法生产、销售的药品", "the drugs unlawfully produced or sold"),
        ("81-1", "dal 129", "违法购进的制剂", "the preparations unlawfully obtained (used or not)"),
        ("85-1", "dar 85¶1", "措施实施后违法生产、销售、使用、进口的药品", "against the measure"),
    ],
)
def test_the_goods_that_count_are_those_of_the_provision(
    violation: str, cited: str, zh: str, en: str, ask: Ask
) -> None:
    for lang, words_of_the_law in (("zh", zh), ("en", en)):
        (notice,) = find_notices(ask(violation, lang=lang), "goods-value-scope")
        assert words_of_the_law in notice.text
        assert (notice.level, cite(notice)) == ("info", cited)


@pytest.mark.parametrize(
    ("violation", "facts", "deemed"),
    [
        ("81-1", {}, [("dal 129", "50,000")]),
        ("85-1", {"severity": "severe"}, [("dar 85¶1", "10,000")]),
        ("79-1-2", {"activity": "production"}, [("dar 79¶1(2)", "100,000")]),
        ("79-1-4", {}, [("dar 79¶1(4)", "100,000"), ("dar 79¶1(4)", "10,000")]),
    ],
)
def test_a_base_of_nothing_names_what_it_counts_as(
    violation: str, facts: dict[str, str], deemed: list[Any], ask: Ask
) -> None:
    found = find_notices(ask(violation, goods_value=Money.parse("0"), **facts), "base-zero")
    assert [notice.level for notice in found] == ["warning"] * len(deemed)
    assert [
        (cite(notice), f"is 0 and {amount} yuan is used" in notice.text)
        for notice, (_, amount) in zip(found, deemed, strict=True)
    ] == [(cited, True) for cited, _ in deemed]


def test_goods_across_the_commencement_are_a_warning_with_its_day(ask: Ask) -> None:
    conduct = Conduct(from_=date(2026, 5, 14), to=date(2026, 5, 15))
    (notice,) = find_notices(
        ask("81-1", goods_value=Money.parse("60000"), conduct=conduct), "goods-value-across-commencement"
    )
    assert (notice.level, cite(notice)) == ("warning", "apl 37")
    assert "2026-05-15" in notice.text


# --------------------------------------------------------------------------------- time-barred first

CONDUCT = Conduct(from_=date(2026, 6, 1), to=date(2026, 6, 30))
HARMLESS = Harm(harmful_consequence=False)
# Two years from 2026-06-30 end on 2028-06-30 (APL 36, CC 202).
LATE = {"conduct": CONDUCT, "harm": HARMLESS, "discovered_on": date(2028, 7, 1)}
AMOUNT = re.compile(r"\d[万亿]?元|\d yuan")
SAYS_SO = {"zh": "不再给予行政处罚", "en": "no penalty is imposed"}


@pytest.mark.parametrize(
    ("discovered", "excluded"), [(date(2028, 6, 30), False), (date(2028, 7, 1), True), (UNSET, False)]
)
def test_a_penalty_is_excluded_from_the_day_after_the_limit(discovered: Any, excluded: bool, ask: Ask) -> None:
    answer = ask("85-2", severity="severe", conduct=CONDUCT, harm=HARMLESS, discovered_on=discovered)
    found = answer.penalty_excluded
    assert isinstance(found, PenaltyExcluded) == excluded == ("penalty_excluded" in cases.as_json(answer))
    if isinstance(found, PenaltyExcluded):
        assert (found.reason, found.citation.instrument, found.citation.article) == ("limitation", "apl", 36)
    # The fine stays for reference.
    assert answer.outcome
    assert answer.outcome.fine
    assert str(answer.outcome.fine.maximum) == "50000.00"


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    ("violation", "facts"),
    [
        ("85-2", {"severity": "severe"}),
        ("82-1", {"severity": "severe"}),
        ("79-1-1", {"goods_value": Money.parse("85000"), "activity": "wholesale", "severity": "ordinary"}),
        ("84-1", {}),
        ("81-1", {"goods_value": Money.parse("60000")}),
        ("80-1-1", {"rectified": True}),
    ],
)
def test_a_barred_case_says_so_before_any_amount(
    violation: str, facts: dict[str, Any], lang: Language, ask: Ask
) -> None:
    answer = ask(violation, lang=lang, **LATE, **facts)
    assert answer.explanation
    texts = [step.text for step in answer.explanation]
    result = answer.explanation[-1]
    assert result.rule == "result"
    before, said, _ = result.text.partition(SAYS_SO[lang])
    assert said
    assert AMOUNT.search(before) is None
    # The step on the discovery stands before every step with an amount, too.
    discovery = next(number for number, step in enumerate(answer.explanation) if step.rule == "discovery")
    assert [text for text in texts[:discovery] if AMOUNT.search(text)] == []
    # A case in time has no such words.
    in_time = ask(violation, lang=lang, **{**LATE, "discovered_on": date(2028, 6, 30)}, **facts)
    assert in_time.explanation
    assert SAYS_SO[lang] not in in_time.explanation[-1].text


@pytest.mark.parametrize("violation", ["86-1", "87-1"])
def test_what_imposes_no_penalty_excludes_none(violation: str, ask: Ask) -> None:
    answer = ask(violation, conduct=CONDUCT, harm=HARMLESS, discovered_on=date(2040, 1, 1))
    assert (answer.limitation, answer.penalty_excluded) == (UNSET, UNSET)


# ------------------------------------------------------------- never "no fine" for a failed exemption


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    "facts",
    [
        {"duties_fulfilled": False},
        {"did_not_know_proven": False},
        {"duties_fulfilled": False} | {"did_not_know_proven": True},
    ],
)
def test_no_text_of_a_failed_exemption_says_that_there_is_no_fine(
    facts: dict[str, bool], lang: Language, ask: Ask
) -> None:
    answer = cases.as_json(ask("86-1", lang=lang, exemption_facts=ExemptionFacts(**facts)))
    assert answer["outcome"]["fine"] is None
    assert words.find_no_fine(str(answer).replace("None", "null")) == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_text_of_an_open_exemption_says_that_who_is_not_exempt_pays_nothing(lang: Language, ask: Ask) -> None:
    answer = ask("86-1", lang=lang)
    assert answer.explanation
    (begin,) = (number for number, step in enumerate(answer.explanation) if step.after == "not_exempt")
    steps = [f"{step.after} {step.text}" for step in answer.explanation[begin:]]
    notices = [notice.text for notice in answer.notices]
    assert [words.find_no_fine(text) for text in (*steps, *notices)] == [[]] * (len(steps) + len(notices))


# ------------------------------------------------------------------- discovery between the two limits


BETWEEN = {
    "conduct": Conduct(from_=date(2026, 6, 1), to=date(2026, 6, 10)),
    "discovered_on": date(2028, 6, 11),
    "severity": "severe",
}


def test_discovery_between_the_limits_is_told_before_any_amount(ask: Ask) -> None:
    # APL 36: two years end on 2028-06-10, five on 2031-06-10; which of them counts hangs on the facts on harm.
    answer = ask("85-2", **BETWEEN)
    assert answer.determined
    assert answer.limitation is not UNSET
    assert (answer.limitation.barred, answer.limitation.depends_on_harm) == (UNSET, True)
    assert answer.penalty_excluded is UNSET
    (notice,) = find_notices(answer, "limitation-depends-on-harm")
    assert (notice.level, cite(notice)) == ("warning", "apl 36¶1")
    result = answer.explanation[-1] if answer.explanation else None
    assert result is not None
    assert result.text.startswith("Result: whether the limitation period has passed is not yet known")


@pytest.mark.parametrize(
    ("discovered", "harm"),
    [
        (date(2028, 6, 10), UNSET),  # in time by both
        (date(2031, 6, 11), UNSET),  # too late by both
        (date(2028, 6, 11), Harm(life_health_or_financial_safety=False)),
        (date(2028, 6, 11), Harm(life_health_or_financial_safety=True, harmful_consequence=True)),
    ],
)
def test_where_the_limits_agree_or_the_facts_decide_nothing_depends_on_harm(
    discovered: date, harm: Any, ask: Ask
) -> None:
    answer = ask("85-2", **{**BETWEEN, "discovered_on": discovered, "harm": harm})
    assert answer.limitation is not UNSET
    assert answer.limitation.depends_on_harm is UNSET
    assert answer.limitation.barred is not UNSET
    assert find_notices(answer, "limitation-depends-on-harm") == []


def test_a_barred_case_keeps_the_order_to_correct_and_loses_the_confiscation(ask: Ask) -> None:
    # APL 28¶1 and 9: to order correction is no penalty, to confiscate illegal gains is one.
    barred = ask("82-1", **{**BETWEEN, "discovered_on": date(2031, 6, 11)})
    (notice,) = find_notices(barred, "correction-when-barred")
    assert cite(notice) == "apl 28¶1"
    assert find_notices(barred, "correction-and-gains") == []
    in_time = ask("82-1", **{**BETWEEN, "discovered_on": date(2026, 7, 1)})
    assert find_notices(in_time, "correction-when-barred") == []
    assert len(find_notices(in_time, "correction-and-gains")) == 1


def test_an_exemption_names_no_fine_in_its_result(ask: Ask) -> None:
    facts = ExemptionFacts(duties_fulfilled=True, did_not_know_proven=True)
    answer = ask("86-1", lang="zh", exemption_facts=facts)
    assert answer.explanation
    assert answer.explanation[-1].text == "结论：免予处罚；收缴其销售或者使用的假药、劣药。"


def test_a_decision_that_decides_whether_the_provision_applies_is_no_unused_fact(ask: Ask) -> None:
    # Conduct from 2026-05-14 that goes on is judged by the day of the decision; one of 2026-05-14 is refused.
    going_on = Conduct(from_=date(2026, 5, 14))
    answer = ask("85-2", severity="ordinary", conduct=going_on, decision_effective_on=date(2026, 5, 15))
    assert find_notices(answer, "fact-not-used") == []
