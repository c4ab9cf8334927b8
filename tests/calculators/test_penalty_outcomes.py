"""What an outcome rests on, what it leaves open with 等, and who decides in its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

import cases
from penaltycalc import ExemptionFacts, PenaltyAnswer, PenaltyRequest, Rulebook, WorkingCalendar, penalty
from penaltycalc.calculators.penalties import Outcome
from penaltycalc.rules.wording import Language

Ask = Callable[..., PenaltyAnswer]


@pytest.fixture
def ask(rulebook: Rulebook, calendar: WorkingCalendar) -> Ask:
    """Answers a violation with its facts, in Chinese unless asked otherwise."""

    def answer(violation: str, lang: Language = "zh", **facts: object) -> PenaltyAnswer:
        request = PenaltyRequest(violation=violation, **facts)  # type: ignore[arg-type]  # facts of any kind
        return penalty(request, rulebook, calendar, lang=lang)

    return answer


def list_outcomes(answer: PenaltyAnswer) -> Iterator[Outcome]:
    """The outcome, or each of the alternatives."""
    if isinstance(answer.outcome, Outcome):
        yield answer.outcome
    if isinstance(answer.alternatives, tuple):
        yield from answer.alternatives


# ------------------------------------------------------------------------------------ legal bases

SEVERAL_BASES = {
    # DAR 81¶1 punishes by DAL 129 and 139, DAR 82¶2 by DAL 126; figures stand in 129 and 126.
    "81-1": ("dal 129", ["dar 81¶1", "dal 129", "dal 139"]),
    "82-2": ("dal 126", ["dar 82¶2", "dal 126"]),
}


@pytest.mark.parametrize(("violation", "bases"), SEVERAL_BASES.items())
def test_a_penalty_by_the_law_names_the_regulation_first(
    violation: str, bases: tuple[str, list[str]], ask: Ask
) -> None:
    outcomes = list(list_outcomes(ask(violation)))
    assert len(outcomes) == len({one.tier for one in outcomes}) == {"81-1": 2, "82-2": 3}[violation]
    for outcome in outcomes:
        assert (
            cases.write_citation(outcome.citation),
            [cases.write_citation(one) for one in outcome.citations],
        ) == bases


def test_every_other_outcome_rests_on_the_provision_of_its_id_alone(ask: Ask, rulebook: Rulebook) -> None:
    bases = {
        violation: {
            (cases.write_citation(one.citation), *map(cases.write_citation, one.citations))
            for one in list_outcomes(ask(violation))
        }
        for violation in rulebook.violations
        if violation not in SEVERAL_BASES
    }
    whole_articles = {"86-1": "dar 86", "87-1": "dar 87"}
    for violation, found in bases.items():
        article, paragraph, *item = violation.split("-")
        # The law of this id cites by article, paragraph and item; articles 86 and 87 have one paragraph.
        named = whole_articles.get(violation, f"dar {article}¶{paragraph}" + "".join(f"({one})" for one in item))
        assert found == {(named, named)}, violation
    assert len(bases) == len(rulebook.violations) - len(SEVERAL_BASES)


# --------------------------------------------------------------------------------------- and others


def test_licences_and_activities_of_a_severe_case_end_in_and_others(ask: Ask) -> None:
    # DAL 126: 吊销药品批准证明文件、药品生产许可证、药品经营许可证等; 禁止从事药品生产经营等活动.
    (outcome,) = list_outcomes(ask("82-2", severity="severe"))
    content = cases.as_json(ask("82-2", severity="severe"))["outcome"]
    open_lists = [measure["kind"] for measure in content["measures"] if "and_others" in measure]
    assert open_lists == ["suspension_up_to_revocation"]
    assert all(measure["and_others"] is True for measure in content["measures"] if "and_others" in measure)
    assert [person["ban"]["and_others"] for person in content["persons"]] == [True] * 4
    assert outcome.measures[2].text == (
        "责令停产停业整顿，直至由原发证部门吊销药品批准证明文件、药品生产许可证、药品经营许可证等"
    )
    assert {person.ban.text for person in outcome.persons if person.ban} == {"10年直至终身禁止从事药品生产经营等活动"}


def test_and_others_is_said_in_english_too(ask: Ask) -> None:
    (outcome,) = list_outcomes(ask("82-2", lang="en", severity="severe"))
    assert str(outcome.measures[2].text).endswith(
        "drug approval document, production licence, distribution licence, and others"
    )
    # The five-year ban of the institution names two activities and no others.
    assert "other" not in str(outcome.measures[3].text)
    assert {person.ban.text for person in outcome.persons if person.ban} == {
        "ban on drug production, trade and other activities for 10 years to life"
    }


@pytest.mark.parametrize(
    ("lang", "text"), [("zh", "10年内禁止从事药品生产经营活动"), ("en", "10-year ban on drug production and trade")]
)
def test_the_ban_of_another_article_leaves_nothing_open(lang: Language, text: str, ask: Ask) -> None:
    # DAR 82¶1: 禁止其10年内从事药品生产经营活动, without 等.
    answer = ask("82-1", lang=lang, severity="severe")
    (outcome,) = list_outcomes(answer)
    assert {person.ban.text for person in outcome.persons if person.ban} == {text}
    assert "and_others" not in str(cases.as_json(answer))


def test_only_the_severe_tier_of_one_violation_has_lists_that_end_open(ask: Ask, rulebook: Rulebook) -> None:
    found = {
        (violation, outcome["tier"])
        for violation in rulebook.violations
        for answer in [cases.as_json(ask(violation))]
        for outcome in [answer.get("outcome"), *answer.get("alternatives", [])]
        if outcome and "and_others" in str(outcome)
    }
    assert found == {("82-2", "severe")}


# ------------------------------------------------------------------------------- decided elsewhere


def test_who_is_not_exempt_is_judged_by_the_articles_on_fake_and_inferior_drugs(ask: Ask) -> None:
    exempt, not_exempt = list_outcomes(ask("86-1"))
    assert "decided_by" not in cases.as_json(ask("86-1"))["alternatives"][0]
    assert exempt.tier == "exempt"
    assert isinstance(not_exempt.decided_by, tuple)
    # DAL 116 to 119 for fake and inferior drugs and those who use them, VAL 80 where they are vaccines.
    assert [cases.write_citation(one) for one in not_exempt.decided_by] == [
        "dal 116",
        "dal 117",
        "dal 118",
        "dal 119",
        "val 80",
    ]


def test_nothing_but_a_failed_exemption_is_decided_elsewhere(ask: Ask, rulebook: Rulebook) -> None:
    found = {
        (violation, outcome.tier)
        for violation in rulebook.violations
        for outcome in list_outcomes(ask(violation))
        if isinstance(outcome.decided_by, tuple)
    }
    assert found == {("86-1", "not_exempt")}
    answer = ask("86-1", exemption_facts=ExemptionFacts(did_not_know_proven=False))
    assert [isinstance(one.decided_by, tuple) for one in list_outcomes(answer)] == [True]
