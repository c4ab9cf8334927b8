"""What a violation costs: hard edges, sentences and refusals beside the worked cases of fixtures/cases."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from msgspec import UNSET

import cases
import laws
from penaltycalc import (
    Conduct,
    ExemptionFacts,
    Harm,
    LawRefuses,
    Money,
    PenaltyAnswer,
    PenaltyRequest,
    Readings,
    ResponsiblePerson,
    Rulebook,
    WorkingCalendar,
    load_rulebook,
    penalty,
)
from penaltycalc.calculators.penalties import (
    FixedBasis,
    IncomeBasis,
    MultipleBasis,
    Outcome,
    describe_fine,
    format_fine,
)
from penaltycalc.rules.clauses import ActivityBan, ApplicationBar
from penaltycalc.rules.rulebook import PACKAGE
from penaltycalc.rules.wording import LANGUAGES

JUNE = Conduct(from_=date(2026, 6, 1), to=date(2026, 6, 30))


@pytest.fixture
def ask(rulebook: Rulebook, calendar: WorkingCalendar) -> Any:
    """Answers a violation with its facts, in English unless asked otherwise."""

    def answer(violation: str, lang: Any = "en", **facts: Any) -> PenaltyAnswer:
        return penalty(PenaltyRequest(violation=violation, **facts), rulebook, calendar, lang=lang)

    return answer


def refusal(ask: Any, violation: str, **facts: Any) -> list[tuple[str, tuple[str | int, ...]]]:
    with pytest.raises(LawRefuses) as refused:
        ask(violation, **facts)
    return [(fault.code, fault.where) for fault in refused.value.faults]


def outcome(answer: PenaltyAnswer) -> Outcome:
    assert isinstance(answer.outcome, Outcome)
    return answer.outcome


def running(answer: PenaltyAnswer) -> ActivityBan | ApplicationBar:
    """The one measure that runs."""
    (only,) = (one for one in outcome(answer).measures if isinstance(one, ActivityBan | ApplicationBar))
    return only


def codes(answer: PenaltyAnswer) -> list[str]:
    return [notice.code for notice in answer.notices]


def told(answer: PenaltyAnswer) -> list[tuple[str, object, str]]:
    """Rule, value before and value after of every step."""
    assert answer.explanation
    return [(step.rule, step.before, step.after) for step in answer.explanation]


def test_an_answer_is_chinese_unless_asked_otherwise(rulebook: Rulebook, calendar: WorkingCalendar) -> None:
    request = PenaltyRequest(violation="79-1-1")
    assert penalty(request, rulebook, calendar) == penalty(request, rulebook, calendar, lang="zh")


DEARER_FROM_2030 = """
[[violation]]
id = "85-2"
citation = { article = 85, paragraph = 2 }
authority = "county_or_above"
in_force_from = 2030-01-01
tier = [{ name = "first", measures = [], fine = { kind = "fixed", maximum = "100000" } }]

