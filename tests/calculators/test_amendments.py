"""An amendment is a dated row: which version answers on which day (APL 36, 37)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import UNSET

import golden
import laws
import penaltycalc
from penaltycalc import Conduct, DeadlineRequest, ExpiryRequest, LawRefuses, PenaltyAnswer, PenaltyRequest, Rulebook
from penaltycalc.calculators.catalogue import describe_violation
from penaltycalc.calculators.penalties import Fine, Outcome
from penaltycalc.errors import NotInForce
from penaltycalc.rules.versions import find_version
from penaltycalc.rules.wording import LANGUAGES

# The amendment is invented: 84-1 with other figures from 2027-07-01 on. The tests bring the former version and the
# day of checking too, so that they hold whatever becomes of the packaged row.
FORMER_ROW = """
[[violation]]
id = "84-1"
citation = { article = 84, paragraph = 1 }
authority = "provincial"
{dates}
reading = "severe_needs_failed_correction"

[[violation.tier]]
name = "first"
measures = [{ kind = "order_to_correct", within_time_limit = true }]

[[violation.tier]]
name = "uncorrected"
measures = [{ kind = "order_to_correct", within_time_limit = true }]
fine = { kind = "fixed", minimum = "100000", maximum = "500000" }

[[violation.tier]]
name = "severe"
measures = [{ kind = "order_to_correct", within_time_limit = true }]
fine = { kind = "fixed", minimum = "500000", maximum = "2000000" }
"""
AMENDED = """
[[violation]]
id = "84-1"
citation = { article = 84, paragraph = 1 }
authority = "provincial"
in_force_from = 2027-07-01
reading = "severe_needs_failed_correction"

[[violation.tier]]
name = "first"
measures = [{ kind = "order_to_correct", within_time_limit = true }]

[[violation.tier]]
name = "uncorrected"
measures = [{ kind = "order_to_correct", within_time_limit = true }]
fine = { kind = "fixed", minimum = "200000", maximum = "1000000" }

