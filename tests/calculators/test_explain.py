"""What every answer carries: notices, the explanation step by step, provenance."""

from __future__ import annotations

import hashlib
import json
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from msgspec import UNSET

import penaltycalc
from penaltycalc import Conduct, Money, PenaltyRequest, Rulebook, WorkingCalendar
from penaltycalc.calculators.explain import (
    Explainer,
    Explanation,
    build_provenance,
    digest_facts,
    encode_answer,
)
from penaltycalc.calendar.workdays import Coverage, Day, Status
from penaltycalc.rules.citations import ProvisionRef
from penaltycalc.rules.clauses import BanLength, PersonalBan
from penaltycalc.rules.records import decode_value, encode_value
from penaltycalc.rules.texts import LocalizedTexts, parse_template


@pytest.fixture
def zh(rulebook: Rulebook) -> LocalizedTexts:
    return rulebook.texts["zh"]


@pytest.fixture
def en(rulebook: Rulebook) -> LocalizedTexts:
    return rulebook.texts["en"]


# ----------------------------------------------------------------------------------------- encoding


def test_money_goes_out_as_decimal_yuan() -> None:
    assert encode_value(Money.parse("5")) == "5.00"
    assert encode_answer({"fine": Money.parse("85000.5")}) == b'{"fine":"85000.50"}'


def test_money_comes_in_as_decimal_yuan() -> None:
    assert decode_value(Money, "5") == Money.parse("5.00")
    with pytest.raises(ValueError, match="money"):
        decode_value(Money, 5)


def test_nothing_else_unknown_is_encoded_or_decoded() -> None:
    with pytest.raises(NotImplementedError):
        encode_value(object())
    with pytest.raises(NotImplementedError):
        decode_value(bytes, "5")


# --------------------------------------------------------------------------------------- provenance


def sha256(content: Any) -> str:
    return "sha256:" + hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()


def test_the_digest_of_the_facts_is_that_of_their_canonical_form() -> None:
    facts = PenaltyRequest(violation="85-2", goods_value=Money.parse("5"), conduct=Conduct(from_=date(2026, 6, 1)))
    # Names sorted, defaults left out, money with two places.
    assert digest_facts(facts) == sha256(
        {"conduct": {"from": "2026-06-01"}, "goods_value": "5.00", "kind": "penalty", "violation": "85-2"}
    )


def test_an_answer_names_what_it_rests_on(rulebook: Rulebook) -> None:
    facts = PenaltyRequest(violation="85-2")
    rests_on = build_provenance(rulebook, "sha256:calendar", facts)
    assert rests_on.engine == penaltycalc.__version__
    assert rests_on.rulebook == rulebook.digest
    assert rests_on.calendar == "sha256:calendar"
    assert rests_on.inputs == sha256({"kind": "penalty", "violation": "85-2"})


# ---------------------------------------------------------------------------------------- sentences


@pytest.mark.parametrize(
    ("text", "facts", "said"),
    [
        ("no facts", {}, "no facts"),
        ("{a} and {b}, {a} again", {"a": "1", "b": "2"}, "1 and 2, 1 again"),
        ("{a}", {"a": "%s {b}"}, "%s {b}"),
        ("{a}% of {b}", {"a": "10", "b": "0.01"}, "10% of 0.01"),
        ("100%", {}, "100%"),
        ("{{a}} {a}", {"a": "1"}, "{a} 1"),
        ("{a}", {"a": "1", "unused": "2"}, "1"),
    ],
)
def test_a_sentence_is_filled_with_its_facts(text: str, facts: dict[str, str], said: str) -> None:
    template = parse_template(text, UNSET)
    assert template.fill(facts, "en") == said
    assert template.citation is UNSET


def test_a_sentence_lacks_no_fact(zh: LocalizedTexts) -> None:
    with pytest.raises(KeyError):
        Explainer(zh, explain=True).add_step("bar", date(2036, 6, 1), before=date(2026, 6, 1))


# ------------------------------------------------------------------------------------------ notices


def test_a_notice_has_its_level_its_text_and_its_provision(en: LocalizedTexts) -> None:
    explainer = Explainer(en, explain=True)
    explainer.add_notice("deemed-acceptance")
    (notice,) = explainer.notices
    assert (notice.code, notice.level) == ("deemed-acceptance", "info")
    assert notice.text == (
        "Without a notice of what is missing in time, the application is accepted as of the day of receipt."
    )
    assert notice.citation
    assert notice.citation.label == "《中华人民共和国行政许可法》第三十二条第一款第（四）项"


def test_a_notice_without_a_provision_cites_none(en: LocalizedTexts) -> None:
    explainer = Explainer(en, explain=True)
    explainer.add_notice("clock-standing")
    assert explainer.notices[0].citation is UNSET