[[violation]]
id = "85-2"
in_force_until = 2029-12-31
"""


def test_the_fine_in_force_on_the_last_day_of_the_conduct_counts(tmp_path: Path, calendar: WorkingCalendar) -> None:
    own = '\n[[violation]]\nid = "85-2"\n'
    amended = laws.amended(tmp_path, "law/regulation.toml", own, DEARER_FROM_2030)
    for ended, maximum in ((date(2029, 12, 31), "50000.00"), (date(2030, 1, 1), "100000.00")):
        conduct = Conduct(from_=date(2029, 12, 1), to=ended)
        fine = outcome(
            penalty(PenaltyRequest(violation="85-2", severity="ordinary", conduct=conduct), amended, calendar)
        ).fine
        assert fine
        assert str(fine.maximum) == maximum


# ------------------------------------------------------------------------------------- the multiples


def test_every_rule_is_told_with_what_it_did(ask: Any) -> None:
    answer = ask("79-1-1", goods_value=Money.parse("85000"), activity="wholesale", severity="ordinary", conduct=JUNE)
    assert told(answer) == [
        ("applicable-law", "2026-06-30", "dar"),
        ("limitation", "2026-06-30", "2028-06-30..2031-06-30"),
        ("authority", UNSET, "local_county_or_above"),
        ("tier", "severity=ordinary,rectified=-", "first"),
        ("deemed-value", "85000.00", "100000.00"),
        ("fine", "100000.00", "1000000.00..2000000.00"),
        ("result", UNSET, "1000000.00..2000000.00"),
    ]


def test_the_sentences_of_a_fine_show_the_multiplication(ask: Any) -> None:
    facts = {"goods_value": Money.parse("85000"), "activity": "wholesale", "severity": "ordinary"}
    zh = {step.rule: step.text for step in ask("79-1-1", lang="zh", **facts).explanation}
    en = {step.rule: step.text for step in ask("79-1-1", **facts).explanation}
    assert zh["deemed-value"] == "货值金额85,000元不足10万元，按10万元计算。"
    assert zh["fine"] == "10万元的10倍为100万元，20倍为200万元；处100万元以上200万元以下罚款。"
    assert en["deemed-value"] == "The goods value of 85,000 yuan is below 100,000 yuan and is taken as 100,000 yuan."
    assert en["result"] == "Result: basic tier; fine of 1,000,000 to 2,000,000 yuan."


def test_a_goods_value_at_the_deemed_value_is_not_replaced(ask: Any) -> None:
    answer = ask("79-1-1", goods_value=Money.parse("10000"), activity="retail", severity="ordinary")
    fine = outcome(answer).fine
    assert fine
    assert fine.basis == MultipleBasis(
        goods_value=Money.parse("10000"),
        deemed_value=Money.parse("10000"),
        deemed_value_applied=False,
        counted_value=Money.parse("10000"),
        minimum_multiple=10,
        maximum_multiple=20,
    )
    assert (str(fine.minimum), str(fine.maximum)) == ("100000.00", "200000.00")


def test_a_fen_below_the_deemed_value_is_replaced(ask: Any) -> None:
    fine = outcome(ask("79-1-1", goods_value=Money.parse("9999.99"), activity="retail", severity="ordinary")).fine
    assert fine
    assert isinstance(fine.basis, MultipleBasis)
    assert (fine.basis.deemed_value_applied, str(fine.basis.counted_value)) == (True, "10000.00")


def test_the_severe_tier_has_other_multiples_where_the_law_gives_them(ask: Any) -> None:
    fine = outcome(ask("81-1", goods_value=Money.parse("50000.01"), severity="severe")).fine
    assert fine
    assert (str(fine.minimum), str(fine.maximum)) == ("500000.10", "1500000.30")


# ------------------------------------------------------------------------------ facts that are missing


def test_without_any_fact_the_tiers_stand_side_by_side(ask: Any) -> None:
    answer = ask("79-1-1")
    assert (answer.determined, answer.outcome) == (False, UNSET)
    assert answer.missing_facts == ("severity", "activity", "goods_value")
    assert [(one.tier, one.activity, one.fine.maximum) for one in answer.alternatives] == [
        ("first", UNSET, None),
        ("severe", UNSET, None),
    ]
    assert answer.fine is UNSET
    assert answer.alternatives[0].fine.basis == MultipleBasis(minimum_multiple=10, maximum_multiple=20)


def test_without_the_activity_each_one_is_shown(ask: Any) -> None:
    answer = ask("79-1-1", severity="ordinary", goods_value=Money.parse("50000"))
    assert answer.missing_facts == ("activity",)
    assert [(one.activity, str(one.fine.minimum), str(one.fine.maximum)) for one in answer.alternatives] == [
        ("production", "1000000.00", "2000000.00"),
        ("wholesale", "1000000.00", "2000000.00"),
        ("retail", "500000.00", "1000000.00"),
    ]
    assert answer.fine is UNSET


def test_a_fine_on_which_all_alternatives_agree_stands_on_top(ask: Any) -> None:
    answer = ask("79-1-1", severity="ordinary", goods_value=Money.parse("100000"))
    assert not answer.determined
    assert answer.fine
    assert (str(answer.fine.minimum), str(answer.fine.maximum)) == ("1000000.00", "2000000.00")
    # The deemed values differ, so that only what they share is shown.
    assert answer.fine.basis == MultipleBasis(
        goods_value=Money.parse("100000"),
        counted_value=Money.parse("100000"),
        minimum_multiple=10,
        maximum_multiple=20,
    )


def test_tiers_that_differ_only_in_measures_share_their_fine_and_its_basis(ask: Any) -> None:
    answer = ask("82-1")
    assert answer.missing_facts == ("severity",)
    assert answer.fine == answer.alternatives[0].fine == answer.alternatives[1].fine
    assert answer.fine.basis == FixedBasis()


def test_tiers_with_the_same_multiples_share_their_deemed_value_too(ask: Any) -> None:
    answer = ask("85-1", goods_value=Money.parse("9999"))
    assert answer.missing_facts == ("severity",)
    assert answer.fine == answer.alternatives[0].fine == answer.alternatives[1].fine
    assert (str(answer.fine.basis.deemed_value), answer.fine.basis.deemed_value_applied) == ("10000.00", True)


@pytest.mark.parametrize(
    "bounds", ['minimum = "600000", maximum = "5000000"', 'minimum = "500000", maximum = "6000000"']
)
def test_fines_with_one_bound_in_common_share_none(bounds: str, tmp_path: Path, calendar: WorkingCalendar) -> None:
    # No row of today's law is like that; an amendment may be.
    severe = 'minimum = "500000", maximum = "5000000" }\n\n[violation.tier.persons]'
    dearer = bounds + " }\n\n[violation.tier.persons]"
    amended = laws.amended(tmp_path, "law/regulation.toml", severe, dearer)
    answer = penalty(PenaltyRequest(violation="82-1"), amended, calendar)
    assert (answer.determined, answer.fine) == (False, UNSET)


def test_a_tier_without_a_fine_shares_none(ask: Any) -> None:
    answer = ask("80-1-1")
    assert answer.missing_facts == ("rectified",)
    assert [(one.tier, one.fine is None) for one in answer.alternatives] == [("first", True), ("uncorrected", False)]
    assert answer.fine is UNSET


def test_a_missing_goods_value_leaves_one_alternative_for_each_tier(ask: Any) -> None:
    answer = ask("79-1-1", activity="production", severity="severe")
    assert answer.missing_facts == ("goods_value",)
    (only,) = answer.alternatives
    assert (only.tier, only.fine.minimum, only.fine.maximum) == ("severe", None, None)
    assert only.fine.basis == MultipleBasis(
        deemed_value=Money.parse("100000"), minimum_multiple=10, maximum_multiple=20
    )


def test_without_the_scope_both_are_shown(ask: Any) -> None:
    answer = ask("83-1", rectified=False)
    assert answer.missing_facts == ("scope",)
    assert [(one.scope, [measure.text for measure in one.measures[1:]]) for one in answer.alternatives] == [
        (
            "specialty",
            [
                "cancellation of the filing of the clinical trial specialty concerned",
                "1-year ban on clinical trials of the specialty concerned",
            ],
        ),
        (
            "institution",
            ["cancellation of the filing of the clinical trial institution", "1-year ban on clinical trials"],
        ),
    ]


def test_the_missing_facts_are_named_in_the_order_in_which_they_decide(ask: Any) -> None:
    assert ask("83-1").missing_facts == ("rectified", "scope")
    assert ask("84-1").missing_facts == ("severity", "rectified")
    assert ask("85-1").missing_facts == ("severity", "goods_value")


def test_alternatives_are_told_one_after_the_other(ask: Any) -> None:
    answer = ask("80-1-1", lang="zh")
    assert told(answer) == [
        ("applicable-law", UNSET, "dar"),
        ("authority", UNSET, "provincial"),
        ("alternative", UNSET, "first"),
        ("fine", UNSET, "none"),
        ("alternative", UNSET, "uncorrected"),
        ("fine", UNSET, "100000.00..500000.00"),
        ("result", UNSET, "undetermined"),
    ]
    assert answer.explanation[-1].text.startswith("结论未定，还缺少：是否按期改正；")


def test_a_tier_with_a_fixed_fine_needs_no_goods_value_beside_one_that_does(
    tmp_path: Path, calendar: WorkingCalendar
) -> None:
    # No row of today's law is like that; an amendment may be.
    shutil.copytree(PACKAGE / "law", tmp_path / "law")
    regulation = tmp_path / "law" / "regulation.toml"
    multiple = '{ kind = "goods_value_multiple", minimum = 2, maximum = 10, deemed_value = "50000" }'
    content = regulation.read_text("utf-8")
    assert content.count(multiple) == 1
    regulation.write_text(content.replace(multiple, '{ kind = "fixed", maximum = "7" }'), "utf-8")
    amended = load_rulebook(tmp_path / "law")
    first = penalty(PenaltyRequest(violation="81-1", severity="ordinary"), amended, calendar)
    fine = outcome(first).fine
    assert fine
    assert (first.determined, fine.minimum, str(fine.maximum)) == (True, None, "7.00")
    both = penalty(PenaltyRequest(violation="81-1"), amended, calendar)
    assert both.missing_facts == ("severity", "goods_value")


# -------------------------------------------------------------------------------------------- readings


@pytest.mark.parametrize(
    ("facts", "tiers", "missing"),
    [
        ({"severity": "severe"}, ["severe"], UNSET),
        ({"severity": "severe", "rectified": True}, ["severe"], UNSET),
        ({"severity": "ordinary"}, ["first", "uncorrected"], ("rectified",)),
        ({"rectified": True}, ["first", "severe"], ("severity",)),
        ({}, ["first", "uncorrected", "severe"], ("severity", "rectified")),
    ],
)
def test_by_default_severe_needs_no_failed_correction(
    facts: dict[str, Any], tiers: list[str], missing: object, ask: Any
) -> None:
    answer = ask("84-1", **facts)
    assert answer.missing_facts == missing
    shown = [outcome(answer)] if answer.determined else answer.alternatives
    assert [one.tier for one in shown] == tiers
    assert "reading-severe-without-failed-correction" in codes(answer)
    assert ("severe-over-rectified" in codes(answer)) == ("rectified" in facts and "severity" in facts)


@pytest.mark.parametrize(
    ("facts", "tiers", "missing"),
    [
        ({"severity": "severe", "rectified": False}, ["severe"], UNSET),
        ({"severity": "severe", "rectified": True}, ["first"], UNSET),
        ({"severity": "severe"}, ["first", "severe"], ("rectified",)),
        ({"rectified": True}, ["first"], UNSET),  # corrected in time, so that severity decides nothing
        ({"rectified": False}, ["uncorrected", "severe"], ("severity",)),
    ],
)
def test_by_the_other_reading_it_does(facts: dict[str, Any], tiers: list[str], missing: object, ask: Any) -> None:
    answer = ask("84-1", readings=Readings(severe_needs_failed_correction=True), **facts)
    assert answer.missing_facts == missing
    shown = [outcome(answer)] if answer.determined else answer.alternatives
    assert [one.tier for one in shown] == tiers
    assert "reading-severe-needs-failed-correction" in codes(answer)
    assert "severe-over-rectified" not in codes(answer)


def test_where_the_law_does_not_ask_severe_needs_no_failed_correction(
    tmp_path: Path, calendar: WorkingCalendar
) -> None:
    # Today each row with both tiers leaves the question open; an amendment may not.
    row = 'citation = { article = 84, paragraph = 2 }\nauthority = "provincial"\n'
    amended = laws.amended(tmp_path, "law/regulation.toml", f'{row}reading = "severe_needs_failed_correction"\n', row)
    readings = Readings(severe_needs_failed_correction=True)
    request = PenaltyRequest(violation="84-2", severity="severe", rectified=True, readings=readings)
    answer = penalty(request, amended, calendar)
    assert outcome(answer).tier == "severe"
    assert "fact-not-used" in codes(answer)


def test_suspension_comes_on_top_of_the_fine_or_by_the_other_reading_in_its_place(ask: Any) -> None:
    on_top = ask("85-2", severity="severe")
    fine = outcome(on_top).fine
    assert fine
    assert (fine.minimum, str(fine.maximum)) == (None, "50000.00")
    assert "reading-obstruction-suspension" in codes(on_top)
    replaced = ask("85-2", severity="severe", readings=Readings(obstruction_suspension_replaces_fine=True))
    assert outcome(replaced).fine is None
    assert "reading-obstruction-suspension-replaces-fine" in codes(replaced)
    assert [measure.text for measure in outcome(replaced).measures][1] == (
        "order to suspend production or business for rectification"
    )


def test_the_other_reading_leaves_a_severe_tier_without_suspension_its_fine(ask: Any) -> None:
    answer = ask("84-1", severity="severe", readings=Readings(obstruction_suspension_replaces_fine=True))
    fine = outcome(answer).fine
    assert fine
    assert (str(fine.minimum), str(fine.maximum)) == ("500000.00", "2000000.00")


def test_the_fine_on_each_person_may_have_no_lower_bound(tmp_path: Path, calendar: WorkingCalendar) -> None:
    # No row of today's law is like that; an amendment may be.
    bounds, maximum = 'minimum = "20000", maximum = "200000" }\nban', 'maximum = "200000" }\nban'
    amended = laws.amended(tmp_path, "law/regulation.toml", bounds, maximum)
    answer = penalty(PenaltyRequest(violation="82-1", severity="severe"), amended, calendar, lang="en")
    fines = {(one.fine.minimum, str(one.fine.maximum)) for one in outcome(answer).persons}
    assert fines == {(None, "200000.00")}
    assert ("person-fine", UNSET, "..200000.00") in told(answer)


def test_the_other_reading_leaves_the_first_tier_its_fine(ask: Any) -> None:
    answer = ask("85-2", severity="ordinary", readings=Readings(obstruction_suspension_replaces_fine=True))
    fine = outcome(answer).fine
    assert fine
    assert str(fine.maximum) == "50000.00"


def test_a_reading_that_the_violation_does_not_leave_open_is_noted(ask: Any) -> None:
    answer = ask("85-2", severity="severe", readings=Readings(severe_needs_failed_correction=True))
    unused = [notice.text for notice in answer.notices if notice.code == "fact-not-used"]
    assert unused == [
        (
            "The fact “the interpretation that serious circumstances need a failure to correct” "
            "has no effect on this result and was not used."
        )
    ]


# --------------------------------------------------------------------------------------------- persons


def test_without_persons_there_is_one_entry_for_each_role(ask: Any) -> None:
    persons = outcome(ask("85-1", severity="severe", goods_value=Money.parse("0"))).persons
    assert [(one.role, one.name, str(one.fine.minimum), str(one.fine.maximum)) for one in persons] == [
        (role, UNSET, "20000.00", "200000.00")
        for role in ("legal_representative", "principal", "directly_responsible_manager", "other")
    ]
    assert {one.ban for one in persons} == {UNSET}
    assert {one.confiscated_income for one in persons} == {UNSET}


def test_each_person_is_fined_by_the_own_income(ask: Any) -> None:
    answer = ask(
        "82-2",
        severity="severe",
        responsible_persons=(
            ResponsiblePerson(role="principal", name="A", income_during_violation=Money.parse("0.11")),
            ResponsiblePerson(role="other", income_during_violation=Money.parse("0.01")),
            ResponsiblePerson(role="other", name="C"),
        ),
    )
    first, second, third = outcome(answer).persons
    assert (first.name, str(first.fine.minimum), str(first.fine.maximum)) == ("A", "0.02", "0.05")
    assert str(first.confiscated_income) == "0.11"
    # Between 0.1 and 0.5 fen there is no whole one.
    assert (second.fine.minimum, second.fine.maximum, str(second.confiscated_income)) == (None, None, "0.01")
    assert (third.fine.minimum, third.fine.maximum, third.confiscated_income) == (None, None, None)
    assert third.fine.basis == IncomeBasis(minimum_percent=10, maximum_percent=50)
    assert {"no-whole-fen", "income-missing"} <= set(codes(answer))


def test_an_income_of_nothing_is_fined_with_nothing(ask: Any) -> None:
    person = ResponsiblePerson(role="other", income_during_violation=Money.parse("0"))
    (only,) = outcome(ask("82-2", severity="severe", responsible_persons=(person,))).persons
    assert (str(only.fine.minimum), str(only.fine.maximum)) == ("0.00", "0.00")


def test_an_income_where_the_fine_is_fixed_has_no_effect(ask: Any) -> None:
    person = ResponsiblePerson(role="other", income_during_violation=Money.parse("100"))
    answer = ask("82-1", severity="severe", responsible_persons=(person,))
    unused = [notice.text for notice in answer.notices if notice.code == "fact-not-used"]
    assert unused == [
        "The fact “income from the unit during the violation” has no effect on this result and was not used."
    ]
    (only,) = outcome(answer).persons
    assert (str(only.fine.minimum), only.confiscated_income) == ("20000.00", UNSET)


def test_persons_whom_the_tier_does_not_reach_have_no_effect(ask: Any) -> None:
    person = ResponsiblePerson(role="other")
    for violation in ("82-1", "80-1-1"):
        answer = ask(violation, severity="ordinary", rectified=False, responsible_persons=(person,))
        unused = [notice.text for notice in answer.notices if notice.code == "fact-not-used"]
        assert "The fact “responsible persons” has no effect on this result and was not used." in unused
        assert outcome(answer).persons == ()


def test_a_fine_is_told_behind_its_heading_and_in_a_sentence(ask: Any, rulebook: Rulebook) -> None:
    zh, en = (rulebook.wordings[lang] for lang in LANGUAGES)
    # DAR 85¶1: 20,000 to 200,000 yuan; DAL 126: a share of an income that was not given.
    fixed = outcome(ask("85-1", severity="severe", goods_value=Money.parse("0"))).persons[0].fine
    unknown = outcome(ask("82-2", severity="severe")).persons[0].fine
    assert (format_fine(zh, fixed), describe_fine(zh, fixed)) == ("2万元以上20万元以下", "处2万元以上20万元以下罚款")
    assert (format_fine(en, fixed), describe_fine(en, fixed)) == (
        "20,000 to 200,000 yuan",
        "fine of 20,000 to 200,000 yuan",
    )
    assert (format_fine(zh, unknown), describe_fine(zh, unknown)) == (
        "数额未算出",
        "罚款数额未算出",
    )
    assert (format_fine(en, unknown), describe_fine(en, unknown)) == (
        "amount not computed",
        "amount of the fine not computed",
    )
    assert (format_fine(zh, None), describe_fine(zh, None)) == ("不处罚款", "不处罚款")
    assert (format_fine(en, None), describe_fine(en, None)) == ("no fine", "no fine")


# ------------------------------------------------------------------------------------------- what runs


def test_a_bar_and_a_ban_run_from_the_day_the_decision_takes_effect(ask: Any) -> None:
    answer = ask("82-1", severity="severe", decision_effective_on=date(2028, 2, 29))
    bar = running(answer)
    ban = outcome(answer).persons[0].ban
    assert ban
    assert (bar.last_day, bar.first_free_day) == (date(2038, 2, 28), date(2038, 3, 1))
    assert (ban.last_day, ban.first_free_day) == (date(2038, 2, 28), date(2038, 3, 1))
    assert bar.text == "no corresponding application accepted for 10 years (to 2038-02-28, inclusive)"


def test_the_days_of_a_ban_up_to_life_are_those_of_the_shortest(ask: Any) -> None:
    answer = ask("82-2", severity="severe", decision_effective_on=date(2026, 6, 1))
    ban = outcome(answer).persons[0].ban
    assert ban
    assert (ban.length.years, ban.length.up_to, ban.last_day) == (10, "life", date(2036, 6, 1))
    assert "ban-ten-years-to-life" in codes(answer)


def test_without_an_effective_day_only_the_length_is_given(ask: Any) -> None:
    answer = ask("83-2", scope="institution")
    ban = running(answer)
    assert (ban.length.years, ban.last_day, ban.first_free_day) == (3, UNSET, UNSET)
    assert ban.text == "3-year ban on clinical trials"


# ------------------------------------------------------------------------------------------ limitation

HARMFUL = Harm(life_health_or_financial_safety=True, harmful_consequence=True)
HARMLESS = Harm(harmful_consequence=False)


@pytest.mark.parametrize(
    ("harm", "discovered", "applies", "barred"),
    [
        (HARMFUL, date(2031, 6, 30), "five", False),
        (HARMFUL, date(2031, 7, 1), "five", True),
        (HARMLESS, date(2028, 6, 30), "two", False),
        (HARMLESS, date(2028, 7, 1), "two", True),
        (Harm(life_health_or_financial_safety=False), date(2028, 7, 1), "two", True),
        (Harm(life_health_or_financial_safety=True), date(2028, 6, 30), "undetermined", False),
        (Harm(harmful_consequence=True), date(2028, 7, 1), "undetermined", UNSET),
        (UNSET, date(2031, 6, 30), "undetermined", UNSET),
        (UNSET, date(2031, 7, 1), "undetermined", True),
        (HARMFUL, UNSET, "five", UNSET),
        (Harm(), UNSET, "undetermined", UNSET),
    ],
)
def test_the_last_day_of_the_limitation_is_still_in_time(
    harm: Any, discovered: Any, applies: str, barred: object, ask: Any
) -> None:
    answer = ask("80-1-1", rectified=True, conduct=JUNE, harm=harm, discovered_on=discovered)
    assert answer.limitation
    assert (answer.limitation.two_years.last_day, answer.limitation.five_years.last_day) == (
        date(2028, 6, 30),
        date(2031, 6, 30),
    )
    assert (answer.limitation.applies, answer.limitation.barred) == (applies, barred)
    assert ("limitation-barred" in codes(answer)) == (barred is True)


def test_a_limitation_may_end_on_the_last_of_february(ask: Any) -> None:
    ended = Conduct(from_=date(2028, 2, 29), to=date(2028, 2, 29))
    limitation = ask("80-1-1", conduct=ended).limitation
    assert (limitation.two_years.last_day, limitation.five_years.last_day) == (date(2030, 2, 28), date(2033, 2, 28))


def test_the_limitation_has_not_begun_while_the_conduct_goes_on(ask: Any) -> None:
    answer = ask("80-1-1", conduct=Conduct(from_=date(2026, 6, 1)))
    assert answer.limitation is UNSET
    assert "conduct-continuing" in codes(answer)


def test_what_is_no_penalty_has_no_limitation(ask: Any) -> None:
    for violation in ("86-1", "87-1"):
        assert ask(violation, conduct=JUNE).limitation is UNSET


def test_a_limit_that_cannot_be_reached_is_refused_and_none_made_up(ask: Any) -> None:
    late = Conduct(from_=date(9996, 6, 1), to=date(9996, 6, 1))
    place = [("outside-calendar", ("conduct", "to"))]
    assert refusal(ask, "80-1-1", conduct=late) == place
    assert refusal(ask, "80-1-1", conduct=late, harm=HARMFUL) == place
    # Two years apply, and the fifth year is still shown: 10001.
    assert refusal(ask, "80-1-1", conduct=late, harm=HARMLESS) == place
    last = Conduct(from_=date(9999, 6, 1), to=date(9999, 6, 1))
    assert refusal(ask, "80-1-1", conduct=last, harm=HARMLESS) == place


# ----------------------------------------------------------------------------------- exemption, Art. 87


@pytest.mark.parametrize(
    ("duties", "unknowing", "tier"),
    [
        (True, True, "exempt"),
        (True, False, "not_exempt"),
        (False, True, "not_exempt"),
        (False, False, "not_exempt"),
        (False, UNSET, "not_exempt"),
        (UNSET, False, "not_exempt"),
    ],
)
def test_both_facts_exempt_and_one_that_is_false_does_not(duties: Any, unknowing: Any, tier: str, ask: Any) -> None:
    answer = ask("86-1", exemption_facts=ExemptionFacts(duties_fulfilled=duties, did_not_know_proven=unknowing))
    assert (answer.determined, answer.missing_facts, answer.alternatives) == (True, UNSET, UNSET)
    assert (outcome(answer).tier, outcome(answer).authority, outcome(answer).fine) == (tier, UNSET, None)
    written = {True: "true", False: "false", UNSET: "-"}
    before = f"duties_fulfilled={written[duties]},did_not_know_proven={written[unknowing]}"
    assert ("tier", before, tier) in told(answer)
    assert ("exemption-not-shown" in codes(answer)) == (tier == "not_exempt")
    assert "correction-and-gains" not in codes(answer)


@pytest.mark.parametrize(
    "facts",
    [
        UNSET,
        ExemptionFacts(),
        ExemptionFacts(duties_fulfilled=True),
        ExemptionFacts(did_not_know_proven=True),
    ],
)
def test_a_fact_that_was_not_stated_leaves_the_exemption_open(facts: Any, ask: Any) -> None:
    answer = ask("86-1", exemption_facts=facts)
    assert (answer.determined, answer.outcome, answer.fine) == (False, UNSET, UNSET)
    assert answer.missing_facts == ("exemption_facts",)
    assert [(one.tier, one.fine, one.decided_by == UNSET) for one in answer.alternatives] == [
        ("exempt", None, True),
        ("not_exempt", None, False),
    ]
    assert told(answer)[1:] == [
        ("alternative", UNSET, "exempt"),
        ("fine", UNSET, "none"),
        ("alternative", UNSET, "not_exempt"),
        ("fine", UNSET, "decided_elsewhere"),
        ("result", UNSET, "undetermined"),
    ]
    assert "exemption-not-shown" in codes(answer)


def test_the_leak_of_data_has_no_fine_and_no_authority(ask: Any) -> None:
    answer = ask("87-1")
    assert (answer.determined, outcome(answer).tier, outcome(answer).authority) == (True, "first", UNSET)
    assert [measure.__struct_config__.tag for measure in outcome(answer).measures] == [
        "compensation",
        "recourse",
        "discipline",
    ]


# ----------------------------------------------------------------------------------------- unused facts


def test_every_fact_that_has_no_effect_is_noted(ask: Any) -> None:
    answer = ask(
        "87-1",
        goods_value=Money.parse("1"),
        activity="retail",
        severity="severe",
        rectified=True,
        scope="specialty",
        decision_effective_on=date(2026, 7, 1),
        discovered_on=date(2026, 7, 1),
        harm=HARMFUL,
        exemption_facts=ExemptionFacts(),
        responsible_persons=(ResponsiblePerson(role="other"),),
        readings=Readings(severe_needs_failed_correction=True, obstruction_suspension_replaces_fine=True),
    )
    assert codes(answer).count("fact-not-used") == 11
    assert "tier-not-in-law" in codes(answer)


def test_an_implausible_activity_is_answered_with_a_warning(ask: Any) -> None:
    answer = ask("79-1-2", activity="retail", goods_value=Money.parse("0"), severity="ordinary")
    (warning,) = (notice for notice in answer.notices if notice.code == "activity-implausible")
    assert warning.level == "warning"
    assert "retail" in warning.text


def test_neighbouring_provisions_are_cited_one_by_one(ask: Any) -> None:
    def cited(violation: str) -> list[tuple[str, str, int]]:
        notices = [one for one in ask(violation).notices if one.code in ("concurrent-provision", "supplier-liable")]
        return [(one.code, one.citation.instrument, one.citation.article) for one in notices]

    # DAL 133 punishes the institution that sells, so no choice is made between it and what the distributor pays.
    assert cited("79-1-3") == [("supplier-liable", "dal", 133), ("concurrent-provision", "dal", 129)]
    assert cited("79-1-1") == [("concurrent-provision", "dal", 124)]
    assert cited("79-1-4") == [("concurrent-provision", "dal", 115)]
    assert cited("84-1") == [("concurrent-provision", "dal", 131)]
    # A pending application and a licence obtained exclude each other (DAL 123).
    assert cited("82-1") == []


# -------------------------------------------------------------------------------- law in force, and days


def test_the_day_before_the_commencement_is_refused_and_the_day_itself_is_not(ask: Any) -> None:
    first = date(2026, 5, 15)
    early = Conduct(from_=date(2026, 5, 1), to=date(2026, 5, 14))
    assert refusal(ask, "85-2", conduct=early) == [("not-in-force", ("conduct", "to"))]
    assert refusal(ask, "85-2", decision_effective_on=date(2026, 5, 14)) == [
        ("not-in-force", ("decision_effective_on",))
    ]
    spanning = ask("85-2", conduct=Conduct(from_=date(2026, 5, 14), to=first))
    assert "conduct-spans-commencement" in codes(spanning)
    assert "conduct-spans-commencement" not in codes(ask("85-2", conduct=Conduct(from_=first, to=first)))


def test_for_the_comparison_the_rules_may_be_assumed_to_be_in_force(ask: Any) -> None:
    early = Conduct(from_=date(2026, 5, 1), to=date(2026, 5, 14))
    answer = ask("85-2", conduct=early, assume_in_force=True, severity="ordinary")
    assert "assumed-in-force" in codes(answer)
    assert told(answer)[0] == ("applicable-law", "2026-05-14", "dar")


def test_what_is_lighter_than_before_is_answered_for_earlier_conduct_too(ask: Any) -> None:
    early = Conduct(from_=date(2026, 5, 1), to=date(2026, 5, 14))
    assert "exemption-for-earlier-conduct" in codes(ask("86-1", conduct=early))


@pytest.mark.parametrize(
    ("facts", "places"),
    [
        ({"conduct": Conduct(from_=date(2026, 6, 2), to=date(2026, 6, 1))}, [("conduct", "to")]),
        ({"conduct": Conduct(from_=date(2026, 6, 2)), "discovered_on": date(2026, 6, 1)}, [("discovered_on",)]),
        (
            {
                "conduct": Conduct(from_=date(2026, 6, 2), to=date(2026, 6, 1)),
                "discovered_on": date(2026, 6, 1),
                "decision_effective_on": date(2026, 5, 31),
            },
            [("conduct", "to"), ("discovered_on",), ("decision_effective_on",), ("decision_effective_on",)],
        ),
        (
            {"discovered_on": date(2026, 6, 2), "decision_effective_on": date(2026, 6, 1)},
            [("decision_effective_on",)],
        ),
    ],
)
def test_days_out_of_order_are_refused_all_together(facts: dict[str, Any], places: list[Any], ask: Any) -> None:
    assert refusal(ask, "85-2", **facts) == [("dates-out-of-order", place) for place in places]


def test_discovery_and_decision_on_the_first_day_are_in_order(ask: Any) -> None:
    day = date(2026, 6, 1)
    answer = ask("82-1", conduct=Conduct(from_=day, to=day), discovered_on=day, decision_effective_on=day)
    assert answer.limitation


def test_days_that_no_rule_can_concern_are_refused_all_together(ask: Any) -> None:
    before = date(1949, 9, 30)
    assert refusal(
        ask,
        "85-2",
        conduct=Conduct(from_=before, to=before),
        discovered_on=before,
        decision_effective_on=before,
    ) == [
        ("outside-calendar", ("conduct", "from")),
        ("outside-calendar", ("conduct", "to")),
        ("outside-calendar", ("discovered_on",)),
        ("outside-calendar", ("decision_effective_on",)),
    ]


def test_a_ban_beyond_the_year_9999_cannot_be_reached(ask: Any) -> None:
    place = [("outside-calendar", ("decision_effective_on",))]
    assert refusal(ask, "82-2", severity="severe", decision_effective_on=date(9990, 1, 1)) == place
    assert refusal(ask, "82-1", severity="ordinary", decision_effective_on=date(9989, 12, 31)) == place


def test_an_unknown_violation_is_refused(ask: Any) -> None:
    assert refusal(ask, "85-3") == [("unknown-violation", ("violation",))]


# ---------------------------------------------------------------------------------- what answers carry


def test_the_reference_is_echoed_and_no_part_of_the_facts(ask: Any) -> None:
    with_ref, without = ask("85-2", ref="案-7"), ask("85-2")
    assert (with_ref.ref, without.ref) == ("案-7", UNSET)
    assert with_ref.provenance.inputs == without.provenance.inputs
    assert "ref" not in cases.as_json(without)


# ------------------------------------------------------------------------------ what people read


def test_an_act_that_is_not_exempt_is_said_to_be_fined_elsewhere(ask: Any) -> None:
    facts = ExemptionFacts(duties_fulfilled=False)
    texts = {step.rule: step.text for step in ask("86-1", exemption_facts=facts).explanation}
    assert texts["fine"] == ("The fine is set under DAL Arts. 116-119, for vaccines under VAL Art. 80.")
    assert texts["result"] == ("Result: not exempt from penalty; DAL Arts. 116-119 apply, for vaccines VAL Art. 80.")


def test_a_ban_up_to_life_is_free_at_the_earliest(ask: Any) -> None:
    answer = ask("82-2", severity="severe", decision_effective_on=date(2026, 6, 1))
    (ban,) = (step.text for step in answer.explanation if step.rule == "bar" and "for 10 years to life" in step.text)
    assert "the shortest ban ends on 2036-06-01, free from 2036-06-02; the decision may set more, up to life" in ban
    (other,) = (step.text for step in answer.explanation if step.rule == "bar" and "5-year ban" in step.text)
    assert "last day 2031-06-01, free from 2031-06-02." in other
    assert not any(words in other for words in ("shortest", "may set more"))


def test_the_authority_rests_on_the_provision_that_names_it(ask: Any) -> None:
    (step,) = (one for one in ask("81-1").explanation if one.rule == "authority")
    assert step.citation.label == "《中华人民共和国药品管理法》第一百三十九条"


def test_facts_that_say_nothing_are_no_part_of_the_inputs(ask: Any) -> None:
    plain = ask("85-2").provenance.inputs
    assert ask("85-2", readings=Readings()).provenance.inputs == plain
    assert ask("85-2", harm=Harm(), exemption_facts=ExemptionFacts()).provenance.inputs == plain
    assert ask("85-2", harm=Harm(harmful_consequence=False)).provenance.inputs != plain


# ------------------------------------------------------------------------------ days of the decision


def test_a_decision_before_the_conduct_ended_is_noted(ask: Any) -> None:
    noted = [
        "decision-before-conduct-ended"
        in codes(ask("82-1", severity="ordinary", conduct=JUNE, decision_effective_on=date(2026, 6, decided)))
        for decided in (29, 30)
    ]
    assert noted == [True, False]


def test_a_decision_that_says_which_law_applies_is_a_fact_that_is_used(ask: Any) -> None:
    before, after = (
        codes(ask("79-1-1", decision_effective_on=date(2026, 5, decided), assume_in_force=True)) for decided in (14, 15)
    )
    assert ("assumed-in-force" in before, "fact-not-used" in before) == (True, False)
    assert ("assumed-in-force" in after, "fact-not-used" in after) == (False, True)


# ------------------------------------------------------------------------------- the words of the answer


def sentences(ask: Any, violation: str, lang: str, **facts: Any) -> dict[str, str]:
    return {step.rule: step.text for step in ask(violation, lang=lang, **facts).explanation}


def test_a_violation_of_one_tier_says_that_no_fact_leads_to_it(ask: Any) -> None:
    assert outcome(ask("83-2", lang="zh", scope="institution")).tier_title == "不分情形"
    assert sentences(ask, "83-2", "zh", scope="institution")["tier"] == "本项不分情形。"
    assert sentences(ask, "83-2", "en", scope="institution")["tier"] == "There is only one tier."
    # Of 87-1 no fact decides anything.
    assert sentences(ask, "87-1", "zh")["tier"] == "本项不分情形，不用填其他事实。"
    # Where the scope is assumed, the single tier is no assumption.
    assert sentences(ask, "83-2", "zh")["alternative"] == "以下按“药物临床试验机构”计算。"
    assert [step.after for step in ask("83-2").explanation if step.rule == "alternative"] == [
        "first/specialty",
        "first/institution",
    ]


def test_what_leads_to_the_uncorrected_tier_is_told_in_the_words_of_the_provision(ask: Any) -> None:
    # DAR 83¶1: 逾期仍不符合备案条件的.
    answer = ask("83-1", lang="zh", rectified=False, scope="specialty")
    assert outcome(answer).tier_title == "逾期仍不符合备案条件"
    told = {step.rule: step.text for step in answer.explanation}
    assert told["tier"] == "按所填事实（逾期仍不符合备案条件），属于逾期仍不符合备案条件的情形。"
    assert told["result"] == "结论：逾期仍不符合备案条件；不处罚款。"
    assert sentences(ask, "83-1", "en", rectified=False, scope="specialty")["tier"] == (
        "On the facts given (still not meeting the conditions in time) "
        "the tier “still not meeting the conditions in time” applies."
    )
    assert sentences(ask, "84-2", "zh", rectified=False, severity="ordinary")["tier"] == (
        "按所填事实（情节一般，逾期不改正），属于逾期不改正的情形。"
    )


def test_the_regulator_that_is_liable_itself_is_no_tier_and_no_fine(ask: Any) -> None:
    # DAR 87: the regulator compensates, recovers from its staff, and disciplines.
    answer = ask("87-1", lang="zh")
    assert answer.explanation[-1].after == "none"
    assert answer.explanation[-1].text == (
        "结论：药品监督管理部门依法承担赔偿责任，赔偿后责令故意或者有重大过失的工作人员承担部分或者全部赔偿费用，"
        "并对负有责任的领导人员和直接责任人员给予处分；本条不设罚款。"
    )
    assert sentences(ask, "87-1", "en")["result"] == (
        "Result: the drug regulator is liable to compensate; "
        "staff who acted with intent or gross negligence must then bear part or all of it, "
        "and responsible leaders and persons directly responsible face disciplinary action; this article sets no fine."
    )


def test_an_income_that_was_not_given_is_said_to_be_unknown(ask: Any) -> None:
    persons = (ResponsiblePerson(role="principal"),)
    (step,) = [
        one
        for one in ask("82-2", lang="zh", severity="severe", responsible_persons=persons).explanation
        if one.rule == "income-confiscation"
    ]
    assert (step.after, step.text) == (
        "unknown",
        "主要负责人：没收违法行为发生期间自本单位所获收入；未填收入，不能算出数额。",
    )


def test_two_limits_are_told_one_by_one(ask: Any) -> None:
    (step,) = [one for one in ask("84-1", lang="zh", conduct=JUNE).explanation if one.rule == "limitation"]
    assert step.after == "2028-06-30..2031-06-30"
    assert step.text == (
        "自行为终了之日2026年6月30日起算，2年和5年期限分别于2028年6月30日和2031年6月30日届满；"
        "适用哪一个，取决于是否涉及公民生命健康安全、金融安全且有危害后果。"
    )