[[violation.tier]]
name = "severe"
measures = [{ kind = "order_to_correct", within_time_limit = true }]
fine = { kind = "fixed", minimum = "700000", maximum = "3000000" }
"""
CHECKED_ON = date(2026, 11, 22)
FORMER = ("100000.00", "500000.00")
LATER = ("200000.00", "1000000.00")
Ask = Callable[..., PenaltyAnswer]


def load_with(folder: Path, former_dates: str, later_rows: str = "", checked_on: date | None = CHECKED_ON) -> Rulebook:
    """The packaged law with these versions of 84-1."""
    laws.copy(folder)
    laws.replace_violation(folder, "84-1", FORMER_ROW.replace("{dates}", former_dates) + later_rows)
    if checked_on is not None:
        laws.set_checked_on(folder, checked_on)
    return laws.load(folder)


ENDED = "in_force_until = 2027-06-30"


@pytest.fixture(scope="module")
def amended(tmp_path_factory: pytest.TempPathFactory) -> Rulebook:
    """The packaged law with the amendment."""
    return load_with(tmp_path_factory.mktemp("amended"), ENDED, AMENDED)


@pytest.fixture
def ask(amended: Rulebook, calendar: penaltycalc.WorkingCalendar) -> Ask:
    def asked(**facts: Any) -> PenaltyAnswer:
        request = PenaltyRequest(violation="84-1", rectified=False, severity="ordinary", **facts)
        return penaltycalc.penalty(request, amended, calendar, lang="en")

    return asked


def fine_of(answer: PenaltyAnswer) -> tuple[str, str]:
    outcome = answer.outcome
    assert isinstance(outcome, Outcome)
    assert isinstance(outcome.fine, Fine)
    return str(outcome.fine.minimum), str(outcome.fine.maximum)


ABOUT_THE_LAW = {
    "assumed-in-force",
    "assumed-version-same",
    "beyond-checked",
    "conduct-continuing",
    "conduct-spans-commencement",
    "law-as-of",
    "later-law-to-compare",
    "repealed-since",
}


def notices_of(answer: PenaltyAnswer) -> set[str]:
    return {notice.code for notice in answer.notices} & ABOUT_THE_LAW


def conduct(start: str, end: str = "") -> Conduct:
    if not end:
        return Conduct(from_=date.fromisoformat(start))
    return Conduct(from_=date.fromisoformat(start), to=date.fromisoformat(end))


CASES: list[tuple[str, dict[str, Any], tuple[str, str], set[str]]] = [
    ("nothing is dated: the law as it was checked", {}, FORMER, {"law-as-of"}),
    (
        "conduct that goes on, without a decision",
        {"conduct": conduct("2026-08-01")},
        FORMER,
        {"conduct-continuing", "law-as-of"},
    ),
    (
        "conduct that goes on, decided after the amendment",
        {"conduct": conduct("2026-08-01"), "decision_effective_on": date(2027, 8, 10)},
        LATER,
        {"conduct-continuing", "conduct-spans-commencement", "beyond-checked"},
    ),
    (
        "conduct before, decision after: the former law, and a comparison is owed",
        {"conduct": conduct("2027-01-10", "2027-05-20"), "decision_effective_on": date(2027, 9, 1)},
        FORMER,
        {"later-law-to-compare", "beyond-checked"},
    ),
    (
        "the other half of that comparison",
        {
            "conduct": conduct("2027-01-10", "2027-05-20"),
            "decision_effective_on": date(2027, 9, 1),
            "assume_in_force": True,
        },
        LATER,
        {"assumed-in-force", "beyond-checked"},
    ),
    (
        "conduct across the amendment, without a decision",
        {"conduct": conduct("2027-06-01", "2027-08-01")},
        LATER,
        {"conduct-spans-commencement", "beyond-checked", "law-as-of"},
    ),
    ("as of the last day of the former version", {"as_of": date(2027, 6, 30)}, FORMER, {"beyond-checked"}),
    ("as of the first day of the later version", {"as_of": date(2027, 7, 1)}, LATER, {"beyond-checked"}),
    ("decided before the amendment", {"decision_effective_on": date(2026, 12, 1)}, FORMER, {"beyond-checked"}),
    ("decided on the day the law was checked", {"decision_effective_on": CHECKED_ON}, FORMER, set()),
    (
        "assumed where one version is in force at conduct and decision",
        {
            "conduct": conduct("2026-06-01", "2026-06-30"),
            "decision_effective_on": date(2026, 7, 1),
            "assume_in_force": True,
        },
        FORMER,
        {"assumed-version-same"},
    ),
]


@pytest.mark.parametrize(("facts", "fine", "notices"), [pytest.param(*rest, id=name) for name, *rest in CASES])
def test_the_day_picks_the_version(facts: dict[str, Any], fine: tuple[str, str], notices: set[str], ask: Ask) -> None:
    answer = ask(**facts)
    assert fine_of(answer) == fine
    assert notices_of(answer) == notices


def test_the_notices_name_the_days(ask: Ask) -> None:
    answer = ask(conduct=conduct("2027-01-10", "2027-05-20"), decision_effective_on=date(2027, 9, 1))
    texts = {notice.code: notice.text for notice in answer.notices}
    assert "from 2027-07-01;" in texts["later-law-to-compare"]
    assert "2026-11-22" in texts["beyond-checked"]
    spanning = ask(conduct=conduct("2027-06-01", "2027-08-01"))
    (text,) = [notice.text for notice in spanning.notices if notice.code == "conduct-spans-commencement"]
    assert "2027-07-01" in text
    assert text.endswith("There is an earlier version of the provision.")


def test_an_answer_says_which_instrument_governs(ask: Ask) -> None:
    (text,) = [notice.text for notice in ask().notices if notice.code == "conduct-dates-missing"]
    assert "Regulation" in text
    assert "2026-05-15" in text


def test_a_day_of_the_law_beside_a_decision_is_not_used(ask: Ask) -> None:
    answer = ask(as_of=date(2027, 7, 1), decision_effective_on=date(2026, 12, 1))
    assert fine_of(answer) == FORMER
    assert "fact-not-used" in {notice.code for notice in answer.notices}


def test_the_day_of_the_decision_is_used_where_it_picks_the_version(
    ask: Ask, rulebook: Rulebook, calendar: penaltycalc.WorkingCalendar
) -> None:
    facts: dict[str, Any] = {"decision_effective_on": date(2026, 9, 1), "rectified": False, "severity": "ordinary"}
    alone = penaltycalc.penalty(PenaltyRequest(violation="84-2", **facts), rulebook, calendar)
    assert "fact-not-used" in {notice.code for notice in alone.notices}
    assert "fact-not-used" not in {notice.code for notice in ask(decision_effective_on=date(2026, 9, 1)).notices}


def test_a_day_before_the_first_version_is_refused_with_the_fact_that_names_it(ask: Ask) -> None:
    for facts, path in (
        (
            {"conduct": conduct("2026-01-01", "2026-05-14"), "decision_effective_on": date(2027, 9, 1)},
            ("conduct", "to"),
        ),
        ({"as_of": date(2026, 5, 14)}, ("as_of",)),
        ({"decision_effective_on": date(2026, 5, 14)}, ("decision_effective_on",)),
    ):
        with pytest.raises(NotInForce) as refusal:
            ask(**facts)
        assert refusal.value.where == path
        assert refusal.value.facts["limit"] == date(2026, 5, 15)


def test_conduct_before_all_versions_is_compared_with_the_one_at_the_decision(ask: Ask) -> None:
    earlier = conduct("2026-01-01", "2026-05-14")
    answer = ask(conduct=earlier, decision_effective_on=date(2027, 9, 1), assume_in_force=True)
    assert fine_of(answer) == LATER
    assert fine_of(ask(conduct=earlier, assume_in_force=True)) == FORMER


def test_the_catalogue_shows_the_version_of_the_day_on_which_the_law_was_checked(amended: Rulebook) -> None:
    item = describe_violation(amended, "84-1", "en")
    assert item.in_force_from == date(2026, 5, 15)
    assert [tier.fine.minimum for tier in item.tiers if tier.name == "uncorrected" and tier.fine] == [
        penaltycalc.Money.parse("100000")
    ]
    assert [(version.in_force_from, version.in_force_until) for version in item.versions] == [
        (date(2026, 5, 15), date(2027, 6, 30)),
        (date(2027, 7, 1), UNSET),
    ]


def test_an_amendment_changes_the_answers_of_its_row_alone(
    amended: Rulebook, rulebook: Rulebook, calendar: penaltycalc.WorkingCalendar
) -> None:
    for violation in rulebook.violations.keys() - {"84-1"}:
        request = PenaltyRequest(violation=violation, severity="severe", rectified=False)
        before, after = (penaltycalc.penalty(request, law, calendar) for law in (rulebook, amended))
        assert before.provenance.rulebook != after.provenance.rulebook
        assert (before.outcome, before.alternatives, before.notices) == (
            after.outcome,
            after.alternatives,
            after.notices,
        )


def test_an_amendment_changes_at_most_the_golden_files_of_its_row(
    tmp_path: Path, calendar: penaltycalc.WorkingCalendar
) -> None:
    amended = load_with(tmp_path, ENDED, AMENDED, checked_on=None)
    changed = {
        name
        for name in golden.REQUESTS
        for lang in LANGUAGES
        if golden.format_answer(golden.answer(name, lang, amended, calendar)) != golden.file_of(name, lang).read_bytes()
    }
    assert changed <= {name for name, (_, body) in golden.REQUESTS.items() if b'"84-1"' in body}


# ------------------------------------------------------------------------- ended rows, gaps, repeals


def test_conduct_under_a_provision_that_has_ended_since(tmp_path: Path, calendar: penaltycalc.WorkingCalendar) -> None:
    law = load_with(tmp_path, ENDED)
    facts: dict[str, Any] = {"rectified": False, "severity": "ordinary"}
    request = PenaltyRequest(
        violation="84-1", conduct=conduct("2026-06-01", "2026-06-30"), decision_effective_on=date(2027, 8, 1), **facts
    )
    answer = penaltycalc.penalty(request, law, calendar, lang="en")
    assert fine_of(answer) == FORMER
    (text,) = [notice.text for notice in answer.notices if notice.code == "repealed-since"]
    assert "2027-06-30" in text
    late = PenaltyRequest(violation="84-1", conduct=conduct("2027-07-01", "2027-07-02"), **facts)
    with pytest.raises(NotInForce) as refusal:
        penaltycalc.penalty(late, law, calendar)
    assert refusal.value.message == "not-in-force-any-more"


def test_a_gap_between_two_versions_is_refused_and_names_both(tmp_path: Path) -> None:
    law = load_with(tmp_path, "in_force_until = 2027-05-31", AMENDED)
    versions = law.violations["84-1"]
    assert find_version(versions, date(2027, 5, 31), ("violation",)) is versions[0]
    assert find_version(versions, date(2027, 7, 1), ("violation",)) is versions[1]
    for day in (date(2027, 6, 1), date(2027, 6, 30)):
        with pytest.raises(NotInForce) as refusal:
            find_version(versions, day, ("start",))
        assert refusal.value.message == "not-in-force-between"
        assert (refusal.value.facts["limit"], refusal.value.facts["next_day"]) == (
            date(2027, 5, 31),
            date(2027, 7, 1),
        )


def test_a_row_that_has_not_begun_is_not_used_unknowingly(
    tmp_path: Path, calendar: penaltycalc.WorkingCalendar
) -> None:
    law = load_with(tmp_path, "in_force_from = 2027-07-01")
    with pytest.raises(NotInForce) as refusal:
        penaltycalc.penalty(PenaltyRequest(violation="84-1"), law, calendar)
    assert refusal.value.where == ("violation",)
    answer = penaltycalc.penalty(PenaltyRequest(violation="84-1", as_of=date(2027, 7, 1)), law, calendar)
    assert answer.alternatives
    assert describe_violation(law, "84-1", "zh").in_force_from == date(2027, 7, 1)


def test_assuming_the_law_at_the_decision_after_a_repeal_says_so(
    tmp_path: Path, calendar: penaltycalc.WorkingCalendar
) -> None:
    law = load_with(tmp_path, ENDED)
    facts: dict[str, Any] = {"rectified": False, "severity": "ordinary", "assume_in_force": True}
    request = PenaltyRequest(
        violation="84-1", conduct=conduct("2026-06-01", "2026-06-30"), decision_effective_on=date(2027, 8, 1), **facts
    )
    assert notices_of(penaltycalc.penalty(request, law, calendar)) == {"repealed-since", "beyond-checked"}
    earlier = PenaltyRequest(
        violation="84-1", conduct=conduct("2026-01-01", "2026-05-14"), decision_effective_on=date(2027, 8, 1), **facts
    )
    with pytest.raises(NotInForce) as refusal:
        penaltycalc.penalty(earlier, law, calendar)
    assert refusal.value.message == "not-in-force-any-more"


def test_conduct_that_began_after_the_law_was_checked_gets_the_version_of_its_first_day(ask: Ask) -> None:
    answer = ask(conduct=conduct("2027-08-01"))
    assert fine_of(answer) == LATER
    assert notices_of(answer) == {"conduct-continuing", "law-as-of", "beyond-checked"}


def test_an_assumption_without_a_later_decision_changes_nothing(ask: Ask) -> None:
    for facts in ({"conduct": conduct("2027-06-01", "2027-08-01")}, {}):
        answer = ask(assume_in_force=True, **facts)
        assert fine_of(answer) == fine_of(ask(**facts))
        assert "fact-not-used" in {notice.code for notice in answer.notices}
        assert {"assumed-in-force", "assumed-version-same"} & notices_of(answer) == set()


def test_a_lighter_rule_is_that_in_force_at_the_decision(tmp_path: Path, calendar: penaltycalc.WorkingCalendar) -> None:
    laws.copy(tmp_path)
    path = tmp_path / "law" / "regulation.toml"
    text = path.read_text("utf-8")
    begin = text.index('[[violation]]\nid = "86-1"\n')
    end = text.index("[[violation]]", begin + 1)
    row = text[begin:end]
    id_line = 'id = "86-1"\n'
    former = row.replace(id_line, id_line + "in_force_until = 2027-06-30\n")
    later = row.replace(id_line, id_line + "in_force_from = 2027-07-01\n")
    path.write_text(text[:begin] + former + later + text[end:], "utf-8")
    law = laws.load(tmp_path)
    request = PenaltyRequest(
        violation="86-1", conduct=conduct("2026-01-01", "2026-01-31"), decision_effective_on=date(2027, 9, 1)
    )
    (step,) = [
        one for one in penaltycalc.penalty(request, law, calendar).explanation or () if one.rule == "applicable-law"
    ]
    assert "2027年7月1日" in step.text
    path.write_text(text[:begin] + former + text[end:], "utf-8")
    with pytest.raises(NotInForce):
        penaltycalc.penalty(request, laws.load(tmp_path), calendar)


def test_an_amendment_of_shared_tiers_must_reach_the_rows_that_take_them(tmp_path: Path) -> None:
    laws.copy(tmp_path)
    path = tmp_path / "law" / "regulation.toml"
    text = path.read_text("utf-8")
    begin = text.index('[[violation]]\nid = "79-1-1"\n')
    end = text.index("[[violation]]", begin + 1)
    row, id_line = text[begin:end], 'id = "79-1-1"\n'
    former = row.replace(id_line, id_line + "in_force_until = 2027-06-30\n")
    later = row.replace(id_line, id_line + "in_force_from = 2027-07-01\n")
    path.write_text(text[:begin] + former + later + text[end:], "utf-8")
    with pytest.raises(penaltycalc.BrokenLaw) as broken:
        laws.load(tmp_path)
    assert broken.value.facts["row"] == "79-1-2"
    assert "change on 2027-07-01" in str(broken.value.facts["fault"])


def test_a_renewal_whose_step_has_ended_has_no_review_window(
    tmp_path: Path, rulebook: Rulebook, calendar: penaltycalc.WorkingCalendar
) -> None:
    row = rulebook.term("production-licence").row.renewal
    assert row
    id_line = f'id = "{row.step}"\n'
    laws.copy(tmp_path)
    path = tmp_path / "law" / "regulation.toml"
    text = path.read_text("utf-8")
    at = text.index("[[step]]\n" + id_line) + len("[[step]]\n" + id_line)
    path.write_text(text[:at] + "in_force_until = 2026-06-30\n" + text[at:], "utf-8")
    request = ExpiryRequest(term="production-licence", start=date(2021, 8, 1))
    answer = penaltycalc.expiry(request, laws.load(tmp_path), calendar)
    assert answer.renewal
    assert answer.renewal.review_fits_until is UNSET
    assert "review-step-not-in-force" in {notice.code for notice in answer.notices}


# ---------------------------------------------------------------------------------- steps and terms


RISK_MEASURE = """
[[violation]]
id = "85-1"
citation = {{ article = 85, paragraph = 1 }}
authority = "county_or_above"
{dates}
goods_value_of = "produced_sold_used_or_imported"