def test_a_notice_is_given_once_for_the_same_facts(en: LocalizedTexts, rulebook: Rulebook) -> None:
    explainer = Explainer(en, explain=False)
    for fact in ("scope", "harm", "scope"):
        explainer.add_notice("fact-not-used", fact=fact)
    explainer.add_notice("clock-standing")
    explainer.add_notice("clock-standing")
    assert [notice.text for notice in explainer.notices] == [
        "The fact “scope” has no effect on this result and was not used.",
        "The fact “harm” has no effect on this result and was not used.",
        "The clock is still stopped; there is no due date until it runs again.",
    ]
    for article in (124, 129, 124):
        explainer.add_notice(
            "concurrent-provision", citation=rulebook.cite(ProvisionRef(instrument="dal", article=article))
        )
    cited = [notice.citation for notice in explainer.notices if notice.code == "concurrent-provision"]
    assert [citation.article for citation in cited if citation] == [124, 129]


def test_days_that_are_not_official_are_told(en: LocalizedTexts) -> None:
    # A calendar of four weekdays from 2026-12-21 on: official, supplied by two files, projected.
    first = date(2026, 12, 21)
    known: list[tuple[Status, str]] = [("official", "a"), ("supplied", "c.json"), ("supplied", "b.json")]
    known.append(("projected", "d"))
    coverage = Coverage(first, first + timedelta(3), first + timedelta(2), "", ("a", "b.json", "c.json", "d"), 0)
    week = [Day(True, "working_day", None, status, source) for status, source in known]
    calendar = WorkingCalendar(coverage, lambda _: week, lambda _: 0, lambda _: False)

    def told(first_day: int, last_day: int) -> list[str]:
        explainer = Explainer(en, explain=False)
        explainer.check_certainty(calendar, date(2026, 12, first_day), date(2026, 12, last_day))
        return [f"{notice.code}: {notice.text}" for notice in explainer.notices]

    assert told(21, 21) == []
    assert told(21, 22) == ["supplied: Some days follow holiday notices that your organisation supplied: c.json."]
    assert told(22, 23) == [
        "supplied: Some days follow holiday notices that your organisation supplied: b.json, c.json."
    ]
    projected, supplied = told(23, 24)
    assert projected.startswith("projected: Holidays are certain through 2026-12-23 ")
    assert supplied == "supplied: Some days follow holiday notices that your organisation supplied: b.json."
    assert [one.partition(":")[0] for one in told(24, 24)] == ["projected"]


# -------------------------------------------------------------------------------------- explanation


def steps_of(explainer: Explainer) -> tuple[Explanation, ...]:
    steps = explainer.explanation()
    assert isinstance(steps, tuple)
    return steps


def test_a_rule_is_told_with_its_values_and_the_provision_it_rests_on(en: LocalizedTexts) -> None:
    explainer = Explainer(en, explain=True)
    explainer.add_step("calendar-days", date(2026, 6, 8), before=7)
    steps = explainer.explanation()
    assert steps
    (step,) = steps
    assert (step.rule, step.before, step.after) == ("calendar-days", "7", "2026-06-08")
    assert step.text == "Day 7 is 2026-06-08."
    assert step.citation
    assert step.citation.label == "《中华人民共和国民法典》第二百零一条第一款"


def test_a_rule_of_a_row_rests_on_the_provision_of_the_row(en: LocalizedTexts, rulebook: Rulebook) -> None:
    own = rulebook.step("retest-application").citation
    explainer = Explainer(en, explain=True)
    explainer.add_step("calendar-days", date(2026, 6, 8), before=7, citation=own)
    assert steps_of(explainer)[0].citation == own


def test_a_rule_that_starts_from_nothing_has_no_value_before(zh: LocalizedTexts) -> None:
    explainer = Explainer(zh, explain=True)
    explainer.add_step("fine", "none", variant="none")
    assert (steps_of(explainer)[0].before, steps_of(explainer)[0].text) == (UNSET, "该情形不处罚款。")


def test_without_an_explanation_no_sentence_is_made(zh: LocalizedTexts) -> None:
    explainer = Explainer(zh, explain=False)
    explainer.add_step("no-such-rule", "x")
    assert explainer.explanation() is UNSET
    assert not explainer.explains
    assert Explainer(zh, explain=True).explanation() == ()


# ----------------------------------------------------------------------------------------- measures


def texts(localized: LocalizedTexts, rulebook: Rulebook, violation: str, tier: str) -> list[object]:
    return [measure.text for measure in localized.measures(rulebook.violation(violation).tiers[tier])]