[[violation.tier]]
name = "first"
measures = []
fine = {{ kind = "goods_value_multiple", minimum = {minimum}, maximum = 10, deemed_value = "10000" }}
"""


@pytest.mark.parametrize(
    ("begun", "ended", "minimum", "across"),
    [
        ("2026-05-14", "2026-05-15", "100000.00", ["2026-05-15"]),
        ("2026-05-15", "2027-06-30", "100000.00", []),
        ("2027-06-30", "2027-07-01", "120000.00", ["2027-07-01"]),
        # Of two first days that the conduct spans, that of the version used is the one that divides the goods.
        ("2026-05-14", "2027-07-01", "120000.00", ["2027-07-01"]),
        ("2027-07-01", "2027-07-02", "120000.00", []),
        ("2027-06-30", None, "120000.00", ["2027-07-01"]),
    ],
)
def test_goods_are_divided_by_the_first_day_of_the_version_used(
    begun: str,
    ended: str | None,
    minimum: str,
    across: list[str],
    tmp_path: Path,
    calendar: penaltycalc.WorkingCalendar,
) -> None:
    laws.copy(tmp_path)
    former = RISK_MEASURE.format(dates="in_force_until = 2027-06-30", minimum=5)
    laws.replace_violation(
        tmp_path, "85-1", former + RISK_MEASURE.format(dates="in_force_from = 2027-07-01", minimum=6)
    )
    conduct = {"from": begun} | ({"to": ended} if ended else {})
    request = PenaltyRequest(
        violation="85-1",
        goods_value=penaltycalc.Money.parse("20000"),
        conduct=msgspec.convert(conduct, Conduct),
        as_of=date(2027, 8, 1),
    )
    answer = penaltycalc.penalty(request, laws.load(tmp_path), calendar, lang="en")
    assert isinstance(answer.outcome, Outcome)
    assert isinstance(answer.outcome.fine, Fine)
    assert str(answer.outcome.fine.minimum) == minimum
    noted = [notice.text for notice in answer.notices if notice.code == "goods-value-across-commencement"]
    assert [f"The conduct began before {day};" in text for day, text in zip(across, noted, strict=True)] == [
        True
    ] * len(across)


def test_a_step_goes_by_its_start(tmp_path: Path, calendar: penaltycalc.WorkingCalendar) -> None:
    law = laws.amended(
        tmp_path,
        "law/administrative-licensing-law.toml",
        'id = "licence-delivery"\n',
        'id = "licence-delivery"\nin_force_until = 2026-12-31\n',
    )
    path = tmp_path / "law" / "administrative-licensing-law.toml"
    shorter = """
[[step]]
id = "licence-delivery"
citation = { article = 44 }
in_force_from = 2027-01-01
length = 3
unit = "working_day"
starts_from = "decision"
"""
    path.write_text(path.read_text("utf-8") + shorter, "utf-8")
    law = laws.load(tmp_path)

    def length_on(start: date) -> int:
        answer = penaltycalc.deadline(DeadlineRequest(step="licence-delivery", start=start), law, calendar)
        assert answer.days
        return answer.days.length

    assert [length_on(date(2026, 12, 31)), length_on(date(2027, 1, 1))] == [10, 3]
    # Without a day the catalogue shows what was in force when the law was checked.
    assert law.step("licence-delivery").row.length == 10


@pytest.mark.parametrize(("start", "warned"), [(CHECKED_ON, False), (date(2026, 11, 23), True)])
def test_a_start_after_the_law_was_checked_is_warned_of(
    start: date, warned: bool, rulebook: Rulebook, calendar: penaltycalc.WorkingCalendar
) -> None:
    step = penaltycalc.deadline(DeadlineRequest(step="licence-delivery", start=start), rulebook, calendar)
    term = penaltycalc.expiry(ExpiryRequest(term="drug-registration", start=start), rulebook, calendar)
    for answer in (step, term):
        assert ("beyond-checked" in {notice.code for notice in answer.notices}) == warned


def test_the_review_window_uses_the_step_in_force_when_the_law_was_checked(
    tmp_path: Path, rulebook: Rulebook, calendar: penaltycalc.WorkingCalendar
) -> None:
    request = ExpiryRequest(term="production-licence", start=date(2026, 6, 1))
    now = penaltycalc.expiry(request, rulebook, calendar).renewal
    row = rulebook.term("production-licence").row.renewal
    assert row
    assert isinstance(row.step, str)
    step = rulebook.step(row.step).row
    laws.copy(tmp_path)
    path = tmp_path / "law" / "regulation.toml"
    text = path.read_text("utf-8")
    begin = text.index(f'id = "{step.id}"\n') + len(f'id = "{step.id}"\n')
    later = f"""
[[step]]
id = "{step.id}"
citation = {{ article = {step.citation.article} }}
in_force_from = 2028-01-01
length = 1
unit = "working_day"
starts_from = "acceptance"
"""
    path.write_text(text[:begin] + "in_force_until = 2027-12-31\n" + text[begin:] + later, "utf-8")
    assert penaltycalc.expiry(request, laws.load(tmp_path), calendar).renewal == now


def test_every_refusal_of_a_version_is_a_refusal_of_the_law() -> None:
    assert issubclass(NotInForce, LawRefuses)