def test_measures_are_worded_in_chinese(zh: LocalizedTexts, rulebook: Rulebook) -> None:
    assert texts(zh, rulebook, "79-1-1", "severe") == [
        "责令限期改正",
        "没收违法生产、销售的药品和违法所得",
        "责令停产停业整顿，直至由原发证部门吊销药品生产许可证、药品经营许可证",
    ]
    assert texts(zh, rulebook, "81-1", "first")[:2] == ["责令改正", "没收违法购进的药品和违法所得"]
    assert texts(zh, rulebook, "83-2", "first")[4] == "没收违法所得"
    assert texts(zh, rulebook, "82-1", "first") == ["不予受理或者不予许可", "10年内不受理其相应申请"]


def test_measures_are_worded_in_english(en: LocalizedTexts, rulebook: Rulebook) -> None:
    assert texts(en, rulebook, "82-2", "severe") == [
        "order to correct within a time limit",
        "formal warning",
        (
            "order to suspend production or business for rectification, up to revocation by the issuing authority: "
            "drug approval document, production licence, distribution licence, and others"
        ),
        "5-year ban on non-clinical safety evaluation studies, clinical trials",
    ]
    assert texts(en, rulebook, "83-1", "uncorrected")[1:] == [
        "cancellation of the filing of the clinical trial specialty concerned",
        "cancellation of the filing of the clinical trial institution",
        "1-year ban on clinical trials of the specialty concerned",
        "1-year ban on clinical trials",
    ]


@pytest.mark.parametrize(
    ("violation", "tier", "chinese", "english"),
    [
        ("79-1-1", "first", "一般情形", "basic tier"),
        ("79-1-1", "severe", "情节严重", "serious circumstances"),
        ("84-1", "uncorrected", "逾期不改正", "not corrected in time"),
        # DAR 83¶1: 逾期仍不符合备案条件.
        ("83-1", "uncorrected", "逾期仍不符合备案条件", "still not meeting the conditions in time"),
        ("83-1", "first", "一般情形", "basic tier"),
        # DAR 83¶2 and 87 have one consequence each.
        ("83-2", "first", "不分情形", "single tier"),
        ("87-1", "first", "不分情形", "single tier"),
        ("86-1", "not_exempt", "不免予处罚", "not exempt from penalty"),
    ],
)
def test_a_tier_is_called_by_what_leads_to_it(
    violation: str, tier: str, chinese: str, english: str, zh: LocalizedTexts, en: LocalizedTexts, rulebook: Rulebook
) -> None:
    cited = rulebook.violation(violation).tiers[tier]
    assert (zh.describe_tier(cited), en.describe_tier(cited)) == (chinese, english)


def test_what_runs_shows_its_last_day(zh: LocalizedTexts, en: LocalizedTexts) -> None:
    ten, up_to_life = BanLength(years=10), BanLength(years=10, up_to="life")
    assert (
        zh.describe_last_day("10年内不受理其相应申请", ten, date(2036, 6, 1))
        == "10年内不受理其相应申请（至2036年6月1日，含当日）"
    )
    assert en.describe_last_day("ban", ten, date(2036, 6, 1)) == "ban (to 2036-06-01, inclusive)"
    assert (
        zh.describe_last_day("禁止从事药品生产经营活动", up_to_life, date(2036, 6, 1))
        == "禁止从事药品生产经营活动（最短的至2036年6月1日，含当日）"
    )
    assert en.describe_last_day("ban", up_to_life, date(2036, 6, 1)) == "ban (the shortest to 2036-06-01, inclusive)"


def test_a_ban_on_a_person_may_reach_up_to_life(zh: LocalizedTexts, en: LocalizedTexts) -> None:
    ten = PersonalBan(activities=("drug_production_and_trade",), length=BanLength(years=10))
    life = msgspec.structs.replace(ten, length=BanLength(years=10, up_to="life"))
    assert (zh.describe_ban(ten), zh.describe_ban(life)) == (
        "10年内禁止从事药品生产经营活动",
        "10年直至终身禁止从事药品生产经营活动",
    )
    assert en.describe_ban(life) == "ban on drug production and trade for 10 years to life"


# ------------------------------------------------------------------------------------- whole answers


def test_in_answers_only_money_may_be_null(rulebook: Rulebook, calendar: WorkingCalendar) -> None:
    request = PenaltyRequest(violation="82-2", severity="severe")
    answer = json.loads(encode_answer(penaltycalc.penalty(request, rulebook, calendar)))

    def nulls(value: object, name: str = "") -> list[str]:
        if isinstance(value, dict):
            return [found for key, inner in value.items() for found in nulls(inner, key)]
        if isinstance(value, list):
            return [found for inner in value for found in nulls(inner, name)]
        return [name] if value is None else []

    assert set(nulls(answer)) == {"minimum", "maximum", "confiscated_income"}
